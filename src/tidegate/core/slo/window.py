"""The time over which an SLO must hold: rolling, or aligned with the calendar.

A duration is OpenSLO's shorthand: a number and one letter. OpenSLO leaves open how long a month is. Here one is 30
days, a quarter 90 and a year 365, as in OpenSLO's own library, except where a calendar says it: calendar windows of
days and more follow the local calendar of their time zone, so that one of a month may have 28 to 31 days, and a
day 23 to 25 hours.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import Final
from zoneinfo import ZoneInfo


class Unit(StrEnum):
    """The letters of a duration shorthand."""

    MINUTE = "m"
    HOUR = "h"
    DAY = "d"
    WEEK = "w"
    MONTH = "M"
    QUARTER = "Q"
    YEAR = "Y"


_DAY: Final = 86400.0
SECONDS: Final = {
    Unit.MINUTE: 60.0,
    Unit.HOUR: 3600.0,
    Unit.DAY: _DAY,
    Unit.WEEK: 7 * _DAY,
    Unit.MONTH: 30 * _DAY,
    Unit.QUARTER: 90 * _DAY,
    Unit.YEAR: 365 * _DAY,
}
_DAYS: Final = {Unit.DAY: 1, Unit.WEEK: 7}
_MONTHS: Final = {Unit.MONTH: 1, Unit.QUARTER: 3, Unit.YEAR: 12}


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """A duration shorthand such as `28d` or `1M`."""

    count: int
    unit: Unit

    @property
    def seconds(self) -> float:
        """How long it is where no calendar says otherwise."""
        return self.count * SECONDS[self.unit]

    def __str__(self) -> str:
        return f"{self.count}{self.unit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """One stretch of time; both ends in seconds since 1970, the end not part of it."""

    begin: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.end - self.begin


@dataclass(frozen=True, slots=True, kw_only=True)
class RollingWindow:
    """Always the last `duration`."""

    duration: Duration

    def period(self, at: float) -> Period:
        """The window that ends at an instant, in seconds since 1970."""
        return Period(begin=at - self.duration.seconds, end=at)

    def __str__(self) -> str:
        return f"{self.duration} rolling"


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarWindow:
    """One window after the other, each `duration` long, of which one began at `start`.

    `start` is the time on a clock in `time_zone`, a name of the IANA database. Where a month has no such day, its
    last one is meant.
    """

    duration: Duration
    start: datetime
    time_zone: str

    def period(self, at: float) -> Period:
        """The window that holds an instant, in seconds since 1970; before `start` too."""
        number = int((at - self._begin(0)) // self.duration.seconds)
        while self._begin(number) > at:
            number -= 1
        while self._begin(number + 1) <= at:
            number += 1
        return Period(begin=self._begin(number), end=self._begin(number + 1))

    def _begin(self, number: int) -> float:
        """Where a window begins, counted from the one at `start`."""
        count, unit = number * self.duration.count, self.duration.unit
        if unit in _MONTHS:
            return self._instant(_months_later(self.start, count * _MONTHS[unit]))
        if unit in _DAYS:
            return self._instant(self.start + timedelta(days=count * _DAYS[unit]))
        return self._instant(self.start) + count * SECONDS[unit]

    def _instant(self, local: datetime) -> float:
        return local.replace(tzinfo=ZoneInfo(self.time_zone)).timestamp()

    def __str__(self) -> str:
        return f"{self.duration} from {self.start:%Y-%m-%d %H:%M} {self.time_zone}"


Window = RollingWindow | CalendarWindow


def elapsed(window: Window, at: float) -> float:
    """How much of the window that holds an instant has passed by then: whole seconds, at least one."""
    return whole(at - window.period(at).begin)


def whole(seconds: float) -> float:
    """A time as a source can be asked about it: whole seconds, at least one."""
    return float(max(1, ceil(round(seconds, 3))))


def _months_later(local: datetime, months: int) -> datetime:
    years, month = divmod(local.month - 1 + months, 12)
    year = local.year + years
    return local.replace(year=year, month=month + 1, day=min(local.day, monthrange(year, month + 1)[1]))
