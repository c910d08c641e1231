"""Every rule in a case of its own: what is found, where, and whom it breaks on either side."""

from typing import Any

import pytest
from tests.core.contracts.schemas.cases import (
    PART,
    B,
    C,
    U,
    answer,
    at_root,
    site,
    to_consumer,
    to_provider,
    told,
)

from tidegate.core.contracts.differences import Position
from tidegate.core.contracts.schemas import Flow, compare_schemas
from tidegate.core.contracts.schemas.rules import RULES

S: dict[str, Any] = {"type": "string"}
I: dict[str, Any] = {"type": "integer"}  # noqa: E741 - the type's letter, as S
N: dict[str, Any] = {"type": "number"}
AB = {"properties": {"a": S, "b": S}}


def obj(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


def closed(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "additionalProperties": False}


CASES: list[tuple[str, Any, Any]] = [
    ("everything-refused", S, False),
    ("something-allowed", False, S),
    ("type-narrowed", N, I),
    ("type-widened", S, {}),
    ("type-changed", S, I),
    ("null-removed", {"type": ["string", "null"]}, S),
    ("null-added", S, {"type": ["string", "null"]}),
    ("enum-added", S, {"type": "string", "enum": ["a"]}),
    ("enum-removed", {"type": "string", "enum": ["a"]}, S),
    ("enum-value-removed", {"enum": ["a", "b"]}, {"enum": ["a"]}),
    ("enum-value-added", {"enum": ["a"]}, {"enum": ["a", "b"]}),
    ("const-changed", {"const": 1}, {"const": 2}),
    ("minimum-raised", {**N, "minimum": 1}, {**N, "exclusiveMinimum": 1}),
    ("minimum-lowered", {**N, "minimum": 1, "exclusiveMinimum": True}, {**N, "minimum": 1}),
    ("maximum-lowered", I, {**I, "maximum": 9}),
    ("maximum-raised", {**I, "maximum": 8.5}, {**I, "maximum": 9}),
    ("min-length-raised", S, {**S, "minLength": 1}),
    ("min-length-lowered", {**S, "minLength": 2}, {**S, "minLength": 1}),
    ("max-length-lowered", {**S, "maxLength": 2}, {**S, "maxLength": 1}),
    ("max-length-raised", {**S, "maxLength": 2}, S),
    ("min-items-raised", {"type": "array"}, {"type": "array", "minItems": 1}),
    ("min-items-lowered", {"type": "array", "minItems": 1}, {"type": "array", "minItems": 0}),
    ("max-items-lowered", {"type": "array"}, {"type": "array", "maxItems": 1}),
    ("max-items-raised", {"type": "array", "maxItems": 1}, {"type": "array", "maxItems": 2}),
    ("min-properties-raised", {"type": "object"}, {"type": "object", "minProperties": 1}),
    ("min-properties-lowered", {"type": "object", "minProperties": 1}, {"type": "object"}),
    ("max-properties-lowered", {"type": "object"}, {"type": "object", "maxProperties": 1}),
    ("max-properties-raised", {"type": "object", "maxProperties": 1}, {"type": "object"}),
    ("multiple-of-narrowed", {**N, "multipleOf": 0.1}, {**N, "multipleOf": 0.2}),
    ("multiple-of-widened", {**N, "multipleOf": 4}, {**N, "multipleOf": 2}),
    ("multiple-of-changed", {**N, "multipleOf": 2}, {**N, "multipleOf": 3}),
    ("unique-items-added", {"type": "array"}, {"type": "array", "uniqueItems": True}),
    ("unique-items-removed", {"type": "array", "uniqueItems": True}, {"type": "array", "uniqueItems": False}),
    ("pattern-added", {**S, "pattern": ".*"}, {**S, "pattern": "^a"}),
    ("pattern-removed", {**S, "pattern": "^a"}, S),
    ("pattern-changed", {**S, "pattern": "^a"}, {**S, "pattern": "^b"}),
    ("format-added", S, {**S, "format": "date"}),
    ("format-removed", {**S, "format": "date"}, S),
    ("format-narrowed", {**I, "format": "int64"}, {**I, "format": "int32"}),
    ("format-widened", {**N, "format": "float"}, {**N, "format": "double"}),
    ("format-changed", {**S, "format": "date"}, {**S, "format": "date-time"}),
    ("content-encoding-added", S, {**S, "contentEncoding": "base64"}),
    ("content-encoding-removed", {**S, "contentEncoding": "base64"}, S),
    ("content-encoding-changed", {**S, "contentEncoding": "base64"}, {**S, "contentEncoding": "base16"}),
    ("content-media-type-added", S, {**S, "contentMediaType": "image/png"}),
    ("content-media-type-removed", {**S, "contentMediaType": "image/png"}, S),
    ("content-media-type-changed", {**S, "contentMediaType": "image/png"}, {**S, "contentMediaType": "a/b"}),
    ("property-added", obj(a=S), obj(a=S, b=S)),
    ("required-property-added", obj(a=S), obj("b", a=S, b=S)),
    ("required-property-added", obj(a=S), obj("b", a=S, b={**S, "default": "x"})),
    ("property-removed", obj(a=S, b=S), obj(a=S)),
    ("required-property-removed", obj("b", a=S, b=S), obj(a=S)),
    ("required-added", obj(a=S, b=S), obj("b", a=S, b=S)),
    ("required-added", {"type": "object"}, {"type": "object", "required": ["b"]}),
    ("required-added", obj(b={**S, "default": "x"}), obj("b", b={**S, "default": "x"})),
    ("required-removed", obj("b", a=S, b=S), obj(a=S, b=S)),
    ("additional-properties-closed", {**obj(a=S), "additionalProperties": True}, closed(obj(a=S))),
    ("additional-properties-opened", closed(obj(a=S)), {**obj(a=S), "additionalProperties": S}),
    ("additional-properties-stated", obj(a=S), {**obj(a=S), "additionalProperties": S}),
    ("additional-properties-unstated", {**obj(a=S), "additionalProperties": S}, obj(a=S)),
    ("unlisted-properties-refused", obj(a=S), closed(obj(a=S))),
    ("unlisted-properties-ignored", closed(obj(a=S)), obj(a=S)),
    ("extensible-value-removed", {"x-extensible-enum": [1, 2]}, {"x-extensible-enum": [1]}),
    ("extensible-value-added", {"x-extensible-enum": [1]}, {"x-extensible-enum": [1, 2]}),
    ("constraint-added", {}, {"not": S}),
    ("constraint-removed", {"propertyNames": {"pattern": "a"}, "type": "object"}, {"type": "object"}),
    ("constraint-changed", {"if": S, "then": {"maxLength": 1}}, {"if": S, "then": {"maxLength": 2}}),
    (
        "alternative-removed",
        {"oneOf": [{**S, "title": "a"}, {**I, "title": "b"}]},
        {"oneOf": [{**S, "title": "a"}]},
    ),
    ("alternative-added", {"anyOf": [S]}, {"anyOf": [S, I]}),
    ("discriminator-added", obj(a=S), {**obj(a=S), "discriminator": {"propertyName": "a"}}),
    ("discriminator-removed", {"discriminator": {"propertyName": "a"}}, {}),
    (
        "discriminator-changed",
        {"discriminator": {"propertyName": "a"}},
        {"discriminator": {"propertyName": "b"}},
    ),
    ("discriminator-mapping-added", {"discriminator": {}}, {"discriminator": {"mapping": {"x": "#/y"}}}),
    ("discriminator-mapping-removed", {"discriminator": {"mapping": {"x": "#/y"}}}, {"discriminator": {}}),
    (
        "discriminator-mapping-changed",
        {"discriminator": {"mapping": {"x": "#/y"}}},
        {"discriminator": {"mapping": {"x": "#/z"}}},
    ),
    ("default-changed", {**S, "default": "a"}, {**S, "default": "b"}),
    ("default-added", S, {**S, "default": None}),
    ("default-removed", {**S, "default": 1}, S),
    ("deprecated", S, {**S, "deprecated": True}),
    ("deprecation-withdrawn", {**S, "deprecated": True}, S),
]

SEVERAL: dict[str, tuple[Any, Any]] = {
    "property-added-to-closed": (closed(obj(a=S)), closed(obj(a=S, b=S))),
    "property-removed-from-closed": (closed(obj(a=S, b=S)), closed(obj(a=S))),
    "free-property-listed": ({"type": "object"}, obj(a=S)),
    "free-property-unlisted": (obj(a=S), {"type": "object"}),
    "property-beside-patterns": (
        {**obj(), "patternProperties": {"^x": S}},
        {**obj(xy=I), "patternProperties": {"^x": S}},
    ),
    "alternatives-changed": (
        {"anyOf": [obj(f"a{i}", **{f"a{i}": S}) for i in range(9)]},
        {"anyOf": [obj(f"b{i}", **{f"b{i}": S}) for i in range(9)]},
    ),
    "recursive-schema-changed": (
        {"$ref": "#/d", "d": obj(a=S, next={"$ref": "#/d"})},
        {"$ref": "#/d", "d": obj(a=I, next={"$ref": "#/d"})},
    ),
}
"""Rules that are only found beside others."""

ANSWERS = {
    "narrows": ((C, B), (B, C)),
    "widens": ((B, C), (C, B)),
    "replaces": ((B, B), (B, B)),
    "keeps": ((C, C), (C, C)),
    "may-narrow": ((C, U), (U, C)),
    "may-widen": ((U, C), (C, U)),
    "undecided": ((U, U), (U, U)),
}
"""Of what the provider writes, and of what the consumer writes: (old consumer, new provider), (new, old)."""

EXCEPTIONS: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "property-removed": ((B, C), (C, C)),
    "additional-properties-unstated": ((B, C), (C, C)),
    "extensible-value-removed": ((C, C), (B, C)),
    "extensible-value-added": ((C, C), (C, B)),
    "default-changed": ((C, C), (B, B)),
    "default-added": ((C, C), (U, U)),
    "default-removed": ((C, C), (U, U)),
    "recursive-schema-changed": ((B, B), (B, B)),
}


