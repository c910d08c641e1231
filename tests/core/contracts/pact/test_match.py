"""Requests, responses and messages against what is expected of them, as tables of small cases."""

from typing import Any

import pytest
from tests.core.contracts.pact.documents import message, request, response

from tidegate.core.contracts.pact.match import match_message, match_request, match_response
from tidegate.core.contracts.pact.model import Body, Response, Version

JSON = "application/json"
UNDECIDED = "?"
"""Marks a mismatch that nobody could decide."""


def body(content: Any, media: str = JSON) -> dict[str, Any]:
    return {"contentType": media, "content": content}


def rules(*entries: dict[str, Any], path: str = "$") -> dict[str, Any]:
    return {"body": {path: {"matchers": list(entries)}}}


def told(mismatches: tuple[Any, ...]) -> list[str]:
    return [f"{UNDECIDED * m.undecided}{m}" for m in mismatches]


REQUESTS: dict[str, tuple[Version, dict[str, Any], dict[str, Any], list[str]]] = {
    "method in any case": (Version.V4, {"method": "get"}, {"method": "GET"}, []),
    "another method": (
        Version.V4,
        {"method": "GET"},
        {"method": "PUT"},
        ['method $ is "PUT", not "GET"'],
    ),
    "another path": (Version.V4, {"path": "/a"}, {"path": "/b"}, ['path $ is "/b", not "/a"']),
    "path by regex": (
        Version.V3,
        {"path": "/a/1", "matchingRules": {"path": {"matchers": [{"match": "regex", "regex": r"/a/\d+"}]}}},
        {"path": "/a/22"},
        [],
    ),
    "path by regex of version 2": (
        Version.V2,
        {"path": "/a/1", "matchingRules": {"$.path": {"match": "regex", "regex": r"/a/\d+"}}},
        {"path": "/a/b"},
        [r'path $ is "/a/b", not a text of //a/\d+/'],
    ),
    "query of version 1 in its order": (
        Version.V1,
        {"query": "a=1&b=2"},
        {"query": "b=2&a=1"},
        ['query $ is "b=2&a=1", not "a=1&b=2"'],
    ),
    "query in any order": (Version.V2, {"query": "a=1&b=%32"}, {"query": "b=2&a=1"}, []),
    "query, missing and surplus": (
        Version.V3,
        {"query": {"a": ["1"]}},
        {"query": {"b": "2"}},
        ["query $.a is missing", "query $.b is not expected"],
    ),
    "query by index": (
        Version.V3,
        {
            "query": {"a": ["1", "x"]},
            "matchingRules": {"query": {"a[0]": {"matchers": [{"match": "number"}]}}},
        },
        {"query": {"a": ["22", "y"]}},
        ['query $.a[1] is "y", not "x"'],
    ),
    "a name that was not expected": (
        Version.V4,
        {"body": body({"a": 1})},
        {"body": body({"a": 1, "b": None})},
        ["body $.b is not expected"],
    ),
    "a form": (
        Version.V4,
        {"body": body("a=1&b=2&b=3", "application/x-www-form-urlencoded")},
        {"body": body("b=2&b=4&a=1", "application/x-www-form-urlencoded")},
        ['body $.b[1] is "4", not "3"'],
    ),
}


@pytest.mark.parametrize(("version", "expected", "actual", "wrong"), REQUESTS.values(), ids=REQUESTS)
def test_requests(
    version: Version, expected: dict[str, Any], actual: dict[str, Any], wrong: list[str]
) -> None:
    assert told(match_request(request(version, **expected), request(version, **actual))) == wrong


HEADERS: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "names in any case": ({"X-A": "1"}, {"x-a": "1", "x-b": "2"}, []),
    "missing": ({"X-A": "1"}, {}, ["header $.x-a is missing"]),
    "whitespace after commas": ({"Vary": "a,b"}, {"Vary": "a, b"}, []),
    "a list": ({"Vary": ["a", "b"]}, {"Vary": "a, b"}, []),
    "order": ({"Vary": "a, b"}, {"Vary": "b, a"}, ['header $.vary is "b, a", not "a, b"']),
    "more values": ({"Vary": "a"}, {"Vary": "a, b"}, ['header $.vary is "a, b", not "a"']),
    "media in any case": (
        {"Accept": "Text/X-A; charset=UTF-8"},
        {"Accept": "text/x-a;q=1;charset=utf-8"},
        [],
    ),
    "media parameter": (
        {"Accept": "a/b; v=1"},
        {"Accept": "a/b; v=2"},
        ['header $.accept is "a/b; v=2", not "a/b; v=1"'],
    ),
    "no media": ({"Accept": "cats"}, {"Accept": "Cats"}, ['header $.accept is "Cats", not "cats"']),
}


