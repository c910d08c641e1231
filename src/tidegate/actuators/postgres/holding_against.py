"""The table here and there held against each other at one instant, while both go on changing."""

import json
import time
from dataclasses import dataclass
from typing import Final, Literal

from tidegate.actuators.postgres.carrier import Carrier, Round
from tidegate.actuators.postgres.sessions import Connection
from tidegate.core.migrations.comparing.keys import redacted
from tidegate.core.migrations.move import ranges
from tidegate.core.migrations.move.carriage import Carriage, Row
from tidegate.core.migrations.operations import Migration
from tidegate.core.migrations.report import Mismatch, Report

NAMED: Final = 10
"""Rows that are named of each range."""

UNLIMITED: Final = 2**62

Bound = dict[str, str | int | None]
Check = Literal["checksum", "row"]


async def held_against(carrier: Carrier, migration: Migration, *, whole: bool) -> Report:
    """Ranges of keys by their checksums, all or one from a place drawn at random; a sample row by row.

    Until every row from before is copied, only keys that the copy has passed are compared.
    """
    began, asked = time.monotonic(), migration.verification
    async with carrier.instant(migration.pace.batch_rows):
        comparer = _Comparer(carriage=carrier.carriage, leader=carrier.leader, follower=carrier.follower)
        reached = await carrier.round()
        rows, found = await comparer.ranges(reached, asked.range_rows, whole=whole)
        sampled, others = await comparer.sample(reached, asked.sample)
    mismatches = tuple(found + others)
    return Report(
        at=time.time(), seconds=time.monotonic() - began, rows=rows, sampled=sampled, mismatches=mismatches
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Comparer:
    carriage: Carriage
    leader: Connection
    follower: Connection

    async def ranges(self, reached: Round, limit: int, *, whole: bool) -> tuple[int, list[Mismatch]]:
        """How many rows were compared, and what does not match."""
        rows, found = 0, list[Mismatch]()
        low: Row | None = None if whole else await self._drawn(reached)
        while not _nothing(reached):
            bound: Bound = {"low": _json(low), "high": _json(_end(reached)), "limit": limit}
            count, here, low = await self._checksum(self.leader, ranges.of_leader(self.carriage), bound)
            bound |= {"high": _json(low) or bound["high"], "limit": UNLIMITED}
            there = await self._checksum(self.follower, ranges.of_follower(self.carriage), bound)
            if (count, here) != there[:2]:
                found += await self._differing(bound, "checksum")
            rows += count
            if low is None or not whole:
                break
        return rows, found

    async def sample(self, reached: Round, limit: int) -> tuple[int, list[Mismatch]]:
        """How many rows from a place drawn at random were compared one by one, and which do not match."""
        if _nothing(reached):
            return 0, []
        bound: Bound = {
            "low": _json(await self._drawn(reached)),
            "high": _json(_end(reached)),
            "limit": limit,
        }
        count, _, high = await self._checksum(self.leader, ranges.of_leader(self.carriage), bound)
        bound |= {"high": _json(high) or bound["high"], "limit": UNLIMITED}
        return count, await self._differing(bound, "row")

    async def _drawn(self, reached: Round) -> Row | None:
        bound = {"high": _json(_end(reached))}
        found = await (
            await self.leader.execute(ranges.drawn(self.carriage.leader).encode(), bound)
        ).fetchone()
        return found[0] if found else None

    async def _checksum(self, connection: Connection, rows: str, bound: Bound) -> tuple[int, str, Row | None]:
        found = await (await connection.execute(ranges.checksum(rows).encode(), bound)).fetchone()
        assert found is not None, "an aggregate has one row"
        return found[0], found[1], found[2]

    async def _differing(self, bound: Bound, check: Check) -> list[Mismatch]:
        here = await self._hashes(self.leader, ranges.of_leader(self.carriage), bound | {"limit": UNLIMITED})
        there = await self._hashes(self.follower, ranges.of_follower(self.carriage), bound)
        keys = sorted({key for key, _ in here ^ there})
        return [_mismatch(self.carriage, check, keys)] if keys else []

    async def _hashes(self, connection: Connection, rows: str, bound: Bound) -> set[tuple[str, str]]:
        cursor = await connection.execute(ranges.hashes(rows).encode(), bound)
        return {(key, said) async for key, said in cursor}


def _mismatch(carriage: Carriage, check: Check, keys: list[str]) -> Mismatch:
    leader, follower = carriage.leader, carriage.follower
    said = f"rows of {leader.table} in {leader.database} and {follower.table} in {follower.database} differ"
    names = (_redacted(json.loads(key), carriage) for key in keys[:NAMED])
    return Mismatch(check=check, table=leader.table, said=said, rows=len(keys), keys=tuple(names))


def _redacted(key: Row, carriage: Carriage) -> str:
    return redacted([str(value) for value in key.values()], list(key), carriage.leader.types)


def _nothing(reached: Round) -> bool:
    return not reached.done and reached.copied is None


def _end(reached: Round) -> Row | None:
    return None if reached.done else reached.copied


def _json(row: Row | None) -> str | None:
    return None if row is None else json.dumps(row)
