"""What is left of an error budget, and how fast it burns."""

from datetime import datetime

import pytest
from tests.core.slo.worlds import AT, DAY, HOUR, reading, slo

from tidegate.core.gates.evidence import Gap, Missing
from tidegate.core.slo.budget import Budget, SliCount, budget, burn_rate
from tidegate.core.slo.definitions import Objective
from tidegate.core.slo.window import CalendarWindow, Duration, Unit

MONTH = 30 * DAY


@pytest.mark.parametrize(
    ("total", "bad", "allowed", "left"),
    [
        (1_000_000, 0, 1000, 1.0),
        (1_000_000, 880, 1000, 0.12),
        (1_000_000, 1000, 1000, 0.0),
        (1_000_000, 1400, 1000, -0.4),
    ],
)
def test_what_is_left_of_a_rolling_window(total: float, bad: float, allowed: float, left: float) -> None:
    found = budget(reading({MONTH: (total, bad)}))
    assert isinstance(found, Budget)
    assert found.allowed == pytest.approx(allowed)
    assert found.left == pytest.approx(left)


def test_a_calendar_window_is_taken_to_go_on_as_it_has_begun() -> None:
    """Three of 31 days: 1,000 requests stand for 10,333, of which one per cent may be bad."""
    window = CalendarWindow(
        duration=Duration(count=1, unit=Unit.MONTH),
        start=datetime.fromisoformat("2025-12-29"),
        time_zone="UTC",
    )
    promised = slo(window=window, objectives=(Objective(target=0.99),))
    found = budget(reading({3 * DAY: (1000, 31)}, slo=promised))
    assert isinstance(found, Budget)
    assert found.allowed == pytest.approx(1000 * 31 / 3 * 0.01)
    assert found.left == pytest.approx(0.7)


@pytest.mark.parametrize(
    ("counted", "rate"), [((1200, 0), 0), ((1200, 1.2), 1), ((1200, 17.28), 14.4), ((1200, 1200), 1000)]
)
def test_a_burn_rate_of_one_spends_the_budget_by_the_end(counted: tuple[float, float], rate: float) -> None:
    total, bad = counted
    assert burn_rate(SliCount(total=total, bad=bad), Objective(target=0.999)) == pytest.approx(rate)


def test_no_data_is_missing_and_never_a_full_budget() -> None:
    told = Missing(gap=Gap.DOWN, what="Prometheus does not answer")
    unknown = Missing(
        gap=Gap.NO_DATA, what="checkout-availability counted no events over 30d", service=slo().service
    )
    assert budget(reading({})) == unknown
    assert budget(reading({MONTH: (0, 0)})) == unknown
    assert budget(reading({}, missing={MONTH: told})) == told
    assert budget(reading({HOUR: (100, 0)}, missing={HOUR: told})) == unknown


def test_a_change_has_lasted_since_it_began() -> None:
    assert reading({}).lasted is None
    assert reading({}, since=AT - 90.5).lasted == 91
