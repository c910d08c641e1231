"""Everything that keeps a migration from being carried out is told before the first statement, all at once."""

from dataclasses import replace

import pytest
from tests.core.migrations.unfold.worlds import HERE, LOG, SCHEMA, SPLIT, problems, tried

from tidegate.core.ids import MigrationName
from tidegate.core.migrations.operations import (
    AddColumn,
    AlterColumn,
    Check,
    CreateConstraint,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    Exclusion,
    ForeignKey,
    IndexColumn,
    Migration,
    MoveTable,
    NewColumn,
    NewConstraint,
    Operation,
    RawSql,
    RenameColumn,
    RenameConstraint,
    RenameTable,
    Set,
)
from tidegate.core.migrations.unfold import unfold

LONG = "x" * 64


def add(column: NewColumn, up: str = "", table: str = "people") -> AddColumn:
    return AddColumn(table=table, column=column, up=up)


def alter(
    column: str, up: str = "upper(name)", down: str = "lower(name)", table: str = "people"
) -> AlterColumn:
    return AlterColumn(table=table, column=column, up=up, down=down)


def nullable(name: str, type_: str = "text") -> NewColumn:
    return NewColumn(name=name, type=type_, nullable=True)


def create(*columns: NewColumn, name: str = "toys") -> CreateTable:
    return CreateTable(name=name, columns=columns)


TABLE = "table people: "
COMPUTED = " writes every row anew while everybody waits"
REFUSED = [
    (add(nullable("a"), table="x"), "there is no table x"),
    (add(nullable("name")), TABLE + "it has a column name already"),
    (
        add(nullable("_tidegate_a")),
        TABLE + "column _tidegate_a: names that begin with _tidegate are tidegate's",
    ),
    (add(nullable(LONG)), TABLE + f"column {LONG}: the name is over 63 bytes"),
    (add(nullable("a", "bigserial")), TABLE + "column a: a bigserial" + COMPUTED),
    (add(replace(nullable("a"), identity="ALWAYS")), TABLE + "column a: an identity" + COMPUTED),
    (add(replace(nullable("a"), generated="1")), TABLE + "column a: a stored generated column" + COMPUTED),
    (
        add(replace(nullable("a"), primary_key=True)),
        TABLE + "column a: a table that is there gets its key otherwise",
    ),
    (add(nullable("a"), table="parts"), "table parts: it is partitioned, and cannot have two shapes"),
    (
        add(NewColumn(name="a", type="text")),
        TABLE + "column a is never null, and nothing fills it in rows from before",
    ),
    (add(nullable("a"), "nome"), TABLE + "`up` of column a reads column nome, which the shape does not have"),
    (
        add(nullable("a"), "name; name"),
        TABLE + "`up` of column a is no expression: it is more than one statement",
    ),
    (
        add(nullable("a"), "size + 1"),
        TABLE + "`up` of column a reads column size, which PostgreSQL computes after triggers",
    ),
    (
        add(nullable("a"), "upper(line)", "log"),
        "table log has no primary key, by which its rows could be backfilled",
    ),
    (DropColumn(table="people", column="nome"), TABLE + "it has no column nome"),
    (DropColumn(table="people", column="id", down="1"), TABLE + "column id is part of its primary key"),
    (DropColumn(table="people", column="rank", down="1"), TABLE + "column rank is computed by PostgreSQL"),
    (DropColumn(table="people", column="note"), TABLE + "column size is generated from column note"),
    (DropColumn(table="people", column="seen"), TABLE + "reports.seen reads column seen"),
    (
        DropColumn(table="people", column="name"),
        TABLE + "column name is never null, and nothing fills it in rows of the new shape",
    ),
    (DropColumn(table="pets", column="tag"), "table pets: public.toys references column tag"),
    (RenameColumn(table="people", column="nome", to="a"), TABLE + "it has no column nome"),
    (RenameColumn(table="people", column="name", to="note"), TABLE + "it has a column note already"),
    (alter("nome"), TABLE + "it has no column nome"),
    (
        replace(alter("name", down=""), type="bytea"),
        TABLE + "column name gets another type, and nothing says how values move",
    ),
    (alter("place"), TABLE + "column place is counted by a sequence that goes with it"),
    (
        AlterColumn(table="parts", column="line", check=Check(name="c", condition="line > ''")),
        "table parts: it is partitioned, and cannot have two shapes",
    ),
    (replace(SPLIT, into=(SPLIT.into[0], SPLIT.into[0])), TABLE + "it has a column first already"),
    (
        replace(SPLIT, down="first || lost"),
        TABLE + "`down` of column name reads column lost, which the shape does not have",
    ),
    (DropConstraint(table="log", name="no"), "table log: it has no constraint no"),
    (RenameConstraint(table="people", name="no", to="yes"), TABLE + "it has no constraint no"),
    (
        RenameConstraint(table="people", name="short", to="people_pkey"),
        "constraint people_pkey is there already",
    ),
    (RenameTable(table="people", to="pets"), "table pets is there already"),
    (
        RenameTable(table="people", to="_tidegate"),
        "table _tidegate: names that begin with _tidegate are tidegate's",
    ),
    (DropTable(table="people"), "reports.seen reads people, which is to go"),
    (
        CreateIndex(name="by_name", table="people", columns=(IndexColumn(column="name"),)),
        "index by_name is there already",
    ),
    (
        CreateIndex(name="i", table="people", columns=(IndexColumn(column="nome"),)),
        TABLE + "it has no column nome",
    ),
    (CreateIndex(name="i", table="x", columns=(IndexColumn(column="a"),)), "there is no table x"),
    (DropIndex(name="no"), "there is no index no"),
    (DropIndex(name="tag_once"), "index tag_once of pets stands behind a constraint"),
    (create(name="people"), "table people is there already"),
    (create(nullable("a"), nullable("a")), "table toys: column a twice"),
    (create(nullable(LONG)), f"table toys: {LONG}, which is over 63 bytes"),
    (
        create(replace(nullable("a"), references=ForeignKey(name="f", table="x", columns=("id",)))),
        "table toys: references x, which is not there",
    ),
    (
        CreateConstraint(
            table="people",
            constraint=NewConstraint(
                name="e", type="exclude", exclude=Exclusion(method="gist", elements="name WITH =")
            ),
        ),
        "constraint e of people: PostgreSQL builds an exclusion constraint only while it stops every write",
    ),
    (
        RawSql(up="ALTER TABLE people ADD COLUMN a int"),
        "sql: no way back from `ALTER TABLE people ADD COLUMN a int`, and nothing says so",
    ),
    (
        MoveTable(table="people", to="other"),
        "table people: it moves to another database, which no unfolding of one schema says",
    ),
]


