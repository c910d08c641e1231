"""Windows and freezes, as the clocks of a time zone show them, and the openings that follow from them.

Windows return every week; without any, all time is open. Days on which clocks change are as long as they are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from math import ceil, floor
from zoneinfo import ZoneInfo

from tidegate.core.schedule.openings import DAY, HORIZON, Openings, Stretch, merged, without


class Day(StrEnum):
    """The days of a week, in order."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A time of day on some days of the week, in minutes since midnight; an end of 1440 is the next midnight."""

    days: frozenset[Day]
    begin: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """A time in which nothing may run, by the clock of the calendar's time zone; the end is not part of it."""

    begin: datetime
    end: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """When releases may begin and run. With `overrun` one that began in a window may go on after it.

    Nothing ever runs into a freeze.
    """

    time_zone: str = "UTC"
    windows: tuple[Window, ...] = ()
    freezes: tuple[Freeze, ...] = ()
    overrun: bool = False

    def openings(self, origin: float) -> Openings:
        """The openings of the years after an instant, in seconds since 1970."""
        frozen = list(merged(self._frozen(origin)))
        begins = tuple(without(merged(self._windows(origin)), frozen))
        runs = tuple(without([(0, HORIZON)], frozen)) if self.overrun else begins
        return Openings(begins=begins, runs=runs)

    def _windows(self, origin: float) -> Iterator[Stretch]:
        if not self.windows:
            yield 0, HORIZON
            return
        today = datetime.fromtimestamp(origin, ZoneInfo(self.time_zone)).date()
        for number in range(-1, HORIZON // DAY):
            day = today + timedelta(days=number)
            for window in self.windows:
                if list(Day)[day.weekday()] in window.days:
                    begin, end = (
                        self._instant(_clock(day, at)) - origin for at in (window.begin, window.end)
                    )
                    if end > 0:
                        yield max(0, ceil(begin)), floor(end)

    def _frozen(self, origin: float) -> Iterator[Stretch]:
        for freeze in self.freezes:
            begin, end = (self._instant(at) - origin for at in (freeze.begin, freeze.end))
            if end > 0 and begin < HORIZON:
                yield max(0, floor(begin)), min(HORIZON, ceil(end))

    def _instant(self, local: datetime) -> float:
        return local.replace(tzinfo=ZoneInfo(self.time_zone)).astimezone(UTC).timestamp()


def _clock(day: date, minutes: int) -> datetime:
    return datetime.combine(day, time()) + timedelta(minutes=minutes)
