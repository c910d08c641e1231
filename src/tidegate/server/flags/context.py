"""The evaluation context of a question: read, and measured before anything is evaluated with it.

Contexts come from users' browsers by way of applications, so nothing about them is believed. What is within the
limits is cheap to evaluate any rule with; what is not is refused at once, whatever it is.
"""

import json
import sys
from collections.abc import Iterable
from typing import Any, Final, NoReturn

from tidegate.core.flags.definitions import Json
from tidegate.core.flags.evaluation import Context, ErrorCode
from tidegate.server.flags.refusals import Reason, Refusal

MOST_BYTES: Final = 64 << 10
MOST_VALUES: Final = 1000
"""Keys count as well."""

DEEPEST: Final = 16
LONGEST_TEXT: Final = 8 << 10


def read_context(body: bytes) -> Context:
    """The context that a question has, an empty one if it has none; raises `Refusal`."""
    if not body.strip():
        return {}
    question = _parsed(body)
    if not isinstance(question, dict):
        raise _invalid("the body is not a JSON object")
    context = question.get("context", {})
    if not isinstance(context, dict):
        raise _invalid("`context` is not a JSON object")
    if not isinstance(context.get("targetingKey", ""), str):
        raise _invalid("`targetingKey` is not a text")
    if wrong := _wrong(context):
        raise _invalid(f"`context` {wrong}")
    return context


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body, parse_constant=_no_number)
    except RecursionError:
        raise _invalid(f"the body is nested deeper than {DEEPEST} levels") from None
    except ValueError as error:
        told = f"the body is not JSON: {error}"[:200]
        raise Refusal(Reason.BAD, told, ErrorCode.PARSE_ERROR) from None


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON")


def _wrong(context: Json) -> str | None:
    """What about a context is beyond the limits, looked at level by level."""
    values, seen = [context], 0
    for _ in range(DEEPEST):
        values = [inner for value in values for inner in _inside(value)]
        seen += len(values)
        if seen > MOST_VALUES:
            return f"has more than {MOST_VALUES} keys and values"
        if wrong := next(filter(None, map(_wrong_scalar, values)), None):
            return wrong
        if not values:
            return None
    return f"is nested deeper than {DEEPEST} levels"


def _inside(value: Json) -> Iterable[Json]:
    match value:
        case dict():
            return (*value, *value.values())
        case list():
            return value
        case _:
            return ()


def _wrong_scalar(value: Json) -> str | None:
    match value:
        case str() if len(value) > LONGEST_TEXT:
            return f"has a text of more than {LONGEST_TEXT} characters"
        case str() if not value.isascii() and any("\ud800" <= each <= "\udfff" for each in value):
            return "has a text that is half a character"
        case int() | float() if not abs(value) <= sys.float_info.max:
            return "has a number beyond those of a double"
        case _:
            return None


def _invalid(told: str) -> Refusal:
    return Refusal(Reason.BAD, told, ErrorCode.INVALID_CONTEXT)
