"""What is a column in an expression, and what only looks like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.migrations.sql.expressions import (
    as_value,
    called,
    columns_read,
    constant,
    malformed,
    renamed,
    volatile,
)
from tidegate.core.migrations.sql.names import quoted

NAMES = {"id", "user_id", "Name", "year", "time", "zone", "text", "users", "order", "user", "value"}
READ = [
    ("user_id + ID", {"user_id", "id"}),
    ('"Name" || name', {"Name"}),
    ('"user" || user || "order"', {"user", "order"}),
    ("'id' || $$id$$ /* id */ -- id", set()),
    (
        "SELECT CASE WHEN EXISTS (SELECT 1 FROM users WHERE users.id = user_id) THEN user_id ELSE NULL END",
        {"user_id"},
    ),
    ("value(id)", {"id"}),
    ("f(value => id, value := 1)", {"id"}),
    ("extract(year FROM time)", {"time"}),
    ("id::text || CAST(id AS text) || text", {"id", "text"}),
    ("id IS DISTINCT FROM value", {"id", "value"}),
    ("(SELECT a FROM value JOIN year ON true ORDER BY 1)", set()),
    ("time AT TIME ZONE zone", {"time", "zone"}),
    ("text '1' || id", {"id"}),
    ('"Name" COLLATE "Name"', {"Name"}),
    ("interval '1' year", set()),
    ("t.id + other.user_id", {"id"}),
    ("public.t.id", {"id"}),
    (") FROM id", {"id"}),
]


@pytest.mark.parametrize(("expression", "expected"), READ)
def test_columns_read(expression: str, expected: set[str]) -> None:
    assert columns_read(expression, NAMES, table="t") == expected


@pytest.mark.parametrize(("expression", "expected"), READ)
def test_what_is_read_is_renamed_and_nothing_else(expression: str, expected: set[str]) -> None:
    """Renamed there and back it reads the same; under the other names it reads the others."""
    forth = {name: f"_new {name}" for name in NAMES}
    there = renamed(expression, forth, table="t")
    assert columns_read(there, forth.values(), table="t") == {forth[name] for name in expected}
    assert columns_read(there, NAMES, table="t") == set()
    back = renamed(there, {new: old for old, new in forth.items()}, table="t")
    assert columns_read(back, NAMES, table="t") == expected


def test_renamed_keeps_the_rest_as_it_is_written() -> None:
    expression = "Year  +extract( year FROM  time ) -- year\n || E'year\\'' || t.year"
    expected = '"the ""Year"  +extract( year FROM  "T" ) -- year\n || E\'year\\\'\' || t.year'
    assert renamed(expression, {"year": 'the "Year', "time": "T"}) == expected


def test_a_qualified_column_is_read_only_where_its_table_is_named() -> None:
    assert columns_read("t.id", {"id"}) == frozenset()


@given(st.text(max_size=30), st.sampled_from(["a", "B c", "e"]))
def test_anything_may_be_asked(expression: str, name: str) -> None:
    mapping = {name: name}
    assert columns_read(expression, {name}) <= {name}
    assert called(expression) is not None
    if malformed(expression) is None:
        assert columns_read(renamed(expression, mapping), {name}) == columns_read(expression, {name})
        assert as_value(expression).startswith("(")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [("u&a", 'u& "A"'), ('a"b"', '"A" "b"'), ('"b"a', '"b" "A"'), ('"b"||a', '"b"||"A"')],
)
def test_a_name_does_not_grow_together_with_what_it_touches(expression: str, expected: str) -> None:
    assert renamed(expression, {"a": "A"}) == expected


@pytest.mark.parametrize(
    ("expression", "functions"),
    [
        ("Random() * 1000", {"random"}),
        ('pg_catalog.now() + "MyFn"(a) + my_fn (b)', {"now", "MyFn", "my_fn"}),
        ("a IN (1) AND EXISTS (SELECT 1) OR (b) > ANY (c) OR NOT (d)", set()),
        ("'f(x)' || f", set()),
        ("f", set()),
    ],
)
def test_called(expression: str, functions: set[str]) -> None:
    assert called(expression) == functions


def test_volatile() -> None:
    assert volatile("1 + random()", {"random"})
    assert not volatile("now()", {"random"})


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1", True),
        ("-1.5", True),
        ("- 1::numeric(10, 2)", True),
        ("'a'::text", True),
        ("'{}'::int[]", True),
        ("'x'::public.\"Mood\"", True),
        ("date '2020-01-01'", True),
        ("NULL", True),
        ("NULL::int", True),
        ("true", True),
        ("now()", False),
        ("current_date", False),
        ("a", False),
        ("a::int", False),
        ("1 + 1", False),
        ("'a' || 'b'", False),
        ("not 'a'", False),
        ("'a'::text || b", False),
        ("", False),
    ],
)
def test_constant(expression: str, expected: bool) -> None:
    assert constant(expression) is expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [("a + b", "(a + b)"), ("SELECT 1; -- one", "(SELECT 1)"), (" a -- b\n + c -- d", "(a -- b\n + c)")],
)
def test_as_value(expression: str, expected: str) -> None:
    assert as_value(expression) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("a", None),
        ("a;", None),
        ("a; b", "it is more than one statement"),
        ("", "it is empty"),
        ("-- a", "it is empty"),
        (";", "it is empty"),
        ("'a", "a string, a quoted name or a comment in it never ends"),
        ("a) FROM b WHERE (c", "its brackets do not match"),
        ("(a", "its brackets do not match"),
        ("a)", "its brackets do not match"),
    ],
)
def test_malformed(expression: str, expected: str | None) -> None:
    assert malformed(expression) == expected


def test_names_with_quotes_survive() -> None:
    assert renamed(quoted('a"b'), {'a"b': "c"}) == '"c"'
