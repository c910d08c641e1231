"""One row of intervals from several: each gate looks at its own service and at moments of its own.

Whether nobody called a service shows only in what all of them saw together. So intervals that overlap by more than
half of the shorter one, or that are more than time needs, are put together by equal spans of time.
"""

from collections.abc import Sequence
from itertools import groupby, pairwise
from math import ceil

from tidegate.core.attribution.edges.observed import Instance, Interval
from tidegate.core.gates.evidence import CallEdge, Counts

_MOST = 240
"""Intervals that are kept apart: more tell nothing of when a failure began that a step of a rollout does not blur."""
_INSTANT = 1e-6
"""Seconds: intervals may be that short."""


def aligned(intervals: Sequence[Interval]) -> tuple[Interval, ...]:
    """The same, in the order of time and at most a few hundred; they are given in the order of their ends."""
    if len(intervals) <= _MOST and not any(_overlap(*both) for both in pairwise(intervals)):
        return tuple(intervals)
    first = min(interval.since for interval in intervals)
    span = intervals[-1].until - first
    width = max(span / _MOST, _INSTANT, *(interval.until - interval.since for interval in intervals))
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
