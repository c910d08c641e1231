"""What an interaction uses, as parts of the interface."""

from typing import Any

from tests.core.contracts.pact.documents import contract, specification
from tests.core.contracts.pact.test_check import (
    FORM,
    JSON,
    STRING,
    answering,
    carrying,
    deep,
    openapi,
    parameter,
)

from tidegate.core.contracts.pact.uses import uses
from tidegate.core.contracts.specification import Kind

GET = "GET /pets/{}"


def used(
    operation: dict[str, Any], request: dict[str, Any], response: dict[str, Any]
) -> set[tuple[str, ...]]:
    asked = {
        "description": "d",
        "request": {"method": "get", "path": "/pets/7"} | request,
        "response": response,
    }
    (interaction,) = contract(interactions=[asked]).interactions
    return {part[1:] for part in uses(interaction, openapi(operation, "/pets/{id}")) if part[0] == GET}


def test_what_is_read_of_an_answer() -> None:
    operation = answering(STRING, headers={"X-Next": {"schema": STRING}})
    body = {"contentType": JSON, "content": {"pets": [{"name": "Rex"}]}}
    assert used(operation, {}, {"status": 200, "headers": {"X-Next": "1"}, "body": body}) == {
        (),
        ("security",),
        ("path", "1"),
        ("response", "200"),
        ("response", "200", JSON),
        ("response", "200", JSON, "pets"),
        ("response", "200", JSON, "pets", "[]"),
        ("response", "200", JSON, "pets", "[]", "name"),
        ("response-header", "200", "x-next"),
    }


def test_what_is_sent() -> None:
    operation = carrying(FORM, {}) | {"parameters": [parameter("a", STRING)]}
    sent = {"query": {"a": "1"}, "headers": {"X-A": "1"}, "body": {"contentType": FORM, "content": "n=1"}}
    assert used(operation, sent, {}) == {
        (),
        ("security",),
        ("path", "1"),
        ("query", "a"),
        ("header", "x-a"),
        ("request", FORM),
        ("request", FORM, "n"),
    }


def test_what_the_specification_does_not_have_is_not_named() -> None:
    body = {"contentType": "text/csv", "content": "a"}
    assert used(carrying(JSON, STRING), {"body": body}, {"status": 404}) == {(), ("security",), ("path", "1")}
    assert used(answering(STRING), {"path": "/dogs"}, {}) == set()


def test_an_answer_of_which_only_the_status_is_expected() -> None:
    assert ("response", "200") in used(answering(STRING), {}, {"status": 200})


def test_what_is_nested_too_deeply_is_cut_off() -> None:
    parts = used(answering(STRING), {}, {"status": 200, "body": {"content": deep(100)}})
    assert max(map(len, parts)) < 80


def test_of_messages_and_other_kinds_nothing_is_known() -> None:
    found = contract(interactions=[{"description": "m", "type": "Asynchronous/Messages"}])
    assert uses(found.interactions[0], openapi(answering(STRING))) == frozenset()
    assert uses(found.interactions[0], specification({}, Kind.ASYNCAPI)) == frozenset()
