"""Two versions of a contract: what the new one demands beyond the old, and the old beyond the new."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.contracts.pact.documents import document, specification
from tests.core.contracts.pact.test_check import rules

from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.differences import Comparison
from tidegate.core.contracts.pact.compare import compare

COMPATIBLE, BREAKING, UNKNOWN = "compatible", "breaking", "unknown"
TYPE, INTEGER, NUMBER = {"match": "type"}, {"match": "integer"}, {"match": "number"}
REGEX = {"match": "regex", "regex": "R.*"}


def interaction(content: Any = None, matchers: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    body = {} if content is None else {"body": {"contentType": "application/json", "content": content}}
    response = {"status": 200, "matchingRules": rules(matchers or {}), **body}
    return {"description": "a pet", "request": {"path": "/pets"}, "response": response, **fields}


def compared(old: list[Any], new: list[Any], version: str = "4.0") -> Comparison:
    return compare(
        specification(document(version, interactions=old)), specification(document(version, interactions=new))
    )


def told(comparison: Comparison) -> list[tuple[str, str, str, str]]:
    return [
        (d.rule, str(d.place), d.old_consumer_new_provider.value, d.new_consumer_old_provider.value)
        for d in comparison.differences
    ]


CHANGED, ADDED, REMOVED = "pact-demand-changed", "pact-demand-added", "pact-demand-removed"
NAME = '"a pet" body $.name'

DEMANDS: dict[str, tuple[Any, Any, list[tuple[str, str, str, str]]]] = {
    "nothing": (({"name": "R"}, {}), ({"name": "R"}, {}), []),
    "a field more": (
        ({"a": 1}, {}),
        ({"a": 1, "name": "R"}, {}),
        [(ADDED, NAME, COMPATIBLE, UNKNOWN)],
    ),
    "a field less": (
        ({"a": 1, "name": "R"}, {}),
        ({"a": 1}, {}),
        [(REMOVED, NAME, UNKNOWN, COMPATIBLE)],
    ),
    "another value": (({"name": "R"}, {}), ({"name": "S"}, {}), [(CHANGED, NAME, BREAKING, BREAKING)]),
    "one is not true": (({"name": 1}, {}), ({"name": True}, {}), [(CHANGED, NAME, BREAKING, BREAKING)]),
    "another example": (({"name": "R"}, {"$.name": TYPE}), ({"name": "S"}, {"$.name": TYPE}), []),
    "stricter: type to regex": (
        ({"name": "R"}, {"$.name": TYPE}),
        ({"name": "R"}, {"$.name": REGEX}),
        [(CHANGED, NAME, UNKNOWN, UNKNOWN)],
    ),
    "stricter: type to value": (
        ({"name": "R"}, {"$.name": TYPE}),
        ({"name": "R"}, {}),
        [(CHANGED, NAME, COMPATIBLE, UNKNOWN)],
    ),
    "looser: value to regex": (
        ({"name": "Rex"}, {}),
        ({"name": "R"}, {"$.name": REGEX}),
        [(CHANGED, NAME, UNKNOWN, COMPATIBLE)],
    ),
    "a value that the regex refuses": (
        ({"name": "x"}, {}),
        ({"name": "R"}, {"$.name": REGEX}),
        [(CHANGED, NAME, UNKNOWN, BREAKING)],
    ),
    "looser: integer to number": (
        ({"name": 1}, {"$.name": INTEGER}),
        ({"name": 1}, {"$.name": NUMBER}),
        [(CHANGED, NAME, UNKNOWN, COMPATIBLE)],
    ),
    "another type": (
        ({"name": 1}, {"$.name": TYPE}),
        ({"name": "R"}, {"$.name": TYPE}),
        [(CHANGED, NAME, BREAKING, BREAKING)],
    ),
    "another type or a regex": (
        ({"name": 1}, {"$.name": TYPE}),
        ({"name": "R"}, {"$.name": REGEX}),
        [(CHANGED, NAME, UNKNOWN, UNKNOWN)],
    ),
    "one of two matchers more": (
        ({"name": 1}, {"$.name": [INTEGER]}),
        ({"name": 1}, {"$.name": [INTEGER, {"match": "null"}]}),
        [(CHANGED, NAME, UNKNOWN, UNKNOWN)],
    ),
    "a value for one of two matchers": (
        ({"name": 1}, {}),
        ({"name": 1}, {"$.name": [INTEGER, {"match": "null"}]}),
        [(CHANGED, NAME, UNKNOWN, COMPATIBLE)],
    ),
    "an unknown matcher": (
        ({"name": 1}, {}),
        ({"name": 1}, {"$.name": {"match": "magic"}}),
        [(CHANGED, NAME, UNKNOWN, UNKNOWN)],
    ),
    "length of a list": (
        ({"name": [1]}, {"$.name[*]": TYPE}),
        ({"name": [1, 2]}, {"$.name[*]": TYPE}),
        [(CHANGED, NAME, BREAKING, BREAKING), (ADDED, f"{NAME}[1]", COMPATIBLE, UNKNOWN)],
    ),
    "a list of any length": (
        ({"name": [1, 2]}, {"$.name": TYPE}),
        ({"name": [1]}, {"$.name": TYPE}),
        [],
    ),
    "a limit of length": (
        ({"name": [1]}, {"$.name": TYPE}),
        ({"name": [1]}, {"$.name": {"match": "type", "min": 1}}),
        [(CHANGED, NAME, COMPATIBLE, UNKNOWN)],
    ),
    "a limit does not cascade": (
        ({"name": [[1]]}, {"$.name": TYPE}),
        ({"name": [[1]]}, {"$.name": {"match": "type", "max": 1}}),
        [(CHANGED, NAME, COMPATIBLE, UNKNOWN)],
    ),
    "values of any name": (
        ({"name": {"a": 1}}, {"$.name": TYPE}),
        ({"name": {"a": 1}}, {"$.name": {"match": "values"}, "$.name.*": TYPE}),
        [(CHANGED, NAME, UNKNOWN, UNKNOWN)],
    ),
}


@pytest.mark.parametrize(("old", "new", "wanted"), DEMANDS.values(), ids=DEMANDS)
def test_demands(old: Any, new: Any, wanted: list[tuple[str, str, str, str]]) -> None:
    assert told(compared([interaction(*old)], [interaction(*new)])) == wanted


def test_interactions_come_and_go() -> None:
    other = interaction(description="a dog", providerStates=[{"name": "Rex"}])
    assert told(compared([interaction()], [interaction(), other])) == [
        ("pact-interaction-added", '"a dog" given Rex', COMPATIBLE, UNKNOWN)
    ]
    found = compared([interaction(), other], [interaction()])
    assert told(found) == [("pact-interaction-removed", '"a dog" given Rex', UNKNOWN, COMPATIBLE)]
    assert found.old_consumer_new_provider is Compatibility.UNKNOWN


SENT = [
    {"path": "/dogs"},
    {"path": "/pets", "query": {"a": "1"}},
    {"path": "/pets", "headers": {"a": "1"}},
    {"path": "/pets", "body": {"content": {"a": 1}}},
    {"path": "/pets", "method": "post"},
]


@pytest.mark.parametrize("request_", SENT)
def test_a_changed_request_was_never_asked(request_: dict[str, Any]) -> None:
    found = compared([interaction()], [interaction(request=request_)])
    assert told(found) == [("pact-request-changed", '"a pet"', UNKNOWN, UNKNOWN)]


def test_a_status_and_its_headers_are_demands() -> None:
    old = interaction(response={"status": 200, "headers": {"X-A": "1"}})
    new = interaction(response={"headers": {"X-A": "2"}})
    assert told(compared([old], [new])) == [
        ("pact-demand-removed", '"a pet" status $', UNKNOWN, COMPATIBLE),
        ("pact-demand-changed", '"a pet" header $.x-a', BREAKING, BREAKING),
    ]


def test_messages() -> None:
    paid = {"description": "paid", "type": "Asynchronous/Messages", "metadata": {"topic": "t"}}
    asked = {
        "description": "x",
        "type": "Synchronous/Messages",
        "request": {"contents": {"content": 1}},
        "response": [],
    }
    old = [paid | {"contents": {"content": {"a": 1}}}, asked]
    new = [paid | {"contents": {"content": {"a": 2}}}, asked | {"request": {"contents": {"content": 2}}}]
    assert told(compared(old, new)) == [
        ("pact-demand-changed", '"paid" 0 body $.a', BREAKING, BREAKING),
        ("pact-request-changed", '"x"', UNKNOWN, UNKNOWN),
    ]


def test_what_is_there_twice_or_unread_is_a_doubt() -> None:
    found = compared([interaction(), interaction()], [{}])
    assert [doubt.message for doubt in found.doubts] == [
        'checkout: "a pet" is there twice',
        "pact.json#/interactions/0 has no description",
    ]
    assert found.new_consumer_old_provider is Compatibility.UNKNOWN


VALUES = st.sampled_from([None, True, 1, 2, 1.5, "R", "x", [1], [1, 2], {"b": 1}, {"b": "x"}])
MATCHERS = st.sampled_from(
    [{}, TYPE, INTEGER, NUMBER, REGEX, {"match": "type", "min": 1}, [INTEGER, {"match": "null"}]]
)
VERSIONS = st.builds(
    lambda value, matcher: interaction({"name": value}, {"$.name": matcher} if matcher else {}),
    VALUES,
    MATCHERS,
)


@given(old=VERSIONS, new=VERSIONS)
def test_either_way_round_the_answers_are_the_same(old: dict[str, Any], new: dict[str, Any]) -> None:
    there, back = compared([old], [new]), compared([new], [old])
    assert there.old_consumer_new_provider == back.new_consumer_old_provider
    assert there.new_consumer_old_provider == back.old_consumer_new_provider


@given(same=VERSIONS)
def test_a_contract_is_compatible_with_itself(same: dict[str, Any]) -> None:
    assert compared([same], [same]).differences == ()
