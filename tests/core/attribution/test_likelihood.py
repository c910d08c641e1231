"""Likelihood ranks: which hypothesis explains what was bad, batch by batch."""

from math import log

import numpy as np
import pytest

from tidegate.core.attribution.cells import Arms
from tidegate.core.attribution.likelihood import Likelihood, no_likelihood
from tidegate.core.gates.eprocess import Arm

Batch = tuple[int, int, int, int]
"""Journeys and bad ones of the canary, then of the control."""


def after(*batches: Batch, temper: float = 1.0) -> Likelihood:
    known = no_likelihood((1,))
    for n1, k1, n0, k0 in batches:
        arms = Arms(canary=Arm(np.array([n1]), np.array([k1])), control=Arm(np.array([n0]), np.array([k0])))
        known = known.with_batch(arms, np.array([temper]))
    return known


def test_one_batch_is_worth_the_average_likelihood_ratio() -> None:
    ratios = np.array([1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0])
    expected = log(np.mean(ratios**6 / (1 + 0.1 * (ratios - 1)) ** 8))
    assert after((100, 6, 900, 2)).log_ratio[0] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("why", "batches"),
    [
        ("no failures", [(100, 0, 900, 0)]),
        ("nothing of the control", [(100, 50, 0, 0)]),
        ("nothing of the canary", [(0, 0, 900, 50)]),
        ("a growing share while all fails more", [(10, 0, 990, 0), (500, 50, 500, 50)]),
    ],
)
def test_what_tells_nothing_speaks_against_nobody(why: str, batches: list[Batch]) -> None:
    assert after(*batches).log_ratio[0] <= 1e-12, why


def test_small_batches_are_gathered() -> None:
    assert after((1, 1, 0, 0), (0, 0, 9, 0), (1, 0, 0, 0)).log_ratio[0] == after((2, 1, 9, 0)).log_ratio[0]


def test_failures_that_come_together_count_for_less() -> None:
    known = after((100, 6, 900, 2), temper=4.0).gained
    assert known == pytest.approx(after((100, 6, 900, 2)).gained / 4.0)
