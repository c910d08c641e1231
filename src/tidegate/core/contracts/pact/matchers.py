"""What each matcher demands of one value, as a table.

A demand is a function of the expected value, the actual one and the matcher's arguments; it answers with nothing
where it is met, else with a `Miss`. A word that the table does not know is a miss that nobody could decide.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import semantic_version

from tidegate.core.contracts.pact.bodies import text_of
from tidegate.core.contracts.pact.dates import is_written
from tidegate.core.contracts.pact.media import is_media
from tidegate.core.contracts.pact.model import Content, Matcher
from tidegate.core.contracts.patterns import matches

WIDEST_SHOWN: Final = 60
INTEGER: Final = re.compile(r"[+-]?\d{1,400}", re.ASCII)
DECIMAL: Final = re.compile(r"[+-]?\d{1,400}\.\d{1,400}(?:[eE][+-]?\d{1,4})?", re.ASCII)
NUMBER: Final = re.compile(r"[+-]?\d{1,400}(?:\.\d{1,400})?(?:[eE][+-]?\d{1,4})?", re.ASCII)
STATUSES: Final = {
    "info": range(100, 200),
    "success": range(200, 300),
    "redirect": range(300, 400),
    "clientError": range(400, 500),
    "serverError": range(500, 600),
    "nonError": range(100, 400),
    "error": range(400, 600),
}


@dataclass(frozen=True, slots=True)
class Miss:
    """Why a value is not what a matcher demands; `undecided` where that cannot be told."""

    reason: str
    undecided: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Is `actual` what the matcher demands, given the example? `textual`: is "10" a number?"""

    matcher: Matcher
    expected: Content
    actual: Content
    textual: bool = False
    cascaded: bool = False

    def argument(self, *names: str) -> str:
        """The first of these arguments that is a text."""
        found = (self.matcher.arguments.get(name) for name in names)
        return next((value for value in found if isinstance(value, str)), "")


Demand = Callable[[Question], Miss | None]


def shown(value: Content) -> str:
    """A value as messages quote it."""
    try:
        text = text_of(value) if not isinstance(value, str) else f'"{value}"'
    except RecursionError:
        return "a deeply nested value"
    return text if len(text) <= WIDEST_SHOWN else f"{text[:WIDEST_SHOWN]}…"


def sort_of(value: Content) -> str:
    """The JSON type of a value, in which all numbers are of one."""
    return next(name for name, types in SORTS if isinstance(value, types))


SORTS: Final[tuple[tuple[str, tuple[type, ...]], ...]] = (
    ("null", (type(None),)),
    ("boolean", (bool,)),
    ("number", (int, float)),
    ("string", (str, bytes)),
    ("array", (list,)),
    ("object", (dict,)),
)


def ask(question: Question) -> Miss | None:
    """Does the matcher accept the value?"""
    demand = DEMANDS.get(question.matcher.name)
    if demand is None:
        return Miss(
            f'is under the matcher "{question.matcher.name}", which is not known here', undecided=True
        )
    return demand(question)


def ask_all(matchers: Iterable[Matcher], question: Question) -> Iterable[Miss]:
    """What each of several matchers, all of which must hold, has against the value."""
    return filter(None, (ask(replace(question, matcher=matcher)) for matcher in matchers))


def one_of(misses: list[Miss | None]) -> list[Miss]:
    """What is missed where one matcher of several is enough; unknown if one of them is."""
    found = [miss for miss in misses if miss]
    if len(found) < len(misses):
        return []
    return [next((miss for miss in found if miss.undecided), found[0])]


def equals(question: Question) -> Miss | None:
    """The value itself, with its type: 1 is 1.0, but neither "1" nor true."""
    same = sort_of(question.expected) == sort_of(question.actual) and question.expected == question.actual
    return None if same else Miss(f"is {shown(question.actual)}, not {shown(question.expected)}")


def _type(question: Question) -> Miss | None:
    wanted, found = sort_of(question.expected), sort_of(question.actual)
    if wanted != found:
        return Miss(f"is {shown(question.actual)} ({found}), not of type {wanted}")
    return None if question.cascaded else _size(question)


def _size(question: Question) -> Miss | None:
    """`min` and `max` count what a list holds; they do not cascade."""
    arguments = question.matcher.arguments
    if not isinstance(question.actual, list):
        return None
    size = len(question.actual)
    for name, wrong in (("min", size.__lt__), ("max", size.__gt__)):
        bound = arguments.get(name)
        if isinstance(bound, int) and wrong(bound):
            return Miss(f"has {size} elements, {name} is {bound}")
    return None


