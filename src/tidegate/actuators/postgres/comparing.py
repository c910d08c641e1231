"""Both shapes of the tables of a migration, held against each other on the database.

Each range is one short read-only transaction with a snapshot of its own, so that writers are never waited for and
vacuum is not held up; between ranges it rests, so that it works `Pace.duty` of the time.
"""

import time
from asyncio import sleep
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from psycopg import AsyncConnection, AsyncRawCursor, Error, OperationalError
from psycopg.errors import QueryCanceled
from psycopg.rows import TupleRow, tuple_row

from tidegate.core.migrations.comparing import conformance, invariants, ranges, sampling
from tidegate.core.migrations.comparing.comparison import Comparison, comparisons, uncompared
from tidegate.core.migrations.comparing.rows import Range
from tidegate.core.migrations.comparing.tally import Tally
from tidegate.core.migrations.operations import Invariant, Migration
from tidegate.core.migrations.report import Mismatch, Report
from tidegate.core.migrations.unfolding import Unfolding

GLANCE_SECONDS = 1.0
"""How long ranges are compared where not all of them are."""

RANGE_SECONDS = 300.0
"""How long the database may work on one range, one sample or one invariant."""

Connection = AsyncConnection[TupleRow]
Ask = Callable[..., Awaitable[list[tuple[Any, ...]]]]
"""A question and the values bound to it; the rows of the answer."""


