"""What second columns carry over; that it is the same in the end is in `tests/postgres/test_sql.py`."""

from tidegate.core.errors import Location, Problem
from tidegate.core.migrations.phases import PHASES, Phase
from tidegate.core.migrations.schema import Column, Constraint, Index, Schema, Table
from tidegate.core.migrations.sql.carried import carried, temporary, uncarried
from tidegate.core.migrations.sql.target import Target
from tidegate.core.migrations.statements import Statement
from tidegate.core.migrations.unfolding import PhasePlan

PLACE = Location(file="m.yaml", line=3)
TARGET = Target(schema="public", table="items", location=PLACE)
TWINS = {"name": "_tidegate_new_name"}
TABLE = Table(
    name="items",
    columns=(Column(name="id", type="int", not_null=True), Column(name="name", type="text")),
    constraints=(
        Constraint(name="items_pkey", type="primary_key", columns=("id",), definition="PRIMARY KEY (id)"),
        Constraint(
            name="named", type="check", columns=("name",), definition="CHECK ((name <> 'name'::text))"
        ),
        Constraint(name="late", type="check", columns=("name",), definition="CHECK (name)", validated=False),
        Constraint(name="one", type="unique", columns=("id", "name"), definition="UNIQUE (id, name)"),
    ),
    indexes=(
        Index(
            name="lower_names",
            columns=("name",),
            definition="CREATE INDEX lower_names ON public.items USING btree (lower(name)) WHERE (name <> 'x'::text)",
        ),
        Index(
            name="using",
            columns=("name", "id"),
            definition='CREATE UNIQUE INDEX "using" ON public.items USING btree (name, id)',
            unique=True,
        ),
        Index(name="ids", columns=("id",), definition="CREATE INDEX ids ON public.items USING hash (id)"),
    ),
)


_BESIDE = "INDEX CONCURRENTLY IF NOT EXISTS"
_ON = 'ON "public"."items"'


def _said(plans: tuple[PhasePlan, ...], phase: Phase) -> list[str]:
    return [
        deed.sql
        for plan in plans
        if plan.phase is phase
        for deed in plan.forth
        if isinstance(deed, Statement)
    ]


def test_carried() -> None:
    plans = carried(TARGET, TABLE, TWINS, without=("late",))
    check, index = _said(plans, Phase.EXPAND)
    assert (
        'ADD CONSTRAINT "_tidegate_new_named" CHECK (("_tidegate_new_name" <> \'name\'::text)) NOT VALID'
        in check
    )
    assert index == (
        f'CREATE {_BESIDE} "_tidegate_new_lower_names" {_ON} USING btree (lower("_tidegate_new_name"))'
        " WHERE (\"_tidegate_new_name\" <> 'x'::text)"
    )
    assert _said(plans, Phase.VERIFY) == [
        'ALTER TABLE "public"."items" VALIDATE CONSTRAINT "_tidegate_new_named"',
        f'CREATE UNIQUE {_BESIDE} "_tidegate_new_one" {_ON} ("id", "_tidegate_new_name")',
        f'CREATE UNIQUE {_BESIDE} "_tidegate_new_using" {_ON} USING btree ("_tidegate_new_name", id)',
    ]
    contract = _said(plans, Phase.CONTRACT)
    assert [said.partition("RENAME ")[2].partition(";")[0] for said in contract] == [
        'CONSTRAINT "_tidegate_new_named" TO "named"',
        'CONSTRAINT "_tidegate_new_one" TO "one"',
        'TO "lower_names"',
        'TO "using"',
    ]


def test_what_was_not_validated_is_not_validated_then() -> None:
    plans = carried(TARGET, TABLE, TWINS, without=("named", "one", "lower_names", "using"))
    assert [plan.phase for plan in plans] == [Phase.EXPAND, Phase.CONTRACT]


def test_columns_without_twins_carry_nothing() -> None:
    assert carried(TARGET, TABLE, {}) == ()
    assert uncarried(TARGET, Schema(name="public"), TABLE, {}) == ()


def test_what_is_done_before_contract_can_be_undone() -> None:
    plans = carried(TARGET, TABLE, TWINS)
    undone = {plan.phase: bool(plan.back) for plan in plans if plan.phase is not PHASES[-1]}
    assert undone == {Phase.EXPAND: True, Phase.VERIFY: True, Phase.SWITCH: True}


def test_uncarried() -> None:
    schema = Schema(
        name="public",
        referrers=(
            ("public.orders", ("item",), "items", ("id",)),
            ("sales.lines", ("name",), "items", ("name",)),
            ("sales.others", ("name",), "others", ("name",)),
        ),
    )
    hint = "let go of it in a migration before, or leave the column as it is"
    found = uncarried(TARGET, schema, TABLE, {"id": "i", "name": "n"}, without=("one",))
    assert found == tuple(
        Problem(message=f"id, name of items: {why}", location=PLACE, hint=hint)
        for why in (
            "constraint items_pkey: it is the primary key",
            "a foreign key of public.orders references it",
            "a foreign key of sales.lines references it",
        )
    )


def test_temporary_names_fit() -> None:
    assert temporary("one") == "_tidegate_new_one"
    assert len(temporary("x" * 63)) == 63
