"""The book of a database: which migrations it has seen and how far each is, kept in schema `tidegate` beside the data.

What is done and how far it is are written in one transaction, so that both are true together after any crash. A
migration under way goes on as it was unfolded when it began, whatever the catalogs say now.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from psycopg.rows import dict_row
from pydantic import TypeAdapter

from tidegate.actuators.postgres.entries import MIGRATION_FORM, TABLES_FORM, UNFOLDING_FORM, Entry, Mark
from tidegate.actuators.postgres.sessions import Connection
from tidegate.core.errors import Problem, Refused, Superseded
from tidegate.core.ids import MigrationName
from tidegate.ports import Token

VERSION: Final = 1
_ENTRIES_FORM: Final = TypeAdapter(tuple[Entry, ...])

_PAGES: Final = """
CREATE SCHEMA IF NOT EXISTS tidegate;
CREATE TABLE IF NOT EXISTS tidegate.book (version int NOT NULL);
CREATE TABLE IF NOT EXISTS tidegate.migrations (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    schema text NOT NULL,
    new_schema text NOT NULL,
    migration jsonb NOT NULL,
    unfolding jsonb NOT NULL,
    before jsonb NOT NULL,
    phase text,
    under_way text,
    backward boolean NOT NULL DEFAULT false,
    course text NOT NULL,
    statement int NOT NULL DEFAULT 0,
    started_at double precision NOT NULL,
    changed_at double precision NOT NULL,
    waiting text NOT NULL DEFAULT '',
    problem text NOT NULL DEFAULT '',
    restore_point text NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS tidegate.tokens (
    migration text, rollout text, step text, attempt bigint NOT NULL,
    PRIMARY KEY (migration, rollout, step)
);
CREATE TABLE IF NOT EXISTS tidegate.backfills (
    migration text, "table" text, after jsonb, until jsonb, done bigint NOT NULL, rows bigint NOT NULL,
    rate double precision NOT NULL, finished boolean NOT NULL,
    PRIMARY KEY (migration, "table")
);
"""

_FIRST: Final = "INSERT INTO tidegate.book SELECT %s WHERE NOT EXISTS (SELECT FROM tidegate.book)"

_BEGUN: Final = """
INSERT INTO tidegate.migrations
    (name, schema, new_schema, migration, unfolding, before, course, started_at, changed_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""

_NOTED: Final = """
UPDATE tidegate.migrations SET phase = %s, under_way = %s, backward = %s, course = %s, statement = %s, changed_at = %s,
    waiting = %s, problem = %s, restore_point = %s
WHERE name = %s
"""

_OBEYED: Final = """
INSERT INTO tidegate.tokens AS t VALUES (%s, %s, %s, %s)
ON CONFLICT (migration, rollout, step) DO UPDATE SET attempt = excluded.attempt WHERE t.attempt <= excluded.attempt
RETURNING attempt
"""

_MARKED: Final = """
INSERT INTO tidegate.backfills VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (migration, "table") DO UPDATE SET after = excluded.after, until = excluded.until,
    done = excluded.done, rows = excluded.rows, rate = excluded.rate, finished = excluded.finished
"""

_OPENING: Final = "SELECT pg_advisory_xact_lock(hashtextextended('tidegate book', 0))"
_THERE: Final = "SELECT to_regclass('tidegate.migrations') IS NOT NULL"
_ENTRIES: Final = """
SELECT migration, unfolding, before, phase, under_way, backward, course, statement, started_at, changed_at,
    waiting, problem, restore_point
FROM tidegate.migrations
"""
_MARKS: Final = """
SELECT "table", after, until, done, rows, rate, finished FROM tidegate.backfills WHERE migration = %s ORDER BY "table"
"""


@dataclass(frozen=True, slots=True)
class Book:
    """The book, read and written on a connection; what is written is part of a transaction that is open there."""

    connection: Connection

    async def open(self) -> None:
        """Make it where there is none; `Refused` where a newer tidegate wrote it."""
        if not await self._there():
            async with self.connection.transaction():
                await self.connection.execute(_OPENING)
                await self.connection.execute(_PAGES)
                await self.connection.execute(_FIRST, [VERSION])
        ((version,),) = await self._rows("SELECT version FROM tidegate.book")
        if version > VERSION:
            message = "a newer version of tidegate carries migrations out on this database"
            raise Refused([Problem(message=message, hint="install it here too")])

    async def versions(self, schema: str) -> tuple[tuple[str, str, bool], ...]:
        """Migrations of a schema in order: the name, its version schema, and whether it was contracted."""
        if not await self._there():
            return ()
        question = (
            "SELECT name, new_schema, phase IS NOT DISTINCT FROM 'contract' FROM tidegate.migrations "
            "WHERE schema = %s ORDER BY number"
        )
        return tuple(await self._rows(question, schema))

    async def entry(self, name: MigrationName) -> Entry | None:
        """What it says of a migration."""
        found = await self._entries("WHERE name = %s", name)
        return found[0] if found else None

    async def entries(self) -> tuple[Entry, ...]:
        """What it says of every migration, the newest last."""
        return await self._entries("ORDER BY number")

    async def begin(self, entry: Entry) -> None:
        """Write a migration down, in place of one that was undone."""
        await self.connection.execute("DELETE FROM tidegate.migrations WHERE name = %s", [entry.name])
        await self.connection.execute("DELETE FROM tidegate.backfills WHERE migration = %s", [entry.name])
        documents = [
            MIGRATION_FORM.dump_json(entry.migration),
            UNFOLDING_FORM.dump_json(entry.unfolding),
            TABLES_FORM.dump_json(entry.before),
        ]
        values = [entry.name, entry.unfolding.schema, entry.unfolding.new_schema]
        await self.connection.execute(
            _BEGUN,
            [
                *values,
                *(each.decode() for each in documents),
                entry.course,
                entry.started_at,
                entry.changed_at,
            ],
        )

    async def note(self, entry: Entry) -> None:
        """How far a migration is now."""
        where = [
            entry.phase,
            entry.under_way,
            entry.backward,
            entry.course,
            entry.statement,
            entry.changed_at,
        ]
        said = [entry.waiting, entry.problem, entry.restore_point]
        await self.connection.execute(_NOTED, [*where, *said, entry.name])

    async def wait(self, name: MigrationName, waiting: str) -> None:
        """For what a migration waits."""
        said = "UPDATE tidegate.migrations SET waiting = %s WHERE name = %s AND waiting <> %s"
        await self.connection.execute(said, [waiting, name, waiting])

    async def obey(self, name: MigrationName, token: Token) -> None:
        """Remember the token; `Superseded` where a newer one of its step was obeyed before."""
        values = [name, token.rollout, token.step, token.attempt]
        if not await self._rows(_OBEYED, *values):
            raise Superseded(f"{token} is late: a newer attempt carries migration {name} out")

    async def marks(self, name: MigrationName) -> Mapping[str, Mark]:
        """How far the backfill of each table is."""
        found = await self._rows(_MARKS, name)
        return {
            table: Mark(
                table=table,
                after=_key(after),
                until=_key(until),
                done=done,
                rows=rows,
                rate=rate,
                finished=over,
            )
            for table, after, until, done, rows, rate, over in found
        }

    async def mark(self, name: MigrationName, mark: Mark) -> None:
        """How far the backfill of a table is now."""
        keys = [json.dumps(key) if key else None for key in (mark.after, mark.until)]
        values = [name, mark.table, *keys, mark.done, mark.rows, mark.rate, mark.finished]
        await self.connection.execute(_MARKED, values)

    async def unmark(self, name: MigrationName) -> None:
        """Backfills begin anew."""
        await self.connection.execute("DELETE FROM tidegate.backfills WHERE migration = %s", [name])

    async def _there(self) -> bool:
        ((there,),) = await self._rows(_THERE)
        return bool(there)

    async def _entries(self, which: str, *values: object) -> tuple[Entry, ...]:
        if not await self._there():
            return ()
        async with self.connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(f"{_ENTRIES} {which}", values)
            return _ENTRIES_FORM.validate_python(await cursor.fetchall())

    async def _rows(self, question: str, *values: object) -> list[tuple[Any, ...]]:
        return await (await self.connection.execute(question, values)).fetchall()


def _key(values: list[str] | None) -> tuple[str, ...] | None:
    return tuple(values) if values else None
