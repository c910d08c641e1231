"""Shares, durations, versions and ranges have one form each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from semantic_version import NpmSpec
from semantic_version import Version as SemanticVersion

from tidegate.sources.quantities import (
    interface_range,
    interface_version,
    seconds,
    service_version,
    share,
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
