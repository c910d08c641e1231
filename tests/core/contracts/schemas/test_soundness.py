"""What is called compatible is: a reader accepts everything that a writer writes.

The writer writes what its schema allows, and of properties only those that it lists or has a schema for: content
is open to readers, not to writers. Alternatives are `anyOf`; see `reading` about `oneOf`.
"""

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

import jsonschema
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.contracts.schemas.cases import to_consumer, to_provider

from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.differences import Comparison
from tidegate.core.contracts.schemas import Findings
from tidegate.core.contracts.specification import Kind

NAMES = ["a", "b", "c"]
SCALARS: list[Any] = [None, True, False, 0, 1, 2, 3, 1.5, "", "x", "yy", "zzz"]
SMALL: list[Any] = [None, 1, 1.5, "x"]


def objects(values: Iterable[Any]) -> Iterator[dict[str, Any]]:
    absent = object()
    for chosen in product([absent, *values], repeat=len(NAMES)):
        yield {name: value for name, value in zip(NAMES, chosen, strict=True) if value is not absent}


def lists(values: list[Any]) -> Iterator[list[Any]]:
    return (list(chosen) for n in range(3) for chosen in product(values, repeat=n))


INSTANCES: list[Any] = [
    *SCALARS,
    *lists(SMALL),
    *objects(SMALL),
    *({"a": it} for it in [*lists([1, "x"]), *objects([1, "x"])]),
    *([it] for it in objects([1, "x"])),
]

TYPES = ["null", "boolean", "integer", "number", "string", "array", "object"]


def optional(**keywords: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=keywords)


def scalars() -> st.SearchStrategy[dict[str, Any]]:
    limit = st.integers(0, 3)
    return st.one_of(
        st.builds(lambda it: {"type": it}, st.sampled_from(TYPES)),
        st.builds(
            lambda it: {"type": it}, st.lists(st.sampled_from(TYPES), min_size=1, max_size=3, unique=True)
        ),
        st.builds(lambda it: {"enum": it}, st.lists(st.sampled_from(SCALARS), min_size=1, max_size=3)),
        st.builds(lambda it: {"const": it}, st.sampled_from(SCALARS)),
        optional(
            type=st.just("string"),
            minLength=limit,
            maxLength=limit,
            pattern=st.sampled_from(["x", "^y", ".*"]),
        ),
        optional(
            type=st.sampled_from(["integer", "number"]),
            minimum=limit,
            maximum=limit,
            exclusiveMinimum=limit,
            exclusiveMaximum=limit,
            multipleOf=st.sampled_from([0.5, 1, 2, 3]),
        ),
        st.builds(lambda it: {"not": it}, st.sampled_from([{"type": "string"}, {"const": 1}])),
        st.sampled_from([{}, True, False]),
    )


