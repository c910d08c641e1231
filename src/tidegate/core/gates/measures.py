"""What is counted about a release or a flag, on which arm, and the words for it: a table."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from tidegate.core.gates.evidence import NOTHING, Batch, Counts, Signal, Tally, VersionedService
from tidegate.core.gates.words import percent
from tidegate.core.ids import ServiceName, Version, flag_of
from tidegate.core.plan.steps import Exposing
from tidegate.core.strategy import Boundaries, Conformance, Gate, Ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is judged: `service` moving from `old` (the control) to `new` (the canary), or a flag between variants.

    `laned` callers reach one version or the other by their own, whatever the exposure. Without an `old` nothing was
    dealt by lot, and there is nothing to compare with.
    """

    service: ServiceName
    old: Version
    new: Version
    laned: tuple[ServiceName, ...] = ()

    @property
    def canary(self) -> VersionedService:
        return VersionedService(service=self.service, version=self.new)

    @property
    def control(self) -> VersionedService:
        return VersionedService(service=self.service, version=self.old)

    @property
    def name(self) -> str:
        """How people call it: a service or a flag."""
        return flag_of(self.service) or self.service

    @property
    def is_flag(self) -> bool:
        """Whether users are dealt by lot rather than calls."""
        return flag_of(self.service) is not None

    @property
    def compared(self) -> bool:
        """Whether there is a control."""
        return bool(self.old)

    def __str__(self) -> str:
        return f"{self.name} {self.new}"


def subject_of(action: Exposing) -> Subject:
    """What is judged while a service or a flag is exposed."""
    return Subject(service=action.service, old=action.old, new=action.new, laned=action.laned)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One thing that is counted on both arms, and the words for it.

    `claim` is what a comparison proves; `absolute` names the check that holds it against a boundary, if there
    is one: `allowed` is the share that may fail then, and `kept` says so. One that is `required` must be proven
    before a release goes on, any other only where both arms can be compared.
    """

    name: str
    claim: str
    unit: str
    failing: str
    counted: Callable[[Batch, VersionedService], Tally]
    required: bool = True
    absolute: str = ""
    allowed: float = 1.0
    kept: str = ""

    @property
    def routes(self) -> tuple[str, ...]:
        """The checks by which it can be proven safe."""
        return (self.name, self.absolute) if self.absolute else (self.name,)


ERRORS = "errors"
LATENCY = "latency"
SUCCESS_RATE = "success rate"
IN_TIME = "answers in time"
GUARD = "guard "
CONFORMANCE = "conformance"


@cache
def measures(gate: Gate) -> tuple[Measure, ...]:
    """The measures of a gate in the order of their streams."""
    return tuple(_measures(gate))


@cache
def bounded(gate: Gate) -> tuple[Measure, ...]:
    """The measures that are also held against a boundary of their own, control or none."""
    return tuple(measure for measure in measures(gate) if measure.absolute)


def _measures(gate: Gate) -> Iterator[Measure]:
    yield _errors(gate.boundaries)
    if gate.boundaries.latency_ms is not None:
        yield _latency(gate.boundaries)
    yield _OUTGOING
    yield from map(_ratio, gate.ratios)
    if gate.conformance is not None:
        yield _conformance(gate.conformance)


def _errors(limits: Boundaries) -> Measure:
    return Measure(
        name=ERRORS,
        claim="it is not more than {margin} worse than {old}",
        unit="requests",
        failing="failed",
        counted=_answers,
        absolute=SUCCESS_RATE,
        allowed=1.0 - limits.success_rate,
        kept=f"at least {percent(limits.success_rate)} of its answers are good",
    )


def _latency(limits: Boundaries) -> Measure:
    return Measure(
        name=LATENCY,
        claim="its latency is not more than {margin} worse than that of {old}",
        unit="good answers",
        failing="were slow",
        counted=lambda batch, version: answered(batch, version).in_time(limits.latency_ms or 0.0) or NOTHING,
        absolute=IN_TIME,
        allowed=1.0 - limits.latency_share,
        kept=f"at least {percent(limits.latency_share)} of its answers come within {limits.latency_ms:g} ms",
    )


def _ratio(ratio: Ratio) -> Measure:
    limit = ratio.success_rate
    return Measure(
        name=ratio.name,
        claim=f"its {ratio.name} are not more than {{margin}} worse than those of {{old}}",
        unit=ratio.name,
        failing="were bad",
        counted=lambda batch, version: batch.ratios.get(Signal(name=ratio.name, version=version), NOTHING),
        absolute="" if limit is None else f"{ratio.name} rate",
        allowed=1.0 if limit is None else 1.0 - limit,
        kept="" if limit is None else f"at least {percent(limit)} of {ratio.name} are good",
    )


def _conformance(check: Conformance) -> Measure:
    limit = check.success_rate
    return Measure(
        name=CONFORMANCE,
        claim="its answers break its contract not more than {margin} oftener than those of {old}",
        unit="answers held against a contract",
        failing="broke it",
        counted=lambda batch, version: batch.ratios.get(Signal(name=CONFORMANCE, version=version), NOTHING),
        absolute="" if limit is None else "conformance rate",
        allowed=1.0 if limit is None else 1.0 - limit,
        kept="" if limit is None else f"at least {percent(limit)} of its answers keep its contract",
    )


def _answers(batch: Batch, version: VersionedService) -> Tally:
    counts = answered(batch, version)
    return Tally(requests=counts.requests, bad=counts.bad)


def _own_calls(batch: Batch, version: VersionedService) -> Tally:
    counts = _total(counts for edge, counts in batch.edges.items() if edge.caller == version)
    return Tally(requests=counts.requests, bad=counts.bad + counts.rejected)


_OUTGOING = Measure(
    name="outgoing",
    claim="its own calls are not more than {margin} worse than those of {old}",
    unit="calls of its own",
    failing="failed or were rejected",
    counted=_own_calls,
    required=False,
)


def is_shared(check: str) -> bool:
    """Whether a check holds a service to a limit that others than the release that is judged may break."""
    return check in {SUCCESS_RATE, IN_TIME} or check.startswith(GUARD)


def answered(batch: Batch, version: VersionedService) -> Counts:
    """Every call into a version, all callers together."""
    return _total(counts for edge, counts in batch.edges.items() if edge.callee == version)


def answered_by_all(batch: Batch, service: str) -> Tally:
    """Every call into a service, whichever version answered."""
    counts = _total(counts for edge, counts in batch.edges.items() if edge.callee.service == service)
    return Tally(requests=counts.requests, bad=counts.bad)


def _total(counts: Iterable[Counts]) -> Counts:
    return sum(counts, Counts())
