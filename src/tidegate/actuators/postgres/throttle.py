"""Why work in the background should stand still: replicas that lag, sessions at work, what the services above say."""

import time
from asyncio import sleep
from dataclasses import dataclass, field
from typing import Any, Final

from tidegate.actuators.postgres.patience import Tell
from tidegate.actuators.postgres.sessions import Connection
from tidegate.core.ids import RolloutId
from tidegate.core.migrations.lag import Written
from tidegate.core.migrations.operations import Pace
from tidegate.ports import Headwind

PAUSE_SECONDS: Final = 0.5
GLANCE_SECONDS: Final = 1.0
"""The gates above are asked no oftener."""

_WRITTEN: Final = "SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint"
_REPLAYED: Final = """
SELECT application_name, (replay_lsn - '0/0')::bigint FROM pg_stat_replication WHERE replay_lsn IS NOT NULL
"""
_ACTIVE: Final = """
SELECT count(*) FROM pg_stat_activity
WHERE state = 'active' AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


@dataclass(slots=True, kw_only=True)
class Throttle:
    """Holds a backfill up for as long as there is a reason; each is told."""

    connection: Connection
    pace: Pace
    rollout: RolloutId
    headwind: Headwind | None
    tell: Tell
    _written: Written = field(default=Written(), init=False)
    _asked_at: float = field(default=float("-inf"), init=False)

    async def clear(self) -> None:
        """Return once nothing speaks against going on."""
        while reasons := await self._reasons():
            await self.tell(f"backfill stands still: {'; '.join(reasons)}")
            await sleep(PAUSE_SECONDS)
        await self.tell("")

    async def _reasons(self) -> list[str]:
        return [*await self._lag(), *await self._active(), *await self._above()]

    async def _lag(self) -> list[str]:
        replicas = await self._asked(_REPLAYED)
        if not replicas:
            return []
        ((position,),) = await self._asked(_WRITTEN)
        now, slowest = time.monotonic(), min(replayed for _, replayed in replicas)
        behind = {name: self._written.behind(now, replayed) for name, replayed in replicas}
        over = {name: lag for name, lag in behind.items() if lag > self.pace.max_lag}
        if not over:
            self._written = self._written.with_sample(now, position, slowest)
        return [
            f"replica {name} is behind by {lag:.0f} s, over {self.pace.max_lag:g} s"
            for name, lag in over.items()
        ]

    async def _active(self) -> list[str]:
        if not self.pace.max_active:
            return []
        ((active,),) = await self._asked(_ACTIVE)
        over = active > self.pace.max_active
        return [f"{active} sessions are at work, over {self.pace.max_active}"] if over else []

    async def _above(self) -> list[str]:
        if self.headwind is None or time.monotonic() < self._asked_at + GLANCE_SECONDS:
            return []
        reasons = await self.headwind.reasons(self.rollout)
        # While there are reasons it is asked again at each turn: only a clear sky counts for a while.
        self._asked_at = float("-inf") if reasons else time.monotonic()
        return list(reasons)

    async def _asked(self, question: str) -> list[tuple[Any, ...]]:
        return await (await self.connection.execute(question)).fetchall()
