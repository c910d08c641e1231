"""Invariants of comparing, over documents that nobody wrote."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.contracts.openapi.documents import specification

from tidegate.core.contracts.differences import Comparison
from tidegate.core.contracts.openapi import compare

Drawn = st.SearchStrategy[Any]


def some(**words: Drawn) -> Drawn:
    """A mapping in which every word may be missing."""
    return st.fixed_dictionaries({}, optional=words)


flags = st.booleans()
objects = st.fixed_dictionaries(
    {"type": st.just("object")},
    optional={
        "properties": st.dictionaries(
            st.sampled_from("ab"),
            st.sampled_from([{"type": "string"}, {"type": "string", "default": "x"}]),
            max_size=2,
        ),
        "required": st.lists(st.sampled_from("ab"), max_size=2, unique=True),
        "additionalProperties": flags,
    },
)
others = [
    {},
    {"type": "string"},
    {"type": "integer"},
    {"type": "array", "items": {"type": "string"}},
    {"$ref": "#/gone"},
]
schemas = st.one_of(st.sampled_from(others), objects)
contents = st.dictionaries(
    st.sampled_from(["a/b", "a/*", "*/*", "a/b;v=1"]), some(schema=schemas), max_size=2
)
headers = st.dictionaries(st.sampled_from(["X-A", "X-B"]), some(schema=schemas, required=flags), max_size=2)
answers = st.dictionaries(
    st.sampled_from(["200", "201", "2XX", "404", "default"]),
    some(content=contents, headers=headers),
    max_size=3,
)
parameters = st.lists(
    st.fixed_dictionaries(
        {"name": st.sampled_from(["a", "b"]), "in": st.sampled_from(["query", "header", "path"])},
        optional={
            "required": flags,
            "schema": schemas,
            "explode": flags,
            "deprecated": flags,
            "allowEmptyValue": flags,
            "content": contents,
        },
    ),
    max_size=2,
)
security = st.lists(
    st.dictionaries(st.sampled_from(["key", "login", "gone"]), st.sampled_from([[], ["read"]]), max_size=2),
    max_size=2,
)
schemes = some(
    key=st.just({"type": "apiKey", "in": "header", "name": "k"}),
    login=st.sampled_from([{"type": "openIdConnect", "openIdConnectUrl": url} for url in "xy"]),
)
bodies = some(required=flags, content=contents)
plain = {"parameters": parameters, "requestBody": bodies, "responses": answers, "deprecated": flags}
called = st.dictionaries(st.just("sold"), some(post=some(**plain)), max_size=1)
callbacks = st.dictionaries(
    st.just("c"), st.dictionaries(st.just("{$url}"), some(post=some(**plain)), max_size=1)
)
operations = some(**plain, security=security, callbacks=callbacks)
paths = st.dictionaries(
    st.sampled_from(["/x", "/x/{a}", "/x/{b}"]), some(get=operations, post=operations), max_size=2
)
documents = st.fixed_dictionaries(
    {"openapi": st.sampled_from(["3.0.0", "3.1.0"]), "paths": paths},
    optional={
        "webhooks": called,
        "security": security,
        "components": st.fixed_dictionaries({"securitySchemes": schemes}),
    },
)
words = st.sampled_from(
    [
        *(
            "openapi",
            "swagger",
            "paths",
            "/x",
            "/{a}",
            "get",
            "parameters",
            "name",
            "in",
            "schema",
            "responses",
            "200",
        ),
        *("content", "a/b", "security", "callbacks", "requestBody", "$ref", "headers", "components", "type"),
    ]
)
scalars = st.one_of(
    words, st.none(), st.booleans(), st.integers(), st.sampled_from(["3.0.0", "2.0", "#/paths", "path"])
)
junk = st.recursive(
    scalars,
    lambda deeper: st.one_of(st.lists(deeper, max_size=3), st.dictionaries(words, deeper, max_size=4)),
)


def answered(comparison: Comparison, *, turned: bool = False) -> set[tuple[Any, ...]]:
    """The parts that break somebody, with the two answers; `turned` puts them in each other's place."""
    found = set()
    for each in comparison.differences:
        answers = each.old_consumer_new_provider, each.new_consumer_old_provider
        if not all(answer.safe for answer in answers):
            found.add((each.part, *(answers[::-1] if turned else answers)))
    return found


@settings(max_examples=150, deadline=None)
@given(documents, documents)
def test_read_backwards_the_answers_change_places(old: Any, new: Any) -> None:
    forth, back = (
        compare(specification(old), specification(new)),
        compare(specification(new), specification(old)),
    )
    assert forth.old_consumer_new_provider is back.new_consumer_old_provider
    assert forth.new_consumer_old_provider is back.old_consumer_new_provider
    assert answered(forth) == answered(back, turned=True)


@settings(max_examples=60, deadline=None)
@given(documents)
def test_a_version_differs_in_nothing_from_itself(document: Any) -> None:
    assert compare(specification(document), specification(document)).differences == ()


@settings(max_examples=150, deadline=None)
@given(junk, junk)
def test_nothing_that_is_no_interface_is_called_compatible(old: Any, new: Any) -> None:
    """Whatever is thrown at it: an answer, and `compatible` only where two documents could be read."""
    comparison = compare(specification(old), specification(new))
    readable = all(isinstance(each, dict) and ("openapi" in each or "swagger" in each) for each in (old, new))
    assert readable or not comparison.old_consumer_new_provider.safe
