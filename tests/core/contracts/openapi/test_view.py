"""Finding the operation, the answer and the content type that a message falls under."""

from typing import Any

import pytest
from tests.core.contracts.openapi.documents import OK, interface, only

from tidegate.core.contracts.openapi.view import media_for, media_type, operation_of, response_for

PETS = interface(
    {
        "/pets/{id}": {"get": {"responses": OK}, "put": {"responses": OK}},
        "/pets/mine": {"get": {"responses": OK}},
        "/{kind}/mine": {"get": {"responses": OK}},
        "/v1/pets/{id}": {"delete": {"responses": OK}},
    },
    servers=[
        {"url": "https://pets.example/{stage}/v1/", "variables": {"stage": {"default": "live"}}},
        {"url": "/"},
    ],
)


@pytest.mark.parametrize(
    ("method", "path", "found"),
    [
        ("GET", "/pets/7", "GET /pets/{id}"),
        ("get", "/pets/mine", "GET /pets/mine"),
        ("GET", "/dogs/mine", "GET /{kind}/mine"),
        ("GET", "/live/v1/pets/7", "GET /pets/{id}"),
        ("DELETE", "/v1/pets/7", "DELETE /v1/pets/{id}"),
        ("POST", "/pets/7", None),
        ("GET", "/pets", None),
    ],
)
def test_a_request_finds_its_operation(method: str, path: str, found: str | None) -> None:
    operation = operation_of(PETS, method, path)
    assert (operation and operation.name) == found


@pytest.mark.parametrize(
    ("status", "found"),
    [("200", "200"), ("204", "2XX"), ("404", "default"), ("2XX", "2XX")],
)
def test_an_answer_falls_under_its_code_then_its_class_then_the_default(status: str, found: str) -> None:
    answers: dict[str, Any] = {"200": {}, "2xx": {}, "default": {}}
    response = response_for(only(interface({"/": {"get": {"responses": answers}}})), status)
    assert response is not None
    assert response.status == found


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ("application/json", "application/json"),
        ("Application/JSON; charset=utf-8", "application/json"),
        ("application/json; v=2", "application/json;v=2"),
        ("application/json; v=3", "application/json"),
        ("application/xml", "application/*"),
        ("text/csv", None),
    ],
)
def test_a_content_type_falls_under_its_own_then_a_range(sent: str, found: str | None) -> None:
    content: dict[str, Any] = {
        key: {} for key in ("application/json", "application/json;v=2", "application/*")
    }
    body = only(interface({"/": {"post": {"requestBody": {"content": content}, "responses": OK}}})).body
    assert body is not None
    media = media_for(body.content, sent)
    assert (media and media.type) == found


def test_a_content_type_is_compared_without_its_character_set() -> None:
    assert media_type("Text/CSV ; header=Present; charset=UTF-8") == "text/csv;header=present"
