"""What a migration was planned on is kept in a folder."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.postgres.kit import BRISK, SPLIT, migration

from tidegate.actuators.postgres.planned import Plans
from tidegate.core.errors import Unavailable
from tidegate.core.ids import DatabaseName
from tidegate.core.migrations.operations import Migration
from tidegate.core.migrations.schema import Column, Schema, Table
from tidegate.core.migrations.unfolding import Reshape, Unfolding

NAMES = migration(SPLIT)
USERS = Table(name="users", columns=(Column(name="id", type="bigint"), Column(name="name", type="text")))
SCHEMA = Schema(name="public", tables=(USERS, Table(name="other", columns=())))
CHANGED = Schema(name="public", tables=(replace(USERS, columns=USERS.columns[:1]),))
UNFOLDING = Unfolding(
    name=NAMES.name,
    schema="public",
    old_schema="public",
    new_schema="public_names",
    phases=(),
    reshapes=(Reshape(table="users", new_table="users", key=("id",), old=(), new=()),),
)
SAID = ("since migration names was planned: column name of users is gone",)


@pytest.mark.parametrize(
    ("asked", "database", "said"),
    [
        (NAMES, "shop", SAID),
        (replace(NAMES, pace=replace(BRISK, duty=0.1)), "shop", SAID),
        (migration(replace(SPLIT, down="given")), "shop", ()),
        (replace(NAMES, name=migration(name="others").name), "shop", ()),
        (NAMES, "another", ()),
    ],
)
def test_drift_is_told_of_the_same_migration_of_the_same_database(
    tmp_path: Path, asked: Migration, database: str, said: tuple[str, ...]
) -> None:
    Plans(folder=tmp_path, database=DatabaseName("shop")).keep(NAMES, UNFOLDING, SCHEMA)
    plans = Plans(folder=tmp_path, database=DatabaseName(database))
    assert tuple(problem.message for problem in plans.drift(asked, UNFOLDING, CHANGED)) == said
    assert plans.drift(asked, UNFOLDING, SCHEMA) == ()


def test_the_newest_plan_counts(tmp_path: Path) -> None:
    plans = Plans(folder=tmp_path, database=DatabaseName("shop"))
    plans.keep(NAMES, UNFOLDING, SCHEMA)
    plans.keep(NAMES, UNFOLDING, CHANGED)
    assert plans.drift(NAMES, UNFOLDING, CHANGED) == ()
    assert [file.suffix for file in (tmp_path / "plans").iterdir()] == [".json"]


def test_a_plan_of_another_form_is_none(tmp_path: Path) -> None:
    plans = Plans(folder=tmp_path, database=DatabaseName("shop"))
    plans.keep(NAMES, UNFOLDING, SCHEMA)
    for file in (tmp_path / "plans").iterdir():
        file.write_text("{}", encoding="utf-8")
    assert plans.drift(NAMES, UNFOLDING, CHANGED) == ()


def test_a_folder_that_cannot_be_written_or_read_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    plans = Plans(folder=file, database=DatabaseName("shop"))
    with pytest.raises(Unavailable, match=r"cannot keep plans in .*file: Not a directory"):
        plans.keep(NAMES, UNFOLDING, SCHEMA)
    with pytest.raises(Unavailable, match=r"cannot read plans in .*file: Not a directory"):
        plans.drift(NAMES, UNFOLDING, SCHEMA)
