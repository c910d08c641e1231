"""Constraints of tables in use, phase by phase; that a server takes them is in `tests/postgres/test_sql.py`."""

import pytest

from tidegate.core.errors import Location
from tidegate.core.migrations.operations import Exclusion, ForeignKey, NewConstraint
from tidegate.core.migrations.phases import Phase
from tidegate.core.migrations.schema import Column, Constraint, Index, Table
from tidegate.core.migrations.sql import constraints
from tidegate.core.migrations.sql.target import Target
from tidegate.core.migrations.statements import Lock, Statement
from tidegate.core.migrations.unfolding import PhasePlan

PLACE = Location(file="m.yaml", line=3)
TARGET = Target(schema="public", table="items", location=PLACE)
TABLE = Table(
    name="items",
    columns=(Column(name="id", type="int", not_null=True),),
    constraints=(
        Constraint(name="items_pkey", type="primary_key", columns=("id",), definition="PRIMARY KEY (id)"),
    ),
    indexes=(Index(name="there", columns=("id",), definition=""),),
)
USERS = ForeignKey(name="f", table="users", columns=("id",))
CHECK = NewConstraint(name="above", type="check", check="a > 0")
FOREIGN = NewConstraint(name="f", type="foreign_key", columns=("a",), references=USERS)
UNIQUE = NewConstraint(name="u", type="unique", columns=("a",))
KEY = NewConstraint(name="", type="primary_key", columns=("a", "b"))

Told = list[tuple[Phase, list[str], list[str]]]


def _told(plans: tuple[PhasePlan, ...]) -> Told:
    return [(plan.phase, _summaries(plan.forth), _summaries(plan.back)) for plan in plans]


def _summaries(deeds: tuple[object, ...]) -> list[str]:
    return [deed.summary for deed in deeds if isinstance(deed, Statement)]


_VALIDATE = "check every row of items against constraint"
_BUILD = "build index u on items beside the traffic"
_BUILD_KEY = "build index items_pkey on items beside the traffic"
_NOT_NULL = "_tidegate_not_null_items_a"
_ADD_NOT_NULL = f"add constraint {_NOT_NULL} to items for rows to come"
CASES: list[tuple[tuple[PhasePlan, ...], Told]] = [
    (
        constraints.created(TARGET, CHECK),
        [
            (
                Phase.EXPAND,
                ["add constraint above to items for rows to come"],
                ["drop constraint above of items"],
            ),
            (Phase.VERIFY, [f"{_VALIDATE} above"], []),
        ],
    ),
    (
        constraints.created(TARGET, FOREIGN, validated=False),
        [(Phase.EXPAND, ["add constraint f to items for rows to come"], ["drop constraint f of items"])],
    ),
    (
        constraints.created(TARGET, UNIQUE),
        [
            (Phase.VERIFY, [_BUILD], ["drop index u of items"]),
            (
                Phase.SWITCH,
                [_BUILD, "let index u of items be its constraint"],
                ["drop constraint u of items"],
            ),
        ],
    ),
    (
        constraints.created(TARGET, KEY, nullable=("a",)),
        [
            (Phase.EXPAND, [_ADD_NOT_NULL], [f"drop constraint {_NOT_NULL} of items"]),
            (Phase.VERIFY, [f"{_VALIDATE} {_NOT_NULL}"], []),
            (Phase.SWITCH, ["let a of items be never null"], ["let a of items be null again"]),
            (Phase.CONTRACT, [f"drop constraint {_NOT_NULL} of items"], []),
            (Phase.VERIFY, [_BUILD_KEY], ["drop index items_pkey of items"]),
            (
                Phase.SWITCH,
                [_BUILD_KEY, "let index items_pkey of items be its constraint"],
                ["drop constraint items_pkey of items"],
            ),
        ],
    ),
    (
        constraints.dropped(TARGET, TABLE.constraints[0]),
        [(Phase.CONTRACT, ["drop constraint items_pkey of items"], [])],
    ),
    (
        constraints.renamed(TARGET, "a", "b"),
        [(Phase.CONTRACT, ["rename constraint a of items to b"], [])],
    ),
]


