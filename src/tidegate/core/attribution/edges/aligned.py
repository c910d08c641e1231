"""One row of intervals from several: each gate looks at its own service and at moments of its own.

Whether nobody called a service shows only in what all of them saw together. So intervals that overlap by more than
half of the shorter one are put together by equal spans of time, as long as the longest of them. Where there are
very many, spans are twice as long, or four times, and so on: what was decided by shorter ones was decided by another
sequence of looks, so each doubling is one more chance to be wrong at alpha, and there are few.
"""

from collections.abc import Sequence
from itertools import groupby, pairwise
from math import ceil, log2

from tidegate.core.attribution.edges.observed import Instance, Interval
from tidegate.core.gates.evidence import CallEdge, Counts

_MOST = 240
"""Intervals that are kept apart: time to answer is bounded."""
_INSTANT = 1e-6
"""Seconds: intervals may be that short."""


def aligned(intervals: Sequence[Interval]) -> tuple[Interval, ...]:
    """The same, in the order of time and at most a few hundred; they are given in the order of their ends."""
    if len(intervals) <= _MOST and not any(_overlap(*both) for both in pairwise(intervals)):
        return tuple(intervals)
    first = min(interval.since for interval in intervals)
    span = intervals[-1].until - first
    longest = max(_INSTANT, *(interval.until - interval.since for interval in intervals))
    width = longest * 2.0 ** ceil(log2(max(span / longest / _MOST, 1.0)))
    parts = groupby(intervals, key=lambda interval: ceil((interval.until - first) / width))
    return tuple(_together(tuple(part)) for _, part in parts)


def _overlap(earlier: Interval, later: Interval) -> bool:
    shared = earlier.until - max(later.since, earlier.since)
    return 2.0 * shared > min(earlier.until - earlier.since, later.until - later.since)


def _together(intervals: Sequence[Interval]) -> Interval:
    counts: dict[CallEdge, Counts] = {}
    instances: dict[str, Instance] = {}
    for interval in intervals:
        instances.update(interval.instances)
        for edge, seen in interval.counts.items():
            counts[edge] = counts.get(edge, Counts()) + seen
    return Interval(
        since=min(interval.since for interval in intervals),
        until=intervals[-1].until,
        instances=instances,
        counts=counts,
    )
