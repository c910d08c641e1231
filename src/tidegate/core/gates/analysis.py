"""A record of the past judged as a gate would have: counts of both arms, interval after interval.

    analysis = analysed_from(gate)
    analysis = analysis.with_interval(Interval(at=…, canary=…, control=…))      in the order of time
    analysis.conclusion()  ->  Conclusion      verdict, when it was decided, and the evidence

What decides, and when:

    fail          at the first interval after which the gate sees harm. It stands: what follows is not judged.
    pass          if the gate would pass the release at the end of the record; decided when that began to be so
                  and stayed so. A record is its own bake: a fault that sets in late is not overlooked because
                  an impatient gate would have gone on before it.
    insufficient  otherwise, and always where an arm is missing: without both there is nothing to compare.
                  (Alone, a canary can still fail: by being beyond its boundary.)

The case is that of a rollout step (`case.py`), so the same batches make the same verdict. A record says nothing
of the calls that a version makes itself, so that check stays without evidence; its weight in the average of the
harm is paid as in a rollout.

However long the record, little is kept: the evidence over time is thinned to every 2nd, 4th, 8th … interval.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf

from tidegate.core.gates.case import Case, observed, opened
from tidegate.core.gates.effect import Spread, spread
from tidegate.core.gates.evidence import NOTHING, Batch, CallEdge, Counts, Tally
from tidegate.core.gates.judge import judged
from tidegate.core.gates.look import Look, checks
from tidegate.core.gates.measures import Subject, measures
from tidegate.core.gates.outlook import quickest
from tidegate.core.gates.verdict import Outcome, Verdict
from tidegate.core.gates.words import rounded
from tidegate.core.ids import ServiceName, Version
from tidegate.core.strategy import Gate, Stage

RECORDED = Subject(service=ServiceName("the"), old=Version("control"), new=Version("canary"))
"""Named so that the sentences of a verdict read "the canary" and "the control"."""
_CANARY = CallEdge(caller=None, callee=RECORDED.canary)
_CONTROL = CallEdge(caller=None, callee=RECORDED.control)
_STAGE = Stage(exposure=0.5, bake=0.0, wait=inf)
"""Both arms take part, and nobody waits."""
_POINTS = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """What was counted until `at`, in seconds since 1970 and since the interval before."""

    at: float
    canary: Tally
    control: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """The evidence after one interval: totals of both arms, and ln e-values by check."""

    at: float
    canary: Tally
    control: Tally
    log_harm: Mapping[str, float]
    log_safe: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """How the arms differ. Rates and ratio are of all that was counted; the difference has its interval."""

    canary_rate: float
    control_rate: float
    ratio: float | None
    difference: float
    difference_low: float
    difference_high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Enough:
    """What a proof of `claim` would have taken: so many canary requests in all, or no number of them."""

    claim: str
    canary_requests: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """What a record shows. `decided_at` is absent while nothing is decided, `enough` when something is.

    Everything is as it stood at the end of the record, or when it failed.
    """

    verdict: Verdict
    decided_at: float | None
    began_at: float | None
    ended_at: float | None
    intervals: int
    canary: Tally
    control: Tally
    effect: Effect | None
    enough: Enough | None
    over_time: tuple[Point, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Analysis:
    """A record as far as it was read."""

    case: Case
    spread: Spread
    verdict: Verdict
    canary: Tally = NOTHING
    control: Tally = NOTHING
    began_at: float | None = None
    ended_at: float | None = None
    decided_at: float | None = None
    intervals: int = 0
    points: tuple[Point, ...] = ()
    stride: int = 1

    def with_interval(self, interval: Interval) -> "Analysis":
        """After one more interval; what follows a failure only makes the record longer."""
        began = interval.at if self.began_at is None else self.began_at
        read = replace(self, began_at=began, ended_at=interval.at, intervals=self.intervals + 1)
        return read if self.verdict.outcome is Outcome.FAIL else read._judging(interval)  # noqa: SLF001

    def _judging(self, interval: Interval) -> "Analysis":
        batch = Batch(edges={_CANARY: _counts(interval.canary), _CONTROL: _counts(interval.control)})
        case = observed(self.case, batch)
        canary, control = self.canary + interval.canary, self.control + interval.control
        verdict = _with_both_arms(judged(case, stage=_STAGE, elapsed=0.0), canary, control)
        read = replace(
            self,
            case=case,
            spread=self.spread.with_batch(interval.canary, interval.control),
            verdict=verdict,
            canary=canary,
            control=control,
            decided_at=self._decided(verdict.outcome, interval.at),
        )
        return read._noted(interval.at)  # noqa: SLF001

    def _decided(self, outcome: Outcome, at: float) -> float | None:
        if outcome is Outcome.INSUFFICIENT:
            return None
        stands = outcome is self.verdict.outcome
        return self.decided_at if stands else at

    def _noted(self, at: float) -> "Analysis":
        if (self.intervals - 1) % self.stride:
            return self
        points = (*self.points, self._point(at))
        if len(points) <= 2 * _POINTS:
            return replace(self, points=points)
        return replace(self, points=points[::2], stride=self.stride * 2)

    def _point(self, at: float) -> Point:
        return Point(
            at=at,
            canary=self.canary,
            control=self.control,
            log_harm={check.name: check.log_harm for check in self.verdict.checks},
            log_safe={check.name: check.log_safe for check in self.verdict.checks},
        )

    def conclusion(self) -> Conclusion:
        """What the record shows as far as it was read."""
        return Conclusion(
            verdict=self.verdict,
            decided_at=self.decided_at,
            began_at=self.began_at,
            ended_at=self.ended_at,
            intervals=self.intervals,
            canary=self.canary,
            control=self.control,
            effect=self._effect(),
            enough=self._enough(),
            over_time=self._over_time(),
        )

    def _over_time(self) -> tuple[Point, ...]:
        """The points kept, and the last one judged, whether it was to be kept or not."""
        last = self.decided_at if self.verdict.outcome is Outcome.FAIL else self.ended_at
        if last is None or self.points[-1].at == last:
            return self.points
        return (*self.points, self._point(last))

    def _effect(self) -> Effect | None:
        canary, control = self.canary.rate, self.control.rate
        if canary is None or control is None:
            return None
        low, high = self.spread.interval
        return Effect(
            canary_rate=canary,
            control_rate=control,
            ratio=canary / control if control else None,
            difference=canary - control,
            difference_low=low,
            difference_high=high,
        )

    def _enough(self) -> Enough | None:
        if self.decided_at is not None or not (self.canary.requests and self.control.requests):
            return None
        by_name = {check.name: check for check in checks(self.case)}
        look = Look(case=self.case, stage=_STAGE, elapsed=0.0, checks=by_name)
        route = quickest(look, measures(self.case.gate)[0])
        in_all = None if route.more == inf else rounded(self.canary.requests + route.more)
        return Enough(
            claim=route.claim,
            canary_requests=in_all,
        )


def analysed_from(gate: Gate) -> Analysis:
    """A record of which nothing was read yet."""
    nothing = Verdict(outcome=Outcome.INSUFFICIENT, reason="the record has no rows")
    return Analysis(case=opened(RECORDED, gate), spread=spread(), verdict=nothing)


def _counts(tally: Tally) -> Counts:
    return Counts(requests=tally.requests, bad=tally.bad)


def _with_both_arms(verdict: Verdict, canary: Tally, control: Tally) -> Verdict:
    """A verdict that says first of all which arm is missing, and does not pass without it."""
    missing = [
        reason for tally, reason in ((canary, _NO_CANARY), (control, _NO_CONTROL)) if not tally.requests
    ]
    if verdict.outcome is Outcome.FAIL or not missing:
        return verdict
    return replace(verdict, outcome=Outcome.INSUFFICIENT, reason="; ".join(missing))


_NO_CANARY = "the record has no requests of the canary, so there is nothing to judge"
_NO_CONTROL = "the record has no requests of the control, so there is nothing to compare the canary with"
