"""Evidence as sources give it: counts of requests per edge, ratios of a team's own, levels of instances.

A `Reading` is cumulative where counters are; the increase between two readings of the same source epoch is the
batch that a gate judges. One logical request counts once. What could not be read is part of a reading too, each
kind of absence by its own name, so that it is never taken for calm.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import accumulate, pairwise
from operator import add, sub
from typing import Final, TypeVar

from tidegate.core.ids import ServiceName, Version
from tidegate.core.strategy import SloLimit


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class VersionedService:
    """One version of one service, written `payments@2.0.0`."""

    service: ServiceName
    version: Version

    def __str__(self) -> str:
        return f"{self.service}@{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class CallEdge:
    """Who called whom; `caller` is absent for requests that enter the mesh from outside."""

    caller: VersionedService | None
    callee: VersionedService

    def concerns(self, service: ServiceName) -> bool:
        """Whether a service is on either end."""
        return service in {self.callee.service, self.caller and self.caller.service}


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Signal:
    """A measurement of one version that a team named itself, such as `memory` or `conversion`."""

    name: str
    version: VersionedService

    def __str__(self) -> str:
        return f"{self.name} of {self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """Answers by how long they took.

    `bounds` are upper ends of buckets in milliseconds, rising, each belonging to its bucket; `counts` has one more,
    for what took longer than the last. Without bounds there is no histogram.
    """

    bounds: tuple[float, ...] = ()
    counts: tuple[int, ...] = ()

    def __add__(self, other: "Histogram") -> "Histogram":
        """Both together, in the buckets that both have."""
        if not self.bounds or not other.bounds:
            return other if other.bounds else self
        mine, others = self.coarsened(other.bounds), other.coarsened(self.bounds)
        return Histogram(bounds=mine.bounds, counts=tuple(map(add, mine.counts, others.counts)))

    def coarsened(self, bounds: tuple[float, ...]) -> "Histogram":
        """The same answers in those of its buckets that end at one of `bounds`; without any, no histogram."""
        kept = [number for number, bound in enumerate(self.bounds) if bound in bounds]
        if len(kept) in (0, len(self.bounds)):
            return self if kept else NO_HISTOGRAM
        below = [0, *accumulate(self.counts)]
        ends = [0, *(below[number + 1] for number in kept), below[-1]]
        counts = tuple(later - earlier for earlier, later in pairwise(ends))
        return Histogram(bounds=tuple(self.bounds[number] for number in kept), counts=counts)


NO_HISTOGRAM = Histogram()

DURATIONS: Final = (5.0, 10.0, 25.0, 50.0, 75.0, 100.0, 250.0, 500.0, 750.0, 1e3, 2.5e3, 5e3, 7.5e3, 1e4)
"""Bounds in milliseconds that the HTTP semantic conventions of OpenTelemetry advise for durations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Attempts of one arm and how many of them were bad."""

    requests: int = 0
    bad: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(requests=self.requests + other.requests, bad=self.bad + other.bad)

    def since(self, before: "Tally") -> "Tally":
        """What was counted since `before`; everything, if a counter fell and so began anew."""
        grown = Tally(requests=self.requests - before.requests, bad=self.bad - before.bad)
        return self if min(grown.requests, grown.bad) < 0 else grown

    @property
    def rate(self) -> float | None:
        """The share that was bad; none of nothing."""
        return self.bad / self.requests if self.requests else None


NOTHING = Tally()


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Requests of one edge and how they went.

    `bad`: no answer, or a status of 500 and above. `rejected`: a status of 400 to 499, which points at the
    caller. `slow`: answers that were neither, but took longer than `threshold_ms`; without a threshold nobody counted
    them. `times`: how long those answers took, where the source has it.
    """

    requests: int = 0
    bad: int = 0
    rejected: int = 0
    slow: int = 0
    threshold_ms: float | None = None
    times: Histogram = NO_HISTOGRAM

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            requests=self.requests + other.requests,
            bad=self.bad + other.bad,
            rejected=self.rejected + other.rejected,
            slow=self.slow + other.slow,
            threshold_ms=other.threshold_ms if self.threshold_ms is None else self.threshold_ms,
            times=self.times + other.times,
        )

    def in_time(self, threshold_ms: float) -> Tally | None:
        """Good answers, and how many took longer than `threshold_ms`; none if they were not counted by it."""
        good = self.requests - self.bad - self.rejected
        if self.threshold_ms == threshold_ms:
            return Tally(requests=good, bad=self.slow)
        if threshold_ms in self.times.bounds:
            longer = self.times.counts[self.times.bounds.index(threshold_ms) + 1 :]
            return Tally(requests=sum(self.times.counts), bad=sum(longer))
        return None

    def since(self, before: "Counts") -> "Counts":
        """What was counted since `before`; everything, if a counter fell and so began anew."""
        earlier, later = before.times, self.times
        if earlier.bounds not in ((), later.bounds):
            return self
        counts = tuple(map(sub, later.counts, earlier.counts)) if earlier.bounds else later.counts
        grown = Counts(
            requests=self.requests - before.requests,
            bad=self.bad - before.bad,
            rejected=self.rejected - before.rejected,
            slow=self.slow - before.slow,
            threshold_ms=self.threshold_ms,
            times=Histogram(bounds=later.bounds, counts=counts),
        )
        return self if min(grown.requests, grown.bad, grown.rejected, grown.slow, *counts) < 0 else grown


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """A signal of every instance of a version at one instant (`at`, seconds since 1970)."""

    at: float
    values: Mapping[str, float]


