"""What the counter adds to: the sums of `reading`, before they become values."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from tidegate.core.gates.evidence import DURATIONS, NO_HISTOGRAM, CallEdge, Histogram
from tidegate.core.ids import ServiceName
from tidegate.core.traces.journey import Call
from tidegate.core.traces.origins import Failure
from tidegate.core.traces.reading import EdgeFlow, Outcomes, Share, Spread
from tidegate.core.traces.span import FAILED, Ending

MOST_OVER: Final = 200
"""Edges that failures of one origin come over."""

MOST_THROUGH: Final = 2_000
"""Services that journeys of one entry go through."""

Key = TypeVar("Key", bound=Hashable)


@dataclass(slots=True)
class Times:
    """A histogram that grows."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(DURATIONS) + 1))

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(DURATIONS, seconds * 1000)] += 1

    def value(self) -> Histogram:
        return Histogram(bounds=DURATIONS, counts=tuple(self.counts)) if any(self.counts) else NO_HISTOGRAM


@dataclass(slots=True)
class OutcomeSums:
    """The sums of `Outcomes`."""

    journeys: int = 0
    failed: int = 0
    times: Times = field(default_factory=Times)

    def add(self, entry: Call) -> None:
        self.journeys += 1
        if entry.ending in FAILED:
            self.failed += 1
        else:
            self.times.add(entry.seconds)

    def value(self) -> Outcomes:
        return Outcomes(journeys=self.journeys, failed=self.failed, times=self.times.value())


@dataclass(slots=True)
class FlowSums:
    """The sums of `EdgeFlow`; `last` is the number of the last journey that came over the edge."""

    calls: int = 0
    retries: int = 0
    endings: Counter[Ending] = field(default_factory=Counter)
    journeys: int = 0
    last: int = 0
    asynchronous: int = 0
    skewed: int = 0
    waited: float = 0.0
    times: Times = field(default_factory=Times)

    def add(self, call: Call, waited: float, journey: int) -> None:
        self.calls += 1
        self.retries += call.attempt > 1
        self.asynchronous += call.asynchronous
        self.skewed += call.skewed
        self.waited += waited
        if self.last != journey:
            self.journeys, self.last = self.journeys + 1, journey
        if call.ending is Ending.OK:
            self.times.add(call.seconds)
        else:
            self.endings[call.ending] += 1

    def value(self) -> EdgeFlow:
        return EdgeFlow(
            calls=self.calls,
            retries=self.retries,
            errors=self.endings[Ending.ERROR],
            rejected=self.endings[Ending.REJECTED],
            timed_out=self.endings[Ending.TIMED_OUT],
            unreached=self.endings[Ending.UNREACHED],
            journeys=self.journeys,
            asynchronous=self.asynchronous,
            skewed=self.skewed,
            waited_ms=self.waited * 1000,
            times=self.times.value(),
        )


@dataclass(slots=True)
class SpreadSums:
    """The sums of `Spread`."""

    failures: int = 0
    journeys: int = 0
    hops: int = 0
    over: Counter[CallEdge] = field(default_factory=Counter)

    def add(self, failures: Sequence[Failure], calls: Sequence[Call]) -> int:
        """Count all failures of one origin in a journey; returns how many hops are over edges beyond those counted."""
        failed = Counter(number for failure in failures for number in failure.path)
        self.failures += len(failures)
        self.journeys += any(failure.reached_entry for failure in failures)
        self.hops += failed.total()
        return sum(_count(self.over, calls[number].edge, by, most=MOST_OVER) for number, by in failed.items())

    def value(self) -> Spread:
        return Spread(failures=self.failures, journeys=self.journeys, hops=self.hops, over=dict(self.over))


@dataclass(slots=True)
class ShareSums:
    """The sums of `Share`."""

    journeys: int = 0
    through: Counter[ServiceName] = field(default_factory=Counter)

    def add(self, services: Iterable[ServiceName]) -> int:
        """Count a journey; returns through how many services it went that are beyond those counted."""
        self.journeys += 1
        return sum(_count(self.through, service, 1, most=MOST_THROUGH) for service in services)

    def value(self) -> Share:
        return Share(journeys=self.journeys, through=dict(self.through))


def _count(counts: Counter[Key], key: Key, by: int, *, most: int) -> int:
    """Count a key, of which there are at most so many; returns what was not counted."""
    if key not in counts and len(counts) >= most:
        return by
    counts[key] += by
    return 0
