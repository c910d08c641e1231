"""Windows begin and end where the clock and the calendar say."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.slo.window import CalendarWindow, Duration, RollingWindow, Unit, elapsed, whole

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"]


def utc(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def written(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")


def calendar(count: int, unit: Unit, start: str, zone: str = "UTC") -> CalendarWindow:
    return CalendarWindow(
        duration=Duration(count=count, unit=unit), start=datetime.fromisoformat(start), time_zone=zone
    )


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("5m", 300), ("2h", 7200), ("1d", 86400), ("4w", 2419200), ("1M", 2592000), ("1Q", 7776000), ("1Y", 31536000)],
)  # fmt: skip
def test_a_duration_has_seconds_and_is_written_as_it_was(written: str, seconds: float) -> None:
    duration = Duration(count=int(written[:-1]), unit=Unit(written[-1]))
    assert (str(duration), duration.seconds) == (written, seconds)


def test_a_rolling_window_ends_now() -> None:
    window = RollingWindow(duration=Duration(count=28, unit=Unit.DAY))
    at = utc("2026-03-29 12:00:00")
    assert window.period(at).begin == at - 28 * 86400
    assert (window.period(at).end, window.period(at).seconds, elapsed(window, at)) == (at, 2419200, 2419200)
    assert str(window) == "28d rolling"


BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"
CASES = [
    (calendar(1, Unit.MONTH, "2026-01-01 00:00"), "2026-02-14 10:00", "2026-02-01 00:00", "2026-03-01 00:00"),
    (calendar(1, Unit.MONTH, "2024-01-31 00:00"), "2024-02-29 00:00", "2024-02-29 00:00", "2024-03-31 00:00"),
    (calendar(1, Unit.MONTH, "2024-01-31 00:00"), "2025-02-27 23:59", "2025-01-31 00:00", "2025-02-28 00:00"),
    (calendar(1, Unit.QUARTER, "2020-01-01 00:00"), "2026-06-30 23:59", "2026-04-01 00:00", "2026-07-01 00:00"),
    (calendar(1, Unit.YEAR, "2024-02-29 00:00"), "2026-01-01 00:00", "2025-02-28 00:00", "2026-02-28 00:00"),
    (calendar(2, Unit.WEEK, "2026-01-05 00:00"), "2026-01-18 23:59", "2026-01-05 00:00", "2026-01-19 00:00"),
    (calendar(1, Unit.WEEK, "2022-01-01 12:00", NEW_YORK), "2022-03-13 17:00", "2022-03-12 17:00", "2022-03-19 16:00"),
    (calendar(1, Unit.DAY, "2026-01-01 00:00", BERLIN), "2026-03-29 12:00", "2026-03-28 23:00", "2026-03-29 22:00"),
    (calendar(1, Unit.DAY, "2026-01-01 00:00", BERLIN), "2026-10-25 12:00", "2026-10-24 22:00", "2026-10-25 23:00"),
    (calendar(6, Unit.HOUR, "2026-01-01 00:00", BERLIN), "2026-03-29 12:00", "2026-03-29 11:00", "2026-03-29 17:00"),
    (calendar(30, Unit.MINUTE, "2026-01-01 00:00"), "2026-01-01 00:30", "2026-01-01 00:30", "2026-01-01 01:00"),
    (calendar(1, Unit.MONTH, "2026-06-01 00:00"), "2025-12-31 23:00", "2025-12-01 00:00", "2026-01-01 00:00"),
]  # fmt: skip


@pytest.mark.parametrize(("window", "at", "begin", "end"), CASES)
def test_a_calendar_window_follows_the_local_calendar(
    window: CalendarWindow, at: str, begin: str, end: str
) -> None:
    """Months end when they do, days are 23 to 25 hours long, hours always sixty minutes."""
    period = window.period(utc(at))
    assert (written(period.begin), written(period.end)) == (begin, end)


def test_a_calendar_window_says_where_it_begins_and_what_has_passed() -> None:
    window = calendar(1, Unit.MONTH, "2026-01-01 00:00", "Europe/Berlin")
    assert str(window) == "1M from 2026-01-01 00:00 Europe/Berlin"
    assert elapsed(window, utc("2026-02-01 00:00")) == 3600


@given(
    st.integers(1, 40),
    st.sampled_from(list(Unit)),
    st.datetimes(datetime.fromisoformat("1990-01-01"), datetime.fromisoformat("2050-01-01")),
    st.sampled_from(ZONES),
    st.floats(0, 2.5e9),
)
def test_windows_hold_their_instant_and_follow_each_other(
    count: int, unit: Unit, start: datetime, zone: str, at: float
) -> None:
    window = CalendarWindow(duration=Duration(count=count, unit=unit), start=start, time_zone=zone)
    period = window.period(at)
    assert period.begin <= at < period.end
    assert window.period(period.end).begin == period.end
    assert 1 <= elapsed(window, at) <= period.seconds + 1


@pytest.mark.parametrize(
    ("seconds", "expected"), [(-3.0, 1), (0.0, 1), (59.2, 60), (60.0000001, 60), (61.0, 61)]
)
def test_sources_are_asked_about_whole_seconds(seconds: float, expected: float) -> None:
    assert whole(seconds) == expected