@pytest.mark.parametrize(("expected", "actual", "wrong"), HEADERS.values(), ids=HEADERS)
def test_headers(expected: dict[str, Any], actual: dict[str, Any], wrong: list[str]) -> None:
    assert told(match_response(response(headers=expected), response(headers=actual))) == wrong


@pytest.mark.parametrize("name", ["X-Id", "$.X-Id", "$['X-Id'][0]", "X-Id[0]", "X-Id[*]"])
def test_a_header_under_a_rule(name: str) -> None:
    expected = response(
        headers={"x-id": "1"}, matchingRules={"header": {name: {"matchers": [{"match": "integer"}]}}}
    )
    assert match_response(expected, response(headers={"X-ID": "22"})) == ()
    assert match_response(expected, response(headers={"X-ID": "b"})) != ()


STATUS: list[tuple[dict[str, Any], int | None, list[str]]] = [
    ({"status": 200}, 200, []),
    ({"status": 200}, 201, ["status $ is 201, not 200"]),
    ({"status": 200}, None, ["status $ is null, not 200"]),
    ({}, 500, []),
    (
        {
            "status": 200,
            "matchingRules": {"status": {"$": {"matchers": [{"match": "statusCode", "status": "success"}]}}},
        },
        204,
        [],
    ),
    (
        {"matchingRules": {"status": {"matchers": [{"match": "statusCode", "status": [200, 404]}]}}},
        500,
        ["status $ is 500, not [200, 404]"],
    ),
]


@pytest.mark.parametrize(("expected", "actual", "wrong"), STATUS)
def test_a_status(expected: dict[str, Any], actual: int | None, wrong: list[str]) -> None:
    assert told(match_response(response(**expected), Response(status=actual))) == wrong


