"""Sums of numbers say the same as the numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tidegate.core.experiments.moments import NO_UNITS, Moments

NUMBERS = st.lists(st.floats(-100, 100).map(lambda x: round(x, 3)), min_size=2, max_size=20)


def moments(numbers: list[float]) -> Moments:
    values = np.array(numbers)
    return Moments(
        units=len(numbers),
        total=float(values.sum()),
        squares=float((values**2).sum()),
        cubes=float((values**3).sum()),
    )


@given(NUMBERS, NUMBERS)
def test_sums_add_up_to_those_of_all_units(some: list[float], others: list[float]) -> None:
    both = moments(some) + moments(others)
    assert both.mean == pytest.approx(np.mean(some + others), abs=1e-9)
    assert both.variance == pytest.approx(np.var(some + others, ddof=1), abs=1e-6)


def test_skewness_is_that_of_the_numbers() -> None:
    numbers = [0.0] * 90 + [1.0] * 10
    assert moments(numbers).skewness == pytest.approx(stats.skew(numbers), rel=0.02)


@pytest.mark.parametrize("nothing", [NO_UNITS, moments([3.0]), moments([3.0, 3.0])])
def test_without_any_spread_there_is_neither_variance_nor_skewness(nothing: Moments) -> None:
    assert (nothing.variance, nothing.skewness) == (0.0, 0.0)


def test_the_mean_of_no_units_is_zero() -> None:
    assert NO_UNITS.mean == 0.0