class Gap(StrEnum):
    """Why something that a gate asks for is not there."""

    NO_DATA = "no data"
    NOT_A_NUMBER = "not a number"
    PARTIAL = "partial"
    STALE = "stale"
    CLOCK_SKEW = "clock skew"
    RENAMED = "unknown metric"
    MALFORMED = "malformed"
    DOWN = "source down"


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """One thing that a source could not tell: which kind of absence, of what, and what to do about it.

    `service` is absent where it concerns everything that the source reads.
    """

    gap: Gap
    what: str
    service: ServiceName | None = None

    def __str__(self) -> str:
        return f"{self.gap}: {self.what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a rule without chance says: whether it is broken, and by what numbers.

    What is `missing` is neither kept nor broken. One that is a `condition` is no harm where it is broken, but nothing
    goes on without it.
    """

    name: str
    broken: bool = False
    reason: str = ""
    missing: Missing | None = None
    condition: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Remark:
    """What is worth a note about who calls whom, and decides nothing."""

    edge: CallEdge
    said: str

    def concerns(self, service: ServiceName) -> bool:
        """Whether it is about a service."""
        return self.edge.concerns(service)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a source knows at one instant: everything counted until `at`, seconds since 1970.

    Edges and ratios are cumulative; a new `epoch` means that they began at zero. What is `missing` could not be
    read, so that what was read is not the whole. `examples` show, without any value of a user, what is bad about the
    bad ones of a ratio.
    """

    at: float
    epoch: str
    edges: Mapping[CallEdge, Counts] = field(default_factory=dict)
    ratios: Mapping[Signal, Tally] = field(default_factory=dict)
    levels: Mapping[Signal, Levels] = field(default_factory=dict)
    missing: tuple[Missing, ...] = ()
    examples: Mapping[Signal, str] = field(default_factory=dict)
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What happened between two readings, `seconds` apart; what counted nothing is left out.

    `levels` are those that were taken since the first of the two; `missing` and `findings` are of the second, and so
    are `examples`, of ratios that got worse.
    """

    edges: Mapping[CallEdge, Counts] = field(default_factory=dict)
    ratios: Mapping[Signal, Tally] = field(default_factory=dict)
    levels: Mapping[Signal, Levels] = field(default_factory=dict)
    missing: tuple[Missing, ...] = ()
    findings: Mapping[SloLimit, tuple[Finding, ...]] = field(default_factory=dict)
    examples: Mapping[Signal, str] = field(default_factory=dict)
    seconds: float = 0.0


def increase(before: Reading, after: Reading) -> Batch:
    """The batch between two readings.

    What began anew, because the epoch is another or because one of its counters fell, counts from zero: what
    it had counted before it began anew and after the first reading is lost, nothing is counted twice.
    """
    known = before if before.epoch == after.epoch else Reading(at=before.at, epoch=after.epoch)
    fresh = {
        signal: levels
        for signal, levels in after.levels.items()
        if signal not in known.levels or levels.at > known.levels[signal].at
    }
    ratios = _grown(known.ratios, after.ratios)
    return Batch(
        edges=_grown(known.edges, after.edges),
        ratios=ratios,
        levels=fresh,
        missing=after.missing,
        examples={signal: said for signal, said in after.examples.items() if ratios.get(signal, NOTHING).bad},
        seconds=after.at - before.at,
    )


def together(batches: Iterable[Batch]) -> Batch:
    """What several sources counted, as one batch; each counts what no other does."""
    edges: dict[CallEdge, Counts] = {}
    ratios: dict[Signal, Tally] = {}
    levels: dict[Signal, Levels] = {}
    missing: list[Missing] = []
    examples: dict[Signal, str] = {}
    seconds = 0.0
    for batch in batches:
        edges.update(batch.edges)
        ratios.update(batch.ratios)
        levels.update(batch.levels)
        missing.extend(batch.missing)
        examples.update(batch.examples)
        seconds = max(seconds, batch.seconds)
    return Batch(
        edges=edges,
        ratios=ratios,
        levels=levels,
        missing=tuple(missing),
        examples=examples,
        seconds=seconds,
    )


_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value", Counts, Tally)


def _grown(before: Mapping[_Key, _Value], after: Mapping[_Key, _Value]) -> dict[_Key, _Value]:
    grown = {key: value.since(before[key]) if key in before else value for key, value in after.items()}
    return {key: value for key, value in grown.items() if value.requests > 0}
