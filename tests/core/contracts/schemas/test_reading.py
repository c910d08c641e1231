"""What a schema means once everything that belongs to it is put together."""

from dataclasses import replace
from typing import Any

import pytest
from tests.core.contracts.schemas.cases import at_root, rules, site, to_consumer, to_provider, told

from tidegate.core.contracts.differences import Position
from tidegate.core.contracts.schemas import Dialect, Flow, compare_schemas

S: dict[str, Any] = {"type": "string"}
I: dict[str, Any] = {"type": "integer"}  # noqa: E741 - the type's letter, as S


def in_openapi_30(old: Any, new: Any, flow: Flow = Flow.TO_CONSUMER) -> list[str]:
    where = site(flow, Position.RESPONSE, Dialect.OPENAPI_30)
    return rules(compare_schemas(at_root(old), at_root(new), where))


SAME = [
    ({"allOf": [{"minLength": 1}, {"minLength": 3, "type": "string"}]}, {**S, "minLength": 3}),
    ({"allOf": [S, {"enum": ["a", 1]}]}, {"enum": ["a"]}),
    ({"allOf": [{"enum": ["a", "b"]}, {"enum": ["b", "c"]}]}, {"const": "b"}),
    ({"const": 1, "enum": [1, 2]}, {"const": 1}),
    ({"allOf": [S, I]}, False),
    ({"enum": []}, False),
    ({"anyOf": [S, False]}, S),
    ({"anyOf": [S, {"type": "null"}]}, {"type": ["null", "string"]}),
    ({"oneOf": [S, I, {"type": "null"}]}, {"type": ["integer", "string", "null"]}),
    ({"anyOf": [{"anyOf": [S, I]}, {"type": "null"}]}, {"anyOf": [I, {"type": ["null", "string"]}]}),
    ({"$ref": "#/d", "maxLength": 3, "d": S}, {**S, "maxLength": 3}),
    ({"allOf": [{"$ref": "#"}], "type": "string"}, S),
    ({"anyOf": [{"$ref": "#"}, S]}, S),
    ({"items": [S, I], "additionalItems": False}, {"prefixItems": [S, I], "items": False}),
    ({"prefixItems": [S], "unevaluatedItems": I}, {"prefixItems": [S], "items": I}),
    (
        {"allOf": [{"prefixItems": [S]}, {"items": {"maxLength": 3}}]},
        {"prefixItems": [{**S, "maxLength": 3}], "items": {"maxLength": 3}},
    ),
    (
        {
            "allOf": [
                {"properties": {"a": S}, "additionalProperties": I},
                {"properties": {"b": {"minimum": 1}}},
            ]
        },
        {"properties": {"a": S, "b": {**I, "minimum": 1}}, "additionalProperties": I},
    ),
    (
        {"allOf": [{"properties": {"a": S}}, {"properties": {"b": S}}], "unevaluatedProperties": False},
        {"properties": {"a": S, "b": S}, "additionalProperties": False},
    ),
    (
        {"allOf": [{"additionalProperties": S}, {"additionalProperties": {"maxLength": 3}}]},
        {"additionalProperties": {**S, "maxLength": 3}},
    ),
    ({"minimum": 1, "exclusiveMinimum": True}, {"exclusiveMinimum": 1}),
    ({"minimum": 2, "exclusiveMinimum": 1}, {"minimum": 2}),
    ({"required": ["a", 1]}, {"required": ["a"]}),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_said_in_another_way_is_no_difference(one: Any, other: Any) -> None:
    assert rules(to_consumer(one, other)) == []
    assert rules(to_provider(other, one)) == []


def test_alternatives_inside_what_must_hold_together_keep_what_surrounds_them() -> None:
    def document(most: int) -> Any:
        either = [{"properties": {"a": {**S, "maxLength": most}}}, {"properties": {"b": S}}]
        return {"type": "object", "properties": {"k": S}, "anyOf": either}

    assert told(to_consumer(document(3), document(2))) == [("max-length-lowered", "body.a")]


OPENAPI_30 = [
    ({**S, "nullable": True}, S, ["null-removed"]),
    (S, {**S, "x-nullable": True}, ["null-added"]),
    (
        {"enum": ["a"], "nullable": True, "type": "string"},
        {"enum": ["a", None], "nullable": True, "type": "string"},
        [],
    ),
    ({"$ref": "#/d", "maxLength": 3, "d": S}, {"$ref": "#/d", "maxLength": 4, "d": S}, []),
    ({"type": "file"}, {"type": "file"}, []),
    ({"type": "file"}, S, ["type-changed"]),
]


@pytest.mark.parametrize(("old", "new", "found"), OPENAPI_30)
def test_openapi_30_has_words_of_its_own(old: Any, new: Any, found: list[str]) -> None:
    assert in_openapi_30(old, new) == found


def test_properties_that_are_never_written_in_a_direction_do_not_count() -> None:
    old = {"properties": {"id": {"$ref": "#/d"}, "a": S}, "required": ["id"], "d": {**I, "readOnly": True}}
    new = {"properties": {"a": S}}
    assert told(to_provider(old, new)) == []
    assert told(to_consumer(old, new)) == [("required-property-removed", "body.id")]
    secret = {"properties": {"a": S, "pin": {**S, "writeOnly": True}}}
    assert told(to_consumer(secret, new)) == []
    assert told(to_provider(secret, new)) == [("property-removed", "body.pin")]


TEXTS = [
    (I, S, ["type-widened"]),
    (S, I, ["type-narrowed"]),
    (I, {**S, "minLength": 1}, ["type-changed"]),
    ({"type": "number"}, I, ["type-narrowed"]),
]


@pytest.mark.parametrize(("old", "new", "found"), TEXTS)
def test_whoever_reads_any_text_reads_numbers_where_everything_is_text(
    old: Any, new: Any, found: list[str]
) -> None:
    where = site(Flow.TO_PROVIDER, Position.QUERY)
    assert rules(compare_schemas(at_root(old), at_root(new), where)) == found


def test_a_parameter_in_a_media_type_of_its_own_is_not_plain_text() -> None:
    where = replace(site(Flow.TO_PROVIDER, Position.QUERY), encoded=True)
    assert rules(compare_schemas(at_root(I), at_root(S), where)) == ["type-changed"]


DOUBTS = [
    (["a"], "body: a schema must be a mapping (at root#)"),
    ({"type": "strng"}, "body: 'strng' is no type (at root#/type)"),
    ({"type": [1]}, "body: 1 is no type (at root#/type)"),
    ({"type": 1}, "body: 'type' is not what it must be (at root#/type)"),
    ({"properties": []}, "body: 'properties' is not what it must be (at root#/properties)"),
    ({"minLength": "3"}, "body: 'minLength' is not what it must be (at root#/minLength)"),
    ({"$dynamicRef": "#a"}, "body: '$dynamicRef' is not followed (at root#/$dynamicRef)"),
    ({"$ref": "#/nowhere"}, "body: '$ref: #/nowhere' leads to nothing (at root#)"),
    ({"$ref": "#"}, "body: '$ref: #' leads in a circle (at root#)"),
    (
        {"$ref": "https://example.com/s"},
        "body: '$ref: https://example.com/s' is a network address: references stay inside the given folder (at root#)",
    ),
    ({"$ref": "../s.json"}, "body: '$ref: ../s.json' names no file of the given folder (at root#)"),
    (
        {"contains": S, "unevaluatedItems": False},
        "body: 'unevaluatedItems' beside 'contains' is not understood (at root#)",
    ),
]


@pytest.mark.parametrize(("schema", "message"), DOUBTS)
def test_what_cannot_be_read_is_a_doubt_with_its_place(schema: Any, message: str) -> None:
    doubts = [doubt.message for doubt in to_consumer(schema, {"title": "x"}).doubts]
    assert message in doubts


@pytest.mark.parametrize("unread", [["a"], {"$ref": "#/nowhere"}, {"$ref": "https://example.com/s"}])
def test_a_schema_of_which_nothing_is_known_differs_in_nothing_that_is_known(unread: Any) -> None:
    known = {"type": "object", "properties": {"a": S}}
    for old, new in ((known, unread), (unread, known)):
        findings = to_consumer(old, new)
        assert (findings.differences, len(findings.doubts)) == ((), 1)


def test_beside_a_doubt_in_a_part_the_rest_is_compared() -> None:
    old, new = ({"required": names, "properties": {"a": {"type": "strng"}, "b": S}} for names in ([], ["b"]))
    assert rules(to_consumer(old, new)) == ["required-added"]


def test_a_reference_that_leads_nowhere_is_a_doubt_also_where_nothing_changed() -> None:
    for ref in ("#/nowhere", "https://example.com/s", "#", "#anchor"):
        schema = {"properties": {"a": {"$ref": ref}}} if ref != "#" else {"$ref": ref}
        assert to_consumer(schema, schema).doubts
