"""Sees journeys through the environment: asks for them while gates are at work, and keeps what they came to."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tidegate.core.errors import Unavailable
from tidegate.core.ids import RolloutId, ServiceName
from tidegate.core.traces.journey import Journey
from tidegate.ports import Traces
from tidegate.store.database import Store
from tidegate.store.journeys import encoded_journey
from tidegate.store.records import FailingRecord
from tidegate.temporal.journey_file import JourneyFile

LOOK_SECONDS = 1.0
"""Between two looks at the journeys of one rollout, however many of its gates are at work."""

MOST_KEPT = 100
"""Failing journeys of one rollout."""

MOST_CALLS = 200
"""Calls of a journey that is kept; of a longer one the beginning, which leads to the entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """The journeys that `traces` tell of, kept in `store`; `clock` gives seconds since 1970."""

    traces: Traces
    store: Store
    clock: Callable[[], float]
    files: dict[RolloutId, JourneyFile] = field(default_factory=dict)
    looked: dict[RolloutId, float] = field(default_factory=dict)
    turns: defaultdict[RolloutId, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    async def look(self, rollout: RolloutId, services: Collection[ServiceName]) -> None:
        """Tell journeys apart by these services, and store what they came to since the last look."""
        async with self.turns[rollout]:
            if rollout not in self.files:
                self.files[rollout] = await asyncio.to_thread(JourneyFile, self.store, rollout)
            file = self.files[rollout]
            self.traces.want(await asyncio.to_thread(file.tell_apart, services))
            if self.clock() - self.looked.get(rollout, 0.0) < LOOK_SECONDS:
                return
            self.looked[rollout] = self.clock()
            try:
                reading = await self.traces.read()
            except Unavailable:
                return  # what is missing blames nobody; the next look counts from the last
            await asyncio.to_thread(file.add, reading)

    async def keep(self, rollout: RolloutId, services: Iterable[ServiceName], since: float) -> None:
        """Keep failing journeys through these services that began at `since` or later."""
        found = {each.trace: each for name in services for each in self.traces.failing(name, since)}
        records = [_record(rollout, journey) for journey in found.values()]
        if records:
            await asyncio.to_thread(self.store.keep_failing, records, MOST_KEPT)

    def forget(self, rollout: RolloutId) -> None:
        """The rollout has ended."""
        self.files.pop(rollout, None)
        self.looked.pop(rollout, None)
        self.turns.pop(rollout, None)


def _record(rollout: RolloutId, journey: Journey) -> FailingRecord:
    stored = encoded_journey(journey)
    stored["calls"] = stored["calls"][:MOST_CALLS]
    at = datetime.fromtimestamp(journey.entry.start, UTC)
    return FailingRecord(rollout=rollout, trace=journey.trace, at=at, journey=stored)
