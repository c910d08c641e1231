"""What a check calls enough is enough: every answer that the schema allows matches what the consumer expects."""

from collections.abc import Iterator
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from tests.core.contracts.pact.documents import contract, response, specification
from tests.core.contracts.pact.test_check import answering, expecting, openapi

from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.pact.check import check
from tidegate.core.contracts.pact.fits import misfits
from tidegate.core.contracts.pact.match import match_response
from tidegate.core.contracts.pact.readers import readers
from tidegate.core.contracts.schemas.known import Known
from tidegate.core.contracts.schemas.site import Dialect, Flow
from tidegate.core.contracts.specification import Kind

NAMES = ["a", "b"]
SCALARS = st.sampled_from(
    [
        {"type": "string"},
        {"type": "integer"},
        {"type": "number", "maximum": 3},
        {"type": "boolean"},
        {"type": ["integer", "null"]},
        {"type": "string", "enum": ["x", "y"]},
        {"type": "string", "pattern": "^x"},
        {"anyOf": [{"type": "string"}, {"type": "integer"}]},
    ]
)


def objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(
        lambda properties, required, more: {
            "type": "object",
            "properties": properties,
            "required": sorted(required),
            **({} if more is None else {"additionalProperties": more}),
        },
        st.dictionaries(st.sampled_from(NAMES), inner, max_size=2),
        st.sets(st.sampled_from(NAMES)),
        st.one_of(st.none(), st.just(False), inner),
    )


SCHEMAS = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        objects(inner),
        st.builds(lambda items: {"type": "array", "items": items, "maxItems": 2}, inner),
        st.builds(lambda one, other: {"oneOf": [one, other]}, inner, inner),
    ),
    max_leaves=4,
)
LEAF_VALUES = [None, True, 1, 2.5, "x", "y", "z"]
LEAVES = st.sampled_from(LEAF_VALUES)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.dictionaries(st.sampled_from(NAMES), inner, max_size=2), st.lists(inner, max_size=2)
    ),
    max_leaves=4,
)
TYPE = {"match": "type"}
RULES = st.builds(
    lambda *parts: {"$": TYPE} | {path: matcher for part in parts for path, matcher in part.items()},
    st.sampled_from(
        [
            {},
            {"$.a": {"match": "integer"}},
            {"$.a": {"match": "boolean"}},
            {"$.a": {"match": "regex", "regex": "x|y"}},
        ]
    ),
    st.sampled_from(
        [{}, {"$.b": {"match": "values"}, "$.b.*": TYPE}, {"$.b": [{"match": "null"}, {"match": "type"}]}]
    ),
)


def allows(schema: Any, value: Any) -> bool:
    return Draft202012Validator(anyof(schema)).is_valid(value)


def anyof(schema: Any) -> Any:
    """The same schema with alternatives that may overlap, as `oneOf` is read."""
    if isinstance(schema, dict):
        return {"anyOf" if word == "oneOf" else word: anyof(inside) for word, inside in schema.items()}
    return [anyof(each) for each in schema] if isinstance(schema, list) else schema


def instance(schema: Any, draw: Random) -> Any:
    """A value that the schema allows."""
    if "enum" in schema:
        return draw.choice(schema["enum"])
    if "oneOf" in schema or "anyOf" in schema:
        return instance(draw.choice(schema.get("oneOf") or schema["anyOf"]), draw)
    if schema["type"] == "array":
        return [instance(schema["items"], draw) for _ in range(draw.randrange(3))]
    if schema["type"] == "object":
        return {name: instance(inside, draw) for name, inside in fields(schema, draw)}
    return draw.choice([leaf for leaf in LEAF_VALUES if allows(schema, leaf)])


def fields(schema: Any, draw: Random) -> Iterator[tuple[str, Any]]:
    rest = schema.get("additionalProperties", {"type": "string"})
    for name in NAMES:
        inside = schema["properties"].get(name, rest)
        if inside is not False and (name in schema["required"] or draw.random() < 0.5):
            yield name, inside


@settings(max_examples=120)
@given(schema=objects(SCHEMAS), matchers=RULES, seed=st.integers(0, 2**32))
def test_answers_that_a_sufficient_schema_allows_match(schema: Any, matchers: Any, seed: int) -> None:
    draw = Random(seed)
    example = instance(schema, draw)
    if isinstance(example.get("a"), list):
        matchers = {"$": TYPE}  # the length of a list under no matcher of type is a matter of state
    expected = expecting(example, matchers)
    asked = {"description": "d", "request": {"path": "/pets"}, "response": expected}
    result = check(contract(interactions=[asked]), openapi(answering(schema), version="3.1.0"))
    if result.answer is Compatibility.COMPATIBLE:
        answers = (instance(schema, draw) for _ in range(6))
        for answer in (each for each in answers if allows(schema, each)):
            actual = response(status=200, body={"contentType": "application/json", "content": answer})
            assert match_response(response(**expected), actual) == ()


@settings(max_examples=120)
@given(schema=SCHEMAS, value=VALUES)
def test_values_are_judged_as_jsonschema_judges_them(schema: Any, value: Any) -> None:
    cursor = specification(schema, Kind.JSON_SCHEMA).cursor
    reader = readers(Flow.TO_PROVIDER, Dialect.JSON_SCHEMA, Known()).body
    assert (misfits(value, (cursor,), cursor, reader) == []) is allows(schema, value)
