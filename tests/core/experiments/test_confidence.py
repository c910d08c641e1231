"""The confidence sequence of means: its formula, and that it holds at every look together."""

from math import log, sqrt

import numpy as np
import pytest

from tidegate.core.experiments.confidence import POWER, half_width, needed


@pytest.mark.parametrize("information", [0.5, 10.0, 4e6])
@pytest.mark.parametrize("scale", [0.01, 1.0])
@pytest.mark.parametrize("alpha", [0.05, 1e-6])
def test_at_the_half_width_the_larger_mixture_is_two_over_alpha(
    information: float, scale: float, alpha: float
) -> None:
    error = half_width(information, scale, alpha)
    likelihoods = (mixture(information, error, each) for each in (scale, 10 * scale))
    assert max(likelihoods) == pytest.approx(log(2 / alpha))


def mixture(information: float, error: float, scale: float) -> float:
    spread = 1.0 + information * scale**2
    return information**2 * error**2 * scale**2 / (2 * spread) - log(sqrt(spread))


def test_an_effect_ten_times_as_large_is_found_nearly_as_soon_as_if_it_had_been_expected() -> None:
    expected = half_width(100.0, 1.0, 0.05)
    assert half_width(100.0, 0.1, 0.05) == pytest.approx(expected, rel=0.05)


def test_a_normal_mean_leaves_it_at_any_of_a_thousand_looks_with_a_chance_of_at_most_alpha() -> None:
    alpha, runs, looks = 0.1, 2000, 1000
    steps = np.random.default_rng(6).normal(size=(runs, looks)).cumsum(axis=1)
    bound = [t * half_width(float(t), 0.3, alpha) for t in range(1, looks + 1)]
    missed = (np.abs(steps) > bound).any(axis=1).mean()
    assert 0.02 < missed < alpha


def test_with_the_information_that_is_needed_the_effect_is_told_by_the_power_asked_for() -> None:
    effect, alpha = 0.02, 0.05
    information = needed(effect, alpha)
    told = (effect - half_width(information, effect, alpha)) * sqrt(information)
    assert told == pytest.approx(POWER)


def test_a_look_at_every_moment_costs_little_more_than_twice_the_units_of_one_look_at_the_end() -> None:
    fixed = (1.96 + POWER) ** 2
    assert 1.5 < needed(1.0, 0.05) / fixed < 2.5
    assert needed(1.0, 0.05) < needed(1.0, 0.01) < needed(1.0, 0.05) * log(100) / log(20) * 1.2
