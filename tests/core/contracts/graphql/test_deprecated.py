"""What a GraphQL schema announces to go, and when."""

from datetime import date

import pytest

from tidegate.core.contracts.graphql.deprecated import retirements
from tidegate.core.contracts.specification import Kind, Specification


def specification(text: str) -> Specification:
    return Specification(kind=Kind.GRAPHQL, name="shop", documents={}, texts={"a.graphql": text})


def test_fields_arguments_and_values_are_announced_with_their_place() -> None:
    text = """
    type Query {
      old: Int @deprecated
      a(x: Int @deprecated(reason: "Use y."), y: Int): E @other
    }
    enum E { ONE TWO @deprecated(reason: "Removal on 2027-01-31 UTC.") }
    """
    found = [(r.part, r.path, r.deprecated, r.sunset, r.place.line) for r in retirements(specification(text))]
    assert sorted(found) == [
        (("E", "TWO"), "E.TWO", True, date(2027, 1, 31), 6),
        (("Query", "a", "x"), "Query.a.x", True, None, 4),
        (("Query", "old"), "Query.old", True, None, 3),
    ]


@pytest.mark.parametrize(
    ("reason", "sunset"),
    [
        ("will be removed after 2027-01-31", date(2027, 1, 31)),
        ("Sunset: 2027-01-31", date(2027, 1, 31)),
        ("deprecated since 2024-01-01", None),
        ("removed on 2027-13-31", None),
        ("removed on 2027-01-311", None),
    ],
)
def test_a_date_counts_after_a_word_for_removal(reason: str, sunset: date | None) -> None:
    text = f'type Query {{ a: Int @deprecated(reason: "{reason}") }}'
    (retirement,) = retirements(specification(text))
    assert retirement.sunset == sunset


def test_a_schema_that_cannot_be_read_announces_nothing() -> None:
    assert retirements(specification("type Query {")) == ()
