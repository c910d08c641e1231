"""The status of an objective: its budget, every alert that it can have, and what is missing."""

import pytest
from tests.core.slo.worlds import DAY, HOUR, reading, rolling, slo

from tidegate.core.gates.evidence import Missing
from tidegate.core.slo.budget import Budget, SliCount
from tidegate.core.slo.status import status
from tidegate.core.slo.window import Unit

NAME = "checkout-availability"
CALM = {
    30 * DAY: (1_000_000.0, 880.0),
    **{hours * HOUR: (1000.0, 0.0) for hours in (1 / 12, 0.5, 1, 2, 6, 24, 72)},
}


def test_of_a_calm_slo_nothing_is_broken_or_missing() -> None:
    found = status(reading(CALM))
    assert isinstance(found.budget, Budget)
    assert found.budget.counted == SliCount(total=1_000_000, bad=880)
    assert [each.threshold for each in found.alerts] == pytest.approx([14.4, 6, 3, 1])
    assert {(each.long_rate, each.short_rate) for each in found.alerts} == {(0.0, 0.0)}
    assert [(each.broken, each.missing) for each in found.findings] == [(False, None)] * 5


def test_each_alert_has_the_finding_and_the_rates_of_its_own_windows() -> None:
    burning = {**CALM, HOUR: (1000.0, 20.0), HOUR / 12: (100.0, 3.0), 6 * HOUR: (6000.0, 20.0)}
    found = status(reading(burning))
    first, second, *others = found.alerts
    assert first.finding.name == f"{NAME}: page over 1h and 5m"
    assert [first.finding.broken, second.finding.broken] == [True, False]
    assert [first.long_rate, first.short_rate] == pytest.approx([20, 30])
    assert [second.long_rate, second.short_rate] == pytest.approx([10 / 3, 0])
    assert [each.finding.broken for each in others] == [False, False]
    assert found.findings == (found.left, *(each.finding for each in found.alerts))


def test_a_window_that_is_missing_has_no_rate_and_only_what_hangs_on_it_is_missing() -> None:
    found = status(reading({seconds: counts for seconds, counts in CALM.items() if seconds != 300.0}))
    assert found.alerts[0].short_rate is None
    assert [each.missing for each in found.findings] == [None] * 5  # the long window alone is quiet


def test_without_data_everything_is_missing() -> None:
    found = status(reading({}))
    assert isinstance(found.budget, Missing)
    assert [each.missing is not None for each in found.findings] == [True] * 5
    assert {(each.long_rate, each.short_rate) for each in found.alerts} == {(None, None)}


def test_a_short_window_has_fewer_alerts() -> None:
    found = status(reading({}, slo=slo(window=rolling(2, Unit.HOUR))))
    assert [each.alert.long for each in found.alerts] == [HOUR]
