"""The kind of two specifications decides how they are compared."""

import pytest

from tidegate.comparers import COMPARERS, compare
from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.protobuf.rules import Category
from tidegate.core.contracts.specification import Kind, Specification
from tidegate.core.errors import Refused


def specification(kind: Kind, name: str) -> Specification:
    texts = {"a.graphql": "type Query { a: Int }"}
    return Specification(kind=kind, name=name, documents={"a.avsc": "int"}, texts=texts)


@pytest.mark.parametrize("kind", [Kind.AVRO, Kind.GRAPHQL])
def test_two_of_a_kind_are_compared(kind: Kind) -> None:
    comparison = compare(specification(kind, "old"), specification(kind, "new"))
    assert (comparison.kind, comparison.old_consumer_new_provider) == (kind, Compatibility.COMPATIBLE)


def test_two_kinds_are_not() -> None:
    with pytest.raises(
        Refused, match=r"old is graphql, new is avro \(compare two specifications of one kind\)"
    ):
        compare(specification(Kind.GRAPHQL, "old"), specification(Kind.AVRO, "new"))


def test_every_kind_has_a_comparer() -> None:
    assert COMPARERS.keys() == set(Kind)


def test_only_protobuf_has_categories_of_rules() -> None:
    old, new = (specification(Kind.AVRO, name) for name in ("old", "new"))
    with pytest.raises(Refused, match="old is avro, which has no categories of rules"):
        compare(old, new, Category.WIRE)


def test_a_category_decides_which_rules_count() -> None:
    """Another name in JSON is another name there only."""
    sources = (
        'syntax = "proto3"; message A { int32 a = 1; }',
        'syntax = "proto3"; message A { int32 b = 1; }',
    )
    old, new = (
        Specification(kind=Kind.PROTOBUF, name=name, documents={}, texts={"a.proto": text})
        for name, text in zip(("old", "new"), sources, strict=True)
    )
    assert compare(old, new).old_consumer_new_provider is Compatibility.BREAKING
    assert compare(old, new, Category.WIRE).old_consumer_new_provider is Compatibility.COMPATIBLE
    assert {difference.place.specification for difference in compare(old, new).differences} == {"new"}