def expected(rule: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return EXCEPTIONS.get(rule, ANSWERS[RULES[rule].value])


@pytest.mark.parametrize(("rule", "old", "new"), CASES)
def test_one_difference_is_found_and_answered_by_who_writes(rule: str, old: Any, new: Any) -> None:
    (event,), (request,) = to_consumer(old, new).differences, to_provider(old, new).differences
    assert (event.rule, request.rule) == (rule, rule)
    assert (answer(event), answer(request)) == expected(rule)
    assert not to_consumer(old, old).differences


@pytest.mark.parametrize("rule", SEVERAL)
def test_some_differences_come_with_others(rule: str) -> None:
    old, new = SEVERAL[rule]
    for findings, wanted in zip((to_consumer(old, new), to_provider(old, new)), expected(rule), strict=True):
        assert wanted in [answer(it) for it in findings.differences if it.rule == rule]


def test_every_rule_has_a_case() -> None:
    assert {rule for rule, _, _ in CASES} | SEVERAL.keys() == RULES.keys()


PARTS = [
    ("property-removed", (*PART, "b"), None, (*PART, "b"), None),
    ("required-property-added", (*PART, "b"), None, PART, (*PART, "b")),
    ("required-added", (*PART, "b"), None, PART, (*PART, "b")),
    ("property-added-to-closed", PART, None, (*PART, "b"), None),
    ("property-removed-from-closed", PART, None, (*PART, "b"), None),
    ("additional-properties-closed", PART, None, (*PART, "{}"), None),
]


@pytest.mark.parametrize(("rule", "read", "read_spared", "written", "written_spared"), PARTS)
def test_a_difference_names_the_part_it_touches_and_who_is_spared(
    rule: str, read: Any, read_spared: Any, written: Any, written_spared: Any
) -> None:
    old, new = next(((o, n) for r, o, n in CASES if r == rule), None) or SEVERAL[rule]
    (event,) = (it for it in to_consumer(old, new).differences if it.rule == rule)
    (request,) = (it for it in to_provider(old, new).differences if it.rule == rule)
    assert (event.part, event.spared_by) == (read, read_spared)
    assert (request.part, request.spared_by) == (written, written_spared)


def test_places_are_told_step_by_step_with_the_pointer_into_the_new_version() -> None:
    def document(inner: Any) -> Any:
        return {
            "$ref": "#/d/A",
            "d": {"A": obj(list={"items": {"additionalProperties": {**inner, "type": "string"}}})},
        }

    (found,) = to_consumer(document({}), document({"maxLength": 5})).differences
    assert found.place.path == "body.list[]{}"
    assert found.place.pointer == "/d/A/properties/list/items/additionalProperties/maxLength"
    assert found.part == (*PART, "list", "[]", "{}")
    assert found.reason == "maxLength was not stated and is 5"


def test_a_default_matters_to_those_who_leave_the_property_out() -> None:
    old, new = obj(a={**S, "default": "x"}), obj(a={**S, "default": "y"})
    (found,) = to_provider(old, new).differences
    assert (found.rule, found.part, found.spared_by) == ("default-changed", PART, (*PART, "a"))
    assert not to_provider({**old, "required": ["a"]}, {**new, "required": ["a"]}).differences


def test_a_default_of_what_is_always_written_does_not_matter() -> None:
    old, new = at_root({**S, "default": "x"}), at_root({**S, "default": "y"})
    where = site(Flow.TO_PROVIDER, Position.PATH)
    assert not compare_schemas(old, new, where, always=True).differences
    (found,) = compare_schemas(old, new, where).differences
    assert (found.part, found.spared_by) == (PART[:1], PART)


def test_properties_without_a_schema_of_their_own_are_compared_with_what_they_were() -> None:
    loose, listed = {"additionalProperties": {**S, "maxLength": 3}}, {"properties": {"a": S}}
    typed = {**listed, **loose}
    assert told(to_consumer(loose, typed)) == [("max-length-raised", "body.a"), ("property-added", "body.a")]
    assert told(to_consumer(typed, loose)) == [
        ("max-length-lowered", "body.a"),
        ("property-removed", "body.a"),
    ]
    patterns = {"patternProperties": {"^x": S}, "properties": {"b": S}}
    assert ("property-beside-patterns", "body.a") in told(
        to_consumer({**patterns, "properties": {"a": S, "b": S}}, patterns)
    )


def test_a_pattern_of_names_may_let_in_what_is_closed_out_on_the_other_side() -> None:
    old = {**closed(obj(a=S)), "patternProperties": {"^x": S}}
    (found,) = to_consumer(old, closed(obj(a=S))).differences
    assert (found.rule, answer(found)) == ("constraint-changed", (U, U))


def test_limits_and_texts_of_several_schemas_are_told_together() -> None:
    old = {"allOf": [{"multipleOf": 2}, {"multipleOf": 3}]}
    assert told(to_consumer(old, {"allOf": [{"multipleOf": 3}, {"multipleOf": 6}]})) == [
        ("multiple-of-narrowed", "body")
    ]
    assert told(to_consumer({"allOf": [{"multipleOf": 6}, {"multipleOf": 3}]}, {"multipleOf": 6})) == []
    patterns = {"allOf": [{"pattern": "a"}, {"pattern": "b"}]}
    assert told(to_consumer(patterns, {"allOf": [{"pattern": "a"}, {"pattern": "c"}]})) == [
        ("pattern-changed", "body")
    ]


def test_what_nobody_can_tell_apart_is_no_difference() -> None:
    assert told(to_consumer({"type": ["integer", "number"]}, N)) == []
    assert told(to_consumer({**S, "minLength": 0}, S)) == []
    assert told(to_consumer({"enum": [1, 2]}, {"enum": [2.0, 1]})) == []
    assert told(to_consumer({**S, "maximum": 3}, S)) == []
    assert told(to_consumer(AB, {"allOf": [{"properties": {"b": S}}, {"properties": {"a": S}}]})) == []