@pytest.mark.parametrize(("plans", "expected"), CASES)
def test_phases(plans: tuple[PhasePlan, ...], expected: Told) -> None:
    assert _told(plans) == expected
    deeds = [deed for plan in plans for deed in (*plan.forth, *plan.back)]
    assert all(isinstance(deed, Statement) and deed.location == PLACE for deed in deeds)


def test_texts_of_a_key() -> None:
    verify, switch = constraints.created(TARGET, UNIQUE)
    said = [deed.sql for deed in (*verify.forth, *switch.forth, *switch.back) if isinstance(deed, Statement)]
    there = (
        "EXISTS (SELECT FROM pg_catalog.pg_constraint"
        " WHERE conrelid = '\"public\".\"items\"'::regclass AND conname = 'u')"
    )
    add = 'ALTER TABLE "public"."items" ADD CONSTRAINT "u" UNIQUE USING INDEX "u"'
    assert said == [
        'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "u" ON "public"."items" ("a")',
        'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "u" ON "public"."items" ("a")',
        f"DO $do$ BEGIN IF NOT {there} THEN {add}; END IF; END $do$",
        'ALTER TABLE "public"."items" DROP CONSTRAINT IF EXISTS "u"',
    ]


def test_a_foreign_key_stops_writes_of_both_tables_and_its_validation_nobody() -> None:
    expand, verify = constraints.created(TARGET, FOREIGN)
    (add,), (drop,), (validate,) = expand.forth, expand.back, verify.forth
    assert isinstance(add, Statement)
    assert isinstance(drop, Statement)
    assert isinstance(validate, Statement)
    assert [done.tables for done in (add, drop, validate)] == [("items", "users")] * 3
    assert [done.lock for done in (add, drop, validate)] == [
        Lock.SHARE_ROW_EXCLUSIVE,
        Lock.ACCESS_EXCLUSIVE,
        Lock.SHARE_UPDATE_EXCLUSIVE,
    ]
    assert [done.alone for done in (add, drop, validate)] == [False, False, True]


def test_a_foreign_key_that_goes_stops_the_other_table_too() -> None:
    key = Constraint(name="f", type="foreign_key", columns=("a",), definition="", references_table="users")
    (plan,) = constraints.dropped(TARGET, key)
    (drop,) = plan.forth
    assert isinstance(drop, Statement)
    assert drop.tables == ("items", "users")


def test_a_block_is_quoted_so_that_it_ends_where_it_should() -> None:
    odd = NewConstraint(name="odd", type="check", check="a <> '$do$' AND a <> '$doo$'")
    expand, _ = constraints.created(TARGET, odd)
    (add,) = expand.forth
    assert isinstance(add, Statement)
    assert add.sql.startswith("DO $dooo$ BEGIN")
    assert add.sql.endswith("END $dooo$")


_NO_EXPRESSION = "its condition is no expression: it is more than one statement"


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        (CHECK, []),
        (NewConstraint(name="x" * 64, type="unique", columns=("a",)), ["the name is over 63 bytes"]),
        (NewConstraint(name="there", type="unique", columns=("a",)), ["the table has one by that name"]),
        (NewConstraint(name="items_pkey", type="unique", columns=("a",)), ["the table has one by that name"]),
        (NewConstraint(name="c", type="check", check="a;b"), [_NO_EXPRESSION]),
        (NewConstraint(name="k", type="primary_key", columns=("a",)), ["it has a primary key"]),
        (
            NewConstraint(name="x", type="exclude", exclude=Exclusion(method="gist", elements="a WITH =")),
            ["PostgreSQL builds an exclusion constraint only while it stops every write"],
        ),
    ],
)  # fmt: skip
def test_unfit(constraint: NewConstraint, expected: list[str]) -> None:
    found = constraints.unfit(TARGET, TABLE, constraint)
    assert [problem.message for problem in found] == [
        f"constraint {constraint.name} of items: {why}" for why in expected
    ]
    assert all(problem.location == PLACE for problem in found)
