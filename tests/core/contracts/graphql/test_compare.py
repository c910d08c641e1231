"""GraphQL: what operations written for one schema meet at the other, in both directions."""

import pytest
from graphql import BreakingChangeType, DangerousChangeType
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.core.contracts import graphql
from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.differences import Comparison
from tidegate.core.contracts.graphql import schema
from tidegate.core.contracts.graphql.rules import RULES, Unlisted
from tidegate.core.contracts.specification import Kind, Specification

B, U, C = Compatibility.BREAKING, Compatibility.UNKNOWN, Compatibility.COMPATIBLE

BASE = "type Query { a(x: Int): String e: E u: U n: I f(by: F): Int }"
TYPES = {
    "E": "enum E { ONE TWO }",
    "U": "union U = A | B",
    "A": "type A implements I { id: ID s: String! }",
    "B": "type B { id: ID }",
    "I": "interface I { id: ID }",
    "F": "input F { p: Int = 1 q: Int }",
    "@d": "directive @d(n: Int) repeatable on FIELD | QUERY",
    "@s": "directive @s on OBJECT",
}


def sdl(**changed: str) -> str:
    """The schema above, with some definitions written otherwise; `d` and `s` are the directives."""
    types = TYPES | {
        key if key in TYPES else f"@{key}": text for key, text in changed.items() if key != "query"
    }
    return "\n".join([changed.get("query", BASE), *types.values()])


def specification(*texts: str, name: str = "shop") -> Specification:
    files = {f"{position}.graphql": text for position, text in enumerate(texts)}
    return Specification(kind=Kind.GRAPHQL, name=name, documents={}, texts=files)


def compare(old: str, new: str) -> Comparison:
    return graphql.compare(specification(old), specification(new))


def answers(comparison: Comparison) -> tuple[Compatibility, Compatibility]:
    return comparison.old_consumer_new_provider, comparison.new_consumer_old_provider


def query(fields: str) -> str:
    return sdl(query=f"type Query {{ {fields} }}")


SAME = "a(x: Int): String e: E u: U n: I f(by: F): Int"

CHANGES = [
    ("field-added", query(f"{SAME} more: Int"), (C, B), ("Query", "more"), None),
    ("field-removed", query("e: E u: U n: I f(by: F): Int"), (B, C), ("Query", "a"), None),
    (
        "field-type-changed",
        query(SAME.replace("a(x: Int): String", "a(x: Int): Int")),
        (B, B),
        ("Query", "a"),
        None,
    ),
    ("field-type-changed", query(SAME.replace("String", "String!")), (C, B), ("Query", "a"), None),
    ("argument-removed", query(SAME.replace("(x: Int)", "")), (B, C), ("Query", "a", "x"), None),
    ("argument-added", query(SAME.replace("x: Int", "x: Int, y: Int")), (C, B), ("Query", "a", "y"), None),
    ("argument-type-changed", query(SAME.replace("x: Int", "x: ID")), (B, B), ("Query", "a", "x"), None),
    ("argument-type-changed", query(SAME.replace("x: Int", "x: Int!")), (B, C), ("Query", "a", "x"), None),
    ("default-changed", sdl(F="input F { p: Int = 2 q: Int }"), (U, U), ("F",), ("F", "p")),
    ("field-added", sdl(F="input F { p: Int = 1 q: Int r: Int }"), (C, B), ("F", "r"), None),
    ("field-removed", sdl(F="input F { p: Int = 1 }"), (B, C), ("F", "q"), None),
    ("one-of-added", sdl(F="input F @oneOf { p: Int q: Int }"), (B, C), ("F",), None),
    ("enum-value-added", sdl(E="enum E { ONE TWO THREE }"), (U, C), ("E",), None),
    ("enum-value-removed", sdl(E="enum E { ONE }"), (C, U), ("E",), None),
    ("member-added", sdl(U="union U = A | B | Query"), (U, B), ("U",), None),
    ("member-removed", sdl(U="union U = A"), (B, U), ("U",), None),
    ("interface-removed", sdl(A="type A { id: ID s: String! }"), (B, U), ("A",), None),
    ("type-kind-changed", sdl(F="scalar F"), (B, B), ("F",), None),
    ("type-added", sdl(B="type B { id: ID } type C { id: ID }"), (C, B), ("C",), None),
    ("directive-removed", sdl(d=""), (B, C), ("@d",), None),
    ("argument-removed", sdl(d="directive @d repeatable on FIELD | QUERY"), (B, C), ("@d", "n"), None),
    ("repeatable-removed", sdl(d="directive @d(n: Int) on FIELD | QUERY"), (B, C), ("@d",), None),
    ("location-removed", sdl(d="directive @d(n: Int) repeatable on FIELD"), (B, C), ("@d",), None),
    ("directive-removed", sdl(s=""), (C, C), ("@s",), None),
    ("root-added", sdl(B="type B { id: ID } type Mutation { do: Int }"), (C, B), ("Mutation",), None),
    ("root-changed", sdl(B="type B { id: ID } schema { query: A }"), (B, B), ("Query",), None),
]


