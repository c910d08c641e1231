"""Rows from before get their new shape, in batches that come and go before anybody minds.

A batch is the next rows by key, up to an end that is fixed when the backfill starts: what is written later has both
shapes by its triggers already. Setting the column that says in which shape a row was written makes the trigger compute
the new columns. The batch and the key it ends with are one transaction, so that after any crash it goes on from there.
Batches grow and shrink towards `Pace.batch_seconds`; row locks are waited for as briefly as locks of tables.
"""

import time
from asyncio import sleep
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tidegate.actuators.postgres import holders
from tidegate.actuators.postgres.entries import Mark
from tidegate.actuators.postgres.patience import Tell, insisted
from tidegate.actuators.postgres.sessions import Connection, abandoned, milliseconds
from tidegate.actuators.postgres.throttle import Throttle
from tidegate.core.migrations.operations import Pace
from tidegate.core.migrations.sql.names import literal, qualified, quoted
from tidegate.core.migrations.statements import Lock
from tidegate.core.migrations.unfolding import OLD, SHAPE, Reshape

FIRST_ROWS: Final = 500
FEWEST_ROWS: Final = 10
SMOOTHING: Final = 0.2
"""Weight of the newest batch in the rate."""

Key = tuple[str, ...]

_TYPES: Final = """
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0
"""
_ESTIMATE: Final = "EXPLAIN (FORMAT JSON) SELECT FROM {}"
"""The planner corrects the last count by the present size of the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranges:
    """Texts of questions about rows of a table between two keys."""

    table: str
    key: Key
    types: Key

    @property
    def last(self) -> str:
        """The greatest key."""
        return f"SELECT {self._texts('t')} FROM {self.table} t ORDER BY {self._columns('t', 'DESC')} LIMIT 1"

    def batch(self, after: Key | None) -> str:
        """How many rows come next, at most a bound, and the key of the last of them."""
        rows = (
            f"SELECT {self._columns('t')} FROM {self.table} t WHERE {self._between(after)} "
            f"ORDER BY {self._columns('t')} LIMIT %s"
        )
        last = f"ORDER BY {self._columns('b', 'DESC')} LIMIT 1"
        return f"SELECT count(*) OVER (), {self._texts('b')} FROM ({rows}) b {last}"

    def reshape(self, after: Key | None) -> str:
        """Compute the new shape of rows that have none."""
        shape = quoted(SHAPE)
        return f"UPDATE {self.table} t SET {shape} = {literal(OLD)} WHERE {self._between(after)} AND t.{shape} IS NULL"

    def _between(self, after: Key | None) -> str:
        own, values = f"({self._columns('t')})", f"({', '.join(f'%s::{type_}' for type_ in self.types)})"
        return f"{own} > {values} AND {own} <= {values}" if after else f"{own} <= {values}"

    def _columns(self, alias: str, order: str = "") -> str:
        return ", ".join(f"{alias}.{_escaped(quoted(column))} {order}".strip() for column in self.key)

    def _texts(self, alias: str) -> str:
        return ", ".join(f"{alias}.{_escaped(quoted(column))}::text" for column in self.key)


@dataclass(slots=True, kw_only=True)
class Backfill:
    """The backfill of one table; `save` writes a mark into the book, in the transaction that is open."""

    connection: Connection
    schema: str
    reshape: Reshape
    pace: Pace
    throttle: Throttle
    tell: Tell
    save: Callable[[Mark], Awaitable[None]]
    _rows: int = field(default=FIRST_ROWS, init=False)

    async def run(self, mark: Mark | None) -> Mark:
        """From where it stopped, or from the beginning, to the end."""
        ranges = await self._ranges()
        mark = mark or await self._begun(ranges)
        while not mark.finished:
            await self.throttle.clear()
            mark = await self._next(ranges, mark)
        return mark

    async def _ranges(self) -> Ranges:
        table = qualified(self.schema, self.reshape.table)
        types = dict(await self._asked(_TYPES, [table]))
        key = self.reshape.key
        return Ranges(table=_escaped(table), key=key, types=tuple(types[column] for column in key))

    async def _begun(self, ranges: Ranges) -> Mark:
        """Fix the end; an empty table is through at once."""
        last = await self._asked(ranges.last)
        ((plan,),) = await self._asked(_ESTIMATE.format(ranges.table))
        rows = int(plan[0]["Plan"]["Plan Rows"]) if last else 0
        until = tuple(last[0]) if last else None
        mark = Mark(table=self.reshape.table, until=until, rows=rows, finished=not last)
        await self.save(mark)
        return mark

    async def _next(self, ranges: Ranges, mark: Mark) -> Mark:
        """One batch, and a rest after it."""
        began = time.monotonic()
        found = await insisted(
            lambda: self._attempt(ranges, mark, began),
            what=f"backfill of {self.reshape.table}",
            patience=self.pace.patience,
            tell=self.tell,
        )
        await sleep((time.monotonic() - began) * (1 / self.pace.duty - 1))
        return found

    async def _attempt(self, ranges: Ranges, mark: Mark, began: float) -> Mark:
        """Smaller each time it does not come through."""
        rows, self._rows = self._rows, max(self._rows // 2, FEWEST_ROWS)
        tried = time.monotonic()
        async with self._named(), self.connection.transaction():
            await self._limit()
            found = await self._batch(ranges, mark, rows)
            found = replace(found, rate=self._rate(mark, found, time.monotonic() - began))
            await self.save(found)
        self._rows = self._fitting(rows, time.monotonic() - tried)
        return found

    def _named(self) -> AbstractAsyncContextManager[None]:
        return holders.named(self.connection, self.schema, [self.reshape.table], Lock.EXCLUSIVE)

    async def _limit(self) -> None:
        """Rows are not held for long, nor is their shape taken for a new one."""
        limits = {
            "search_path": f"{quoted(self.schema)}, public",
            "lock_timeout": milliseconds(self.pace.lock_timeout),
            "statement_timeout": milliseconds(self.pace.hold_timeout),
        }
        said = [f"SET LOCAL {name} = {value}" for name, value in limits.items()]
        await self.connection.execute(
            "; ".join([*said, abandoned(self.connection, 2 * self.pace.hold_timeout)])
        )

    async def _batch(self, ranges: Ranges, mark: Mark, rows: int) -> Mark:
        bounds = [*(mark.after or ()), *(mark.until or ())]
        batch = await self._asked(ranges.batch(mark.after), [*bounds, rows])
        if not batch:
            return replace(mark, finished=True)
        count, *key = batch[0]
        await self.connection.execute(ranges.reshape(mark.after), [*(mark.after or ()), *key])
        over = count < rows or tuple(key) == mark.until
        return replace(mark, after=tuple(key), done=mark.done + count, finished=over)

    def _rate(self, mark: Mark, found: Mark, seconds: float) -> float:
        """Rows per second, rests counted in."""
        rate = (found.done - mark.done) / max(seconds / self.pace.duty, 1e-6)
        return mark.rate + SMOOTHING * (rate - mark.rate) if mark.rate else rate

    def _fitting(self, rows: int, seconds: float) -> int:
        """So many rows that the next batch takes about as long as it should."""
        factor = min(max(self.pace.batch_seconds / max(seconds, 1e-6), 0.5), 2.0)
        return min(max(int(rows * factor), FEWEST_ROWS), max(self.pace.batch_rows, 1))

    async def _asked(self, question: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        return await (await self.connection.execute(question, values)).fetchall()


def _escaped(name: str) -> str:
    """A name in a text that values are bound to, where a percent sign begins a placeholder."""
    return name.replace("%", "%%")
