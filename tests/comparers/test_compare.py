"""The kind of two specifications decides how they are compared."""

import pytest

from tidegate.comparers import COMPARERS, compare
from tidegate.core.contracts.compatibility import Compatibility
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


def test_a_kind_without_a_comparer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tidegate.comparers.COMPARERS", {Kind.AVRO: COMPARERS[Kind.AVRO]})
    with pytest.raises(
        Refused, match=r"two files of kind graphql cannot be compared \(these kinds can be: avro\)"
    ):
        compare(specification(Kind.GRAPHQL, "old"), specification(Kind.GRAPHQL, "new"))
