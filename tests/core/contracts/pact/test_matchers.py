"""What each matcher accepts, refuses and cannot tell."""

from typing import Any

import pytest

from tidegate.core.contracts.pact.matchers import KNOWN, Question, ask, shown
from tidegate.core.contracts.pact.rules import matcher_of

YES, NO, PERHAPS = "accepted", "refused", "undecided"

CASES: list[tuple[dict[str, Any], Any, Any, str]] = [
    ({"match": "equality"}, 1, 1, YES),
    ({"match": "equality"}, 1, 2, NO),
    ({"match": "regex", "regex": r"\d+"}, "1", "22", YES),
    ({"match": "regex", "regex": r"\d+"}, 1, 22, YES),
    ({"match": "regex", "regex": r"\d+"}, "1", "x", NO),
    ({"match": "regex", "regex": r"\d+"}, "1", None, NO),
    ({"match": "regex", "regex": r"(?=x)"}, "1", "x", PERHAPS),
    ({"regex": "a*"}, "", "aaa", YES),
    ({"match": "type"}, 1, 2.5, YES),
    ({"match": "type"}, "a", 1, NO),
    ({"match": "type"}, None, None, YES),
    ({"match": "type", "min": "many"}, [1], [], YES),
    ({"min": 1}, [1], [], NO),
    ({"match": "integer"}, 1, 5, YES),
    ({"match": "integer"}, 1, 5.0, NO),
    ({"match": "integer"}, 1, True, NO),
    ({"match": "integer"}, 1, "5", NO),
    ({"match": "decimal"}, 1.5, 5.25, YES),
    ({"match": "decimal"}, 1.5, 5, NO),
    ({"match": "number"}, 1, 5.25, YES),
    ({"match": "number"}, 1, False, NO),
    ({"match": "boolean"}, True, False, YES),
    ({"match": "boolean"}, True, "false", NO),
    ({"match": "null"}, None, None, YES),
    ({"match": "null"}, None, 0, NO),
    ({"match": "date", "format": "yyyy-MM-dd"}, "2000-01-01", "2024-02-29", YES),
    ({"match": "date", "date": "dd/MM/yyyy"}, "", "31/12/1999", YES),
    ({"date": "dd/MM/yyyy"}, "", "1999", NO),
    ({"match": "date"}, "", "2000-13-01", NO),
    ({"match": "date"}, "", 2000, NO),
    ({"match": "time", "time": "HH:mm"}, "", "24:00", NO),
    ({"match": "time"}, "", "23:59:60Z", YES),
    ({"match": "datetime"}, "", "2000-01-01T00:00:00.123+01:00", YES),
    ({"timestamp": "yyyy-MM-dd'T'HH:mm:ss.SSSXXX"}, "", "2000-01-01T00:00:00.123+01:00", YES),
    ({"match": "timestamp", "timestamp": "EEE, d MMM yyyy h:mm a"}, "", "Mon, 1 Jan 2000 1:30 PM", YES),
    ({"match": "date", "format": "QQQ"}, "", "1", PERHAPS),
    ({"match": "date", "format": "y" * 300}, "", "1", PERHAPS),
    ({"match": "date", "format": "yyyy''MM"}, "", "2000'01", YES),
    ({"match": "include", "value": "ell"}, "", "hello", YES),
    ({"match": "include", "value": "ell"}, "", "help", NO),
    ({"match": "include", "value": ""}, "", [], NO),
    ({"match": "notEmpty"}, "a", "b", YES),
    ({"match": "notEmpty"}, [1], [], NO),
    ({"match": "notEmpty"}, 0, 0, YES),
    ({"match": "notEmpty"}, "a", None, NO),
    ({"match": "semver"}, "1.0.0", "1.2.3-rc.1+b", YES),
    ({"match": "semver"}, "1.0.0", "1.2", NO),
    ({"match": "semver"}, "1.0.0", 1, NO),
    ({"match": "statusCode", "status": "clientError"}, 400, 404, YES),
    ({"match": "statusCode", "status": "clientError"}, 400, 500, NO),
    ({"match": "statusCode", "status": [200]}, 200, 200, YES),
    ({"match": "statusCode", "status": "fine"}, 200, 200, PERHAPS),
    ({"match": "contentType", "value": "image/png"}, b"", b"\x89PNG\r\n\x1a\n...", YES),
    ({"match": "contentType", "value": "image/png"}, b"", b"GIF89a", NO),
    ({"match": "contentType", "value": "image/jpg"}, b"", b"\xff\xd8\xff", YES),
    ({"match": "contentType", "value": "application/json"}, b"", b"[1]", YES),
    ({"match": "contentType", "value": "application/json"}, b"", b"[1", NO),
    ({"match": "contentType", "value": "text/plain"}, b"", "hello", YES),
    ({"match": "contentType", "value": "text/plain"}, b"", b"\0", NO),
    ({"match": "contentType", "value": "video/mp4"}, b"", b"....", PERHAPS),
    ({"match": "values"}, {}, {}, YES),
    ({"match": "magic"}, 1, 1, PERHAPS),
    ({}, 1, 1, PERHAPS),
]

TEXTS = [
    ("integer", "-12", YES),
    ("integer", "1.5", NO),
    ("decimal", "1.5e3", YES),
    ("decimal", "15", NO),
    ("number", "15", YES),
    ("number", "x", NO),
    ("boolean", "true", YES),
    ("boolean", "yes", NO),
]


def answer(question: Question) -> str:
    miss = ask(question)
    return YES if miss is None else PERHAPS if miss.undecided else NO


@pytest.mark.parametrize(("matcher", "expected", "actual", "wanted"), CASES)
def test_a_matcher(matcher: dict[str, Any], expected: Any, actual: Any, wanted: str) -> None:
    assert answer(Question(matcher=matcher_of(matcher), expected=expected, actual=actual)) == wanted


@pytest.mark.parametrize(("name", "actual", "wanted"), TEXTS)
def test_where_all_values_are_texts_numbers_are_written_as_such(name: str, actual: str, wanted: str) -> None:
    question = Question(matcher=matcher_of({"match": name}), expected="1", actual=actual, textual=True)
    assert answer(question) == wanted


def test_every_known_matcher_has_a_case() -> None:
    walks = {"eachKey", "eachValue", "arrayContains"}
    assert {matcher_of(matcher).name for matcher, *_ in CASES} >= KNOWN - walks


def test_values_too_deep_to_be_quoted_are_said_to_be() -> None:
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    assert shown(deep) == "a deeply nested value"


def test_long_values_are_quoted_in_part() -> None:
    assert shown("a" * 100) == '"' + "a" * 59 + "…"