BODIES: dict[str, tuple[Any, Any, dict[str, Any], list[str]]] = {
    "equal": (body([1, "a", None, True]), body([1.0, "a", None, True]), {}, []),
    "no boolean": (body([1]), body([True]), {}, ["body $[0] is true, not 1"]),
    "a name more": (body({"a": 1}), body({"a": 1, "b": 2}), {}, []),
    "a name less": (body({"a b": 1}), body({}), {}, ["body $['a b'] is missing"]),
    "a list too long": (body([1]), body([1, 2]), {}, ["body $ has 2 elements, not 1"]),
    "a list too short": (body([1, 2]), body([1]), {}, ["body $ has 1 elements, not 2"]),
    "empty where empty": ({"content": ""}, {"content": None}, {}, []),
    "another type": (body({}), body([]), {}, ["body $ is [], not {}"]),
    "another media": (body({}), body("", "text/plain"), {}, ["body $ is missing"]),
    "another media with content": (
        body({"a": 1}),
        body("a", "text/plain"),
        {},
        ["body $ is text/plain, not application/json"],
    ),
    "empty where not": (body({"a": 1}), {"content": None}, {}, ["body $ is missing"]),
    "not empty where empty": ({"content": ""}, body({"a": 1}), {}, ["body $ is not empty"]),
    "text": (body("a", "text/plain"), body("b", "text/plain"), {}, ['body $ is "b", not "a"']),
    "a suffix": (
        body({"a": 1}, "application/hal+json"),
        body({"a": 2}, "application/hal+json"),
        {},
        ["body $.a is 2, not 1"],
    ),
    "bytes": (body("a", "image/png"), body("b", "image/png"), {}, ["body $ is b, not a"]),
    "undeclared text": ({"content": "a"}, {"content": "b"}, {}, ['body $ is "b", not "a"']),
    "parts of a form, the same": (
        body("a", "multipart/form-data"),
        body("a", "multipart/form-data"),
        rules({"match": "type"}, path="$.a"),
        [],
    ),
    "parts of a form": (
        body("a", "multipart/form-data"),
        body("b", "multipart/form-data"),
        rules({"match": "type"}, path="$.a"),
        ["?body $ is multipart/form-data that is not compared here"],
    ),
    "any length under type": (body([1]), body([2, 3]), rules({"match": "type"}), []),
    "none under type": (body([1]), body([]), rules({"match": "type"}), []),
    "no example": (body([]), body([2]), rules({"match": "type"}), []),
    "type cascades": (
        body({"a": [{"b": 1}]}),
        body({"a": [{"b": "x"}]}),
        rules({"match": "type"}),
        ['body $.a[0].b is "x" (string), not of type number'],
    ),
    "min": (body([1]), body([1]), rules({"match": "type", "min": 2}), ["body $ has 1 elements, min is 2"]),
    "max": (body([1]), body([1, 2]), rules({"max": 1}), ["body $ has 2 elements, max is 1"]),
    "min does not cascade": (body([[1]]), body([[1], [2]]), rules({"match": "type", "min": 2}), []),
    "the better path": (
        body({"a": {"b": 1}}),
        body({"a": {"b": "x"}}),
        {
            "body": {
                "$.a.*": {"matchers": [{"match": "type"}]},
                "$.a.b": {"matchers": [{"match": "include", "value": "x"}]},
            }
        },
        [],
    ),
    "equality within type": (
        body({"a": 1, "b": {"c": 2}}),
        body({"a": 7, "b": {"c": 3}}),
        {"body": {"$": {"matchers": [{"match": "type"}]}, "$.b": {"matchers": [{"match": "equality"}]}}},
        ["body $.b.c is 3, not 2"],
    ),
    "index by dot": (body([1, 2]), body([5, 2]), rules({"match": "type"}, path="$.0"), []),
    "or": (
        body(1),
        body(None),
        {"body": {"$": {"combine": "OR", "matchers": [{"match": "type"}, {"match": "null"}]}}},
        ["body $ is missing"],
    ),
    "or within": (
        body([1]),
        body([None]),
        {"body": {"$[0]": {"combine": "OR", "matchers": [{"match": "type"}, {"match": "null"}]}}},
        [],
    ),
    "or, none": (
        body([1]),
        body(["x"]),
        {"body": {"$[0]": {"combine": "OR", "matchers": [{"match": "boolean"}, {"match": "null"}]}}},
        ['body $[0] is "x", not true or false'],
    ),
    "or, unknown": (
        body([1]),
        body(["x"]),
        {"body": {"$[0]": {"combine": "OR", "matchers": [{"match": "null"}, {"match": "magic"}]}}},
        ['?body $[0] is under the matcher "magic", which is not known here'],
    ),
    "or about what is inside": (
        body({"a": [1]}),
        body({"a": [2]}),
        {"body": {"$.a": {"combine": "OR", "matchers": [{"match": "integer"}]}}},
        [],
    ),
    "values": (
        body({"a": 1}),
        body({"x": 2, "y": 3}),
        rules({"match": "values"}),
        ["body $.x is 2, not 1", "body $.y is 3, not 1"],
    ),
    "values without example": (body({}), body({"x": 2}), rules({"match": "values"}), []),
    "each value": (
        body({"a": 1}),
        body({"x": 2, "y": "z"}),
        rules({"match": "eachValue", "rules": [{"match": "number"}]}),
        ['body $.y is "z", not a number'],
    ),
    "each value of a list": (
        body([1]),
        body([2, "z"]),
        rules({"match": "eachValue", "rules": [{"match": "number"}]}),
        ['body $[1] is "z", not a number'],
    ),
    "each value, unless there is a rule": (
        body({"a": 1}),
        body({"a": "z"}),
        {
            "body": {
                "$": {"matchers": [{"match": "eachValue", "rules": [{"match": "number"}]}]},
                "$.a": {"matchers": [{"match": "include", "value": "z"}]},
            }
        },
        [],
    ),
    "each value, unread": (
        body({"a": 1}),
        body({"a": 1}),
        rules({"match": "eachValue", "rules": "all"}),
        ['?body $.a is under the matcher "", which is not known here'],
    ),
    "each key": (
        body({"k1": 1}),
        body({"k2": 5, "other": 6}),
        rules({"match": "eachKey", "rules": [{"match": "regex", "regex": r"k\d"}]}),
        [r'body $.other is "other", not a text of /k\d/'],
    ),
    "each key leaves values": (
        body({"k1": 1}),
        body({"k1": 5}),
        rules({"match": "eachKey", "rules": [{"match": "regex", "regex": r"k\d"}]}),
        ["body $.k1 is 5, not 1"],
    ),
    "contains": (
        body([{"a": 1}]),
        body([{"b": 1}, {"a": 2}]),
        rules(
            {
                "match": "arrayContains",
                "variants": [{"index": 0, "rules": {"$.a": {"matchers": [{"match": "type"}]}}}],
            }
        ),
        [],
    ),
    "contains not": (
        body([{"a": 1}]),
        body([{"b": 1}, {"a": 2}]),
        rules({"match": "arrayContains", "variants": [{"index": 0}]}),
        ['body $ contains nothing like {"a": 1}'],
    ),
    "contains perhaps": (
        body([1]),
        body([2]),
        rules(
            {
                "match": "arrayContains",
                "variants": [{"index": 0, "rules": {"$": {"matchers": [{"match": "magic"}]}}}],
            }
        ),
        ["?body $ contains nothing like 1"],
    ),
    "contains, unread rules": (
        body([1]),
        body([1]),
        rules({"match": "arrayContains", "variants": [{"index": 0, "rules": {"nowhere": {"matchers": []}}}]}),
        ["?body $ is under a variant of arrayContains that cannot be read"],
    ),
    "contains, no variants": (
        body([1]),
        body([1]),
        rules({"match": "arrayContains"}),
        ["?body $ is under a variant of arrayContains that cannot be read"],
    ),
    "contains, no such example": (
        body([1]),
        body([1]),
        rules({"match": "arrayContains", "variants": [{"index": 3}]}),
        ["?body $ is under a variant of arrayContains that cannot be read"],
    ),
    "contains, too many": (
        body([1]),
        body(list(range(10_001))),
        rules({"match": "arrayContains", "variants": [{"index": 0}]}),
        ["?body $ has too many elements and variants to compare"],
    ),
    "unknown matcher": (
        body([1]),
        body([1]),
        rules({"match": "magic"}, path="$[0]"),
        ['?body $[0] is under the matcher "magic", which is not known here'],
    ),
}


