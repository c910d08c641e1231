"""Versions in the order that semver.org gives, and as flagd completes them."""

from itertools import pairwise
from typing import Any

import pytest

from tidegate.core.flags.logic.compiling import compiled

ASCENDING = (
    "0.9",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1",
    "1.0.1",
    "1.2",
    "1.10.0",
    "2.0.0",
)


def compared(*args: Any) -> Any:
    return compiled({"sem_ver": list(args)})({"n": 1.2})


@pytest.mark.parametrize(("lower", "higher"), tuple(pairwise(ASCENDING)))
def test_versions_are_in_order(lower: str, higher: str) -> None:
    signs = ("=", "!=", "<", "<=", ">", ">=")
    assert [compared(lower, sign, higher) for sign in signs] == [False, True, True, True, False, False]
    assert [compared(higher, sign, lower) for sign in signs] == [False, True, False, False, True, True]


@pytest.mark.parametrize(
    ("left", "sign", "right", "answer"),
    [
        ("v1.0.0", "=", "V1", True),
        ("1.0.0+build.7", "=", "1.0.0+other", True),
        (1, "=", "1.0.0", True),
        (1.2, ">", "1.1", True),
        ("1.9.3", "^", "1.0.0", True),
        ("2.0.0", "^", "1.0.0", False),
        ("1.2.9", "~", "1.2.0", True),
        ("1.3.0", "~", "1.2.0", False),
        ("1.0.0.0", "=", "1.0.0", None),
        ("01.0.0", "=", "1.0.0", None),
        ("1.0.0-01", "=", "1.0.0", None),
        ("", "=", "1.0.0", None),
        ("1.0.0", "===", "1.0.0", None),
        ("1.0.0", ["="], "1.0.0", None),
        (None, "=", "1.0.0", None),
        ([1], "=", "1.0.0", None),
        ("9" * 300, ">", "1.0.0", None),
    ],
)
def test_two_versions(left: Any, sign: Any, right: Any, answer: bool | None) -> None:
    assert compared(left, sign, right) is answer


def test_without_three_arguments_there_is_no_answer() -> None:
    assert (compared("1.0.0", "="), compared("1.0.0", "=", "1.0.0", "1.0.0")) == (None, None)
