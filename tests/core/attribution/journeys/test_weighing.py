"""What failures are worth that come together."""

import numpy as np
import pytest
from tests.core.attribution.journeys.traffic import CART, FAILURES_ONLY

from tidegate.core.attribution.journeys.cells import Rows
from tidegate.core.attribution.journeys.experiment import Experiment, opened, with_rows
from tidegate.core.attribution.journeys.suspects import Terms
from tidegate.core.gates.eprocess import Arm
from tidegate.core.strategy import Boundaries

NEW_AND_OLD = Rows(new=np.array([[1.0], [0.0]]), old=np.array([[0.0], [1.0]]))


def after(experiment: Experiment, *looks: tuple[int, int, int, int]) -> Experiment:
    """After looks with journeys and failures of the canary, then of the control."""
    for n1, k1, n0, k0 in looks:
        counts = Arm(np.array([[n1], [n0]], dtype=float), np.array([[k1], [k0]], dtype=float))
        experiment = with_rows(experiment, NEW_AND_OLD, counts)
    return experiment


def log_e(bursts: bool) -> float:
    """The evidence of twenty failures of a canary, once its control has shown how failures come."""
    failed = [0, 40] if bursts else [20, 20]
    control = after(opened([CART], (), terms=FAILURES_ONLY), *[(0, 0, 1000, bad) for bad in failed * 10])
    return float(after(control, (100, 20, 900, 18)).failed.log_mains[0, 0])


def test_failures_that_come_together_on_the_control_are_one_piece_of_news() -> None:
    assert log_e(bursts=True) < np.log(10.0) < np.log(1000.0) < log_e(bursts=False)


def test_a_control_is_not_gathered_while_its_canary_has_no_journeys() -> None:
    """It would be tempered by what was known when the waiting began."""
    waiting = after(opened([CART], (), terms=FAILURES_ONLY), (0, 0, 1000, 40))
    assert waiting.failed.mains.control.requests.tolist() == [0.0]
    begun = after(waiting, (1, 0, 1000, 40))
    assert begun.failed.mains.control.requests.tolist() == [1000.0]


@pytest.mark.parametrize("floor", [1.0, 5.0])
def test_a_design_effect_that_is_known_is_the_least(floor: float) -> None:
    terms = Terms(boundaries=Boundaries(design_effect=floor))
    assert opened([CART], (), terms=terms).failed.temper.tolist() == [[floor]]