def compounds(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    some = st.lists(inner, min_size=1, max_size=2)
    return st.one_of(
        optional(
            type=st.just("object"),
            properties=st.dictionaries(st.sampled_from(NAMES), inner, max_size=2),
            required=st.lists(st.sampled_from(NAMES), unique=True, max_size=2),
            additionalProperties=inner | st.booleans(),
            patternProperties=st.just({"^a": {"type": "integer"}}),
            maxProperties=st.integers(0, 2),
        ),
        optional(
            type=st.just("array"),
            items=inner,
            prefixItems=some,
            minItems=st.integers(0, 2),
            uniqueItems=st.booleans(),
            contains=inner,
            unevaluatedItems=inner,
        ),
        optional(
            anyOf=some,
            type=st.sampled_from(["object", "string"]),
            properties=st.dictionaries(st.sampled_from(NAMES), inner, max_size=1),
            unevaluatedProperties=st.booleans(),
        ),
        optional(allOf=some, required=st.lists(st.sampled_from(NAMES), max_size=1)),
        st.just({"$ref": "#"}),
        st.builds(lambda it: {"$ref": "#", **it}, inner.filter(lambda it: isinstance(it, dict))),
    )


schemas = st.recursive(scalars(), compounds, max_leaves=6).filter(lambda it: not _leads_to_itself(it))


def _leads_to_itself(schema: Any) -> bool:
    """By references and composition alone, so that it says nothing."""
    if not isinstance(schema, dict):
        return False
    parts = [*schema.get("allOf", []), *schema.get("anyOf", []), schema.get("not")]
    return "$ref" in schema or any(map(_leads_to_itself, parts))


WHOLE = ("items", "contains", "additionalProperties")
COMPOSED = ("allOf", "anyOf", "prefixItems")


def strict(schema: Any, *, outer: bool = True) -> Any:
    """The schema as a writer obeys it: nothing that is not listed, wherever something is listed."""
    if not isinstance(schema, dict):
        return schema
    made = dict(schema)
    for word in WHOLE:
        made |= {word: strict(made[word])} if word in made else {}
    for word in COMPOSED:
        inner = word == "prefixItems"
        made |= {word: [strict(it, outer=inner) for it in made[word]]} if word in made else {}
    if "properties" in made:
        made["properties"] = {name: strict(it) for name, it in made["properties"].items()}
    if outer and _lists(schema):
        made.setdefault("unevaluatedProperties", False)
    return made


def _lists(schema: Any) -> bool:
    parts = [*schema.get("allOf", []), *schema.get("anyOf", [])] if isinstance(schema, dict) else []
    return isinstance(schema, dict) and (bool(schema.get("properties")) or any(map(_lists, parts)))


def validator(schema: Any) -> Any:
    return jsonschema.Draft202012Validator(schema)


def witness(writer: Any, reader: Any) -> Any:
    """What the writer may write and the reader does not accept."""
    writes, reads = validator(strict(writer)), validator(reader)
    return next((it for it in INSTANCES if writes.is_valid(it) and not reads.is_valid(it)), "none")


def answers(findings: Findings) -> tuple[Compatibility, Compatibility]:
    comparison = Comparison(kind=Kind.JSON_SCHEMA, differences=findings.differences, doubts=findings.doubts)
    return comparison.old_consumer_new_provider, comparison.new_consumer_old_provider


@settings(max_examples=120, deadline=None)
@given(schemas, schemas)
def test_readers_accept_what_writers_of_a_compatible_version_write(old: Any, new: Any) -> None:
    read_by_old, read_by_new = answers(to_consumer(old, new))
    taken_by_new, taken_by_old = answers(to_provider(old, new))
    if Compatibility.COMPATIBLE in (read_by_new, taken_by_new):
        assert witness(old, new) == "none"
    if Compatibility.COMPATIBLE in (read_by_old, taken_by_old):
        assert witness(new, old) == "none"


@settings(max_examples=50, deadline=None)
@given(schemas)
def test_a_schema_is_compatible_with_itself(schema: Any) -> None:
    assert to_consumer(schema, schema) == Findings()


KEYWORDS = [
    *(
        "type",
        "enum",
        "const",
        "required",
        "properties",
        "patternProperties",
        "additionalProperties",
        "items",
    ),
    *(
        "prefixItems",
        "allOf",
        "anyOf",
        "oneOf",
        "not",
        "if",
        "then",
        "minimum",
        "exclusiveMinimum",
        "maxLength",
    ),
    *(
        "multipleOf",
        "pattern",
        "format",
        "uniqueItems",
        "contains",
        "discriminator",
        "default",
        "$ref",
        "nullable",
    ),
    *(
        "readOnly",
        "x-extensible-enum",
        "dependentRequired",
        "unevaluatedProperties",
        "unevaluatedItems",
        "title",
    ),
]
values = st.recursive(
    st.sampled_from([None, True, False, 0, -1, 2.5, "", "#", "#/not", "object", "a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYWORDS), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(values, values)
def test_whatever_stands_where_a_schema_should_is_compared_or_doubted(old: Any, new: Any) -> None:
    for findings in (to_consumer(old, new), to_provider(new, old)):
        assert all(difference.reason for difference in findings.differences)
        assert all(doubt.message for doubt in findings.doubts)