async def compared(
    connection: Connection,
    unfolding: Unfolding,
    migration: Migration,
    *,
    whole: bool = True,
    backfilled: bool = True,
) -> Report:
    """Every row compared; where it is not to be `whole`, the newest range and ranges drawn at random for a second.

    Rows that wait for the backfill are mismatches once all should be `backfilled`. What the database could not compute
    is a mismatch of no rows. Raises psycopg's `OperationalError` where the database went away.
    """
    began = time.monotonic()
    comparer = _Comparer(connection=connection, migration=migration, backfilled=backfilled)
    tallies = [await comparer.table(each, whole=whole) for each in comparisons(unfolding)]
    asked = [await comparer.invariant(each, unfolding) for each in migration.invariants]
    found = [*(each.mismatches for each in tallies), *asked]
    return Report(
        at=time.time(),
        seconds=time.monotonic() - began,
        rows=sum(tally.rows for tally in tallies),
        sampled=sum(tally.sampled for tally in tallies),
        mismatches=tuple(mismatch for mismatches in found for mismatch in mismatches),
        uncompared=(*uncompared(unfolding), *(said for each in tallies for said in each.uncompared)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Comparer:
    connection: Connection
    migration: Migration
    backfilled: bool

    async def table(self, comparison: Comparison, *, whole: bool) -> Tally:
        """One table; where the database cannot go on, what was found until then, and why."""
        tally = Tally(comparison=comparison)
        try:
            async for found in self._tallies(comparison, whole=whole):
                tally = found
        except Error as error:
            if _gone(error):
                raise
            said = f"cannot be compared: the database says {_named(error)}"
            return tally.with_mismatch(Mismatch(check="checksum", table=comparison.reshape.table, said=said))
        return tally

    async def _tallies(self, comparison: Comparison, *, whole: bool) -> AsyncIterator[Tally]:
        """The tally after each thing that was looked at."""
        for function in (comparison.up, comparison.down):
            await self.connection.execute(function.create)
        yield (tally := await self._conforming(Tally(comparison=comparison)))
        async for found in self._every(tally) if whole else self._some(tally):
            yield (tally := found)
        yield await self._sampled(tally)

    async def _conforming(self, tally: Tally) -> Tally:
        async with self._snapshot() as ask:
            fits = conformance.fits_of(await ask(conformance.fits(tally.comparison)))
            wrong = conformance.types_of(tally.comparison, await ask(conformance.types(tally.comparison)))
            types: dict[str, str] = dict(await ask(conformance.key_types(tally.comparison)))
        tally = replace(tally, comparison=replace(tally.comparison, fits=fits), types=types)
        for mismatch in wrong:
            tally = tally.with_mismatch(mismatch)
        return tally

    async def _every(self, tally: Tally) -> AsyncIterator[Tally]:
        last = await self._first(ranges.last_key(tally.comparison))
        after: tuple[str, ...] | None = None
        while last and after != last:
            tally, after = await self._range(tally, Range(after=after, to=last))
            yield tally

    async def _some(self, tally: Tally) -> AsyncIterator[Tally]:
        last = await self._first(ranges.last_key(tally.comparison))
        over = time.monotonic() + GLANCE_SECONDS
        after = await self._first(ranges.newest(tally.comparison, self._size))
        while last:
            tally, _ = await self._range(tally, Range(after=after, to=last))
            yield tally
            if after is None or time.monotonic() >= over:
                break
            after = await self._first(ranges.random_key(tally.comparison))

    async def _range(self, tally: Tally, keys: Range) -> tuple[Tally, tuple[str, ...]]:
        """At most `range_rows` of a range, and the key that they end with."""
        began = time.monotonic()
        async with self._snapshot() as ask:
            end = await ask(ranges.range_end(tally.comparison, keys, self._size), keys.values)
            keys = replace(keys, to=tuple(end[0])) if end else keys
            (answer,) = await ask(ranges.sums(tally.comparison, keys), keys.values)
            sums = ranges.sums_of(answer)
            tally = tally.with_rows(sums.rows, mixed=sums.mixed)
            if self.backfilled and tally.comparison.reshape.backfilled:
                tally = tally.with_waiting(sums.waiting)
            if not sums.alike:
                (answer,) = await ask(ranges.broken(tally.comparison, keys), keys.values)
                tally = tally.with_conditions(ranges.broken_of(answer))
        await self._rest(began)
        return tally, keys.to

    async def _sampled(self, tally: Tally) -> Tally:
        of = max(tally.rows, tally.comparison.reshape.rows)
        query = sampling.sample(tally.comparison, self.migration.verification.sample, of)
        async with self._snapshot() as ask:
            (answer,) = await ask(query)
        sampled = sampling.sample_of(answer)
        for said, broken in zip(sampling.said(tally.comparison), sampled.broken, strict=True):
            tally = tally.with_broken("row", said, broken)
        return tally.with_rows(0, sampled=sampled.rows)

    async def invariant(self, invariant: Invariant, unfolding: Unfolding) -> tuple[Mismatch, ...]:
        """One invariant, asked in its shape."""
        try:
            async with self._snapshot() as ask:
                await ask(f"SET LOCAL search_path = {invariants.search_path(invariant, unfolding)}")
                ((rows,),) = await ask(invariants.question(invariant))
        except Error as error:
            if _gone(error):
                raise
            return (invariants.unanswered(invariant, f"the database says {_named(error)}"),)
        return invariants.answer_of(invariant, rows)

    async def _first(self, question: str) -> tuple[str, ...] | None:
        """The only row of an answer, in a snapshot of its own."""
        async with self._snapshot() as ask:
            rows = await ask(question)
        return tuple(rows[0]) if rows else None

    @asynccontextmanager
    async def _snapshot(self) -> AsyncIterator[Ask]:
        """A transaction that reads one snapshot and can change nothing."""
        async with (
            self.connection.transaction(),
            AsyncRawCursor(self.connection, row_factory=tuple_row) as cursor,
        ):

            async def ask(question: str, values: Sequence[str] = ()) -> list[tuple[Any, ...]]:
                # Asked in binary, a question is one statement at most, whatever an invariant says.
                await cursor.execute(question, values, binary=True)
                return await cursor.fetchall() if cursor.description else []

            await ask("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            await ask(f"SET LOCAL statement_timeout = {round(RANGE_SECONDS * 1000)}")
            yield ask

    async def _rest(self, began: float) -> None:
        duty = self.migration.pace.duty
        await sleep((time.monotonic() - began) * (1 / duty - 1))

    @property
    def _size(self) -> int:
        return self.migration.verification.range_rows


def _gone(error: Error) -> bool:
    """Whether the database itself is away, rather than unable to answer this question."""
    return isinstance(error, OperationalError) and not isinstance(error, QueryCanceled)


def _named(error: Error) -> str:
    """What it was, by name only: its message may say values."""
    name = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in type(error).__name__)
    return f"{name.strip()} ({error.sqlstate})"
