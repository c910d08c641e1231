"""The alerts of the SRE Workbook, for windows of any length."""

import pytest
from tests.core.slo.worlds import AT, HOUR, rolling, slo

from tidegate.core.slo.alerts import alerts
from tidegate.core.slo.definitions import BudgetingMethod, Objective
from tidegate.core.slo.window import RollingWindow, Unit

PAIRS = [("page", 1, 1 / 12), ("page", 6, 0.5), ("ticket", 24, 2), ("ticket", 72, 6)]


@pytest.mark.parametrize(
    ("window", "thresholds"),
    [
        (rolling(30), [14.4, 6, 3, 1]),
        (rolling(28), [13.44, 5.6, 2.8, 1]),
        (rolling(1, Unit.QUARTER), [43.2, 18, 9, 3]),
        (rolling(7), [3.36, 1.4, 1, 1]),
        (rolling(1), [1, 1]),
        (rolling(1, Unit.HOUR), []),
    ],
)
def test_alerts_keep_the_share_of_the_budget_that_burns(
    window: RollingWindow, thresholds: list[float]
) -> None:
    found = list(alerts(slo(window=window), Objective(target=0.999), AT))
    pairs = [(each.severity, each.long / HOUR, each.short / HOUR) for each in found]
    assert pairs == PAIRS[: len(thresholds)]
    assert [each.threshold(window.duration.seconds) for each in found] == pytest.approx(thresholds)


def test_no_window_is_shorter_than_a_slice() -> None:
    objective = Objective(target=0.99, slice_seconds=HOUR, slice_target=0.95)
    found = alerts(slo(method=BudgetingMethod.TIMESLICES), objective, AT)
    assert [(each.long, each.short) for each in found] == [
        (HOUR, HOUR),
        (6 * HOUR, HOUR),
        (24 * HOUR, 2 * HOUR),
        (72 * HOUR, 6 * HOUR),
    ]
