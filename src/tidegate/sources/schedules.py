"""When releases may run, from the words of a `Change` file: windows, freezes and limits.

A freeze whose end is a date alone lasts until that day is over. A window is within one day; one over midnight is
written as two, which hold as one where they meet.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from tidegate.core.errors import Problem
from tidegate.core.schedule.calendar import Calendar, Day, Freeze, Window
from tidegate.core.schedule.policy import AtMost, SchedulePolicy
from tidegate.sources.quantities import LOCAL_TIME, known_zone, local_time, share
from tidegate.sources.tree import Node
from tidegate.sources.words import quoted

CLOCK: Final = re.compile(r"[0-2][0-9]:[0-5][0-9]")
DATE_LENGTH: Final = len("2026-12-20")
WEEK: Final = tuple(Day)
WHOLE_DAY: Final = timedelta(days=1)


def schedule_of(node: Node) -> SchedulePolicy:
    """What a change asks of its schedule; nothing where it asks nothing."""
    calendar = Calendar(
        time_zone=node.at("timeZone").text or "UTC",
        windows=tuple(map(_window, node.at("windows").elements)),
        freezes=tuple(map(_freeze, node.at("freezes").elements)),
        overrun=node.at("overrun").value is True,
    )
    limits = node.at("atMost")
    at_most = AtMost(
        releases=_count(limits.at("releases")),
        per_owner=_count(limits.at("perOwner")),
        per_system=_count(limits.at("perSystem")),
        blast_radius=share(limits.at("blastRadius").text),
    )
    return SchedulePolicy(calendar=calendar, at_most=at_most)


def _window(node: Node) -> Window:
    days = (day for written in node.at("days").elements for day in _days(written.text))
    return Window(
        days=frozenset(days) or frozenset(WEEK),
        begin=_minutes(node.at("from").text),
        end=_minutes(node.at("to").text),
    )


def _days(text: str) -> Iterator[Day]:
    """`fri-mon` as Friday to Monday."""
    first, _, last = text.partition("-")
    begin, end = WEEK.index(Day(first)), WEEK.index(Day(last or first))
    return (WEEK[(begin + step) % len(WEEK)] for step in range((end - begin) % len(WEEK) + 1))


def _minutes(text: str) -> int:
    hours, minutes = map(int, text.split(":"))
    return 60 * hours + minutes


def _freeze(node: Node) -> Freeze:
    begin, end = _moment(node.at("from")), _end(node.at("to"))
    assert begin is not None, "checked before"
    assert end is not None, "checked before"
    return Freeze(begin=begin, end=end, reason=node.at("reason").text)


def _moment(node: Node) -> datetime | None:
    return local_time(_spelled(node))


def _spelled(node: Node) -> str:
    return f"{node.text} 00:00" if len(node.text) == DATE_LENGTH else node.text


def _end(node: Node) -> datetime | None:
    found = _moment(node)
    return found + WHOLE_DAY if found and len(node.text) == DATE_LENGTH else found


def _count(node: Node) -> int | None:
    return node.value if isinstance(node.value, int) else None


# -- checks ------------------------------------------------------------------------------------------------


def schedule_problems(node: Node) -> Iterator[Problem]:
    """What a schema cannot say of a schedule."""
    zone = node.at("timeZone")
    if zone.text and not known_zone(zone.text):
        hint = "write an IANA name such as Europe/Berlin"
        yield zone.problem(f"unknown time zone {quoted(zone.text)}", hint)
    for window in node.at("windows").elements:
        yield from _check_window(window.at("from"), window.at("to"))
    for freeze in node.at("freezes").elements:
        yield from _check_freeze(freeze.at("from"), freeze.at("to"))
    blast_radius = node.at("atMost", "blastRadius")
    if share(blast_radius.text) == 0:
        yield blast_radius.problem("a blast radius of 0% lets nothing run", "give more, such as 10%")


def _check_window(begin: Node, end: Node) -> Iterator[Problem]:
    if CLOCK.fullmatch(begin.text) and CLOCK.fullmatch(end.text) and end.text <= begin.text:
        message = f"the window closes at {quoted(end.text)}, not after it opens at {quoted(begin.text)}"
        hint = "a window over midnight is two: one to 24:00, and one from 00:00 of the next day"
        yield end.problem(message, hint)


def _check_freeze(begin: Node, end: Node) -> Iterator[Problem]:
    for node in (begin, end):
        if LOCAL_TIME.fullmatch(_spelled(node)) and _moment(node) is None:
            yield node.problem(f"{quoted(node.text)} is no date of the calendar", "such as 2026-12-20")
    first, last = _moment(begin), _end(end)
    if first and last and last <= first:
        message = f"the freeze ends at {quoted(end.text)}, not after it begins at {quoted(begin.text)}"
        yield end.problem(message, "exchange the two")
