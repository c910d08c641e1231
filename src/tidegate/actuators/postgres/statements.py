"""Statements, carried out so that nobody waits for them longer than they say.

A statement that stops others asks first who holds the table. While a transaction holds it that has lasted for long
already, it does not even queue, because everybody who comes later would queue behind it. It then
waits for its lock for `lock_timeout` at most and holds it for `hold_timeout` at most. Both are enforced by the server,
also when tidegate itself stands still in the middle.
"""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final

from tidegate.actuators.postgres import holders
from tidegate.actuators.postgres.patience import Busy, Tell, insisted
from tidegate.actuators.postgres.sessions import Connection, abandoned, milliseconds
from tidegate.core.migrations.operations import Pace
from tidegate.core.migrations.sql.names import qualified, quoted
from tidegate.core.migrations.statements import Deed, Effort, Lock, MakeViews, Statement

LONG: Final = 10
"""A transaction that has lasted for so many `Pace.lock_timeout` is not expected to end within another one."""

_ORDER: Final = tuple(Lock)

_VALID: Final = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)"

_THERE: Final = """
SELECT name FROM unnest(%s::text[]) AS wanted (name)
JOIN pg_class AS c ON c.oid = to_regclass(format('%%I.%%I', %s::text, name)) AND c.relkind IN ('r', 'p')
ORDER BY name
"""

Then = Callable[[], Awaitable[None]]
"""What is done in the transaction after its statements."""


def leading(deeds: Sequence[Deed]) -> tuple[Statement, ...]:
    """The statements at the beginning that are one transaction; one that is alone is only itself.

    A statement that reads a whole table and stops nobody has a transaction of its own, so that it is not held to the
    time for which others may be stopped.
    """
    first: list[Statement] = []
    for deed in deeds:
        if isinstance(deed, MakeViews) or (first and _apart(deed)):
            break
        first.append(deed)
        if _apart(deed):
            break
    return tuple(first)


def _apart(statement: Statement) -> bool:
    return statement.alone or (statement.effort is not Effort.CATALOG and not statement.lock.stops_writes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """Says statements to a database, in a schema, at a pace."""

    connection: Connection
    schema: str
    pace: Pace
    tell: Tell

    async def together(self, statements: Sequence[Statement], then: Then) -> None:
        """All of them, and `then`, in one transaction."""

        async def attempt() -> None:
            await self._clear(statements)
            async with self._named(statements), self.connection.transaction():
                await self._transaction(statements)
                await then()

        await self._insisted(statements, attempt)

    async def alone(self, statement: Statement) -> None:
        """One that cannot be part of a transaction; an index that is there is left, an invalid one built anew."""

        async def attempt() -> None:
            await self._clear([statement])
            stops = _stops(statement)
            # Who queues for a lock that stops nobody keeps nobody waiting.
            await self._set(
                "SET",
                self.pace.lock_timeout if stops else self.pace.patience,
                self.pace.hold_timeout if stops else 0.0,
            )
            if statement.index and not await self._needed(statement.index):
                return
            async with self._named([statement]):
                await self.connection.execute(statement.sql)

        await self._insisted([statement], attempt)

    def _named(self, statements: Sequence[Statement]) -> AbstractAsyncContextManager[None]:
        return holders.named(self.connection, self.schema, *_needs(statements))

    async def _insisted(self, statements: Sequence[Statement], attempt: Then) -> None:
        what = statements[0].summary if statements else "a transaction"
        await insisted(attempt, what=what, patience=self.pace.patience, tell=self.tell)

    async def _transaction(self, statements: Sequence[Statement]) -> None:
        bound = self.pace.lock_timeout + self.pace.hold_timeout if any(map(_stops, statements)) else 0.0
        over = time.monotonic() + bound
        if bound:
            await self.connection.execute(abandoned(self.connection, 2 * bound))
        await self._lock(statements)
        for statement in statements:
            left = max(over - time.monotonic(), 0.001) if bound else 0.0
            await self._set("SET LOCAL", self.pace.lock_timeout, left)
            await self.connection.execute(statement.sql)
        await self._set("SET LOCAL", self.pace.lock_timeout, 0.0)

    async def _lock(self, statements: Sequence[Statement]) -> None:
        """Every lock at its strongest before anything is said, and always in the same order.

        Who holds a weak lock and asks for a stronger one is in a deadlock at once with whoever does the same, and it is
        not always ours that PostgreSQL ends.
        """
        wanted = _strongest(statements)
        rows = await self.connection.execute(_THERE, [list(wanted), self.schema])
        await self._set("SET LOCAL", self.pace.lock_timeout, 0.0)
        for (table,) in await rows.fetchall():
            await self.connection.execute(
                f"LOCK TABLE {qualified(self.schema, table)} IN {wanted[table]} MODE"
            )

    async def _set(self, verb: str, lock_timeout: float, statement_timeout: float) -> None:
        """Unqualified names mean the schema itself: what is said here is never taken for a write in the new shape."""
        settings = {
            "search_path": f"{quoted(self.schema)}, public",
            "lock_timeout": milliseconds(lock_timeout),
            "statement_timeout": milliseconds(statement_timeout),
        }
        await self.connection.execute(
            "; ".join(f"{verb} {name} = {value}" for name, value in settings.items())
        )

    async def _needed(self, index: str) -> bool:
        """Whether an index is to be built; what an earlier try left of it goes."""
        name = qualified(self.schema, index)
        rows = await (await self.connection.execute(_VALID, [name])).fetchall()
        if rows == [(False,)]:
            await self.connection.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        return rows != [(True,)]

    async def _clear(self, statements: Sequence[Statement]) -> None:
        """`Busy` while somebody holds a table for long already."""
        strong = [statement for statement in statements if _stops(statement)]
        found = await holders.of_tables(self.connection, self.schema, *_needs(strong))
        long = [holder for holder in found if (holder.seconds or 0.0) > LONG * self.pace.lock_timeout]
        if long:
            raise Busy(f"held by {long[0]}")


def _needs(statements: Sequence[Statement]) -> tuple[frozenset[str], Lock]:
    """The tables of statements and the strongest lock that they take."""
    tables = frozenset(table for statement in statements for table in statement.tables)
    return tables, max((statement.lock for statement in statements), key=_ORDER.index, default=Lock.NONE)


def _strongest(statements: Sequence[Statement]) -> Mapping[str, Lock]:
    """The strongest lock on each table that somebody waits for."""
    found: dict[str, Lock] = {}
    for statement in filter(_stops, statements):
        for table in statement.tables:
            found[table] = max(statement.lock, found.get(table, Lock.NONE), key=_ORDER.index)
    return found


def _stops(statement: Statement) -> bool:
    return statement.lock.stops_reads or statement.lock.stops_writes
