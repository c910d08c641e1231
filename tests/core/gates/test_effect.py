"""The interval of a difference: it rarely misses, it only narrows, and it is as narrow as counts allow."""

from itertools import pairwise
from math import sqrt

import numpy as np
import pytest

from tidegate.core.gates.effect import DOUBT, Spread, spread
from tidegate.core.gates.evidence import NOTHING, Tally

RUNS = 100


def fed(p1: float, p0: float, *, seed: int, looks: int = 20, n1: int = 400, n0: int = 1600) -> list[Spread]:
    dice, state, seen = np.random.default_rng(seed), spread(), []
    for _ in range(looks):
        canary = Tally(requests=n1, bad=int(dice.binomial(n1, p1)))
        state = state.with_batch(canary, Tally(requests=n0, bad=int(dice.binomial(n0, p0))))
        seen.append(state)
    return seen


@pytest.mark.parametrize(("p1", "p0"), [(0.01, 0.01), (0.03, 0.01), (0.01, 0.03), (0.6, 0.5)])
def test_the_interval_of_no_look_misses_the_difference_more_often_than_it_says(p1: float, p0: float) -> None:
    lasts = [fed(p1, p0, seed=seed)[-1].interval for seed in range(RUNS)]
    missed = sum(not low <= p1 - p0 <= high for low, high in lasts) / RUNS
    assert missed <= DOUBT + 3 * sqrt(DOUBT * (1 - DOUBT) / RUNS)  # ends never widen: the last look has all


def test_it_only_narrows_and_ends_near_the_difference() -> None:
    intervals = [state.interval for state in fed(0.05, 0.01, seed=1, looks=100)]
    assert all(a[0] <= b[0] and b[1] <= a[1] for a, b in pairwise(intervals))
    low, high = intervals[-1]
    assert 0.03 < low < 0.04 < high < 0.06


def test_nothing_is_known_at_first_and_single_requests_are_gathered() -> None:
    assert spread().interval == (-1.0, 1.0)
    one = Tally(requests=1, bad=1)
    once = spread().with_batch(one, one)
    assert (once.canary, once.gathered_canary) == (NOTHING, one)
    twice = once.with_batch(one, one)
    assert (twice.canary, twice.gathered_canary) == (Tally(requests=2, bad=2), NOTHING)


def test_nothing_overflows_where_everything_is_bad_on_one_side() -> None:
    state = spread()
    for _ in range(5):
        state = state.with_batch(Tally(requests=10**9, bad=10**9), Tally(requests=10**9))
    low, high = state.interval
    assert 0.8 < low <= high == 1.0


def test_a_rate_of_nothing_is_none() -> None:
    assert (NOTHING.rate, Tally(requests=4, bad=1).rate) == (None, 0.25)
