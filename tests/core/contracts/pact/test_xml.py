"""XML bodies, honest and hostile."""

from typing import Any

import pytest
from tests.core.contracts.pact.documents import request, response

from tidegate.core.contracts.pact.match import match_request, match_response
from tidegate.core.contracts.pact.xml import MOST_TEXT


def body(content: str) -> dict[str, Any]:
    return {"contentType": "application/xml", "content": content}


def wrong(expected: str, actual: str, matchers: dict[str, Any], *, strict: bool = False) -> list[str]:
    rules = {"body": {path: {"matchers": [matcher]} for path, matcher in matchers.items()}}
    if strict:
        asked = request(body=body(expected), matchingRules=rules)
        found = match_request(asked, request(body=body(actual)))
    else:
        found = match_response(
            response(body=body(expected), matchingRules=rules), response(body=body(actual))
        )
    return [f"{'?' * m.undecided}{m}" for m in found]


TYPE = {"match": "type"}
DIGITS = {"match": "regex", "regex": r"\d+"}

RESPONSES: dict[str, tuple[str, str, dict[str, Any], list[str]]] = {
    "other names in any order": ("<a><b/><c/></a>", "<a><c/><b/></a>", {}, []),
    "more of a name": ("<a><b>1</b></a>", "<a><b>1</b><b>2</b></a>", {}, []),
    "fewer of a name": ("<a><b/><b/></a>", "<a><b/></a>", {}, ["body $.a.b stands there 1 times, not 2"]),
    "none of a name": ("<a><b/></a>", "<a/>", {"$.a": TYPE}, ["body $.a.b stands there 0 times, not 1"]),
    "another root": ("<a/>", "<b/>", {}, ["body $ is <b>, not <a>"]),
    "another namespace": ("<a xmlns='u'/>", "<a xmlns='v'/>", {}, ["body $ is <{v}a>, not <{u}a>"]),
    "text": ("<a> x </a>", "<a>y</a>", {}, ['body $.a.#text is "y", not "x"']),
    "tails": ("<a>x<b/>y</a>", "<a>x<b/>z</a>", {}, ['body $.a.#text is "xz", not "xy"']),
    "an attribute less": ("<a b='1'/>", "<a c='1'/>", {}, ["body $.a.@b is missing"]),
    "an attribute under a rule": (
        "<a b='1'/>",
        "<a b='x'/>",
        {"$.a['@b']": DIGITS},
        [r'body $.a.@b is "x", not a text of /\d+/'],
    ),
    "prefixes": (
        "<n:a xmlns:n='u' n:b='1'/>",
        "<a xmlns='u' xmlns:m='u' m:b='2'/>",
        {"$.n:a['@n:b']": DIGITS},
        [],
    ),
    "text under a rule": ("<a><b>1</b></a>", "<a><b>22</b></a>", {"$.a.b.#text": DIGITS}, []),
    "each of a list": (
        "<a><b>1</b></a>",
        "<a><b>2</b><b>x</b></a>",
        {"$.a": TYPE, "$.a[*].b['#text']": DIGITS},
        [r'body $.a.b[1].#text is "x", not a text of /\d+/'],
    ),
    "one of a list": ("<a><b>1</b><b>2</b></a>", "<a><b>1</b><b>3</b></a>", {"$.a.b[1]": TYPE}, []),
    "the other of a list": (
        "<a><b>1</b><b>2</b></a>",
        "<a><b>5</b><b>3</b></a>",
        {"$.a.b[1]": TYPE},
        ['body $.a.b[0].#text is "5", not "1"'],
    ),
    "another name in a list": (
        "<a><b/></a>",
        "<a><b/><c/></a>",
        {"$.a": TYPE},
        ["body $.a.c is not expected"],
    ),
    "min": (
        "<a><b/></a>",
        "<a><b/></a>",
        {"$.a": {"match": "type", "min": 2}},
        ["body $.a has 1 elements, min is 2"],
    ),
    "document type": (
        "<a/>",
        "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
        {},
        ["?body $ has a document type, which is not read"],
    ),
    "half-written": ("<a/>", "<a>", {}, ["body $ is not XML: no element found: line 1, column 3"]),
    "too deep": ("<a/>", "<a>" * 100, {}, ["?body $ is nested too deeply or has too many elements"]),
    "too many": (
        "<a/>",
        f"<a>{'<b/>' * 50_001}</a>",
        {},
        ["?body $ is nested too deeply or has too many elements"],
    ),
    "too large": ("<a/>", " " * MOST_TEXT + "<a/>", {}, ["?body $ is too large to be read as XML"]),
    "example half-written": (
        "<a>",
        "<a/>",
        {},
        ["?body $ of the contract is not XML: no element found: line 1, column 3"],
    ),
}

REQUESTS: dict[str, tuple[str, str, dict[str, Any], list[str]]] = {
    "an attribute more": ("<a/>", "<a c='1'/>", {}, ["body $.a.@c is not expected"]),
    "an element more": ("<a/>", "<a><c/></a>", {}, ["body $.a.c is not expected"]),
    "more of a name": ("<a><b/></a>", "<a><b/><b/></a>", {}, ["body $.a.b stands there 2 times, not 1"]),
    "more of a name under type": ("<a><b/></a>", "<a><b/><b/></a>", {"$.a": TYPE}, []),
}


@pytest.mark.parametrize(("expected", "actual", "matchers", "found"), RESPONSES.values(), ids=RESPONSES)
def test_responses(expected: str, actual: str, matchers: dict[str, Any], found: list[str]) -> None:
    assert wrong(expected, actual, matchers) == found


@pytest.mark.parametrize(("expected", "actual", "matchers", "found"), REQUESTS.values(), ids=REQUESTS)
def test_requests(expected: str, actual: str, matchers: dict[str, Any], found: list[str]) -> None:
    assert wrong(expected, actual, matchers, strict=True) == found
