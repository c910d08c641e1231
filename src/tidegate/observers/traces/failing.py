"""Journeys that failed, kept to look at: the newest of each origin, so that no flood of one hides the others."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import nlargest

from tidegate.core.ids import ServiceName
from tidegate.core.traces.journey import Journey


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """How many are kept of each origin, of how many origins, and of how many calls one may be.

    Of one service at most `told` are given.
    """

    each: int = 20
    origins: int = 50
    calls: int = 200
    told: int = 50


class Failing:
    """Failing journeys, filed by the service that was at fault; by that of the entry where nobody is known to be."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._by_origin: dict[ServiceName, deque[Journey]] = {}

    def add(self, journey: Journey) -> None:
        """Keep a journey, if it failed; the origin that failed least recently makes room for a new one."""
        if not journey.failed or len(journey.calls) > self._kept.calls:
            return
        origin = journey.origins[0].at_fault if journey.origins else journey.entry.edge.callee
        kept = self._by_origin.pop(origin.service, None) or deque(maxlen=self._kept.each)
        kept.append(journey)
        self._by_origin[origin.service] = kept
        if len(self._by_origin) > self._kept.origins:
            del self._by_origin[next(iter(self._by_origin))]

    def through(self, service: ServiceName, since: float) -> tuple[Journey, ...]:
        """Those through a service that began at `since`, seconds since 1970, or later; the newest last."""
        found = (each for each in self._all() if each.entry.start >= since and each.passes(service))
        newest = nlargest(self._kept.told, found, key=lambda journey: journey.entry.start)
        return tuple(reversed(newest))

    def _all(self) -> Iterable[Journey]:
        return (journey for kept in self._by_origin.values() for journey in kept)
