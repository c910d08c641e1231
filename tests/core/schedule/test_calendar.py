"""Windows and freezes by the clock become openings in seconds."""

# ruff: noqa: E501 - each case stays on its row of the table

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tidegate.core.schedule.calendar import Calendar, Day, Freeze, Window
from tidegate.core.schedule.openings import HORIZON, Openings

BERLIN = ZoneInfo("Europe/Berlin")
WORKDAYS = frozenset(Day) - {Day.SAT, Day.SUN}


def local(text: str) -> datetime:
    return datetime.fromisoformat(text)


def spelled(openings: Openings, origin: str, count: int) -> list[str]:
    """The first stretches for beginning, by the clock of Berlin."""
    zero = local(origin).replace(tzinfo=BERLIN).timestamp()
    times = [[datetime.fromtimestamp(zero + at, BERLIN) for at in each] for each in openings.begins[:count]]
    return [f"{begin:%a %d %H:%M} to {end:%a %d %H:%M}" for begin, end in times]


def opened(calendar: Calendar, origin: str) -> Openings:
    return calendar.openings(local(origin).replace(tzinfo=BERLIN).timestamp())


def berlin(*windows: Window, freezes: tuple[Freeze, ...] = (), overrun: bool = False) -> Calendar:
    return Calendar(time_zone="Europe/Berlin", windows=windows, freezes=freezes, overrun=overrun)


OFFICE = Window(days=WORKDAYS, begin=9 * 60, end=16 * 60)
NIGHT = (
    Window(days=frozenset({Day.SAT}), begin=22 * 60, end=24 * 60),
    Window(days=frozenset({Day.SUN}), begin=0, end=4 * 60),
)
FAIR = Freeze(begin=local("2026-11-23T12:00"), end=local("2026-11-25"), reason="fair")
TABLE = [
    ("windows return on their days", berlin(OFFICE), "2026-11-20 10:00", ["Fri 20 10:00 to Fri 20 16:00", "Mon 23 09:00 to Mon 23 16:00"]),
    ("one that is over today comes next week", berlin(OFFICE), "2026-11-20 16:00", ["Mon 23 09:00 to Mon 23 16:00"]),
    ("two that meet at midnight are one", berlin(*NIGHT), "2026-11-20 10:00", ["Sat 21 22:00 to Sun 22 04:00"]),
    ("nothing begins in a freeze", berlin(OFFICE, freezes=(FAIR,)), "2026-11-23 08:00", ["Mon 23 09:00 to Mon 23 12:00", "Wed 25 09:00 to Wed 25 16:00"]),
    ("a freeze may be on already", berlin(OFFICE, freezes=(FAIR,)), "2026-11-24 08:00", ["Wed 25 09:00 to Wed 25 16:00"]),
    ("or be over", berlin(OFFICE, freezes=(FAIR,)), "2026-11-25 08:00", ["Wed 25 09:00 to Wed 25 16:00"]),
    ("windows and freezes may overlap themselves", berlin(OFFICE, OFFICE, freezes=(FAIR, FAIR)), "2026-11-24 08:00", ["Wed 25 09:00 to Wed 25 16:00"]),
]  # fmt: skip


@pytest.mark.parametrize(("case", "calendar", "origin", "expected"), TABLE)
def test_openings_by_the_clock(case: str, calendar: Calendar, origin: str, expected: list[str]) -> None:
    assert spelled(opened(calendar, origin), origin, len(expected)) == expected, case


def test_without_windows_all_time_is_open() -> None:
    assert Calendar().openings(0) == Openings()


def test_days_on_which_clocks_change_are_as_long_as_they_are() -> None:
    whole = Window(days=frozenset({Day.SUN}), begin=0, end=24 * 60)
    (begin, end), *_ = opened(berlin(whole), "2026-03-27 00:00").begins
    assert end - begin == 23 * 3600
    (begin, end), *_ = opened(berlin(whole), "2026-10-24 00:00").begins
    assert end - begin == 25 * 3600


def test_a_release_runs_inside_its_window_unless_it_may_overrun() -> None:
    inside = opened(berlin(OFFICE, freezes=(FAIR,)), "2026-11-23 08:00")
    assert inside.begins == inside.runs
    beyond = opened(berlin(OFFICE, freezes=(FAIR,), overrun=True), "2026-11-23 08:00")
    assert beyond.begins == inside.begins
    assert beyond.runs == ((0, 4 * 3600), (40 * 3600, HORIZON))


def test_a_freeze_beyond_the_years_that_are_planned_changes_nothing() -> None:
    late = Freeze(begin=local("2999-01-01"), end=local("2999-02-01"))
    assert opened(berlin(freezes=(late,)), "2026-11-23 08:00") == Openings()
