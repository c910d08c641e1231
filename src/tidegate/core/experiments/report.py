"""A census as what may be said of it.

Chances of being wrong are split: that a difference is claimed where there is none, between any variant and the control,
in any metric, at any look, is `alpha` at most; so is the chance that any guard is said to be harmed that is not. Where
units were not drawn as intended nothing is said of either.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tidegate.core.experiments.census import Census, Stratum
from tidegate.core.experiments.confidence import needed
from tidegate.core.experiments.definition import Better, Experiment, Guard, Metric
from tidegate.core.experiments.lift import Arms, Lift, lifted
from tidegate.core.experiments.mismatch import Ratio, ratio
from tidegate.core.experiments.moments import NO_UNITS, Moments
from tidegate.core.ids import FlagKey


class Claim(StrEnum):
    """What is said of a variant and a metric."""

    BETTER = "better"
    WORSE = "worse"
    UNCLEAR = "unclear"
    TOO_FEW = "too few units"
    VOID = "void"


class Guarded(StrEnum):
    """What is said of a variant and a guard."""

    KEPT = "kept"
    HARMED = "harmed"
    UNCLEAR = "unclear"
    TOO_FEW = "too few units"
    VOID = "void"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """A variant: units drawn and final ones of all periods, and by metric the mean of the latter.

    `intended` is its share in the last period.
    """

    variant: str
    intended: float
    drawn: int
    units: int
    means: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A variant against the control in one metric. About `enough` units would tell the minimum effect, if known."""

    metric: str
    variant: str
    claim: Claim
    lift: Lift | None = None
    enough: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardResult:
    """A variant against the control in the metric of a guard, which must not be worse by more than `margin`."""

    metric: str
    variant: str
    margin: float
    outcome: Guarded
    lift: Lift | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What an experiment has shown until `at`, seconds since 1970.

    What was not counted is as in the census.
    """

    name: str
    flag: FlagKey
    control: str
    at: float
    arms: tuple[Arm, ...]
    ratios: tuple[Ratio, ...]
    metrics: tuple[Compared, ...]
    guards: tuple[GuardResult, ...]
    waiting: int
    crossed: Mapping[str, int]
    cut_short: int
    not_drawn: int
    kept: float
    lost: Mapping[str, int]

    @property
    def mismatches(self) -> tuple[Ratio, ...]:
        """The periods in which units were not drawn as intended."""
        return tuple(each for each in self.ratios if each.mismatch)


def reported(experiment: Experiment, found: Census, at: float) -> Report:
    """What may be said of a census taken at a second since 1970."""
    ratios = tuple(
        each
        for number, stratum in enumerate(found.strata)
        if (each := ratio(number, stratum.period.since, stratum.drawn, _control_last(experiment, stratum)))
    )
    asked = _Asked(experiment=experiment, found=found, void=any(each.mismatch for each in ratios))
    return Report(
        name=experiment.name,
        flag=experiment.flag,
        control=experiment.control,
        at=at,
        arms=tuple(asked.arm(variant) for variant in asked.variants),
        ratios=ratios,
        metrics=tuple(asked.compared(m, v) for m in experiment.metrics for v in asked.treatments),
        guards=tuple(asked.guarded(g, v) for g in experiment.guards for v in asked.treatments),
        waiting=found.waiting,
        crossed=found.crossed,
        cut_short=found.cut_short,
        not_drawn=found.not_drawn,
        kept=found.kept,
        lost=found.lost,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """An experiment and its census; a `void` one says nothing of outcomes."""

    experiment: Experiment
    found: Census
    void: bool

    @property
    def variants(self) -> tuple[str, ...]:
        """All there are, the control first."""
        names = dict.fromkeys(name for stratum in self.found.strata for name in stratum.period.shares)
        return (self.experiment.control, *(name for name in names if name != self.experiment.control))

    @property
    def treatments(self) -> tuple[str, ...]:
        """All but the control."""
        return self.variants[1:]

    def arm(self, variant: str) -> Arm:
        """One variant over all periods."""
        strata = self.found.strata
        totals = {metric.name: self._total(metric, variant) for metric in self.experiment.measured}
        return Arm(
            variant=variant,
            intended=strata[-1].period.shares.get(variant, 0.0) if strata else 0.0,
            drawn=sum(stratum.drawn.get(variant, 0) for stratum in strata),
            units=max((total.units for total in totals.values()), default=0),
            means={} if self.void else {name: total.mean for name, total in totals.items() if total.units},
        )

    def _total(self, metric: Metric, variant: str) -> Moments:
        each = (stratum.outcomes[metric.name].get(variant, NO_UNITS) for stratum in self.found.strata)
        return sum(each, NO_UNITS)

    def compared(self, metric: Metric, variant: str) -> Compared:
        """A variant in a metric."""
        alpha = self.experiment.alpha / (len(self.treatments) * len(self.experiment.metrics))
        lift = self._lift(metric, variant, metric.minimum_effect, alpha)
        return Compared(
            metric=metric.name,
            variant=variant,
            claim=Claim.VOID if self.void else _claim(metric, lift),
            lift=lift,
            enough=_enough(lift, metric, alpha) if lift else None,
        )

    def guarded(self, guard: Guard, variant: str) -> GuardResult:
        """A variant in the metric of a guard."""
        alpha = self.experiment.alpha / (len(self.treatments) * len(self.experiment.guards))
        lift = self._lift(guard.metric, variant, guard.margin, alpha)
        return GuardResult(
            metric=guard.metric.name,
            variant=variant,
            margin=guard.margin,
            outcome=Guarded.VOID if self.void else _outcome(guard, lift),
            lift=lift,
        )

    def _lift(self, metric: Metric, variant: str, effect: float, alpha: float) -> Lift | None:
        if self.void:
            return None
        outcomes = (stratum.outcomes[metric.name] for stratum in self.found.strata)
        arms = [
            Arms(variant=each.get(variant, NO_UNITS), control=each.get(self.experiment.control, NO_UNITS))
            for each in outcomes
        ]
        return lifted(arms, effect=effect, alpha=alpha)


def _control_last(experiment: Experiment, stratum: Stratum) -> Mapping[str, float]:
    """The shares of a period: of two variants that are equally far off the other one is to be named."""
    shares = stratum.period.shares
    return dict(sorted(shares.items(), key=lambda share: share[0] == experiment.control))


def _good(metric: Metric, lift: Lift) -> tuple[float, float]:
    """Between what the difference is, above zero being good."""
    return (lift.low, lift.high) if metric.better is Better.HIGHER else (-lift.high, -lift.low)


def _claim(metric: Metric, lift: Lift | None) -> Claim:
    if lift is None:
        return Claim.TOO_FEW
    low, high = _good(metric, lift)
    if low > 0.0:
        return Claim.BETTER
    return Claim.WORSE if high < 0.0 else Claim.UNCLEAR


def _outcome(guard: Guard, lift: Lift | None) -> Guarded:
    if lift is None:
        return Guarded.TOO_FEW
    if _kept(guard, lift):
        return Guarded.KEPT
    _, high = _good(guard.metric, lift)
    return Guarded.HARMED if high < 0.0 else Guarded.UNCLEAR


def _kept(guard: Guard, lift: Lift) -> bool:
    """Whether the variant is surely not worse by more than the margin."""
    if lift.relative is None:
        low, _ = _good(guard.metric, lift)
        return low > -guard.margin * abs(lift.control)
    if guard.metric.better is Better.HIGHER:
        return lift.relative.low is not None and lift.relative.low > -guard.margin
    return lift.relative.high is not None and lift.relative.high < guard.margin


def _enough(lift: Lift, metric: Metric, alpha: float) -> int:
    """As many units, of both arms, as would probably tell the least difference that matters."""
    effect = metric.minimum_effect * abs(lift.control)
    return round(lift.units * needed(effect, alpha) / lift.information)
