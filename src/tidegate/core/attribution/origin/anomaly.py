"""How far a node is from usual, in seconds or failures of an interval: amounts that add up from callee to caller.

A callee that takes 20 ms more on each of 100 calls gives its callers two seconds more to wait. Scores of how unusual
a value is for its own node have no such order: a quiet leaf that wavers outranks what really holds everybody up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import inf
from typing import Self

import numpy as np
from numpy.typing import NDArray

Series = NDArray[np.float64]
"""One value an interval; NaN where there is none."""

BEYOND_CHANCE = 3.0
"""Standard deviations: Shewhart's limit of what chance explains."""
HIGHEST_SCORE = 1e6
TINY = 1e-12
ENOUGH_TO_VARY = 10
"""With fewer values, how much they vary says nothing."""


class Measure(StrEnum):
    """What of a node may get worse."""

    LATENCY = "latency"
    AVAILABILITY = "availability"

    @property
    def other(self) -> "Measure":
        """The one that this is not."""
        return Measure.AVAILABILITY if self is Measure.LATENCY else Measure.LATENCY


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Metrics:
    """A node by interval: the number of `requests`, their mean `latency` in seconds, `availability` in per cent."""

    requests: Series
    latency: Series
    availability: Series

    def cost(self, measure: Measure) -> Series:
        """What a request costs whoever waits for it: seconds, or the chance that it fails."""
        return self.latency if measure is Measure.LATENCY else 1.0 - self.availability / 100.0

    def rows(self, chosen: slice) -> Self:
        """The metrics of some of the intervals."""
        return type(self)(
            requests=self.requests[chosen],
            latency=self.latency[chosen],
            availability=self.availability[chosen],
        )


EMPTY: Series = np.empty(0)
NO_METRICS = Metrics(requests=EMPTY, latency=EMPTY, availability=EMPTY)
Window = Mapping[str, Metrics]
"""The metrics of every node that has any, over the same intervals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """The usual level of a series, and by how much (one standard deviation) an interval differs from it.

    `rows` is how many intervals the level was read from.
    """

    level: float
    spread: float
    rows: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Excess:
    """By how much a node costs its callers more than usual: seconds or failures, with their standard deviation."""

    amount: float
    noise: float

    @property
    def score(self) -> float:
        """How unusual it is, in standard deviations."""
        return min(self.amount / max(self.noise, TINY), HIGHEST_SCORE)

    @property
    def credible(self) -> float:
        """What of it is to be believed: nothing of what chance explains, nearly all of what is far beyond."""
        return shrunk(self.amount, BEYOND_CHANCE * self.noise)

    @property
    def possible(self) -> float:
        """What it may be at most, if chance hides some."""
        return max(self.amount + BEYOND_CHANCE * self.noise, 0.0)


def shrunk(amount: float, noise: float) -> float:
    """An amount less what `noise` makes of it (the positive-part estimator of James and Stein)."""
    return amount * (1.0 - (noise / amount) ** 2) if amount > noise else 0.0


def usual(normal: Series, before: Series, counts: Series) -> Usual | None:
    """What a series is like, from normal times and from just before, there by `counts`; none without any value.

    The level is what it was just before, for levels drift over weeks; how much it varies is what it was in normal
    times, in proportion.
    """
    known, seen = normal[~np.isnan(normal)], ~np.isnan(before) & (np.nan_to_num(counts) > 0)
    level, spread = (float(np.median(known)), _spread(known)) if len(known) else (0.0, 0.0)
    if seen.any():
        newer = float(np.average(before[seen], weights=counts[seen]))
        scale = newer / level if level > 0 else 1.0
        return Usual(level=newer, spread=spread * scale, rows=float(seen.sum()))
    return Usual(level=level, spread=spread, rows=inf) if len(known) else None


def _spread(values: Series) -> float:
    """The standard deviation of a normal distribution that is as wide, by the middle or the upper end of the values."""
    if len(values) < ENOUGH_TO_VARY:
        return 0.0
    middle, high = np.quantile(values, (0.5, 0.95))
    deviation = float(np.median(np.abs(values - middle))) / 0.6745
    return max(deviation, float(high - middle) / 1.645)