@pytest.mark.parametrize(("expected", "actual", "matching", "wrong"), BODIES.values(), ids=BODIES)
def test_bodies(expected: Any, actual: Any, matching: dict[str, Any], wrong: list[str]) -> None:
    found = match_response(response(body=expected, matchingRules=matching), response(body=actual))
    assert told(found) == wrong


def test_what_is_nested_too_deeply_is_not_decided() -> None:
    deep: Any = 1
    for _ in range(70):
        deep = [deep]
    (found,) = match_response(response(body=body(deep)), response(body=body(deep)))
    assert found.undecided
    assert "nested" in found.reason


def test_bytes_of_json_that_nobody_parsed_are_compared_as_bytes() -> None:
    expected = Response(body=Body(content={"a": 1}, media=JSON))
    (found,) = match_response(expected, Response(body=Body(content=b"\xff", media=JSON)))
    assert found.reason == 'is ÿ, not {"a": 1}'


MESSAGES: dict[str, tuple[Version, dict[str, Any], dict[str, Any], list[str]]] = {
    "version 3": (
        Version.V3,
        {
            "contents": {"a": 1},
            "metaData": {"contentType": JSON},
            "matchingRules": {"body": {"$.a": {"matchers": [{"match": "type"}]}}},
        },
        {"contents": {"a": "x"}, "metaData": {"contentType": JSON}},
        ['body $.a is "x" (string), not of type number'],
    ),
    "version 4": (
        Version.V4,
        {
            "contents": body({"a": 1}),
            "matchingRules": {"content": {"$.a": {"matchers": [{"match": "type"}]}}},
        },
        {"contents": body({"a": 2, "b": 3})},
        [],
    ),
    "metadata": (
        Version.V4,
        {
            "metadata": {"key": "a", "topic": "t"},
            "matchingRules": {"metadata": {"key": {"matchers": [{"match": "type"}]}}},
        },
        {"metadata": {"key": "b", "topic": "u"}},
        ['metadata $.topic is "u", not "t"'],
    ),
}


@pytest.mark.parametrize(("version", "expected", "actual", "wrong"), MESSAGES.values(), ids=MESSAGES)
def test_messages(
    version: Version, expected: dict[str, Any], actual: dict[str, Any], wrong: list[str]
) -> None:
    assert told(match_message(message(version, **expected), message(version, **actual))) == wrong
