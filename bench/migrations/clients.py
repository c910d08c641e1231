"""Applications of one version: each writes rows of its own through its shape, reads them, and keeps what was committed.

What the database says of these rows later must be that, whatever else is done to it.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg
from bench.migrations.shapes import Reference, Row, Seen, row, seen, value
from psycopg import AsyncConnection, sql
from psycopg.rows import dict_row

Key = tuple[str, tuple[str, ...]]
"""A table and a row in it, by its key as text."""

Deed = Callable[[AsyncConnection[Any], Seen, Key], Awaitable[None]]
_NOBODY: Key = ("", ())


@dataclass(slots=True)
class Ledger:
    """What a client was told: rows by key as it wrote them, statements that failed, and reads that told otherwise."""

    rows: dict[Key, Row] = field(default_factory=dict)
    statements: int = 0
    failures: list[str] = field(default_factory=list)
    doubt: set[Key] = field(default_factory=set)
    """Rows of statements whose answer was lost: they may be either way."""


@dataclass(slots=True, kw_only=True)
class Client:
    """One session's worth of reading and writing; `lost` says whether an error is a connection's, and so expected."""

    url: str
    base: str
    schema: str
    renamed: Mapping[str, str] = field(default_factory=dict)
    promised: Mapping[str, tuple[Reference, ...]] = field(default_factory=dict)
    """References that rows keep to although no constraint asks for it yet, by table."""
    referred: Collection[str] = ()
    """Tables whose rows are not deleted, as that may take rows of others along."""
    pause: float = 0.005
    lost: Callable[[], bool] = lambda: False
    ledger: Ledger = field(default_factory=Ledger)
    dice: random.Random = field(default_factory=random.Random)

    async def run(self, stop: asyncio.Event) -> Ledger:
        """Read and write until told to stop."""
        while not stop.is_set():
            try:
                await self._session(stop)
            except psycopg.Error as error:
                if not self.lost():
                    self.ledger.failures.append(f"{self.schema}: {error}")
                    return self.ledger
                await asyncio.sleep(0.05)
        return self.ledger

    async def _session(self, stop: asyncio.Event) -> None:
        async with await connect(self.url, self.schema, self.base) as connection:
            found = await seen(connection, self.base, self.schema, self.renamed)
            tables = [each.promising(self.promised.get(each.name, ())) for each in found]
            self.referred = {*self.referred, *(there.table for each in tables for there in each.references)}
            while not stop.is_set():
                await self._once(connection, self.dice.choice(tables) if tables else None)
                await asyncio.sleep(self.pause)

    async def _once(self, connection: AsyncConnection[Any], table: Seen | None) -> None:
        if table is None:
            return
        own = [key for key in self.ledger.rows if key[0] == table.name and key not in self.ledger.doubt]
        deeds: list[Deed] = [self._insert, self._update, self._delete, self._read]
        deed = self.dice.choices(deeds, [4, 3, 1, 2])[0]
        try:
            self.ledger.statements += 1
            await (deed if own else self._insert)(
                connection, table, self.dice.choice(own) if own else _NOBODY
            )
        except psycopg.Error as error:
            if connection.closed:
                raise
            self.ledger.failures.append(f"{self.schema}.{table.name}: {type(error).__name__}: {error}")

    async def _insert(self, connection: AsyncConnection[Any], table: Seen, _: Key) -> None:
        async with connection.transaction():
            made = await row(connection, table)
            if made is not None:
                await self._inserted(connection, table, made)
        if made is not None:
            self.ledger.doubt.discard(_key(table, made))
            self.ledger.rows[_key(table, made)] = made

    async def _inserted(self, connection: AsyncConnection[Any], table: Seen, made: Row) -> None:
        query = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
            sql.Identifier(table.name),
            sql.SQL(", ").join(map(sql.Identifier, made)),
            sql.SQL(", ").join([sql.Placeholder()] * len(made)),
        )
        self.ledger.doubt.add(_key(table, made))
        await connection.execute(query, list(made.values()))

    async def _update(self, connection: AsyncConnection[Any], table: Seen, key: Key) -> None:
        if not table.settable:
            return
        column = self.dice.choice(table.settable)
        wanted = value(table.types[column])
        query = sql.SQL("UPDATE {} SET {} = %s WHERE {}").format(
            sql.Identifier(table.name), sql.Identifier(column), _is(table)
        )
        self.ledger.doubt.add(key)
        cursor = await connection.execute(query, [wanted, *key[1]])
        self.ledger.doubt.discard(key)
        if cursor.rowcount != 1:
            self.ledger.failures.append(
                f"{self.schema}.{table.name}: a row of its own is not there to update"
            )
        self.ledger.rows[key] = {**self.ledger.rows[key], column: wanted}

    async def _delete(self, connection: AsyncConnection[Any], table: Seen, key: Key) -> None:
        if table.name in self.referred:
            return
        query = sql.SQL("DELETE FROM {} WHERE {}").format(sql.Identifier(table.name), _is(table))
        self.ledger.doubt.add(key)
        try:
            await connection.execute(query, key[1])
        except psycopg.errors.ForeignKeyViolation:
            self.ledger.doubt.discard(key)  # somebody refers to it
            return
        self.ledger.doubt.discard(key)
        del self.ledger.rows[key]

    async def _read(self, connection: AsyncConnection[Any], table: Seen, key: Key) -> None:
        found = await read(connection, table, key)
        if difference := differing(self.ledger.rows[key], found):
            self.ledger.failures.append(f"{self.schema}.{table.name}: {difference}")


async def connect(url: str, schema: str, base: str) -> AsyncConnection[Any]:
    """As an application of that version connects."""
    path = schema if schema == base else f'"{schema}",{base}'
    return await AsyncConnection.connect(
        url, autocommit=True, options=f"-c search_path={path}", connect_timeout=10
    )


async def read(connection: AsyncConnection[Any], table: Seen, key: Key) -> Row | None:
    """A row as this connection sees it."""
    columns = sql.SQL(", ").join(
        sql.SQL("{0}::text AS {0}").format(sql.Identifier(each)) for each in table.types
    )
    query = sql.SQL("SELECT {} FROM {} WHERE {}").format(columns, sql.Identifier(table.name), _is(table))
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query, key[1])
        return await cursor.fetchone()


def differing(wanted: Row, found: Row | None, columns: frozenset[str] | None = None) -> str:
    """What is not as it was written, by the names of columns; nothing if all is."""
    if found is None:
        return "a committed row is gone"
    wrong = [
        column
        for column, written in wanted.items()
        if (columns is None or column in columns) and written != found.get(column)
    ]
    return f"columns {', '.join(wrong)} are not as they were written" if wrong else ""


def _key(table: Seen, made: Row) -> Key:
    return table.name, tuple(made[column] or "" for column in table.key)


def _is(table: Seen) -> sql.Composable:
    parts = [sql.SQL("{}::text = %s").format(sql.Identifier(column)) for column in table.key]
    return sql.SQL(" AND ").join(parts)
