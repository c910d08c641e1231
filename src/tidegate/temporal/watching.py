"""Watches whether a symptom is still there while some suspects are switched off.

Counting begins with the first reading of each source that is of a moment after everything was switched. Nothing is
stored: after a crash it begins anew, so nothing counts twice.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping

from tidegate.core.attribution.toggles import observed
from tidegate.core.errors import Unavailable
from tidegate.core.gates.evidence import (
    NOTHING,
    Batch,
    Counts,
    Reading,
    Tally,
    VersionedService,
    increase,
)
from tidegate.core.rollout.isolation import Symptom
from tidegate.ports import Observer
from tidegate.temporal.messages import Watched, WatchOrder

WATCH_SECONDS = 120.0
"""How long is watched until it can be told whether a symptom is gone."""

LOOK_SECONDS = 0.5


async def watched(order: WatchOrder, observers: Iterable[Observer], clock: Callable[[], float]) -> Watched:
    """What was seen of the symptom, as soon as it tells, or when the time to wait is over."""
    search, sources = order.search, tuple(observers)
    first = await _read(sources, order.began_at)
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        now = await _read(sources, order.began_at)
        first = {**now, **first}
        tally = _counted(first, now, search.symptom)
        if len(observed(search.toggles, tally).rounds) > len(search.toggles.rounds):
            return Watched(tally=tally)
        if clock() - order.began_at >= WATCH_SECONDS:
            return Watched(tally=tally, given_up=f"it could not be told within {WATCH_SECONDS:g} s")


async def _read(sources: Iterable[Observer], since: float) -> Mapping[int, Reading]:
    """What each source says that answers, by its number, of a moment not before `since`."""
    found = await asyncio.gather(*(source.read() for source in sources), return_exceptions=True)
    for each in found:
        if isinstance(each, BaseException) and not isinstance(each, Unavailable):
            raise each
    return {
        number: each for number, each in enumerate(found) if isinstance(each, Reading) and each.at >= since
    }


def _counted(first: Mapping[int, Reading], now: Mapping[int, Reading], symptom: Symptom) -> Tally:
    """Calls into the service, from the first source that counts any."""
    batches = (increase(first[number], reading) for number, reading in sorted(now.items()))
    tallies = (_tally(batch, symptom) for batch in batches)
    return next((tally for tally in tallies if tally.requests), NOTHING)


def _tally(batch: Batch, symptom: Symptom) -> Tally:
    calls = (counts for edge, counts in batch.edges.items() if _is_watched(edge.callee, symptom))
    counts = sum(calls, Counts())
    if symptom.threshold_ms is not None:
        return counts.in_time(symptom.threshold_ms) or NOTHING
    return Tally(requests=counts.requests, bad=counts.bad)


def _is_watched(callee: VersionedService, symptom: Symptom) -> bool:
    return callee.service == symptom.service and symptom.version in (None, callee.version)
