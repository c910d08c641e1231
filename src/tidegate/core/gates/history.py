"""The evidence of one gate as it came about: counts and e-values over time, the effect, what would be enough.

    history = begun(case)
    history = history.observed(at, batch)
    history.effect  history.enough(stage)  history.over_time

However long it goes on, little is kept: the points over time are thinned to every 2nd, 4th, 8th ... look.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf

from tidegate.core.gates.case import Case, observed
from tidegate.core.gates.effect import Spread, spread
from tidegate.core.gates.eprocess import Arm
from tidegate.core.gates.evidence import Batch, Tally
from tidegate.core.gates.look import Look, checks
from tidegate.core.gates.measures import measures
from tidegate.core.gates.outlook import quickest
from tidegate.core.gates.words import rounded
from tidegate.core.strategy import Stage

_POINTS = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """The evidence after one look: totals of both arms, and ln e-values by check."""

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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class History:
    """A case with how it came about."""

    case: Case
    spread: Spread
    looks: int = 0
    points: tuple[Point, ...] = ()
    stride: int = 1
    last: float | None = None

    @property
    def canary(self) -> Tally:
        """Answers of the canary, and how many were bad."""
        return _answers(self.case.canary)

    @property
    def control(self) -> Tally:
        """The same of the control."""
        return _answers(self.case.control)

    def observed(self, at: float, batch: Batch) -> "History":
        """After one more look, at seconds since 1970."""
        errors, subject = measures(self.case.gate)[0], self.case.subject
        canary, control = (errors.counted(batch, version) for version in (subject.canary, subject.control))
        read = replace(
            self,
            case=observed(self.case, batch),
            spread=self.spread.with_batch(canary, control),
            looks=self.looks + 1,
            last=at,
        )
        return read if self.looks % self.stride else read._noted()  # noqa: SLF001

    def with_stage_begun(self, exposure: float) -> "History":
        """At the beginning of a stage of `exposure`, a share of one."""
        return replace(self, case=self.case.with_stage_begun(exposure))

    def _noted(self) -> "History":
        points = (*self.points, *self._now())
        if len(points) <= 2 * _POINTS:
            return replace(self, points=points)
        return replace(self, points=points[::2], stride=self.stride * 2)

    def _now(self) -> tuple[Point, ...]:
        if self.last is None:
            return ()
        now = checks(self.case)
        return (
            Point(
                at=self.last,
                canary=self.canary,
                control=self.control,
                log_harm={check.name: check.log_harm for check in now},
                log_safe={check.name: check.log_safe for check in now},
            ),
        )

    @property
    def over_time(self) -> tuple[Point, ...]:
        """The points kept, and the last look, whether it was to be kept or not."""
        kept = bool(self.points) and self.points[-1].at == self.last
        return self.points if kept else (*self.points, *self._now())

    @property
    def effect(self) -> Effect | None:
        """How the arms differ so far; nothing while one of them is empty."""
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

    def enough(self, stage: Stage) -> Enough | None:
        """What a proof that the canary is fine would still take; nothing while an arm is empty."""
        if not (self.canary.requests and self.control.requests):
            return None
        by_name = {check.name: check for check in checks(self.case)}
        look = Look(case=self.case, stage=stage, elapsed=0.0, checks=by_name)
        route = quickest(look, measures(self.case.gate)[0])
        in_all = None if route.more == inf else rounded(self.canary.requests + route.more)
        return Enough(claim=route.claim, canary_requests=in_all)


def begun(case: Case) -> History:
    """A case of which nothing was seen yet."""
    return History(case=case, spread=spread())


def _answers(arm: Arm) -> Tally:
    """Errors are the first of the measures."""
    return Tally(requests=int(arm.requests[0]), bad=int(arm.bad[0]))
