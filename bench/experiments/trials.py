"""Simulated experiments: units drawn into two arms, and what they do, look after look."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tidegate.core.experiments.lift import Arms
from tidegate.core.experiments.moments import Moments

Dice = np.random.Generator
Floats = NDArray[np.float64]
Draw = Callable[[Dice, Floats], Floats]
"""Numbers of units; each does so many times as much as usual."""

LOOKS: Final = 100


def conversions(rate: float) -> Draw:
    """Ones at a rate, else zeros."""
    return lambda dice, times: (dice.random(len(times)) < rate * times).astype(np.float64)


def revenue(rate: float) -> Draw:
    """Zero but for a rate of units, who spend sums that differ tenfold and more."""
    return lambda dice, times: (dice.random(len(times)) < rate * times) * dice.lognormal(3.0, 1.0, len(times))


METRICS: Final[Mapping[str, tuple[Draw, int]]] = {
    "conversion 0.1 %": (conversions(0.001), 200_000),
    "conversion 1 %": (conversions(0.01), 50_000),
    "conversion 10 %": (conversions(0.1), 20_000),
    "conversion 50 %": (conversions(0.5), 20_000),
    "visits, Poisson 3": (lambda dice, times: dice.poisson(3.0 * times).astype(np.float64), 20_000),
    "revenue of 5 %": (revenue(0.05), 50_000),
}
"""How each number is drawn, and how many units an experiment on it has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """An experiment: how numbers are drawn, the share of the variant, and so much more in it, as a share."""

    draw: Draw
    units: int
    share: float
    lift: float = 0.0

    def looks(self, dice: Dice) -> Iterator[Arms]:
        """What both arms have at each look, evenly spread over the orders of magnitude."""
        drawn = dice.random(self.units) < self.share
        numbers = self.draw(dice, np.where(drawn, 1.0 + self.lift, 1.0))
        at = np.unique(np.geomspace(min(200, self.units), self.units, LOOKS).astype(np.int64)) - 1
        arms = (_moments(numbers, drawn, at), _moments(numbers, ~drawn, at))
        yield from (Arms(variant=one, control=other) for one, other in zip(*arms, strict=True))


def _moments(numbers: Floats, rows: NDArray[np.bool_], at: NDArray[np.int64]) -> Iterator[Moments]:
    powers = (np.cumsum(rows * numbers**power)[at] for power in range(4))
    for units, total, squares, cubes in zip(*powers, strict=True):
        yield Moments(units=int(units), total=float(total), squares=float(squares), cubes=float(cubes))
