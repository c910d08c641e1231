"""Durations are compared at the control's own quantiles, in buckets that both arms have."""

from math import log

import numpy as np
import pytest

from tidegate.core.gates.evidence import NO_HISTOGRAM, Histogram
from tidegate.core.gates.shift import Shift, no_shift, quantile

BOUNDS = (5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)
DICE = np.random.default_rng(3)


def answers(number: int, median: float, bounds: tuple[float, ...] = BOUNDS) -> Histogram:
    times = median * np.exp(DICE.normal(0, 0.8, number))
    counts = np.bincount(np.searchsorted(bounds, times), minlength=len(bounds) + 1)
    return Histogram(bounds=bounds, counts=tuple(int(count) for count in counts))


def after(looks: int, canary: float, control: float, tolerated: float = 0.005) -> Shift:
    shift = no_shift(tolerated)
    for _ in range(looks):
        shift = shift.with_batch(answers(50, canary), answers(450, control))
    return shift


@pytest.mark.parametrize(
    ("why", "canary", "harmful"),
    [
        ("half as slow again", 30.0, True),
        ("a quarter slower", 25.0, True),
        ("as fast", 20.0, False),
        ("faster", 10.0, False),
    ],
)
def test_a_slower_canary_shows(why: str, canary: float, harmful: bool) -> None:
    assert (after(40, canary, 20.0).log_e >= log(100)) is harmful, why


def test_a_slow_tail_shows_although_the_median_is_the_same() -> None:
    shift = no_shift(0.005)
    tail = Histogram(bounds=BOUNDS, counts=(0, 0, 0, 0, 0, 0, 0, 3, 0))
    for _ in range(20):
        shift = shift.with_batch(answers(47, 14.0) + tail, answers(450, 14.0))
    assert shift.log_e >= log(100)
    assert quantile(shift.canary, 0.5) == quantile(shift.control, 0.5) == 20.0
    assert quantile(shift.canary, 0.99) == 1000.0


def test_it_errs_no_oftener_than_it_may() -> None:
    """The same durations on both arms: hardly ever accused, looked at every time."""
    accused = sum(max(after(n, 20.0, 20.0, 0.0).log_e for n in (10, 20)) >= log(20) for _ in range(60))
    assert accused <= 6


def test_the_first_answers_of_the_control_only_choose_thresholds() -> None:
    shift = no_shift(0.0).with_batch(answers(1000, 900.0), answers(99, 20.0))
    assert shift.log_e == pytest.approx(0.0)
    later = shift.with_batch(answers(1000, 900.0), answers(1, 20.0))
    assert later.log_e == pytest.approx(0.0)
    assert later.with_batch(answers(1000, 900.0), answers(100, 20.0)).log_e > log(100)


def test_buckets_that_differ_are_compared_where_they_agree() -> None:
    coarse = (20.0, 100.0, 1000.0, 7000.0)
    shift = no_shift(0.0)
    for _ in range(10):
        shift = shift.with_batch(answers(100, 200.0, coarse), answers(400, 20.0))
    assert shift.past.bounds == (20.0, 100.0, 1000.0)
    assert shift.log_e > log(100)


@pytest.mark.parametrize("bounds", [(), (7.0, 70.0)])
def test_without_buckets_in_common_there_is_no_evidence(bounds: tuple[float, ...]) -> None:
    canary = Histogram(bounds=bounds, counts=(9,) * (len(bounds) + 1) if bounds else ())
    shift = no_shift(0.0)
    for _ in range(5):
        shift = shift.with_batch(canary, answers(200, 20.0))
    assert shift.log_e == pytest.approx(0.0)


def test_a_quantile_beyond_the_last_bound_is_not_known() -> None:
    assert quantile(Histogram(bounds=(1.0,), counts=(1, 9)), 0.5) is None
    assert quantile(NO_HISTOGRAM, 0.5) is None
