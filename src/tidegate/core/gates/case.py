"""A case: all evidence about one release, and what is measured to gather it.

What is counted is a table (`measures`); what is known is a value (`Case`) that each look replaces.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from math import log
from typing import Literal

from tidegate.core.gates.eprocess import (
    Arm,
    Bound,
    Comparison,
    NotWorse,
    Worse,
    arm,
    beyond,
    comparison,
    within,
)
from tidegate.core.gates.evidence import Batch, CallEdge, Counts, VersionedService
from tidegate.core.gates.words import percent
from tidegate.core.ids import ServiceName, Version
from tidegate.core.strategy import Boundaries, Gate

Edges = Mapping[CallEdge, Counts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The release that is judged: `service` moving from `old` (the control) to `new` (the canary)."""

    service: ServiceName
    old: Version
    new: Version

    @property
    def canary(self) -> VersionedService:
        return VersionedService(service=self.service, version=self.new)

    @property
    def control(self) -> VersionedService:
        return VersionedService(service=self.service, version=self.old)

    def __str__(self) -> str:
        return f"{self.service} {self.new}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One thing that is counted on both arms, and the words for it.

    `claim` is what a comparison proves; `absolute` names the check that holds it against a boundary, and
    `allowed` is the share that may fail.
    """

    name: str
    claim: str
    end: Literal["callee", "caller"]
    tried: Callable[[Counts], int]
    failed: Callable[[Counts], int]
    unit: str
    failing: str
    absolute: str = ""
    allowed: Callable[[Boundaries], float] = lambda _: 1.0
    kept: Callable[[Boundaries], str] = lambda _: ""


def _times_in_words(limits: Boundaries) -> str:
    return f"at least {percent(limits.latency_share)} of its answers come within {limits.latency_ms:g} ms"


ERRORS = Measure(
    name="errors",
    claim="it is not more than {margin} worse than {old}",
    end="callee",
    tried=lambda counts: counts.requests,
    failed=lambda counts: counts.bad,
    unit="requests",
    failing="failed",
    absolute="success rate",
    allowed=lambda limits: 1.0 - limits.success_rate,
    kept=lambda limits: f"at least {percent(limits.success_rate)} of its answers are good",
)
_LATENCY = Measure(
    name="latency",
    claim="its latency is not more than {margin} worse than that of {old}",
    end="callee",
    tried=lambda counts: counts.requests - counts.bad - counts.rejected,
    failed=lambda counts: counts.slow,
    unit="good answers",
    failing="were slow",
    absolute="answers in time",
    allowed=lambda limits: 1.0 - limits.latency_share,
    kept=_times_in_words,
)
_OUTGOING = Measure(
    name="outgoing",
    claim="its own calls are not more than {margin} worse than those of {old}",
    end="caller",
    tried=lambda counts: counts.requests,
    failed=lambda counts: counts.bad + counts.rejected,
    unit="calls of its own",
    failing="failed or were rejected",
)


def measures(gate: Gate) -> tuple[Measure, ...]:
    """The measures of a gate in the order of their streams; those with an absolute check come first."""
    if gate.boundaries.latency_ms is None:
        return (ERRORS, _OUTGOING)
    return (ERRORS, _LATENCY, _OUTGOING)


def bounded(gate: Gate) -> tuple[Measure, ...]:
    """The measures that are also held against a boundary of their own, control or none."""
    return tuple(measure for measure in measures(gate) if measure.absolute)


def _limits(gate: Gate) -> list[float]:
    """The share that may fail, for each absolute check: the bounded measures, then the guards."""
    measured = [measure.allowed(gate.boundaries) for measure in bounded(gate)]
    return measured + [1.0 - guard.success_rate for guard in gate.guards]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Case:
    """All evidence about one release so far; stages come and go, the evidence stays.

    Streams are in the order of `measures`, those of absolute tests in the order of `_limits`.
    """

    subject: Subject
    gate: Gate
    worse: Comparison
    not_worse: Comparison
    beyond: Bound
    within: Bound
    canary: Arm
    control: Arm
    absolute: Arm
    before_stage: float = 0.0

    @property
    def fresh_requests(self) -> int:
        """Requests that have reached the canary since the stage began."""
        return int(self.canary.requests[0] - self.before_stage)

    def with_stage_begun(self) -> "Case":
        return replace(self, before_stage=float(self.canary.requests[0]))


def opened(subject: Subject, gate: Gate) -> Case:
    """A case without evidence.

    A gate with other limits needs a case of its own, which observes the same batches again.
    """
    streams, limits = len(measures(gate)), _limits(gate)
    margins = Worse(gate.boundaries.worse_times, gate.boundaries.worse_by)
    ceiling = _KEPT * log(1.0 / gate.alpha_promote)
    nothing = arm([0.0] * streams, [0.0] * streams)
    return Case(
        subject=subject,
        gate=gate,
        worse=comparison(NotWorse(), streams, restarts=True),
        not_worse=comparison(margins, streams, ceiling=ceiling),
        beyond=within(limits, restarts=True),
        within=beyond(limits, ceiling=ceiling),
        canary=nothing,
        control=nothing,
        absolute=arm([0.0] * len(limits), [0.0] * len(limits)),
    )


_KEPT = 3.0
"""So many times the evidence of safety that is needed, in logarithms, is kept; the rest is thrown away."""


def observed(case: Case, batch: Batch) -> Case:
    """The case after one more look; `evidence.increase` makes the batch from two readings."""
    subject, edges = case.subject, batch.edges
    canary, control = _arms(case, edges, subject.canary), _arms(case, edges, subject.control)
    absolute = _absolute(case, edges, canary)
    return replace(
        case,
        worse=case.worse.with_batch(canary, control),
        not_worse=case.not_worse.with_batch(canary, control),
        beyond=case.beyond.with_batch(absolute),
        within=case.within.with_batch(absolute),
        canary=case.canary + canary,
        control=case.control + control,
        absolute=case.absolute + absolute,
    )


def _arms(case: Case, edges: Edges, version: VersionedService) -> Arm:
    ends = {
        "callee": _total(counts for edge, counts in edges.items() if edge.callee == version),
        "caller": _total(counts for edge, counts in edges.items() if edge.caller == version),
    }
    counted = [(measure, ends[measure.end]) for measure in measures(case.gate)]
    return arm([m.tried(counts) for m, counts in counted], [m.failed(counts) for m, counts in counted])


def _absolute(case: Case, edges: Edges, canary: Arm) -> Arm:
    measured = len(bounded(case.gate))
    guarded = [
        _total(counts for edge, counts in edges.items() if edge.callee.service == guard.service)
        for guard in case.gate.guards
    ]
    return arm(
        [*canary.requests[:measured], *(counts.requests for counts in guarded)],
        [*canary.bad[:measured], *(counts.bad for counts in guarded)],
    )


def _total(counts: Iterable[Counts]) -> Counts:
    return sum(counts, Counts())