@pytest.mark.parametrize(("operation", "message"), REFUSED)
def test_an_operation_is_refused(operation: Operation, message: str) -> None:
    found = problems(operation)
    assert any(said.startswith(message) for said in found), found


def test_every_problem_is_told_at_once_with_its_place() -> None:
    one = replace(add(nullable("name")), location=HERE)
    two = replace(add(nullable("a"), table="x"), location=replace(HERE, line=9))
    found = tried(one, two)
    assert isinstance(found, tuple)
    assert [str(problem.location) for problem in found] == ["m.yaml:7", "m.yaml:9"]
    assert all(problem.hint for problem in found)


def test_the_same_column_is_not_changed_twice() -> None:
    again = AlterColumn(table="people", column="first", default=Set(value="''"))
    assert problems(SPLIT, again) == ["table people: column first is changed twice"]
    gone = DropColumn(table="people", column="name", down="''")
    assert problems(SPLIT, gone) == ["table people: it has no column name"]


def test_a_version_schema_has_a_name_of_its_own() -> None:
    def message(name: str, chosen: str = "") -> list[str]:
        migration = Migration(name=MigrationName(name), operations=(), version_schema=chosen)
        found = unfold(migration, replace(SCHEMA, version_schema="public_before", tables=(LOG,)))
        assert isinstance(found, tuple)
        return [problem.message for problem in found]

    assert message("before") == ["version schema public_before is the one of the old shape"]
    assert message("m", "public") == ["version schema public is the one of the old shape"]
    assert message(LONG) == [f"version schema public_{LONG}: the name is over 63 bytes"]


def test_what_sql_makes_may_be_referenced() -> None:
    key = ForeignKey(name="f", table="made", columns=("id",))
    made = RawSql(up="CREATE TABLE made (id int PRIMARY KEY)", derive=True)
    assert problems(made, create(replace(nullable("a"), references=key))) == []
