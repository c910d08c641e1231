"""Units that are not drawn as intended, how soon that is seen, and days on which more people are served a variant."""

from dataclasses import dataclass
from math import inf, log
from statistics import median
from typing import Final

import numpy as np
from bench.experiments.contest import ALPHA, EFFECT, QUANTILE
from bench.experiments.trials import Dice

from tidegate.core.experiments.lift import Arms, contrast
from tidegate.core.experiments.mismatch import ALPHA as MISMATCH_ALPHA
from tidegate.core.experiments.mismatch import log_evidence
from tidegate.core.experiments.moments import NO_UNITS, Moments

LOOKS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """Units that are drawn with an `actual` share where another was `intended`: in which part that is found.

    `units` is the median of those it took, `repeated` the part in which a chi-squared test at every look finds it.
    """

    intended: float
    actual: float
    part: float
    units: float
    repeated: float


def drawn(intended: float, actual: float, most: int, runs: int, dice: Dice) -> Drawn:
    """Look at experiments until a mismatch is claimed, at the chance at which tidegate claims it."""
    needed, shares = log(2.0 / MISMATCH_ALPHA), (intended, 1.0 - intended)
    at = np.unique(np.geomspace(20, most, LOOKS).astype(np.int64))
    taken, repeated = [], 0
    for _ in range(runs):
        ones = np.cumsum(dice.random(most) < actual)[at - 1].astype(np.float64)
        counts = np.stack([ones, at - ones], axis=1)
        found = (
            units for units, each in zip(at, counts, strict=True) if log_evidence(each, shares) >= needed
        )
        taken.append(float(next(found, inf)))
        off = np.abs(ones - at * intended) / np.sqrt(at * intended * (1.0 - intended))
        repeated += bool((off > CHI).any())
    part = sum(units < inf for units in taken) / runs
    return Drawn(intended=intended, actual=actual, part=part, units=median(taken), repeated=repeated / runs)


CHI: Final = 3.2905
"""What a chi-squared test asks for at the same chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """False claims where the share of the variant grows while everyone converts more: by strata, and together."""

    by_strata: float
    together: float


STEPS: Final = ((0.05, 0.08), (0.25, 0.1), (0.5, 0.12))
"""The share of the variant in each step, and the conversion of both arms."""


def steps(units: int, runs: int, dice: Dice) -> Steps:
    """Nothing is different between the arms; each step has so many units."""
    by_strata = together = 0
    for _ in range(runs):
        strata = [_stratum(share, rate, units, dice) for share, rate in STEPS]
        found = contrast(strata, effect=EFFECT, alpha=ALPHA)
        by_strata += found is not None and found.excluded(0.0)
        whole = Arms(
            variant=sum((each.variant for each in strata), NO_UNITS),
            control=sum((each.control for each in strata), NO_UNITS),
        )
        together += abs(whole.difference) > QUANTILE * np.sqrt(sum(whole.errors))
    return Steps(by_strata=by_strata / runs, together=together / runs)


def _stratum(share: float, rate: float, units: int, dice: Dice) -> Arms:
    variant = int(dice.binomial(units, share))
    return Arms(variant=_converted(variant, rate, dice), control=_converted(units - variant, rate, dice))


def _converted(units: int, rate: float, dice: Dice) -> Moments:
    ones = float(dice.binomial(units, rate))
    return Moments(units=units, total=ones, squares=ones, cubes=ones)
