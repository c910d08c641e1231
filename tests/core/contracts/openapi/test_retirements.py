"""What is announced to go away, and until when it stays."""

from datetime import date
from typing import Any

import pytest
from tests.core.contracts.openapi.documents import OK, openapi

from tidegate.core.contracts.openapi import retirements as openapi_retirements
from tidegate.core.contracts.openapi.retirements import announcements, retirements, sunset_of

GOES: dict[str, Any] = {"deprecated": True, "x-sunset": "2030-12-31"}
PET: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"type": "string", **GOES}, "friend": {"$ref": "#/components/schemas/Pet"}},
    "items": {"properties": {"age": GOES}},
    "additionalProperties": {"properties": {"age": GOES}},
    "allOf": [{"properties": {"kind": GOES}}, {"$ref": "#/components/schemas/Gone"}],
}


def announced(operation: Any, **rest: Any) -> list[str]:
    """The paths that people read of everything that will go."""
    return [each.path for each in retirements(openapi({"/pets": {"get": operation}}, **rest))]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2030-12-31", date(2030, 12, 31)),
        ("2030-12-31T23:30:00Z", date(2030, 12, 31)),
        ("2030-12-31T23:30:00-01:00", date(2031, 1, 1)),
        ("2030-12-31T23:30:00", date(2030, 12, 31)),
        ("Tue, 31 Dec 2030 23:59:59 GMT", date(2030, 12, 31)),
        ("0001-01-01T00:00:00+10:00", None),
        ("2030-13-31", None),
        ("next year", None),
        ("", None),
    ],
)
def test_dates_of_three_kinds_are_read(text: str, day: date | None) -> None:
    assert sunset_of(text) == day


def test_an_announcement_has_its_part_date_and_place() -> None:
    (found,) = openapi_retirements(openapi({"/pets/{id}": {"get": {"responses": OK, **GOES}}}))
    assert (found.part, found.path) == (("GET /pets/{}",), "GET /pets/{id}")
    assert (found.deprecated, found.sunset) == (True, date(2030, 12, 31))
    assert found.place.pointer == "/paths/~1pets~1{id}/get"


def test_everything_that_consumers_use_may_be_announced() -> None:
    media = {"content": {"a/b": {"schema": {"$ref": "#/components/schemas/Pet"}}}}
    operation = {
        "deprecated": True,
        "parameters": [{"name": "limit", "in": "query", **GOES}],
        "requestBody": media,
        "responses": {"200": {**media, "headers": {"X-Next": GOES}}},
        "callbacks": {"sold": {"{$url}": {"post": {"responses": OK, **GOES}}}},
    }
    pet = ["name", "kind", "{} age", "[] age"]
    assert sorted(announced(operation, components={"schemas": {"Pet": PET}})) == sorted(
        [
            "GET /pets",
            "GET /pets query limit",
            *(f"GET /pets request a/b {place}" for place in pet),
            "GET /pets response-header 200 x-next",
            *(f"GET /pets response 200 a/b {place}" for place in pet),
            "GET /pets callback sold {$url} POST",
        ]
    )


def test_a_date_that_cannot_be_read_is_a_problem() -> None:
    found = announcements(openapi({"/pets": {"get": {"responses": OK, "x-sunset": "soon"}}}))
    assert [each.sunset for each in found.retirements] == [None]
    assert [str(each) for each in found.problems] == [
        "api.yaml#/paths/~1pets/get/x-sunset: `x-sunset` is no date (such as 2030-12-31)"
    ]


def test_a_schema_that_unfolds_for_ever_is_read_to_a_limit() -> None:
    """Properties at every level lead to all others; each is told once an answer, until there are too many."""
    names = [f"S{n}" for n in range(30)]
    pet = {"properties": {name: {"$ref": f"#/components/schemas/{name}"} for name in names}}
    answer = {"content": {"a/b": {"schema": {"$ref": "#/components/schemas/S0"}}}}
    paths = {"/": {"get": {"responses": {"200": answer}}}}
    document = openapi(paths, components={"schemas": dict.fromkeys(names, pet)})
    assert announcements(document).problems == ()
    (problem,) = announcements(document, most=100).problems
    assert str(problem) == "api.yaml#: after 100 places nothing more is read of what will go"
