"""Carries events and rows from the database that leads to the one that follows, each exactly once.

Every pull is one transaction of the follower, under a lock that the move has there: whoever else pulls waits for it.
Rows from before the outbox are copied in the same snapshot of the leader in which a round of events ends. The follower
then is as the leader was at that instant: a row that goes later goes by an event that no pull has taken yet, so no copy
brings it back.
"""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from psycopg.pq import TransactionStatus

from tidegate.actuators.postgres.sessions import Connection
from tidegate.core.migrations.move import carrying
from tidegate.core.migrations.move.capture import CARRYING
from tidegate.core.migrations.move.carriage import Carriage, Row
from tidegate.core.migrations.move.events import Event, net
from tidegate.core.migrations.move.texts import TEXT_FORM

_REPEATABLE = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """How far a carriage is: see `carrying.MAKE_CARRIED`."""

    seen: str
    until: str | None
    position: int
    events: int
    copied: Row | None
    last: Row | None
    rows: int
    estimate: int
    done: bool
    seconds: float


_WRITTEN = tuple(name for name in Round.__slots__ if name != "seconds")
_SECONDS = "coalesce(extract(epoch FROM clock_timestamp() - begun), 0)::float8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """What one pull brought, and whether the follower now is as the leader was during it."""

    events: int
    copied: int
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """How many events wait to be carried, and for how many seconds the oldest does."""

    rows: int
    seconds: float


class Carrier:
    """One direction of a move, over connections to both databases."""

    def __init__(self, carriage: Carriage, leader: Connection, follower: Connection) -> None:
        self.carriage = carriage
        self.leader = leader
        self.follower = follower
        self._bound = {"move": carriage.move, "leader": carriage.leader.database}

    async def begin(self, *, copied: bool) -> None:
        """Remember, once, that no event is carried yet, and whether the follower has every row from before."""
        values = "VALUES (%(move)s, %(leader)s, %(done)s) ON CONFLICT DO NOTHING"
        sql = f"INSERT INTO {carrying.CARRIED} (move, leader, done) {values}"
        await self.follower.execute(sql.encode(), {**self._bound, "done": copied})

    async def end(self) -> None:
        """Forget how far it came."""
        sql = f"DELETE FROM {carrying.CARRIED} WHERE move = %(move)s AND leader = %(leader)s"
        await self.follower.execute(sql.encode(), self._bound)

    async def pull(self, limit: int, *, copy: int = 0) -> Pulled:
        """Carry at most `limit` events, and copy at most `copy` rows once there are no more events."""
        async with self._carrying():
            begun = await self.round()
            events, rows, until = await self._read(begun, limit, copy)
            await self._apply(events)
            await self._copied(rows)
            after = _after(begun, events, until, complete=len(events) < limit)
            await self._remember(
                _with_copies(after, rows, copy) if _copying(begun, events, limit, copy) else after
            )
        current = begun.until is None and len(events) < limit
        return Pulled(events=len(events), copied=len(rows), current=current)

    async def round(self) -> Round:
        """How far it is."""
        columns = f"seen::text, until::text, position, events, copied, last, rows, estimate, done, {_SECONDS}"
        sql = f"SELECT {columns} FROM {carrying.CARRIED} WHERE move = %(move)s AND leader = %(leader)s"
        found = await (await self.follower.execute(sql.encode(), self._bound)).fetchone()
        assert found is not None, "a carriage begins before it pulls"
        return Round(**dict(zip(Round.__slots__, found, strict=True)))

    async def lag(self) -> Lag:
        """What waits at this moment."""
        bound = {"seen": (await self.round()).seen}
        found = await (
            await self.leader.execute(carrying.lag(self.carriage.leader).encode(), bound)
        ).fetchone()
        assert found is not None, "an aggregate has one row"
        return Lag(rows=found[0], seconds=found[1])

    async def forget(self, limit: int) -> None:
        """Delete events that are carried, in batches."""
        bound = {"seen": (await self.round()).seen, "limit": limit}
        sql = carrying.forget(self.carriage.leader).encode()
        while (await self.leader.execute(sql, bound)).rowcount == limit:
            pass

    async def started(self) -> Round:
        """The round with the end of the copy, which is fixed when it is first asked for."""
        begun = await self.round()
        if begun.last or begun.done:
            return begun
        found = await (await self.leader.execute(carrying.end(self.carriage.leader).encode())).fetchone()
        last, estimate = found or (None, 0)
        fixed = replace(begun, last=last, estimate=estimate, done=found is None)
        await self._remember(fixed, ", begun = clock_timestamp()")
        return fixed

    @asynccontextmanager
    async def _carrying(self) -> AsyncIterator[None]:
        """A transaction of the follower whose writes are known for those of a carrier."""
        async with self.follower.transaction():
            await self.follower.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [self.carriage.move]
            )
            await self.follower.execute("SELECT set_config(%s, 'on', true)", [CARRYING])
            if self.carriage.follower.triggers:
                await self.follower.execute("SET LOCAL session_replication_role = replica")
            yield

    @asynccontextmanager
    async def instant(self, limit: int) -> AsyncIterator[None]:
        """Transactions on both sides that see the same: the follower has what the leader has."""
        await self.follower.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [self.carriage.move])
        async with self._snapshotting():
            now = await self.snapshot()
            while (await self.round()).seen != now:
                await self.pull(limit)
            async with self.follower.transaction():
                await self.follower.execute(_REPEATABLE)
                await self.follower.execute(
                    "SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [self.carriage.move]
                )
                yield

    @asynccontextmanager
    async def _snapshotting(self) -> AsyncIterator[None]:
        """A transaction of the leader that sees one instant only."""
        if self.leader.info.transaction_status is TransactionStatus.INTRANS:
            yield
            return
        async with self.leader.transaction():
            await self.leader.execute(_REPEATABLE)
            yield

    async def _read(
        self, begun: Round, limit: int, copy: int
    ) -> tuple[list[Event], list[tuple[Row, Row]], str]:
        """Events of the round, then rows of the same snapshot."""
        async with self._snapshotting():
            until = begun.until or await self.snapshot()
            bound = {"seen": begun.seen, "until": until, "position": begun.position, "limit": limit}
            cursor = await self.leader.execute(carrying.pending(self.carriage).encode(), bound)
            events = [Event(position=each[0], key=each[1], row=each[2]) async for each in cursor]
            rows = await self._behind(begun, copy) if _copying(begun, events, limit, copy) else []
        return events, rows, until

    async def snapshot(self) -> str:
        """What the leader's transaction sees."""
        found = await (await self.leader.execute("SELECT pg_current_snapshot()::text")).fetchone()
        assert found is not None, "there is always a snapshot"
        return str(found[0])

    async def _behind(self, begun: Round, copy: int) -> list[tuple[Row, Row]]:
        bound = {"low": _json(begun.copied), "high": _json(begun.last), "limit": copy}
        cursor = await self.leader.execute(carrying.copies(self.carriage).encode(), bound)
        return [(each[0], each[1]) async for each in cursor]

    async def _apply(self, events: list[Event]) -> None:
        if not events:
            return
        result = net(events, self.carriage.leader.key)
        gone, come = carrying.go(self.carriage.follower), carrying.come(self.carriage)
        await self.follower.execute(gone.encode(), {"gone": json.dumps(result.gone)})
        await self.follower.execute(come.encode(), {"come": json.dumps(result.come)})

    async def _copied(self, rows: list[tuple[Row, Row]]) -> None:
        if rows:
            sql = carrying.come_unless_there(self.carriage).encode()
            await self.follower.execute(sql, {"come": json.dumps([row for _, row in rows])})

    async def _remember(self, now: Round, also: str = "") -> None:
        values: dict[str, Any] = {name: getattr(now, name) for name in _WRITTEN}
        values |= {"copied": _json(now.copied), "last": _json(now.last)} | self._bound
        names = ", ".join(f"{name} = %({name})s" for name in _WRITTEN)
        sql = f"UPDATE {carrying.CARRIED} SET {names}{also} WHERE move = %(move)s AND leader = %(leader)s"
        await self.follower.execute(sql.encode(), values)


async def in_text_form(connection: Connection) -> None:
    """Values are written and read as text in one form."""
    for name, value in TEXT_FORM:
        await connection.execute("SELECT set_config(%s, %s, false)", [name, value])


def _copying(begun: Round, events: list[Event], limit: int, copy: int) -> bool:
    """Only a round that began with this pull ends in a snapshot that can still be read."""
    return copy > 0 and not begun.done and begun.until is None and len(events) < limit


def _after(begun: Round, events: list[Event], until: str, *, complete: bool) -> Round:
    counted = replace(begun, events=begun.events + len(events))
    if complete:
        return replace(counted, seen=until, until=None, position=0)
    return replace(counted, until=until, position=events[-1].position)


def _with_copies(now: Round, rows: list[tuple[Row, Row]], copy: int) -> Round:
    copied = rows[-1][0] if rows else now.copied
    return replace(now, copied=copied, rows=now.rows + len(rows), done=len(rows) < copy)


def _json(row: Mapping[str, str | None] | None) -> str | None:
    return None if row is None else json.dumps(row)
