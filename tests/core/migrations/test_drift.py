"""What became of tables is said in words."""

from dataclasses import replace

import pytest

from tidegate.core.ids import MigrationName
from tidegate.core.migrations.drift import drifts, missing, touched
from tidegate.core.migrations.phases import Phase
from tidegate.core.migrations.schema import Column, Constraint, Index, Table
from tidegate.core.migrations.statements import MakeViews, Statement
from tidegate.core.migrations.unfolding import PhasePlan, Reshape, Unfolding

ID, NAME = Column(name="id", type="bigint"), Column(name="name", type="text")
KEY = Constraint(name="users_pkey", type="primary_key", columns=("id",), definition="PRIMARY KEY (id)")
BY_NAME = Index(name="by_name", columns=("name",), definition="CREATE INDEX by_name")
USERS = Table(
    name="users", columns=(ID, NAME), constraints=(KEY,), indexes=(BY_NAME,), triggers=("audit", "log")
)


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ((USERS,), ()),
        ((replace(USERS, rows=7, bytes=7, readers=(("v", ("id",)),), triggers=("log", "audit")),), ()),
        ((), ("table users is gone",)),
        ((USERS, Table(name="other", columns=())), ()),
        ((USERS, Table(name="both", columns=())), ("table both is new",)),
        ((replace(USERS, columns=(ID,)),), ("column name of users is gone",)),
        ((replace(USERS, columns=(ID, NAME, replace(NAME, name="nick"))),), ("column nick of users is new",)),
        (
            (replace(USERS, columns=(ID, replace(NAME, not_null=True))),),
            ("column name of users has changed",),
        ),
        ((replace(USERS, constraints=()),), ("constraint users_pkey of users is gone",)),
        ((replace(USERS, indexes=()),), ("index by_name of users is gone",)),
        (
            (replace(USERS, indexes=(replace(BY_NAME, valid=False),)),),
            ("index by_name of users has changed",),
        ),
        ((replace(USERS, triggers=()),), ("table users has changed: its triggers",)),
        ((replace(USERS, replica_identity="full"),), ("table users has changed: its replica identity",)),
        ((replace(USERS, comment="people"),), ("table users has changed: its comment",)),
    ],
)
def test_every_difference_of_the_tables_asked_about_is_said(
    now: tuple[Table, ...], said: tuple[str, ...]
) -> None:
    assert drifts((USERS,), now, {"users", "both"}) == said


def test_under_way_only_columns_that_are_gone_or_of_another_type_are_missing() -> None:
    other = replace(USERS, name="other")
    now = (replace(USERS, columns=(replace(ID, type="uuid"), replace(NAME, name="nick")), constraints=()),)
    assert missing((USERS, other), now) == (
        "table other is gone",
        "column id of users is uuid and was bigint",
        "column name of users is gone",
    )
    assert missing((USERS,), (replace(USERS, columns=(*USERS.columns, replace(NAME, name="nick"))),)) == ()


def test_a_migration_touches_what_its_statements_reshapes_and_hidden_tables_name() -> None:
    made = Statement(sql="CREATE TABLE made ()", summary="make it", tables=("made",))
    unfolding = Unfolding(
        name=MigrationName("m"),
        schema="public",
        old_schema="public",
        new_schema="public_m",
        phases=(PhasePlan(phase=Phase.EXPAND, forth=(made, MakeViews())),),
        reshapes=(Reshape(table="users", new_table="people", key=("id",), old=(), new=()),),
        hidden=("gone",),
    )
    assert touched(unfolding) == {"made", "users", "people", "gone"}
