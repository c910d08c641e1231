"""Likelihood ranks: which hypothesis explains what was bad, batch by batch."""

from math import log

import numpy as np
import pytest

from tidegate.core.attribution.journeys.cells import Arms
from tidegate.core.attribution.journeys.likelihood import Likelihood, no_likelihood
from tidegate.core.gates.eprocess import Arm

Batch = tuple[int, int, int, int]
"""Journeys and bad ones of the canary, then of the control."""


def after(*batches: Batch, elsewhere: tuple[int, int] = (0, 0), temper: float = 1.0) -> Likelihood:
    """What is known after batches, each with journeys and bad ones elsewhere."""
    known = no_likelihood((1,))
    for n1, k1, n0, k0 in batches:
        canary, control = Arm(np.array([n1]), np.array([k1])), Arm(np.array([n0]), np.array([k0]))
        everywhere = canary + control + Arm(*np.array(elsewhere)[:, None])
        known = known.with_batch(Arms(canary=canary, control=control), everywhere, np.array([temper]))
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
    tempered, plain = after((100, 6, 900, 2), temper=4.0), after((100, 6, 900, 2))
    assert tempered.within == pytest.approx(plain.within / 4.0)
    assert tempered.alike == pytest.approx(plain.alike / 4.0)
    assert [count.item() for count in (tempered.bad, tempered.met, tempered.expected)] == [2.0, 2.0, 2.0]


def test_journeys_elsewhere_tell_how_many_fail_anyway() -> None:
    """Few: so those on the control were bad luck."""
    alone, informed = after((1000, 5, 1000, 2)), after((1000, 5, 1000, 2), elsewhere=(8000, 8))
    assert informed.log_ratio[0] > alone.log_ratio[0] + 0.5


def test_a_route_that_fails_more_is_no_reason_against_who_is_new_on_it() -> None:
    """A hundredth of all journeys has all failures; there, old and new fail alike."""
    known = after((100, 10, 900, 90), elsewhere=(99_000, 0))
    assert known.log_ratio[0] == pytest.approx(after((100, 10, 900, 90)).log_ratio[0], abs=0.01)
    assert known.log_ratio[0] < 0.0
