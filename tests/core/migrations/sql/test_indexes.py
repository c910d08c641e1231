"""Indexes of tables that are in use."""

import pytest

from tidegate.core.errors import Location, Problem
from tidegate.core.migrations.operations import CreateIndex, DropIndex, IndexColumn
from tidegate.core.migrations.phases import Phase
from tidegate.core.migrations.schema import Column, Constraint, Table
from tidegate.core.migrations.sql import indexes
from tidegate.core.migrations.sql.target import Target
from tidegate.core.migrations.statements import Effort, Lock, Statement

PLACE = Location(file="m.yaml", line=3)
TARGET = Target(schema="public", table="items", location=PLACE)
PLAIN = CreateIndex(name="i", table="items", columns=(IndexColumn(column="a"),))
EVERYTHING = CreateIndex(
    name="i",
    table="items",
    columns=(
        IndexColumn(column="a", collation='"C"', opclass="text_ops", order="DESC", nulls="LAST"),
        IndexColumn(expression="lower(b)"),
    ),
    unique=True,
    method="btree",
    storage_parameters="fillfactor = 70",
    predicate="a > 1 -- or so",
)
BEGIN = 'INDEX CONCURRENTLY IF NOT EXISTS "i" ON "public"."items"'


WHOLE = (
    f'CREATE UNIQUE {BEGIN} USING "btree" ("a" COLLATE "C" text_ops DESC NULLS LAST, (lower(b)))'
    " WITH (fillfactor = 70) WHERE (a > 1)"
)


@pytest.mark.parametrize(
    ("operation", "phase", "expected"),
    [
        (PLAIN, Phase.EXPAND, f'CREATE {BEGIN} ("a")'),
        (
            EVERYTHING,
            Phase.VERIFY,
            WHOLE,
        ),
    ],
)
def test_created(operation: CreateIndex, phase: Phase, expected: str) -> None:
    (plan,) = indexes.created(TARGET, operation)
    assert plan.phase is phase
    build = Statement(
        sql=expected,
        summary="build index i on items beside the traffic",
        lock=Lock.SHARE_UPDATE_EXCLUSIVE,
        effort=Effort.BUILD,
        tables=("items",),
        alone=True,
        index="i",
        location=PLACE,
    )
    assert plan.forth == (build,)
    assert plan.back == (indexes.drops(TARGET, "i"),)


def test_dropped_at_contract() -> None:
    (plan,) = indexes.dropped(TARGET, DropIndex(name="i"))
    assert (plan.phase, plan.back) == (Phase.CONTRACT, ())
    drop = Statement(
        sql='DROP INDEX CONCURRENTLY IF EXISTS "public"."i"',
        summary="drop index i of items",
        lock=Lock.SHARE_UPDATE_EXCLUSIVE,
        tables=("items",),
        alone=True,
        location=PLACE,
    )
    assert plan.forth == (drop,)


def test_over_other_columns() -> None:
    other = indexes.over(EVERYTHING, {"a": "A", "b": "B"})
    assert [(part.column, part.expression) for part in other.columns] == [("A", ""), ("", 'lower("B")')]
    assert other.predicate == '"A" > 1 -- or so'
    assert indexes.over(PLAIN, {"b": "B"}) == PLAIN


def test_an_index_behind_a_constraint_stays() -> None:
    constraint = Constraint(name="u", type="unique", columns=("a",), definition="UNIQUE (a)")
    table = Table(name="items", columns=(Column(name="a", type="int"),), constraints=(constraint,))
    message = "index u of items stands behind a constraint"
    problem = Problem(message=message, location=PLACE, hint="drop the constraint")
    assert indexes.undroppable(TARGET, table, "u") == (problem,)
    assert indexes.undroppable(TARGET, table, "v") == ()
