"""Sample-ratio mismatch: found, named, and not seen where there is none."""

from math import exp, log

import numpy as np
import pytest
from scipy.special import betaln

from tidegate.core.experiments.mismatch import ALPHA, Ratio, log_evidence, ratio

HALVES = {"off": 0.5, "on": 0.5}


def found(counts: dict[str, int], shares: dict[str, float], period: int = 0) -> Ratio:
    answer = ratio(period, 1_000.0, counts, shares)
    assert answer is not None
    return answer


def test_the_variant_that_is_furthest_off_is_named() -> None:
    shares = {"off": 0.5, "red": 0.25, "blue": 0.25}
    answer = found({"off": 50_000, "red": 26_000, "blue": 24_950}, shares)
    assert (answer.variant, answer.counted, answer.units) == ("red", 26_000, 100_950)
    assert answer.excess == pytest.approx(26_000 - 100_950 / 4)
    assert answer.mismatch


CASES = [
    ({"off": 50_100, "on": 49_900}, HALVES, False),
    ({"off": 52_000, "on": 48_000}, HALVES, True),
    ({"off": 40, "on": 0}, HALVES, True),
    ({"off": 10, "on": 0}, HALVES, False),
    ({"off": 95_000, "on": 5_000}, {"off": 0.95, "on": 0.05}, False),
    ({"off": 95_500, "on": 4_500}, {"off": 0.95, "on": 0.05}, True),
]


@pytest.mark.parametrize(("counts", "shares", "mismatch"), CASES)
def test_a_mismatch_is_what_chance_does_not_do(
    counts: dict[str, int], shares: dict[str, float], mismatch: bool
) -> None:
    assert found(counts, shares).mismatch is mismatch


def test_later_periods_need_more_so_that_all_together_err_as_seldom_as_one() -> None:
    needed = [exp(-found({"off": 5, "on": 5}, HALVES, period).log_needed) for period in range(2_000)]
    assert needed[0] == pytest.approx(ALPHA / 2)
    assert 0.98 * ALPHA < sum(needed) < ALPHA


@pytest.mark.parametrize(
    ("counts", "shares"),
    [({}, HALVES), ({"on": 100}, {"on": 1.0, "off": 0.0}), ({"gone": 9}, HALVES)],
)
def test_without_units_or_a_second_variant_there_is_nothing_to_compare(
    counts: dict[str, int], shares: dict[str, float]
) -> None:
    assert ratio(0, 0.0, counts, shares) is None


def test_the_evidence_is_the_average_likelihood_over_the_intended_one() -> None:
    counts = (30, 50)
    each = [
        betaln(c / 2 + 30, c / 2 + 50) - betaln(c / 2, c / 2) - 80 * log(0.5)
        for c in (10, 100, 1_000, 10_000)
    ]
    assert log_evidence(counts, (0.5, 0.5)) == pytest.approx(log(np.exp(each).mean()))


def test_units_drawn_as_intended_seldom_look_otherwise_at_any_look() -> None:
    """At a level of ten per cent, that there is something to count."""
    dice = np.random.default_rng(5)
    intended = (0.2, 0.3, 0.5)
    wrong = 0
    for _ in range(300):
        counts = np.cumsum(dice.multinomial(50, intended, size=60), axis=0)
        wrong += any(log_evidence(look.tolist(), intended) > log(10) for look in counts)
    assert 0 < wrong <= 30
