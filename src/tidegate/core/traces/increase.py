"""What happened between two readings of journeys, as `core.gates.evidence.increase` tells it of requests."""

from collections.abc import Hashable, Mapping
from dataclasses import fields, replace
from itertools import repeat
from operator import sub
from typing import Any, TypeVar

from tidegate.core.gates.evidence import Histogram
from tidegate.core.traces.reading import EdgeFlow, Outcomes, Share, Spread, TraceReading

_Key = TypeVar("_Key", bound=Hashable)
_Sums = TypeVar("_Sums", Outcomes, EdgeFlow, Spread, Share)


def increase(before: TraceReading, after: TraceReading) -> TraceReading:
    """What was counted between two readings, as of the second.

    What began anew, because the epoch is another or because one of its counters fell, counts from zero. What
    counted nothing is left out.
    """
    known = before if before.epoch == after.epoch else TraceReading(at=before.at, epoch=after.epoch)
    lost = {reason: number - known.lost.get(reason, 0) for reason, number in after.lost.items()}
    return replace(
        after,
        cohorts=_grown(known.cohorts, after.cohorts),
        edges=_grown(known.edges, after.edges),
        origins=_grown(known.origins, after.origins),
        entries=_grown(known.entries, after.entries),
        flags=_grown(known.flags, after.flags),
        lost={reason: number for reason, number in lost.items() if number},
    )


def _grown(before: Mapping[_Key, _Sums], after: Mapping[_Key, _Sums]) -> dict[_Key, _Sums]:
    grown = {key: _since(value, before[key]) if key in before else value for key, value in after.items()}
    return {key: value for key, value in grown.items() if _counts_any(value)}


def _counts_any(value: _Sums) -> bool:
    return any(getattr(value, each.name) for each in fields(value) if each.type in {int, "int"})


def _since(later: _Sums, earlier: _Sums) -> _Sums:
    """Each sum less what it was; all as they are, if one fell and so they began anew."""
    sums = {
        each.name: _less(getattr(later, each.name), getattr(earlier, each.name)) for each in fields(later)
    }
    return later if None in sums.values() else replace(later, **sums)


def _less(later: Any, earlier: Any) -> Any:
    """One sum, histogram or table of sums less what it was; none if any fell."""
    if isinstance(later, Histogram):
        return _histogram_less(later, earlier)
    if isinstance(later, Mapping):
        return _table_less(later, earlier)
    return later - earlier if later >= earlier else None


def _histogram_less(later: Histogram, earlier: Histogram) -> Histogram | None:
    if earlier.bounds not in ((), later.bounds):
        return None
    counts = tuple(map(sub, later.counts, earlier.counts or repeat(0)))
    return None if min(counts, default=0) < 0 else replace(later, counts=counts)


def _table_less(later: Mapping[_Key, int], earlier: Mapping[_Key, int]) -> Mapping[_Key, int] | None:
    grown = {key: later.get(key, 0) - earlier.get(key, 0) for key in (*earlier, *later)}
    if min(grown.values(), default=0) < 0:
        return None
    return {key: number for key, number in grown.items() if number}
