"""How many more failing journeys would settle it."""

from math import log

import pytest
from tests.core.attribution.journeys.traffic import CART, FAILURES_ONLY, PAY, new, old

from tidegate.core.attribution.answer import Suspicion
from tidegate.core.attribution.journeys.experiment import observed, opened
from tidegate.core.attribution.journeys.outlook import more_failing
from tidegate.core.gates.evidence import NOTHING, Tally
from tidegate.core.traces.reading import Outcomes


def needed(exposed: Tally, control: Tally, log_e: float = 0.0, others: int = 0) -> int | None:
    """For one of ten suspects, alpha 5 %; `others` failed that did not meet it."""
    failed = exposed.bad + control.bad
    cohorts = {
        new("cart"): Outcomes(journeys=10_000, failed=failed),
        old("pay"): Outcomes(journeys=10_000, failed=others),
    }
    experiment = observed(opened((CART, PAY), (), terms=FAILURES_ONLY), cohorts)
    suspicion = Suspicion(
        suspects=(CART.canary,), log_e=log_e, log_e_needed=log(10 / 0.05), exposed=exposed, control=control
    )
    return more_failing(experiment, suspicion)


@pytest.mark.parametrize(
    ("ratio", "share", "failing"),
    [(2, 0.01, 1403), (2, 0.1, 173), (5, 0.1, 22), (11, 0.1, 8.5), (11, 0.5, 13), (101, 0.05, 3)],
)
def test_the_fewest_with_which_any_test_could_tell(ratio: int, share: float, failing: float) -> None:
    """The table that follows from KL(theta || w)."""
    exposed = Tally(requests=round(share * 1e9), bad=round(ratio * share * 1e6))
    control = Tally(requests=round((1 - share) * 1e9), bad=round((1 - share) * 1e6))
    found = needed(exposed, control)
    assert found is not None
    assert failing - 0.5 <= found <= failing * 1.02 + 1


def test_those_elsewhere_come_on_top() -> None:
    exposed, control = Tally(requests=1000, bad=100), Tally(requests=9000, bad=99)
    alone = needed(exposed, control)
    assert alone is not None
    assert needed(exposed, control, others=200) == pytest.approx(2 * alone, abs=1)


def test_one_that_does_not_look_harmful_is_taken_to_be_as_bad_as_what_matters() -> None:
    control = Tally(requests=9000, bad=90)
    assert needed(Tally(requests=1000, bad=0), control) == needed(Tally(requests=1000, bad=10), control)


@pytest.mark.parametrize(("exposed", "control"), [(NOTHING, Tally(requests=9)), (Tally(requests=9), NOTHING)])
def test_without_both_arms_there_is_no_saying(exposed: Tally, control: Tally) -> None:
    assert needed(exposed, control) is None
