"""Shares, durations, versions and ranges: the words of a file as the numbers that the core reckons with.

Each form is written in one way only. What does not have it answers `None`; the schemas say the same with the
same patterns, so that editors see it first.
"""

import re
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from semantic_version import NpmSpec
from semantic_version import Version as SemanticVersion

from tidegate.core.slo.window import Duration, Unit

NONE: Final = "none"
"""In `provides` and `consumes`: no longer."""

SHARE: Final = re.compile(r"(100(?:\.0{1,6})?|[0-9]{1,2}(?:\.[0-9]{1,6})?)%")
DURATION: Final = re.compile(
    r"(?=[0-9])(?:([0-9]{1,6})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,6}(?:\.[0-9]{1,6})?)s)?(?:([0-9]{1,6})ms)?"
)
SHORTHAND: Final = re.compile(r"([1-9][0-9]{0,5})([mhdwMQY])")
LOCAL_TIME: Final = re.compile(
    r"(?:19[7-9]|2[0-9]{2})[0-9]-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2})?"
)
CALENDAR_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
SECONDS: Final = (3600.0, 60.0, 1.0, 0.001)
SINCE_1970: Final = re.compile(r"[0-9]{1,11}(?:\.[0-9]{1,9})?")
MILLISECONDS: Final = re.compile(r"[0-9]{13,19}")
RATE: Final = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)/([smh])")
RATE_UNITS: Final = {"s": 1.0, "m": 60.0, "h": 3600.0}
SERVICE_VERSION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,127}")
TIERS: Final = ("1", "2", "3", "4")
_SPACED_OPERATOR: Final = re.compile(r"([<>=~^])\s+(?=[0-9v])")


def share(text: str) -> float | None:
    """`5%` as 0.05."""
    found = SHARE.fullmatch(text)
    return round(float(found[1]) / 100, 10) if found else None


def seconds(text: str) -> float | None:
    """`1h30m` as 5400.0."""
    found = DURATION.fullmatch(text)
    if not found:
        return None
    return round(sum(float(part or 0) * unit for part, unit in zip(found.groups(), SECONDS, strict=True)), 6)


def milliseconds(text: str) -> float | None:
    """`300ms` as 300.0."""
    length = seconds(text)
    return None if length is None else round(length * 1000.0, 6)


def rate(text: str) -> float | None:
    """`90/m` as 1.5: so many a second."""
    found = RATE.fullmatch(text)
    return float(found[1]) / RATE_UNITS[found[2]] if found else None


def shorthand(text: str) -> Duration | None:
    """OpenSLO's `28d` as a duration."""
    found = SHORTHAND.fullmatch(text)
    return Duration(count=int(found[1]), unit=Unit(found[2])) if found else None


def local_time(text: str) -> datetime | None:
    """`2026-01-01 12:30:00` as the time that a clock somewhere shows; seconds may be left out."""
    try:
        return datetime.fromisoformat(text) if LOCAL_TIME.fullmatch(text) else None
    except ValueError:
        return None


def known_zone(text: str) -> bool:
    """Whether this is a name of the IANA database of time zones."""
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder, such as America
        return False
    return True


def calendar_day(text: str) -> date | None:
    """`2027-01-31` as a date."""
    try:
        return date.fromisoformat(text) if CALENDAR_DAY.fullmatch(text) else None
    except ValueError:
        return None


def instant(text: str) -> float | None:
    """ISO 8601 (UTC where no zone is given) or seconds since 1970, as the latter."""
    if SINCE_1970.fullmatch(text):
        return float(text)
    if MILLISECONDS.fullmatch(text):
        return None
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def service_version(text: str) -> bool:
    """Whether this can name a version of a service: anything that can also tag an image."""
    return SERVICE_VERSION.fullmatch(text) is not None


def interface_version(text: str) -> bool:
    """Whether this is a semantic version: interface versions are compared with ranges."""
    try:
        SemanticVersion(text)
    except ValueError:
        return False
    return text.isascii()


def interface_range(text: str) -> str | None:
    """The range without spaces behind its operators, which npm allows and our library does not."""
    closed = _SPACED_OPERATOR.sub(r"\1", " ".join(text.split()))
    try:
        NpmSpec(closed)
    except (ValueError, AttributeError):  # semantic-version 2.10 trips over some hyphen ranges: '>1 - 2'
        return None
    return closed or None
