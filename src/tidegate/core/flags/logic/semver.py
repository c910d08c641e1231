"""Versions compared as https://semver.org says, and as far as flagd completes them: `v1` stands for `1.0.0`."""

import operator
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

LONGEST: Final = 256
"""Characters of a version that is looked at."""

PART: Final = r"(0|[1-9][0-9]*)"
IDENTIFIER: Final = r"(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)"
VERSION: Final = re.compile(
    rf"[vV]?{PART}(?:\.{PART})?(?:\.{PART})?"
    rf"(?:-({IDENTIFIER}(?:\.{IDENTIFIER})*))?(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?"
)

Release = tuple[int, int, int]
Precedence = tuple[Release, bool, tuple[tuple[bool, int, str], ...]]
"""What versions are ordered by: a release comes after what is released before it, numbers before words."""


def compared(left: Any, sign: Any, right: Any) -> bool | None:
    """Whether two versions stand as the sign says; null where one is no version or the sign none of flagd's."""
    first, second = _version(left), _version(right)
    compare = SIGNS.get(sign) if isinstance(sign, str) else None
    return compare(first, second) if first and second and compare else None


def _version(value: Any) -> Precedence | None:
    written = str(value) if isinstance(value, (str, int, float)) else ""
    return precedence(written) if len(written) <= LONGEST else None


@lru_cache(maxsize=1024)
def precedence(written: str) -> Precedence | None:
    """What a version is ordered by, or nothing if it is none."""
    found = VERSION.fullmatch(written)
    if not found:
        return None
    major, minor, patch, before = found.groups()
    identifiers = tuple(map(_identifier, before.split("."))) if before else ()
    return (int(major), int(minor or 0), int(patch or 0)), not before, identifiers


def _identifier(written: str) -> tuple[bool, int, str]:
    return (False, int(written), "") if written.isdigit() else (True, 0, written)


SIGNS: Final[Mapping[str, Callable[[Precedence, Precedence], bool]]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "^": lambda left, right: left[0][0] == right[0][0],
    "~": lambda left, right: left[0][:2] == right[0][:2],
}
