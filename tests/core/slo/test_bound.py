"""Bounds on an error budget: kept, broken or missing, in words with numbers."""

# ruff: noqa: E501 - each whole message stays on its row of the table

from datetime import datetime

import pytest
from tests.core.slo.worlds import AT, DAY, HOUR, reading, slo

from tidegate.core.gates.evidence import Finding, Gap, Missing
from tidegate.core.slo.alerts import Severity
from tidegate.core.slo.bound import SloBound, held_to, needed_windows
from tidegate.core.slo.definitions import Objective
from tidegate.core.slo.window import CalendarWindow, Duration, Unit

MONTH = 30 * DAY
NAME = "checkout-availability"
PAGES = SloBound(alerts=frozenset({Severity.PAGE}))
BURNING = {HOUR: (1200.0, 37.0), 300.0: (100.0, 4.0)}
CALM = {6 * HOUR: (7200.0, 4.0), 1800.0: (600.0, 1.0)}


def missing(seconds: str) -> Missing:
    return Missing(
        gap=Gap.NO_DATA, what=f"{NAME} counted no events over {seconds}", service=reading({}).slo.service
    )


def absent(name: str, seconds: str) -> Finding:
    found = missing(seconds)
    return Finding(name=f"{NAME}: {name}", reason=str(found), missing=found, condition=name == "budget left")


@pytest.mark.parametrize(
    ("bad", "broken", "reason"),
    [
        (800, False, f"{NAME} has 20 % of its error budget left, at least 20 %: 800 of 1,000,000 events were bad over 30d, 1,000 may be"),
        (880, True, f"{NAME} has 12 % of its error budget left, less than 20 %: 880 of 1,000,000 events were bad over 30d, 1,000 may be"),
        (1400, True, f"{NAME} has -40 % of its error budget left, less than 20 %: 1,400 of 1,000,000 events were bad over 30d, 1,000 may be"),
    ],
)  # fmt: skip
def test_a_least_share_of_the_budget_must_be_left(bad: float, broken: bool, reason: str) -> None:
    assert held_to(SloBound(least_left=0.2 - 1e-9), reading({MONTH: (1_000_000, bad)})) == (
        Finding(name=f"{NAME}: budget left", broken=broken, reason=reason, condition=True),
    )


@pytest.mark.parametrize(
    ("bad", "broken", "reason"),
    [
        (10, False, f"{NAME} has spent 1 % of its error budget since the change began, at most 2 %: 10 of 600 events were bad over 30m, 1,000 may be"),
        (37, True, f"{NAME} has spent 3.7 % of its error budget since the change began, more than 2 %: 37 of 600 events were bad over 30m, 1,000 may be"),
    ],
)  # fmt: skip
def test_a_change_may_spend_a_share_of_the_whole_budget(bad: float, broken: bool, reason: str) -> None:
    counts = {MONTH: (1_000_000.0, 500.0), 1800.0: (600.0, bad)}
    assert held_to(SloBound(most_spent=0.02), reading(counts, since=AT - 1800)) == (
        Finding(name=f"{NAME}: budget spent", broken=broken, reason=reason),
    )


def test_a_change_that_has_not_begun_has_spent_nothing() -> None:
    assert held_to(SloBound(most_spent=0.02), reading({})) == ()


def test_an_alert_fires_when_both_windows_burn() -> None:
    first, second = held_to(PAGES, reading({**BURNING, **CALM}))
    assert first == Finding(
        name=f"{NAME}: page over 1h and 5m",
        broken=True,
        reason=f"{NAME} has burned its error budget 30.8 times as fast as it may over 1h"
        " (37 of 1,200 events were bad) and 40 times as fast as it may over 5m (4 of 100 events were bad);"
        " page above 14.4 times in both",
    )
    assert second == Finding(
        name=f"{NAME}: page over 6h and 30m",
        reason=f"{NAME} has burned its error budget 0.556 times as fast as it may over 6h"
        " (4 of 7,200 events were bad) and 1.67 times as fast as it may over 30m (1 of 600 events were bad);"
        " page above 6 times in both",
    )


