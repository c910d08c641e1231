"""Histograms of any bounds as one of fixed bounds, so that those of all instances can be added.

A bucket goes whole to the kept bucket that has its upper end: an answer is never taken for faster than it was, and
for slower by no more than its own bucket and the kept one reach. The kept bounds are those that the HTTP semantic
conventions advise for durations, so that histograms of these lose nothing.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import inf, isnan
from typing import Final

from tidegate.core.gates.evidence import DURATIONS, Histogram

MOST_BUCKETS: Final = 1_000
"""Of one data point; SDKs send up to 160."""

SCALES: Final = range(-10, 21)
"""Of exponential histograms: what the specification lets SDKs choose from."""

_LARGEST_EXPONENT: Final = 1_000  # two to the power of it is a float still


def of_explicit(bounds: Sequence[float], counts: Sequence[int], *, ms: float) -> Histogram | None:
    """The histogram of buckets that end at `bounds`, in units of `ms`; none if they are no histogram."""
    if len(counts) > MOST_BUCKETS or len(counts) != len(bounds) + 1:
        return None
    if any(map(isnan, bounds)) or not all(lower < upper for lower, upper in pairwise(bounds)):
        return None
    return _spread(zip([bound * ms for bound in bounds] + [inf], counts, strict=True))


def of_exponential(
    *, scale: int, zeros: int, offset: int, counts: Sequence[int], ms: float
) -> Histogram | None:
    """The histogram of buckets each 2^(2^-scale) times the one below; none if they are no histogram.

    The bucket at `offset` zero begins at one unit of `ms`.
    """
    if len(counts) > MOST_BUCKETS or scale not in SCALES:
        return None
    ends = (_end(scale, index) * ms for index in range(offset, offset + len(counts)))
    return _spread([(0.0, zeros), *zip(ends, counts, strict=True)])


def _end(scale: int, index: int) -> float:
    exponent = (index + 1) * 2.0**-scale
    return 2.0**exponent if exponent < _LARGEST_EXPONENT else inf


def _spread(buckets: Iterable[tuple[float, int]]) -> Histogram:
    counts = [0] * (len(DURATIONS) + 1)
    for end, count in buckets:
        counts[bisect_left(DURATIONS, end)] += count
    return Histogram(bounds=DURATIONS, counts=tuple(counts))
