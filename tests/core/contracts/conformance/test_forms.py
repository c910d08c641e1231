"""Schemas of OpenAPI as JSON Schema, and bodies held against them."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tidegate.core.contracts.conformance import forms, schemas
from tidegate.core.contracts.conformance.forms import form_of
from tidegate.core.contracts.conformance.schemas import Checker, Exhausted
from tidegate.core.contracts.specification import Cursor, Kind, Specification

NONE_OF = "which is none of the declared values"
CHOICE = "and fits none, or too many, of 2 schemas"
FORM = "has another form than it must"


def schema(schema: Any, **definitions: Any) -> Cursor:
    """A schema in a document with others under `/d`."""
    documents = {"a.json": {"s": schema, "d": definitions}, "b.json": {"type": "integer"}}
    specification = Specification(kind=Kind.OPENAPI, name="a", root="a.json", documents=documents, texts={})
    return specification.cursor.at("s")


def checker(written: Any, *, old: bool = False, **definitions: Any) -> Checker:
    return Checker.of(form_of(schema(written, **definitions), old=old))


def test_everything_below_becomes_a_name_and_a_place_is_visited_once() -> None:
    form = form_of(
        schema({"allOf": [{"$ref": "#/d/x"}, {"$ref": "#/d/x"}]}, x={"title": "X", "type": "string"}),
        old=True,
    )
    assert form.schema["$ref"] == "#/$defs/0"
    assert form.definitions == {
        "0": {"allOf": [{"$ref": "#/$defs/1"}, {"$ref": "#/$defs/2"}]},
        "1": {"$ref": "#/$defs/3"},
        "2": {"$ref": "#/$defs/3"},
        "3": {"type": "string"},
    }
    assert form.doubts == ()


@pytest.mark.parametrize(
    ("written", "body", "said"),
    [
        ({"type": "integer"}, "x", ("the body is <string of 1>, not integer",)),
        ({"type": ["integer", "null"]}, {}, ("the body is <object>, not integer or null",)),
        ({"required": ["b", "a"]}, {"a": 1}, ("the body lacks 'b'",)),
        ({"properties": {"a": {"enum": ["x"]}}}, {"a": "y"}, (f"/a is <string of 1>, {NONE_OF}",)),
        ({"properties": {"a": {"const": 1}}}, {"a": 2}, (f"/a is <number>, {NONE_OF}",)),
        ({"items": {"minimum": 3}}, [3, 1, 2], ("/[] is <number> and breaks `minimum`",)),
        ({"oneOf": [{"type": "string"}, {"maxLength": 3}]}, "abc", (f"the body is <string of 3> {CHOICE}",)),
        ({"anyOf": [{"type": "string"}, False]}, 1, (f"the body is <number> {CHOICE}",)),
        ({"additionalProperties": False}, {"secret": 1}, ("the body has properties that are not declared",)),
        ({"unevaluatedProperties": False}, {"secret": 1}, ("the body has properties that are not declared",)),
        ({"properties": {"a": False}}, {"a": 1}, ("/a is there, and must not be",)),
        ({"uniqueItems": True}, [{"a": 1}, {"a": 1.0}], ("the body is <array> and breaks `uniqueItems`",)),
        ({"uniqueItems": True}, [1, True, "1", [1], {"a": 1.5}], ()),
        ({"uniqueItems": True}, "text", ()),
        ({"uniqueItems": False}, [1, 1], ()),
        ({"properties": {"a": {"$ref": "b.json"}}}, {"a": 1}, ()),
        ({"$ref": "b.json", "minimum": 5}, 3, ("the body is <number> and breaks `minimum`",)),
        ({"not": {"type": "string"}}, "x", ("the body is <string of 1> and breaks `not`",)),
        ({"if": {"required": ["a"]}, "then": {"required": ["b"]}}, {"a": 1}, ("the body lacks 'b'",)),
        (
            {"dependentRequired": {"a": ["b"]}},
            {"a": 1},
            ("the body is <object> and breaks `dependentRequired`",),
        ),
        (
            {"propertyNames": {"maxLength": 1}},
            {"secret": 1},
            ("the body is <string of 6> and breaks `maxLength`",),
        ),
        (True, 1, ()),
    ],
)
def test_what_is_wrong_is_said_without_a_value(written: Any, body: Any, said: tuple[str, ...]) -> None:
    found = checker(written)
    assert found.form.doubts == ()
    assert found.findings(body) == said


@pytest.mark.parametrize(
    ("written", "kept", "broken"),
    [
        ({"type": "string", "nullable": True}, None, 1),
        ({"type": "string", "x-nullable": True}, None, 1),
        ({"nullable": True}, None, ...),
        ({"type": "integer", "minimum": 3, "exclusiveMinimum": True}, 4, 3),
        ({"type": "integer", "maximum": 3, "exclusiveMaximum": False}, 3, 4),
        ({"type": "integer", "exclusiveMaximum": True}, 9, "x"),
        ({"$ref": "#/d/x", "type": "string"}, 1, "x"),
    ],
)
def test_what_older_versions_write_in_other_words(written: Any, kept: Any, broken: Any) -> None:
    found = checker(written, old=True, x={"type": "integer"})
    assert found.findings(kept) == ()
    assert broken is ... or found.findings(broken)


def test_what_is_only_ever_written_is_not_required_of_an_answer() -> None:
    written = {
        "required": ["id", "password", "pin"],
        "properties": {"password": {"writeOnly": True}, "pin": {"$ref": "#/d/pin"}},
    }
    assert checker(written, pin={"writeOnly": True}).findings({}) == ("the body lacks 'id'",)


@pytest.mark.parametrize(
    ("written", "body"),
    [
        ({"type": "string", "pattern": "(a+)+$"}, "a" * 40 + "!"),
        ({"not": {"pattern": "^x"}}, "y"),
        ({"oneOf": [{"pattern": "^x"}, {"pattern": "^y"}]}, "y"),
        ({"allOf": [{}], "oneOf": [{"pattern": "^x"}, {"pattern": "^y"}]}, "y"),
        ({"if": {"pattern": "^x"}, "then": False}, "y"),
        ({"contains": {"pattern": "^x"}, "maxContains": 1}, ["y", "y"]),
        ({"patternProperties": {"^x": {}}, "additionalProperties": False}, {"xy": 1}),
        ({"patternProperties": {"^x": {}}, "unevaluatedProperties": False}, {"xy": 1}),
        ({"allOf": [True, False], "pattern": "x", "anyOf": [True]}, ...),
    ],
)
def test_a_pattern_is_not_tried_and_nothing_is_held_against_an_answer_because_of_that(
    written: Any, body: Any
) -> None:
    assert body is ... or checker(written).findings(body) == ()


@pytest.mark.parametrize(
    ("written", "doubt"),
    [
        (3, "a.json#/s: is no schema"),
        ({"items": ["x"]}, "a.json#/s/items: is no schema"),
        ({"$ref": "#/d/nothing"}, "a.json#/s: the $ref '#/d/nothing' leads to nothing"),
        ({"$ref": "#/s"}, "a.json#/s: the $ref '#/s' leads in a circle"),
        (
            {"$ref": "../secret.json"},
            "a.json#/s: the $ref '../secret.json' names no file of the given folder",
        ),
        ({"$dynamicRef": "#x"}, "a.json#/s/$dynamicRef: `$dynamicRef` is not followed"),
        ({"type": "strng"}, f"a.json#/s/type: `type` {FORM}"),
        ({"type": 3}, f"a.json#/s/type: `type` {FORM}"),
        ({"required": "name"}, f"a.json#/s/required: `required` {FORM}"),
        ({"minimum": "3"}, f"a.json#/s/minimum: `minimum` {FORM}"),
        ({"minimum": True}, f"a.json#/s/minimum: `minimum` {FORM}"),
        ({"exclusiveMinimum": True}, f"a.json#/s/exclusiveMinimum: `exclusiveMinimum` {FORM}"),
        ({"maxLength": -1}, f"a.json#/s/maxLength: `maxLength` {FORM}"),
        ({"multipleOf": 0}, f"a.json#/s/multipleOf: `multipleOf` {FORM}"),
        ({"enum": {}}, f"a.json#/s/enum: `enum` {FORM}"),
        ({"dependentRequired": {"a": 1}}, f"a.json#/s/dependentRequired: `dependentRequired` {FORM}"),
    ],
)
def test_what_cannot_be_read_is_a_doubt_with_its_place(written: Any, doubt: str) -> None:
    form = form_of(schema(written), old=False)
    assert form.doubts == (doubt,)
    assert Checker.of(form).findings({"a": "x"}) == ()


def test_more_schemas_than_a_bound_are_a_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms, "MOST_SCHEMAS", 3)
    form = form_of(schema({"properties": {name: {"type": "string"} for name in "abcd"}}), old=False)
    assert form.doubts[0] == "a.json#/s/properties/d: is one of more than 3 schemas"


def test_a_schema_that_doubles_itself_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schemas, "MOST_STEPS", 2_000)
    doubling: dict[str, Any] = {
        str(number): {"allOf": [{"$ref": f"#/d/{number + 1}"}] * 2} for number in range(60)
    }
    doubling["60"] = {}
    with pytest.raises(Exhausted):
        checker({"$ref": "#/d/0"}, old=False, **doubling).findings(1)


def test_a_schema_that_never_ends_is_given_up() -> None:
    with pytest.raises(RecursionError):
        checker({"$ref": "#/d/x"}, x={"allOf": [{"$ref": "#/d/x"}]}).findings(1)


def test_no_more_than_a_few_findings_are_told() -> None:
    assert len(checker({"items": {"type": "string"}, "required": ["a"]}).findings([1] * 99)) == 1
    assert (
        len(checker({"properties": dict.fromkeys("abcdefgh", False)}).findings(dict.fromkeys("abcdefgh")))
        == 5
    )


WORDS = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["object", "array", "string", "integer"]),
        "enum": st.lists(st.integers(0, 2) | st.sampled_from("ab"), min_size=1, max_size=2),
        "required": st.lists(st.sampled_from("ab"), max_size=2, unique=True),
        "minimum": st.integers(0, 2),
        "uniqueItems": st.booleans(),
    },
)
SCHEMAS = st.recursive(
    WORDS | st.booleans(),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "properties": st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
            "additionalProperties": inner,
            "items": inner,
            "oneOf": st.lists(inner, min_size=1, max_size=2),
            "not": inner,
        },
    ),
    max_leaves=6,
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["a", "b", "zq1qz"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "zq2qz"]), inner, max_size=3)
    ),
    max_leaves=5,
)


@settings(max_examples=60)
@given(SCHEMAS, VALUES)
def test_the_answer_is_that_of_json_schema_and_no_value_is_in_it(written: Any, body: Any) -> None:
    said = checker(written).findings(body)
    assert (said == ()) is Draft202012Validator(written).is_valid(body)
    assert "zq" not in "".join(said)