def _regex(question: Question) -> Miss | None:
    pattern = question.argument("regex")
    if not isinstance(question.actual, (str, bytes, int, float)):
        return Miss(f"is {shown(question.actual)}, not a text of /{pattern}/")
    answer = matches(pattern, _written(question.actual))
    if answer is None:
        return Miss(
            f"is under /{pattern}/, which is not run here: too large, or not a plain pattern", undecided=True
        )
    return None if answer else Miss(f"is {shown(question.actual)}, not a text of /{pattern}/")


def _written(value: Content) -> str:
    return value if isinstance(value, str) else text_of(value)


def _sort(question: Question, *, name: str, types: tuple[type, ...], text: re.Pattern[str]) -> Miss | None:
    value = question.actual
    by_type = isinstance(value, types) and (bool in types or not isinstance(value, bool))
    by_text = question.textual and isinstance(value, str) and text.fullmatch(value)
    return None if by_type or by_text else Miss(f"is {shown(value)}, not {name}")


def _null(question: Question) -> Miss | None:
    return None if question.actual is None else Miss(f"is {shown(question.actual)}, not null")


def _date(question: Question, *, kind: str) -> Miss | None:
    pattern = question.argument("format", kind, "timestamp")
    wanted = f"a {kind} {pattern}".rstrip()
    if not isinstance(question.actual, str):
        return Miss(f"is {shown(question.actual)}, not {wanted}")
    answer = is_written(question.actual, kind, pattern)
    if answer is None:
        return Miss(f'is under the {kind} pattern "{pattern}", which is not read here', undecided=True)
    return None if answer else Miss(f"is {shown(question.actual)}, not {wanted}")


def _include(question: Question) -> Miss | None:
    part = question.argument("value")
    found = not isinstance(question.actual, (list, dict)) and part in _written(question.actual)
    return None if found else Miss(f'is {shown(question.actual)}, which does not include "{part}"')


def _not_empty(question: Question) -> Miss | None:
    empty = question.actual is None or question.actual in ("", b"", [], {})
    return Miss("is empty") if empty else None


def _semver(question: Question) -> Miss | None:
    text = question.actual if isinstance(question.actual, str) else ""
    valid = len(text) <= WIDEST_SHOWN * 4 and semantic_version.validate(text)
    return None if valid else Miss(f"is {shown(question.actual)}, not a semantic version")


def _status_code(question: Question) -> Miss | None:
    wanted = question.matcher.arguments.get("status")
    accepted = STATUSES.get(wanted) if isinstance(wanted, str) else wanted
    if not isinstance(accepted, (list, range)):
        return Miss(f"is under a class of statuses that is not known here: {shown(wanted)}", undecided=True)
    return None if question.actual in accepted else Miss(f"is {shown(question.actual)}, not {shown(wanted)}")


def _content_type(question: Question) -> Miss | None:
    wanted = question.argument("value")
    content = question.actual if isinstance(question.actual, bytes) else _written(question.actual).encode()
    answer = is_media(content, wanted)
    if answer is None:
        return Miss(f"may be {wanted}: its beginning does not tell", undecided=True)
    return None if answer else Miss(f"is not {wanted}")


def _nothing(_: Question) -> Miss | None:
    """Of matchers that are about what is inside a value: `values` walks into it."""
    return None


DEMANDS: Final[dict[str, Demand]] = {
    "equality": equals,
    "regex": _regex,
    "type": _type,
    "integer": partial(_sort, name="an integer", types=(int,), text=INTEGER),
    "decimal": partial(_sort, name="a decimal number", types=(float,), text=DECIMAL),
    "number": partial(_sort, name="a number", types=(int, float), text=NUMBER),
    "boolean": partial(_sort, name="true or false", types=(bool,), text=re.compile("true|false")),
    "null": _null,
    **{kind: partial(_date, kind=kind) for kind in ("date", "time", "datetime")},
    "timestamp": partial(_date, kind="datetime"),
    "include": _include,
    "notEmpty": _not_empty,
    "semver": _semver,
    "statusCode": _status_code,
    "contentType": _content_type,
    **dict.fromkeys(("values", "eachKey", "eachValue", "arrayContains"), _nothing),
}
KNOWN: Final = frozenset(DEMANDS)