HOURS, MINUTES = {HOUR: (1200.0, 37.0)}, {300.0: (100.0, 4.0)}
QUIET_HOUR, QUIET_MINUTES = {HOUR: (1200.0, 1.0)}, {300.0: (100.0, 0.0)}


@pytest.mark.parametrize(
    ("counts", "broken", "lacking"),
    [
        ({**HOURS, **MINUTES}, True, ""),
        ({**HOURS, **QUIET_MINUTES}, False, ""),
        ({**QUIET_HOUR, **MINUTES}, False, ""),
        (QUIET_HOUR, False, ""),
        (QUIET_MINUTES, False, ""),
        (HOURS, False, "5m"),
        (MINUTES, False, "1h"),
        ({}, False, "1h"),
    ],
)
def test_one_quiet_window_is_enough_and_a_burning_one_asks_for_the_other(
    counts: dict[float, tuple[float, float]], broken: bool, lacking: str
) -> None:
    first, _ = held_to(PAGES, reading(counts))
    assert (first.broken, first.missing) == (broken, missing(lacking) if lacking else None)


def test_only_alerts_of_the_severities_asked_for_count() -> None:
    names = [check.name for check in held_to(SloBound(alerts=frozenset({Severity.TICKET})), reading({}))]
    assert names == [f"{NAME}: ticket over 1d and 2h", f"{NAME}: ticket over 3d and 6h"]


@pytest.mark.parametrize(
    ("counts", "spent"),
    [({}, absent("budget spent", "30d")), ({MONTH: (1e6, 0)}, absent("budget spent", "30m"))],
)
def test_what_is_missing_is_neither_kept_nor_broken(
    counts: dict[float, tuple[float, float]], spent: Finding
) -> None:
    assert held_to(SloBound(most_spent=0.02), reading(counts, since=AT - 1800)) == (spent,)
    assert held_to(SloBound(least_left=0.2), reading({})) == (absent("budget left", "30d"),)


def test_what_is_exactly_at_a_bound_keeps_it() -> None:
    """Half of the budget of 50 is left and was spent, at a burn rate of exactly one in three days and six hours."""
    promised = slo(objectives=(Objective(target=0.5),))
    counts = {MONTH: (100.0, 25.0), DAY: (100.0, 25.0), 3 * DAY: (10.0, 5.0), 6 * HOUR: (10.0, 5.0)}
    bound = SloBound(least_left=0.5, most_spent=0.5, alerts=frozenset({Severity.TICKET}))
    left, spent, _, ticket = held_to(bound, reading(counts, slo=promised, since=AT - DAY))
    assert (left.broken, spent.broken, ticket.broken, ticket.missing) == (False, False, False, None)


BURNING_FOR = (300, 1800, HOUR, 2 * HOUR, 6 * HOUR, DAY, 3 * DAY)


@pytest.mark.parametrize(
    ("bound", "since", "expected"),
    [
        (SloBound(), None, ()),
        (SloBound(least_left=0.0), AT - 400, (MONTH,)),
        (SloBound(most_spent=0.0), None, (MONTH,)),
        (SloBound(most_spent=0.0), AT - 299.5, (300, MONTH)),
        (PAGES, AT - 400, (300, 1800, HOUR, 6 * HOUR)),
        (SloBound(alerts=frozenset(Severity)), None, BURNING_FOR),
        (
            SloBound(least_left=0.2, most_spent=0.1, alerts=frozenset(Severity)),
            AT - 300,
            (*BURNING_FOR, MONTH),
        ),
    ],
)
def test_the_times_that_a_bound_asks_for_are_named_once(
    bound: SloBound, since: float | None, expected: tuple[float, ...]
) -> None:
    assert needed_windows(bound, slo(), slo().objectives[0], AT, since) == expected


def test_of_a_calendar_window_what_has_passed_is_asked_for() -> None:
    window = CalendarWindow(
        duration=Duration(count=1, unit=Unit.DAY), start=datetime.fromisoformat("2026-01-01"), time_zone="UTC"
    )
    promised = slo(window=window)
    assert needed_windows(SloBound(least_left=0.2), promised, promised.objectives[0], AT + 7200) == (7200,)
