"""Whether the canary's answers take longer than its control's, anywhere in their distribution.

    shift = no_shift(tolerated)
    shift = shift.with_batch(canary, control)       two histograms of one interval; what both have counts
    shift.log_e                                     ln of the evidence that the canary is slower

A threshold turns durations into counts: so many answers took longer. At each of several thresholds the two-sample
test of `eprocess.py` is run, and their e-values are averaged, which needs no correction however they depend on each
other. The thresholds are quantiles of the control, as nearly as its buckets allow, taken from what it answered
*before* the batch; a threshold chosen from the batch itself would be no fair bet. So the first answers of the control
only choose thresholds. On shifts of the whole and of the tail alike this is within about 1.2 times of the best single
threshold in hindsight.
"""

from bisect import bisect, bisect_left
from dataclasses import dataclass
from itertools import accumulate
from math import log

import numpy as np

from tidegate.core.gates.eprocess import Arm, Comparison, NotWorse, arm, comparison
from tidegate.core.gates.evidence import NO_HISTOGRAM, Histogram

QUANTILES = (0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999)
ENOUGH = 100
"""Answers of the control that choose the first thresholds."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shift:
    """Evidence that the canary is slower than its control by more than is tolerated.

    `past` has the answers that thresholds are taken from, in buckets that both arms have; `canary` and `control`
    all that was seen.
    """

    slower: Comparison
    past: Histogram = NO_HISTOGRAM
    canary: Histogram = NO_HISTOGRAM
    control: Histogram = NO_HISTOGRAM

    @property
    def log_e(self) -> float:
        """Ln of the average over the thresholds."""
        return float(np.logaddexp.reduce(self.slower.log_e)) - log(len(QUANTILES))

    def with_batch(self, canary: Histogram, control: Histogram) -> "Shift":
        """After one more batch; only buckets that both arms have count."""
        known = self.past
        for arm_ in (canary, control):
            known = known.coarsened(arm_.bounds) if arm_.bounds else known
        slower = self.slower
        if sum(known.counts) >= ENOUGH:
            thresholds = thresholds_of(known)
            slower = slower.with_batch(longer_than(canary, thresholds), longer_than(control, thresholds))
        return Shift(
            slower=slower, past=known + control, canary=self.canary + canary, control=self.control + control
        )


def no_shift(tolerated: float) -> Shift:
    """No evidence yet; so much larger a share beyond a threshold is tolerated."""
    return Shift(slower=comparison(NotWorse(by=tolerated), len(QUANTILES), restarts=True))


def thresholds_of(past: Histogram) -> list[float]:
    """The bound nearest above each quantile; there is none beyond the last."""
    shares = np.cumsum(past.counts) / sum(past.counts)
    return [past.bounds[min(int(np.searchsorted(shares, q)), len(past.bounds) - 1)] for q in QUANTILES]


def quantile(times: Histogram, share: float) -> float | None:
    """The bound within which `share` of the answers came, in milliseconds; none if that is beyond the last."""
    ends = list(accumulate(times.counts))
    number = bisect_left(ends, share * ends[-1]) if ends else 0
    return times.bounds[number] if number < len(times.bounds) else None


def longer_than(times: Histogram, thresholds: list[float]) -> Arm:
    """Answers, and those that took longer, for each threshold."""
    longer = [sum(times.counts[bisect(times.bounds, threshold) :]) for threshold in thresholds]
    return arm([sum(times.counts)] * len(thresholds), longer)
