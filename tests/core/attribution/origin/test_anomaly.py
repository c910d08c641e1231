"""Excesses of a series over what is usual of it, and what of them is to be believed."""

from math import inf, nan

import numpy as np
import pytest

from tidegate.core.attribution.origin.anomaly import (
    HIGHEST_SCORE,
    Excess,
    Measure,
    Metrics,
    Usual,
    shrunk,
    usual,
)

NORMAL = np.array([9.0, 10.0, 11.0, 10.0] * 5)
NOTHING = np.empty(0)


def test_a_failure_costs_one_and_a_slow_answer_its_seconds() -> None:
    found = Metrics(requests=np.array([10.0]), latency=np.array([0.5]), availability=np.array([80.0]))
    assert found.cost(Measure.LATENCY) == pytest.approx([0.5])
    assert found.cost(Measure.AVAILABILITY) == pytest.approx([0.2])


def test_some_of_the_intervals() -> None:
    found = Metrics(
        requests=np.array([1.0, 2.0]), latency=np.array([3.0, 4.0]), availability=np.array([5.0, 6.0])
    )
    last = found.rows(slice(1, None))
    assert (list(last.requests), list(last.latency), list(last.availability)) == ([2.0], [4.0], [6.0])


def test_each_measure_has_another() -> None:
    assert [measure.other for measure in Measure] == [Measure.AVAILABILITY, Measure.LATENCY]


@pytest.mark.parametrize(
    ("normal", "before", "counts", "found"),
    [
        pytest.param(NOTHING, NOTHING, NOTHING, None, id="nothing is known"),
        pytest.param(NORMAL[:0], np.array([nan]), np.array([5.0]), None, id="nothing was measured"),
        pytest.param(NORMAL, NOTHING, NOTHING, Usual(level=10.0, spread=1.0, rows=inf), id="normal times"),
        pytest.param(
            NORMAL,
            np.array([20.0, nan]),
            np.array([5.0, 5.0]),
            Usual(level=20.0, spread=2.0, rows=1.0),
            id="twice the level strays twice as far",
        ),
        pytest.param(
            NOTHING,
            np.array([4.0, 8.0]),
            np.array([3.0, 1.0]),
            Usual(level=5.0, spread=0.0, rows=2.0),
            id="intervals count by their requests",
        ),
        pytest.param(
            np.zeros(20),
            np.array([4.0]),
            np.array([3.0]),
            Usual(level=4.0, spread=0.0, rows=1.0),
            id="what never strayed from zero",
        ),
        pytest.param(
            NORMAL[:4],
            np.array([9.0]),
            np.array([0.0]),
            Usual(level=10.0, spread=0.0, rows=inf),
            id="no request just before, and too few values to stray",
        ),
    ],
)
def test_what_is_usual(
    normal: np.ndarray, before: np.ndarray, counts: np.ndarray, found: Usual | None
) -> None:
    said = usual(normal, before, counts)
    if said is None or found is None:
        assert said is found
        return
    assert said.level == pytest.approx(found.level)
    assert said.rows == found.rows
    assert said.spread == pytest.approx(found.spread, rel=0.5)


def test_what_sometimes_strays_far_is_not_taken_for_steady() -> None:
    steady = np.full(100, 10.0)
    spiky = np.where(np.arange(100) % 10 == 0, 30.0, steady)
    said = usual(spiky, NOTHING, NOTHING)
    assert said is not None
    assert said.spread > 10


@pytest.mark.parametrize(
    ("amount", "noise", "score", "credible", "possible"),
    [
        (10.0, 1.0, 10.0, 9.1, 13.0),
        (3.0, 1.0, 3.0, 0.0, 6.0),
        (-2.0, 1.0, -2.0, 0.0, 1.0),
        (-5.0, 1.0, -5.0, 0.0, 0.0),
        (1.0, 0.0, HIGHEST_SCORE, 1.0, 1.0),
        (0.0, 0.0, 0.0, 0.0, 0.0),
    ],
)
def test_what_of_an_excess_is_believed(
    amount: float, noise: float, score: float, credible: float, possible: float
) -> None:
    excess = Excess(amount=amount, noise=noise)
    assert (excess.score, excess.credible, excess.possible) == pytest.approx((score, credible, possible))


def test_an_amount_shrinks_by_what_noise_makes_of_it() -> None:
    assert [shrunk(amount, 2.0) for amount in (-1.0, 2.0, 4.0, 2e6)] == pytest.approx([0.0, 0.0, 3.0, 2e6])
