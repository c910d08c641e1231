"""What a move is on two schemas, and what keeps it from being one."""

from dataclasses import replace

import pytest
from tests.core.migrations.move.places import ACCOUNTS, KEY, LOCATION, moved, operation, places

from tidegate.core.migrations.move.carriage import Written
from tidegate.core.migrations.move.parties import Places, move_of
from tidegate.core.migrations.schema import Column, Constraint

PEOPLE = replace(
    ACCOUNTS,
    name="people",
    columns=(
        Column(name="id", type="bigint", not_null=True),
        Column(name="kind", type="text", not_null=True),
        Column(name="shown", type="text"),
    ),
)
LATE = Constraint(
    name="a_late", type="unique", columns=("name",), definition="UNIQUE (name) DEFERRABLE", validated=True
)


def _with(*columns: Column) -> Places:
    people = replace(PEOPLE, columns=(*PEOPLE.columns, *columns))
    return places(operation(to_table="people"), there=(people,))


def _source(**given: object) -> Places:
    return places(here=(replace(ACCOUNTS, **given),))  # type: ignore[arg-type]  # a case's own words


REFERRED = replace(
    places().here, referrers=(("public.orders", ("a",), "accounts", ("id",)), ("x", (), "kinds", ()))
)
PROBLEMS: dict[str, tuple[Places, str]] = {
    "no table": (places(here=()), "table public.accounts is not in database shop"),
    "own": (places(operation(to="shop")), "database shop has the table already"),
    "no key": (_source(constraints=()), "table accounts has no key by which a row is known"),
    "kind": (_source(obstacles=("partitioned",)), "table accounts is partitioned"),
    "referred": (replace(places(), here=REFERRED), "public.orders references accounts by a foreign key"),
    "late": (
        _source(constraints=(KEY, LATE)),
        "constraint a_late is deferrable: rows in between may break it",
    ),
    "other key": (
        places(operation(to_table="people"), there=(replace(PEOPLE, constraints=()),)),
        "table people there has another key than accounts",
    ),
    "unknown column": (
        places(operation(columns=(("b", "1"),), back=(("b", "1"),))),
        "columns of ledger.accounts: there is no column b",
    ),
    "key": (
        places(operation(columns=(("id", "1"),), back=(("id", "1"),))),
        "columns of ledger.accounts: id is part of the key",
    ),
    "nothing said": (
        _with(Column(name="must", type="text", not_null=True)),
        "columns of ledger.people: nothing says what must holds",
    ),
    "other type": (
        _with(Column(name="name", type="citext")),
        "columns of ledger.people: name is citext, and text where it comes from",
    ),
    "one way": (
        places(operation(columns=(("name", "upper(name)"),))),
        "column name of accounts has no way back",
    ),
}


@pytest.mark.parametrize("case", PROBLEMS)
def test_what_cannot_be_moved_is_named_with_its_place(case: str) -> None:
    given, said = PROBLEMS[case]
    problems = move_of(given)
    assert isinstance(problems, tuple)
    assert said in [problem.message for problem in problems]
    assert {problem.location for problem in problems} == {LOCATION}
    assert all(problem.hint for problem in problems)


def test_a_table_that_is_made_there_has_every_column_and_no_trigger() -> None:
    move = moved(places())
    names = ("id", "name", "kind")
    assert tuple(each.name for each in move.forth.written) == names
    assert tuple(each.name for each in move.back.written) == names
    assert (move.source.triggers, move.target.triggers) == (("audit",), ())
    assert move.forth.plain


def test_a_table_that_is_there_gets_what_it_has_a_place_for() -> None:
    told = operation(to_table="people", columns=(("shown", "upper(name)"),), back=(("name", "lower(shown)"),))
    move = moved(places(told, there=(PEOPLE,)))
    kind = Written(name="kind", type="text", expression="")
    key = Written(name="id", type="bigint", expression="")
    shown = Written(name="shown", type="text", expression="upper(name)")
    name = Written(name="name", type="text", expression="lower(shown)")
    assert move.forth.written == (key, kind, shown)
    assert move.back.written == (key, name, kind)
    assert not move.forth.plain
