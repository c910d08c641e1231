"""The words of a schedule become windows, freezes and limits; what is wrong in them has its place."""

# ruff: noqa: E501 - each whole message stays on its row of the table

from datetime import datetime

import pytest

from tidegate.core.schedule.calendar import Calendar, Day, Freeze, Window
from tidegate.core.schedule.policy import AtMost, SchedulePolicy
from tidegate.sources.documents import check, in_order, schemas
from tidegate.sources.schedules import schedule_of, schedule_problems
from tidegate.sources.tree import Node, parse

SCHEMA = schemas()["Change"]


def tree(text: str) -> Node:
    (root,) = parse(f"schedule:\n{text}".encode(), "c.yaml").documents
    return root.at("schedule")


def problems(text: str) -> list[str]:
    node = tree(text)
    schema = {"$defs": SCHEMA["$defs"], "$ref": "#/$defs/schedule"}
    return [str(problem) for problem in in_order([*check(node, schema), *schedule_problems(node)])]


EVERYTHING = """\
  timeZone: Europe/Berlin
  windows:
    - {days: [mon-thu], from: "09:00", to: "16:00"}
    - {days: [sat, fri-mon], from: 22:30, to: 24:00}
    - {from: 00:00, to: 01:05}
  overrun: true
  freezes:
    - {from: 2026-12-20, to: 2027-01-04, reason: holidays}
    - {from: 2026-11-27 18:00, to: 2026-11-27T20:30:10}
    - {from: 2026-11-30, to: 2026-11-30}
  atMost: {releases: 20, perOwner: 2, perSystem: 3, blastRadius: 30%}
"""


def test_a_schedule_with_everything_in_it() -> None:
    assert problems(EVERYTHING) == []
    assert schedule_of(tree(EVERYTHING)) == SchedulePolicy(
        calendar=Calendar(
            time_zone="Europe/Berlin",
            windows=(
                Window(days=frozenset({Day.MON, Day.TUE, Day.WED, Day.THU}), begin=540, end=960),
                Window(days=frozenset({Day.FRI, Day.SAT, Day.SUN, Day.MON}), begin=1350, end=1440),
                Window(days=frozenset(Day), begin=0, end=65),
            ),
            freezes=(
                Freeze(begin=datetime(2026, 12, 20), end=datetime(2027, 1, 5), reason="holidays"),  # noqa: DTZ001
                Freeze(begin=datetime(2026, 11, 27, 18), end=datetime(2026, 11, 27, 20, 30, 10)),  # noqa: DTZ001
                Freeze(begin=datetime(2026, 11, 30), end=datetime(2026, 12, 1)),  # noqa: DTZ001
            ),
            overrun=True,
        ),
        at_most=AtMost(releases=20, per_owner=2, per_system=3, blast_radius=0.3),
    )


def test_what_a_file_leaves_out_is_not_limited() -> None:
    assert schedule_of(tree("  overrun: false\n")) == SchedulePolicy()


PROBLEMS = [
    ("  timeZone: Europe/Berln\n", ["c.yaml:2: unknown time zone 'Europe/Berln' (write an IANA name such as Europe/Berlin)"]),
    ("  timezone: UTC\n", ["c.yaml:2: unknown field 'timezone' in the file (did you mean 'timeZone'?)"]),
    ("  windows: []\n", ["c.yaml:2: windows is empty (Times of the week in which releases may run; without any, always)"]),
    ("  windows:\n    - {days: [], from: 09:00, to: 10:00}\n", ["c.yaml:3: windows[0].days is empty (Days of the week, such as mon, or mon-thu; every day if absent)"]),
    ("  windows:\n    - {days: [monday], from: 9:00, to: 10:00}\n", [
        "c.yaml:3: windows[0].days[0] is 'monday', which is not a day or days such as mon or mon-thu",
        "c.yaml:3: windows[0].from is '9:00', which is not a time of day such as 09:00",
    ]),
    ("  windows:\n    - from: 22:00\n      to: 04:00\n    - {from: 09:00, to: 09:00}\n", [
        "c.yaml:4: the window closes at '04:00', not after it opens at '22:00' (a window over midnight is two: one to 24:00, and one from 00:00 of the next day)",
        "c.yaml:5: the window closes at '09:00', not after it opens at '09:00' (a window over midnight is two: one to 24:00, and one from 00:00 of the next day)",
    ]),
    ("  freezes:\n    - {from: 2026-02-30, to: soon}\n", [
        "c.yaml:3: '2026-02-30' is no date of the calendar (such as 2026-12-20)",
        "c.yaml:3: freezes[0].to is 'soon', which is not a date such as 2026-12-20, or a date and time such as 2026-12-20 18:00",
    ]),
    ("  freezes:\n    - {from: 2026-12-20, to: 2026-12-19}\n    - {from: 2026-12-20 10:00, to: 2026-12-20 10:00}\n", [
        "c.yaml:3: the freeze ends at '2026-12-19', not after it begins at '2026-12-20' (exchange the two)",
        "c.yaml:4: the freeze ends at '2026-12-20 10:00', not after it begins at '2026-12-20 10:00' (exchange the two)",
    ]),
    ("  atMost: {releases: 0, perOwner: 1.5, blastRadius: 0%}\n", [
        "c.yaml:2: a blast radius of 0% lets nothing run (give more, such as 10%)",
        "c.yaml:2: atMost.perOwner must be a whole number, not '1.5'",
        "c.yaml:2: atMost.releases must be at least 1, not '0'",
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), PROBLEMS)
def test_each_problem_is_told_with_its_place(text: str, expected: list[str]) -> None:
    assert problems(text) == expected
