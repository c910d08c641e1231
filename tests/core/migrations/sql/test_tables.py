"""Tables that come, go and get other names."""

import pytest

from tidegate.core.errors import Location, Problem
from tidegate.core.ids import MigrationName
from tidegate.core.migrations.operations import (
    CreateTable,
    ForeignKey,
    NewColumn,
    NewConstraint,
    SetReplicaIdentity,
)
from tidegate.core.migrations.phases import Phase
from tidegate.core.migrations.schema import Schema, Table
from tidegate.core.migrations.sql import tables
from tidegate.core.migrations.sql.target import Target
from tidegate.core.migrations.statements import Lock, Statement
from tidegate.core.migrations.unfolding import PhasePlan

PLACE = Location(file="m.yaml", line=3)
TARGET = Target(schema="public", table="orders", location=PLACE)
USERS = ForeignKey(name="f", table="users", columns=("id",))
ITEMS = ForeignKey(name="g", table="items", columns=("id",))
MIGRATION = MigrationName("01_orders")


def _said(plan: PhasePlan) -> list[tuple[str, Lock, tuple[str, ...]]]:
    return [(deed.summary, deed.lock, deed.tables) for deed in plan.forth if isinstance(deed, Statement)]


def test_a_table_that_references_others_stops_their_writers_for_a_moment() -> None:
    operation = CreateTable(
        name="orders",
        columns=(NewColumn(name="user", type="int", references=USERS, comment="who"),),
        constraints=(NewConstraint(name="g", type="foreign_key", columns=("user",), references=ITEMS),),
    )
    (plan,) = tables.created(TARGET, operation, MIGRATION)
    assert plan.phase is Phase.EXPAND
    assert _said(plan) == [
        ("create table orders", Lock.SHARE_ROW_EXCLUSIVE, ("orders", "users", "items")),
        ("comment on orders", Lock.SHARE_UPDATE_EXCLUSIVE, ("orders",)),
    ]
    assert plan.back == (tables.puts_away(TARGET, MIGRATION),)


def test_a_table_alone_stops_nobody() -> None:
    operation = CreateTable(name="orders", columns=(NewColumn(name="id", type="int"),))
    (plan,) = tables.created(TARGET, operation, MIGRATION)
    assert _said(plan) == [("create table orders", Lock.NONE, ("orders",))]


def test_what_is_kept_is_named_after_the_migration() -> None:
    """And short enough, with any identifier behind it."""
    said = tables.puts_away(Target(schema="public", table="o" * 63), "m" * 60)
    (kept,) = [line for line in said.sql.splitlines() if "RENAME TO" in line]
    name = kept.split("'")[3]
    assert name.startswith("mmm")
    assert len(name) + len("_4294967295") == 63


@pytest.mark.parametrize(
    ("plans", "expected"),
    [
        (tables.dropped(TARGET), 'DROP TABLE IF EXISTS "public"."orders"'),
        (tables.renamed(TARGET, "Sales"), 'ALTER TABLE IF EXISTS "public"."orders" RENAME TO "Sales"'),
    ],
)
def test_at_contract(plans: tuple[PhasePlan, ...], expected: str) -> None:
    (plan,) = plans
    assert (plan.phase, plan.back) == (Phase.CONTRACT, ())
    (deed,) = plan.forth
    assert isinstance(deed, Statement)
    assert (deed.sql, deed.lock, deed.location) == (expected, Lock.ACCESS_EXCLUSIVE, PLACE)


def test_what_a_table_references_stands_still_while_it_goes() -> None:
    (plan,) = tables.dropped(TARGET, "users")
    assert _said(plan) == [("drop table orders", Lock.ACCESS_EXCLUSIVE, ("orders", "users"))]


def test_undroppable() -> None:
    schema = Schema(
        name="public",
        tables=(Table(name="orders", columns=(), readers=(("public.report", ("id",)),)),),
        referrers=(
            ("public.lines", ("a",), "orders", ("id",)),
            ("public.lines", ("b",), "orders", ("id",)),
            ("public.gone", ("a",), "orders", ("id",)),
            ("public.orders", ("a",), "orders", ("id",)),
            ("public.lines", ("a",), "others", ("id",)),
        ),
    )
    lines = "public.lines references orders, which is to go"
    report = "public.report reads orders, which is to go"
    assert tables.undroppable(TARGET, schema, going=("orders", "gone")) == (
        Problem(message=lines, location=PLACE, hint="drop its foreign key first"),
        Problem(message=report, location=PLACE, hint="drop that view first"),
    )


@pytest.mark.parametrize(
    ("was", "operation", "forth", "back"),
    [
        (
            Table(name="orders", columns=()),
            SetReplicaIdentity(table="orders", type="index", index="I"),
            'USING INDEX "I"',
            "DEFAULT",
        ),
        (
            Table(name="orders", columns=(), replica_identity="index", replica_index="J"),
            SetReplicaIdentity(table="orders", type="full"),
            "FULL",
            'USING INDEX "J"',
        ),
    ],
)
def test_replica_identity_goes_back_to_what_it_was(
    was: Table, operation: SetReplicaIdentity, forth: str, back: str
) -> None:
    (plan,) = tables.identified(TARGET, was, operation)
    assert plan.phase is Phase.SWITCH
    said = [deed.sql for deed in (*plan.forth, *plan.back) if isinstance(deed, Statement)]
    assert said == [f'ALTER TABLE "public"."orders" REPLICA IDENTITY {how}' for how in (forth, back)]
