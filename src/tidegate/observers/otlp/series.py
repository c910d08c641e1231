"""Counters as they were pushed, series by series, and what each data point adds.

A *writer* is one run of one resource: counters that say from when they count belong to the run that began then, so
that a restart is a new writer which begins at zero, and two processes that share a name by mistake do not fall into
each other's counts. Deltas have no such start: there is one writer of them a resource.

What a data point adds:

- Delta: what it says. A window that begins before the last one ended would count twice and is refused.
- Cumulative: what it grew by. The first value of a series counts in full if none of it can have been counted
  before we watched: the run began later than we did, or earlier pushes of the run did not have the series.
  Otherwise it is where counting begins, and adds nothing.
- The same time again is a push repeated, and adds nothing.

Source: the OpenTelemetry metrics data model, "Resets and gaps" and "Overlap".
"""

from dataclasses import dataclass, field
from operator import sub
from typing import Final

from tidegate.core.gates.evidence import NO_HISTOGRAM, Counts, Histogram

NANOSECONDS: Final = 1_000_000_000

_ONE_PUSH: Final = NANOSECONDS
"""The data points of one push are collected within it, one after the other."""

LATE: Final = "data points come later than newer ones of their series"
OVERLAP: Final = "data points overlap in time: give each instance a service.instance.id of its own"
FELL: Final = "counters fell, and their start time does not say that they began anew"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The counts of one data point: from `start`, zero if unknown, to `time`, nanoseconds since 1970.

    Without `delta` those of all points since `start` are in it.
    """

    series: bytes
    start: int
    time: int
    counts: Counts
    delta: bool


@dataclass(slots=True, kw_only=True)
class Writer:
    """One run of one resource: when it was `first` collected, when it was `heard` last, and its series.

    `first` is in nanoseconds of the writer's clock, `heard` in seconds of ours.
    """

    first: int
    heard: float
    last: dict[bytes, Counted] = field(default_factory=dict)

    def add(self, point: Counted, *, began: int) -> Counts | str:
        """What `point` adds, or why it must not; `began` is when we did, in nanoseconds since 1970."""
        last = self.last.get(point.series)
        if last is not None and point.time == last.time:
            return Counts()
        added = _delta(last, point) if point.delta else self._cumulative(last, point, began)
        if not isinstance(added, str):
            self.last[point.series] = point
        return added

    def _cumulative(self, last: Counted | None, point: Counted, began: int) -> Counts | str:
        if last is None:
            return point.counts if self._begins_at_zero(point, began) else Counts()
        return LATE if point.time < last.time else _grown(last.counts, point.counts)

    def _begins_at_zero(self, point: Counted, began: int) -> bool:
        return began <= point.start < point.time or point.time >= self.first + _ONE_PUSH


def _delta(last: Counted | None, point: Counted) -> Counts | str:
    """What `point` adds; without a start its window begins where the last one ended."""
    if last is not None and (point.time < last.time or 0 < point.start < last.time):
        return OVERLAP
    return point.counts


def _grown(before: Counts, now: Counts) -> Counts | str:
    """What was counted since `before`.

    An exponential histogram that lost resolution moved answers to slower buckets: such growth has no times.
    """
    if now.requests < before.requests:
        return FELL
    counts = tuple(map(sub, now.times.counts, before.times.counts))
    whole = min(counts, default=-1) >= 0
    return Counts(
        requests=now.requests - before.requests,
        bad=now.bad - before.bad,
        rejected=now.rejected - before.rejected,
        times=Histogram(bounds=now.times.bounds, counts=counts) if whole else NO_HISTOGRAM,
    )


class Writers:
    """Every writer that was heard and is not forgotten; its length is how many series they have."""

    def __init__(self, *, began: float) -> None:
        self._began = int(began * NANOSECONDS)
        self._writers: dict[tuple[bytes, int | None], Writer] = {}
        self._series = 0

    def __len__(self) -> int:
        return self._series

    def knows(self, resource: bytes, point: Counted) -> bool:
        """Whether `point` needs no more room."""
        writer = self._writers.get(_run(resource, point))
        return writer is not None and point.series in writer.last

    def add(self, resource: bytes, point: Counted, *, now: float) -> Counts | str:
        """What `point` adds, or why it must not."""
        run = _run(resource, point)
        writer = self._writers.get(run) or Writer(first=point.time, heard=now)
        before = len(writer.last)
        added = writer.add(point, began=self._began)
        if not isinstance(added, str):
            self._writers[run] = writer
            self._series += len(writer.last) - before
            writer.heard = now
        return added

    def forget(self, before: float) -> None:
        """Forget writers that were not heard since."""
        self._writers = {run: writer for run, writer in self._writers.items() if writer.heard >= before}
        self._series = sum(len(writer.last) for writer in self._writers.values())


def _run(resource: bytes, point: Counted) -> tuple[bytes, int | None]:
    return resource, None if point.delta else point.start
