"""Shares, durations, versions and ranges have one form each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from semantic_version import NpmSpec
from semantic_version import Version as SemanticVersion

from tidegate.sources.quantities import (
    calendar_day,
    interface_range,
    interface_version,
    local_time,
    seconds,
    service_version,
    share,
    shorthand,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5%", 0.05),
        ("99.5%", 0.995),
        ("0%", 0.0),
        ("100%", 1.0),
        ("100.0%", 1.0),
        ("100.1%", None),
        ("101%", None),
        ("5", None),
        ("0.05", None),
        ("5 %", None),
        ("-5%", None),
        (".5%", None),
        ("5%\n", None),
        ("\N{ARABIC-INDIC DIGIT FIVE}%", None),
    ],
)
def test_shares_are_percentages(text: str, value: float | None) -> None:
    assert share(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("30s", 30.0),
        ("0.5s", 0.5),
        ("300ms", 0.3),
        ("5m", 300.0),
        ("1h30m", 5400.0),
        ("1h2m3s4ms", 3723.004),
        ("0s", 0.0),
        ("", None),
        ("5", None),
        ("30m1h", None),
        ("1.5h", None),
        ("1d", None),
        ("-1s", None),
        ("1s\n", None),
        ("9999999h", None),
    ],
)
def test_durations_name_their_unit(text: str, value: float | None) -> None:
    assert seconds(text) == value


def test_versions_of_services_name_and_versions_of_interfaces_compare() -> None:
    assert all(map(service_version, ["1.4.0", "2026.01.05-3", "a1b2c3d", "1.0.0+build.7"]))
    assert not any(map(service_version, ["", "1 0", "-1", "a/b", "v" * 129]))
    assert all(map(interface_version, ["1.4.0", "1.0.0-rc.1+build"]))
    assert not any(
        map(interface_version, ["", "1.4", "v1.4.0", "01.0.0", "1.4.0 ", "\N{ARABIC-INDIC DIGIT ONE}.0.0"])
    )


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        ("^1.2", "^1.2"),
        (" >= 1.2   < 2 ", ">=1.2 <2"),
        ("1.2.x || ^3", "1.2.x || ^3"),
        ("1 - 2", "1 - 2"),
        ("*", "*"),
        ("", None),
        ("none", None),
        ("latest", None),
        (">1 - 2", None),
    ],
)
def test_ranges_are_npm_style(text: str, closed: str | None) -> None:
    assert interface_range(text) == closed


PIECES = st.sampled_from([*"^~<>=|-.012x*v+a ", "||", "1.2.3", " - "])


@given(st.one_of(st.text(), st.lists(PIECES).map("".join)))
def test_whatever_is_taken_for_a_range_can_be_matched(text: str) -> None:
    closed = interface_range(text)
    if closed is not None:
        NpmSpec(closed).match(SemanticVersion("1.2.3"))
        assert interface_range(closed) == closed
    share(text), seconds(text), interface_version(text), service_version(text)  # never raises


@pytest.mark.parametrize(
    ("text", "value"),
    [("5m", 300.0), ("28d", 28 * 86400.0), ("1M", 30 * 86400.0), ("999999m", 999999 * 60.0)],
)
def test_a_shorthand_is_a_number_and_a_letter(text: str, value: float) -> None:
    duration = shorthand(text)
    assert duration is not None
    assert (str(duration), duration.seconds) == (text, value)


@pytest.mark.parametrize(
    "text", ["", "5", "m", "0d", "05d", "1D", "1.5h", "1h30m", "1000000m", "5m\n", "-1d"]
)
def test_what_is_no_shorthand(text: str) -> None:
    assert shorthand(text) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-01-21 12:30:00", "2026-01-21T12:30:00"),
        ("2026-01-21T12:30", "2026-01-21T12:30:00"),
        ("2024-02-29 00:00:00", "2024-02-29T00:00:00"),
        ("2026-02-29 00:00:00", None),
        ("2026-01-21 24:30:00", None),
        ("2026-01-21", None),
        ("2026-01-21 12:30:00+01:00", None),
        ("2026-W03-1 12:30:00", None),
        ("1969-12-31 00:00:00", None),
        ("tomorrow", None),
    ],
)
def test_local_times_have_no_zone(text: str, value: str | None) -> None:
    found = local_time(text)
    assert (found and found.isoformat()) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2027-01-31", "2027-01-31"),
        ("2027-02-30", None),
        ("20270131", None),
        ("2027-W01-1", None),
        ("", None),
    ],
)
def test_a_day_is_written_in_one_way(text: str, value: str | None) -> None:
    found = calendar_day(text)
    assert (found and found.isoformat()) == value
