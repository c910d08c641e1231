"""How long journeys took, as counts: how many answers took longer than each of several thresholds.

The thresholds are quantiles of what journeys took before the batch, whatever they met (`core.gates.shift` has why).
"""

from collections.abc import Sequence
from functools import reduce
from operator import add

import numpy as np

from tidegate.core.gates.eprocess import Arm
from tidegate.core.gates.evidence import NO_HISTOGRAM, Histogram
from tidegate.core.gates.shift import ENOUGH, QUANTILES, longer_than, thresholds_of


def slow(past: Histogram, times: Sequence[Histogram]) -> Arm:
    """Answers and slow answers of each row, (rows, thresholds); none where too little is known of the past."""
    past = _in_common(past, times)
    if sum(past.counts) < ENOUGH:
        return Arm(*np.zeros((2, len(times), len(QUANTILES))))
    thresholds = thresholds_of(past)
    counted = [longer_than(each, thresholds) for each in times]
    return Arm(np.array([each.requests for each in counted]), np.array([each.bad for each in counted]))


def past_after(past: Histogram, times: Sequence[Histogram]) -> Histogram:
    """What is known of the past once these are part of it."""
    return reduce(add, times, _in_common(past, times))


def _in_common(past: Histogram, times: Sequence[Histogram]) -> Histogram:
    """The past in the buckets that all of these have; another source of times begins anew."""
    for bounds in {each.bounds for each in times} - {NO_HISTOGRAM.bounds}:
        past = past.coarsened(bounds)
    return past
