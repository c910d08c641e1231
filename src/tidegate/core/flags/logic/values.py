"""How numbers, text and truth follow from values of other types, as in JavaScript, of which JSONLogic is a part."""

import math
from typing import Any, Final

from tidegate.core.flags.logic.limits import MOST_NUMBER

Number = int | float
NAN: Final = math.nan
NOT_NUMBERS: Final = frozenset({"inf", "+inf", "-inf"})
"""Spellings that Python reads as numbers and nobody else does."""


def number(value: Any) -> Number:
    """A value as a number; not a number where it is none."""
    if isinstance(value, (int, float)):
        return value
    if value is None:
        return 0
    if isinstance(value, str):
        return _spelled(value)
    if isinstance(value, list):
        return _of_list(value)
    return NAN


def _spelled(value: str) -> Number:
    if value.strip().lower() in NOT_NUMBERS:
        return NAN
    try:
        return float(value)
    except ValueError:
        return NAN


def _of_list(value: list[Any]) -> Number:
    if not value:
        return 0
    return number(value[0]) if len(value) == 1 else NAN


def rounded(value: Number) -> Number:
    """A result, whole numbers that no longer fit as floats: digits are not to grow from step to step."""
    if isinstance(value, float) or -MOST_NUMBER < value < MOST_NUMBER:
        return value
    return float(value)


def text(value: Any) -> str:
    """A value as text."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return WORDS[value]
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, list):
        return ",".join(map(text, value))
    return "[object Object]" if isinstance(value, dict) else str(value)


WORDS: Final = {None: "null", True: "true", False: "false"}


def truth(value: Any) -> bool:
    """Whether a value counts as true: nothing, zero, not a number, empty text and empty lists do not."""
    if isinstance(value, bool):
        return value
    if isinstance(value, dict):
        return True
    return bool(value) and value == value  # noqa: PLR0124 - what is not a number does not equal itself