@pytest.mark.parametrize(("rule", "new", "both", "part", "spared_by"), CHANGES)
def test_every_change_says_whom_it_breaks_and_by_which_part(
    rule: str,
    new: str,
    both: tuple[Compatibility, Compatibility],
    part: tuple[str, ...],
    spared_by: tuple[str, ...] | None,
) -> None:
    comparison = compare(sdl(), new)
    assert comparison.doubts == ()
    assert answers(comparison) == both
    assert (rule, part, spared_by) in [(d.rule, d.part, d.spared_by) for d in comparison.differences]


@pytest.mark.parametrize("new", [new for _, new, *_ in CHANGES])
def test_the_other_way_round_the_answers_are_the_other_way_round(new: str) -> None:
    there, back = compare(sdl(), new), compare(new, sdl())
    assert answers(there) == answers(back)[::-1]


def test_a_change_is_told_with_its_place_and_reason() -> None:
    new = query(SAME.replace("x: Int", "x: Int, must: Int!"))
    (first, second) = compare(sdl(), new).differences
    assert (first.rule, str(first.place), first.place.file, first.place.line) == (
        "required-argument-added",
        "Query.a.must",
        "0.graphql",
        1,
    )
    assert first.reason == (
        "A required argument Query.a(must:) was added: operations that do not give it are refused"
    )
    assert (first.part, first.spared_by) == (("Query", "a"), ("Query", "a", "must"))
    assert second.reason == "Query.a.must added: with old providers operations that use it are refused"


def test_what_is_gone_stands_where_it_was_held() -> None:
    new = sdl(A="type A implements I {\n id: ID\n }")
    (difference,) = compare(sdl(), new).differences
    assert (str(difference.place), difference.place.line) == ("A.s", 4)
    (difference,) = compare(sdl(), sdl(s="")).differences
    assert (difference.place.file, difference.place.line) == ("", 0)


def test_an_enum_that_is_only_given_cannot_surprise_and_one_only_answered_cannot_be_given() -> None:
    old = "type Query { a(x: Given): Answered } enum Given { ONE TWO } enum Answered { ONE TWO }"
    new = "type Query { a(x: Given): Answered } enum Given { ONE } enum Answered { ONE TWO THREE }"
    found = {
        d.rule: (d.old_consumer_new_provider, d.new_consumer_old_provider)
        for d in compare(old, new).differences
    }
    assert found == {"enum-value-removed": (B, C), "enum-value-added": (U, C)}


def test_a_standard_scalar_that_nothing_uses_any_more_is_no_loss_of_its_own() -> None:
    old, new = "type Query { a: Int b: Float }", "type Query { a: Int }"
    (difference,) = compare(old, new).differences
    assert str(difference.place) == "Query.b"


def test_several_files_are_one_schema_and_undeclared_directives_are_read_over() -> None:
    old = specification("type Query { a: A }", "type A @key(fields: 1) { id: ID }", "  # nothing here  \n")
    new = specification(
        "type Query { a: A }", "type A { id: ID }", "extend type A { more: Int }", "query Q { a { id } }"
    )
    (difference,) = graphql.compare(old, new).differences
    assert (difference.rule, difference.place.file) == ("field-added", "2.graphql")


