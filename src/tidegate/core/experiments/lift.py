"""How much better or worse a variant does than the control: the difference of their means.

    lift = lifted(strata, effect=0.02, alpha=0.05)      absent as long as no stratum has enough units

Units are compared only with units that were drawn with the same shares, a stratum; the differences of the strata are
averaged by their information. Where the whole is compared instead, a variant that is served to more people on better
days looks better than it is (Simpson's paradox).

THE ERROR of a difference is taken to be the larger of two estimates: Welch's, each arm with its own variance, and the
pooled one, both arms with a common variance. The second holds where there is no difference, and does not believe a
small arm that happens to have seen nothing yet.

ENOUGH. The interval holds for large numbers. How large depends on how lopsided they are: a stratum counts once each arm
has `UNITS` units and `LOPSIDED` times the square of the skewness, which for conversions is the rule of the textbooks,
ten that converted and ten that did not. How often it is wrong nevertheless is measured: `python -m bench.experiments`.

THE RELATIVE LIFT is any ratio r for which the contrast m1 - (1 + r) m0 could be zero (Fieller 1954), so that the error
of the control's mean is part of it, and it excludes none exactly where the difference does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tidegate.core.experiments.confidence import half_width
from tidegate.core.experiments.moments import Moments

UNITS: Final = 100
LOPSIDED: Final = 10.0
MOST_RATIO: Final = 10.0
"""Beyond this a relative lift is not looked for."""

_HALVINGS: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Arms:
    """The units of a stratum that were served a variant, and those that were served the control."""

    variant: Moments
    control: Moments

    @property
    def enough(self) -> bool:
        """Whether their means are nearly normal."""
        both = self.variant + self.control
        least = max(UNITS, LOPSIDED * both.skewness**2)
        return both.variance > 0.0 and min(self.variant.units, self.control.units) >= least

    @property
    def difference(self) -> float:
        """Of the means."""
        return self.variant.mean - self.control.mean

    @property
    def errors(self) -> tuple[float, float]:
        """The variances of the means of variant and control."""
        one, other = self.variant, self.control
        degrees = one.units + other.units - 2
        pooled = ((one.units - 1) * one.variance + (other.units - 1) * other.variance) / degrees
        welch = (one.variance / one.units, other.variance / other.units)
        return max(welch, (pooled / one.units, pooled / other.units), key=sum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Relative:
    """A share of the control's mean, and between what it is; an end that is absent is beyond `MOST_RATIO`."""

    estimate: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lift:
    """A variant against the control: the `difference` of means, from `low` to `high`, and the `relative` one.

    The latter is absent where the control's mean is not above zero. `units` are those compared, of both arms.
    """

    units: int
    information: float
    control: float
    difference: float
    low: float
    high: float
    relative: Relative | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """Strata averaged: the control's mean, the difference, and the variances of both arms' means."""

    units: int
    control: float
    difference: float
    of_variant: float
    of_control: float
    scale: float
    alpha: float

    def half(self, ratio: float) -> float:
        """How far the contrast for a ratio may be off."""
        variance = self.of_variant + (1.0 + ratio) ** 2 * self.of_control
        return half_width(1.0 / variance, self.scale, self.alpha)

    def excluded(self, ratio: float) -> bool:
        """Whether the relative lift is not this."""
        return abs(self.difference - ratio * self.control) > self.half(ratio)


def lifted(strata: Sequence[Arms], *, effect: float, alpha: float) -> Lift | None:
    """The lift over all strata with enough units; narrowest for an `effect`, as a share of the control's mean."""
    found = contrast(strata, effect=effect, alpha=alpha)
    if found is None:
        return None
    half = found.half(0.0)
    return Lift(
        units=found.units,
        information=1.0 / (found.of_variant + found.of_control),
        control=found.control,
        difference=found.difference,
        low=found.difference - half,
        high=found.difference + half,
        relative=_relative(found) if found.control > 0.0 else None,
    )


def contrast(strata: Sequence[Arms], *, effect: float, alpha: float) -> Contrast | None:
    """The strata with enough units, averaged; absent where there are none, or the control's mean is zero."""
    enough = [arms for arms in strata if arms.enough]
    found = _averaged(enough, effect, alpha) if enough else None
    return found if found and found.control else None


def _averaged(strata: Sequence[Arms], effect: float, alpha: float) -> Contrast:
    errors = [arms.errors for arms in strata]
    total = sum(1.0 / sum(each) for each in errors)
    weights = [1.0 / sum(each) / total for each in errors]
    control = sum(weight * arms.control.mean for weight, arms in zip(weights, strata, strict=True))
    return Contrast(
        units=sum(arms.variant.units + arms.control.units for arms in strata),
        control=control,
        difference=sum(weight * arms.difference for weight, arms in zip(weights, strata, strict=True)),
        of_variant=sum(weight**2 * each for weight, (each, _) in zip(weights, errors, strict=True)),
        of_control=sum(weight**2 * each for weight, (_, each) in zip(weights, errors, strict=True)),
        scale=effect * abs(control),
        alpha=alpha,
    )


def _relative(found: Contrast) -> Relative:
    ratio = found.difference / found.control
    return Relative(estimate=ratio, low=_end(found, ratio, -1.0), high=_end(found, ratio, 1.0))


def _end(found: Contrast, ratio: float, way: float) -> float | None:
    """The ratio that is nearest to the estimate and excluded, in one of the two ways."""
    to_none = [abs(ratio)] if way * ratio < 0.0 else []
    far = [distance for distance in (*to_none, MOST_RATIO) if found.excluded(ratio + way * distance)]
    if not far:
        return None
    inside, outside = 0.0, far[0]
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2.0
        inside, outside = (inside, middle) if found.excluded(ratio + way * middle) else (middle, outside)
    return ratio + way * outside