def test_equal_schemas_differ_in_nothing() -> None:
    comparison = compare(sdl(), sdl())
    assert (comparison.differences, answers(comparison)) == ((), (C, C))
    assert "scalars" in comparison.unseen


def test_every_change_of_the_library_has_a_rule() -> None:
    assert set(RULES) == {*BreakingChangeType, *DangerousChangeType, *Unlisted}


HOSTILE = [
    ("", "Query root type must be provided."),
    ("   ", "Query root type must be provided."),
    ("type Query {", "Syntax Error: Expected Name, found <EOF>."),
    ("type Query { a: Foo }", "Unknown type 'Foo'."),
    ("type Query { a: Int } type Query { b: Int }", "There can be only one type named 'Query'."),
    (
        "type Query { a: " + "[" * 5000 + "Int" + "]" * 5000 + "}",
        "Syntax Error: Document is nested too deeply.",
    ),
    ("type Query { a: Int } extend type Nothing { b: Int }", "Cannot extend type 'Nothing'"),
    ("query { a }", "Query root type must be provided."),
    ("type Query { a(x: A): Int } input A { a: A! }", "Input Object A cannot be provided a finite value"),
    ("type Query { a: Query! b: Int } \x00", "Syntax Error: Unexpected character: U+0000."),
]


@pytest.mark.parametrize(("text", "message"), HOSTILE)
def test_what_is_no_schema_is_a_doubt_and_never_compatible(text: str, message: str) -> None:
    for comparison in (compare(sdl(), text), compare(text, sdl())):
        assert answers(comparison) == (U, U)
        assert comparison.doubts[0].message.startswith(f"shop: {message}")
        assert comparison.differences == ()


def test_doubts_say_where_they_stand() -> None:
    (doubt,) = compare(sdl(), "type Query {\n  a: Foo\n}").doubts
    assert str(doubt.location) == "0.graphql:2"


def test_a_schema_that_the_library_refuses_to_build_is_a_doubt() -> None:
    (doubt,) = compare(sdl(), "type Query { a: Int @deprecated(reason: 3) }").doubts
    assert doubt.message.startswith("shop: no schema can be made of it: ")


def test_what_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "MOST_TEXT", 100)
    assert "0 MiB" in compare(sdl(), sdl()).doubts[0].message
    monkeypatch.setattr(schema, "MOST_TEXT", 10_000)
    monkeypatch.setattr(schema, "MOST_TOKENS", 50)
    assert "tokens" in graphql.compare(specification(*[sdl()] * 3), specification(sdl())).doubts[0].message


def test_validation_stops_at_the_first_errors() -> None:
    text = " ".join(f"type T{number} {{ a: X{number} }}" for number in range(100))
    assert len(compare(sdl(), text).doubts) == schema.MOST_ERRORS


def test_wrong_defaults_cost_no_more_than_they_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "MOST_GUESSES", 10)
    (doubt,) = compare(
        "type Query { a: Int }", sdl(query="type Query { a(e: [E] = [THREE, FOUR, FIVE]): Int }")
    ).doubts
    assert doubt.message == "shop: too many defaults of too large types"


FIELDS = st.dictionaries(
    st.sampled_from("abcd"), st.sampled_from(["Int", "Int!", "[Int]", "String", "E", "T"]), min_size=1
)


def _schema(fields: dict[str, str], inner: dict[str, str], values: list[str]) -> str:
    held = {"Query": fields, "T": inner}
    types = [f"type {name} {{ {' '.join(f'{f}: {t}' for f, t in of.items())} }}" for name, of in held.items()]
    return "\n".join([*types, f"enum E {{ {' '.join(values)} }}"])


SCHEMAS = st.builds(_schema, FIELDS, FIELDS, st.lists(st.sampled_from("XYZ"), min_size=1, unique=True))


@settings(max_examples=25)
@given(SCHEMAS, SCHEMAS)
def test_for_any_two_schemas_the_directions_mirror(one: str, other: str) -> None:
    assert answers(compare(one, other)) == answers(compare(other, one))[::-1]
    assert answers(compare(one, one)) == (C, C)
