"""Operations and what they unfold into."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.migrations.unfold.worlds import HERE, SCHEMA, SPLIT, said, told, unfolded

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
    ForeignKey,
    IndexColumn,
    MergeColumns,
    Migration,
    NewColumn,
    NewConstraint,
    Operation,
    RawSql,
    RenameColumn,
    RenameConstraint,
    RenameTable,
    Set,
    SetReplicaIdentity,
)
from tidegate.core.migrations.phases import PHASES, Phase
from tidegate.core.migrations.statements import Lock, MakeViews, Statement
from tidegate.core.migrations.unfold import unfold, version_schema, version_views
from tidegate.core.migrations.unfolding import Reshape, Unfolding

DROP = DropColumn(table="pets", column="owner", down="0")


def test_a_split_unfolds_into_every_phase() -> None:
    found = unfolded(SPLIT)
    assert told(found, Phase.EXPAND) == [
        "let rows of people say which shape they were written in",
        "add column first to people, unseen by the old shape",
        "add column last to people, unseen by the old shape",
    ]
    assert told(found, Phase.DUAL_WRITE) == [
        "let writers call functions in tidegate",
        "let writers call functions in tidegate",
        "compute _tidegate_new_first of people",
        "compute _tidegate_new_last of people",
        "compute name of people",
        "keep the new shape from the old in people",
        "keep the old shape from the new in people",
        "write people in both shapes (up)",
        "write people in both shapes (down)",
        "add constraint _tidegate_not_null_people__tidegate_new_first to people for rows to come",
        "views",
    ]
    assert told(found, Phase.CONTRACT) == [
        "stop writing people in both shapes (up)",
        "stop writing people in both shapes (down)",
        "drop the functions that wrote people in both shapes",
        "drop column name of people",
        "drop column _tidegate_shape of people",
        "drop constraint _tidegate_not_null_people__tidegate_new_first of people",
        "call column _tidegate_new_first of people first",
        "call column _tidegate_new_last of people last",
    ]
    assert found.lost == (
        "column name of people in its old shape",
        "short of people, which stands over a column that goes",
        "by_name of people, which stands over a column that goes",
    )
    assert told(found, Phase.EXPAND, back=True) == [
        "drop column _tidegate_new_last of people",
        "drop column _tidegate_new_first of people",
        "drop column _tidegate_shape of people",
    ]


def test_columns_that_are_merged_stand_where_the_first_of_them_stood() -> None:
    merge = MergeColumns(
        table="pets",
        columns=("owner", "tag"),
        into=NewColumn(name="label", type="text"),
        up="owner || tag",
        down=(("owner", "1"), ("tag", "label")),
    )
    (reshape,) = unfolded(merge, schema=replace(SCHEMA, referrers=())).reshapes
    assert reshape.new == (("id", "id"), ("_tidegate_new_label", "label"))
    assert [each.down for each in reshape.dropped] == ["1", "label"]


def test_the_trigger_of_a_new_writer() -> None:
    """A row that waits is given its new shape first; only what changed is computed back."""
    found = unfolded(replace(DROP, down="tag || id"))
    (body,) = [sql for sql in said(found, Phase.DUAL_WRITE) if "RETURNS trigger" in sql][1:]
    assert (
        body
        == """\
CREATE OR REPLACE FUNCTION "tidegate"."public.m.pets.down"() RETURNS trigger LANGUAGE plpgsql AS 'DECLARE
was "public"."pets"%ROWTYPE;
BEGIN
IF TG_OP = ''INSERT'' THEN
NEW."owner" := "tidegate"."public.m.pets.down.owner"(NEW."id", NEW."tag");
NEW."_tidegate_shape" := ''n'';
RETURN NEW;
END IF;
was := OLD;
IF OLD."_tidegate_shape" IS NULL THEN
was."_tidegate_shape" := ''o'';
NEW."_tidegate_shape" := ''o'';
END IF;
IF pg_catalog.record_image_ne(ROW(NEW."id", NEW."tag"), ROW(was."id", was."tag")) THEN \
NEW."owner" := "tidegate"."public.m.pets.down.owner"(NEW."id", NEW."tag"); END IF;
IF pg_catalog.record_image_ne(ROW(NEW."id", NEW."tag", NEW."owner"), ROW(was."id", was."tag", was."owner")) THEN \
NEW."_tidegate_shape" := CASE WHEN was."_tidegate_shape" = ''n'' \
OR (pg_catalog.record_image_ne(ROW(NEW."id", NEW."tag"), ROW(was."id", was."tag"))) THEN ''n'' ELSE ''m'' END; END IF;
RETURN NEW;
END'"""
    )


def test_an_expression_is_a_function_with_its_columns_as_variables() -> None:
    found = unfolded(DROP)
    assert (
        said(found, Phase.DUAL_WRITE)[2]
        == """\
CREATE OR REPLACE FUNCTION "tidegate"."public.m.pets.down.owner"() RETURNS "public"."pets"."owner"%TYPE \
LANGUAGE plpgsql SET search_path = "public_m", "public" AS '#variable_conflict use_variable
DECLARE
_tidegate_value "public"."pets"."owner"%TYPE;
BEGIN
_tidegate_value := (
0
);
RETURN _tidegate_value;
END'"""
    )


def test_the_shape_of_a_writer_is_told_by_its_search_path() -> None:
    up, down = (sql for sql in said(unfolded(DROP), Phase.DUAL_WRITE) if "CREATE OR REPLACE TRIGGER" in sql)
    assert up == (
        'CREATE OR REPLACE TRIGGER "~tidegate_up" BEFORE INSERT OR UPDATE ON "public"."pets" FOR EACH ROW WHEN '
        "((pg_catalog.current_schemas(false))[1] IS DISTINCT FROM 'public_m') "
        'EXECUTE FUNCTION "tidegate"."public.m.pets.up"()'
    )
    assert "[1] = 'public_m')" in down


def test_both_shapes_of_a_table() -> None:
    rename = RenameColumn(table="folk", column="note", to="remark")
    (reshape,) = unfolded(
        RenameTable(table="people", to="folk"), rename, replace(SPLIT, table="folk")
    ).reshapes
    assert reshape.new[:4] == (
        ("id", "id"),
        ("_tidegate_new_first", "first"),
        ("_tidegate_new_last", "last"),
        ("note", "remark"),
    )
    assert (reshape.table, reshape.new_table, reshape.key, reshape.rows) == ("people", "folk", ("id",), 1200)
    assert reshape.backfilled


AGAIN = [
    ("upper(name)", True),
    ("random()::text || name", False),
    ("SELECT CASE WHEN EXISTS (SELECT 1 FROM pets WHERE pets.id = 1) THEN name END", False),
    ("substring(name from 2)", True),
    ("a b c from d", False),
]


@pytest.mark.parametrize(("up", "again"), AGAIN)
def test_what_gives_another_thing_each_time_is_not_compared(up: str, again: bool) -> None:
    add = AddColumn(table="people", column=NewColumn(name="a", type="text", nullable=True), up=up)
    (reshape,) = unfolded(add).reshapes
    assert [pair.again for pair in reshape.added] == [again]


NAMELESS = ["user || name", "current_user", "a b c", "people.nome", "1"]


@pytest.mark.parametrize("up", NAMELESS)
def test_what_only_the_server_can_tell_is_left_to_it(up: str) -> None:
    add = AddColumn(table="people", column=NewColumn(name="a", type="text", nullable=True), up=up)
    assert any(probe.sql.startswith(f"SELECT CAST(({up}) AS text)") for probe in unfolded(add).probes)


def test_a_default_that_is_another_each_time_is_given_row_by_row() -> None:
    """And one that is always the same is written once, in the catalog."""
    dice = AddColumn(table="people", column=NewColumn(name="dice", type="float", default="random()"))
    fixed = AddColumn(table="people", column=NewColumn(name="fixed", type="int", default="1", comment="one"))
    found = unfolded(dice, fixed)
    assert said(found, Phase.EXPAND)[1:] == [
        'ALTER TABLE "public"."people" ADD COLUMN IF NOT EXISTS "_tidegate_new_dice" float',
        'ALTER TABLE "public"."people" ALTER COLUMN "_tidegate_new_dice" SET DEFAULT random()',
        'ALTER TABLE "public"."people" ADD COLUMN IF NOT EXISTS "_tidegate_new_fixed" int DEFAULT 1',
        """COMMENT ON COLUMN "public"."people"."_tidegate_new_fixed" IS 'one'""",
    ]
    assert [pair.up for pair in found.reshapes[0].added] == ["random()", ""]


def test_a_second_column_keeps_collation_and_default() -> None:
    kept = AlterColumn(table="people", column="name", nullable=True, up="name", down="coalesce(name, '')")
    assert (
        ' ADD COLUMN IF NOT EXISTS "_tidegate_new_name" text COLLATE "C"'
        in said(unfolded(kept), Phase.EXPAND)[1]
    )
    schema = replace(SCHEMA, tables=(replace(SCHEMA.tables[0], columns=SCHEMA.tables[0].columns[:3]),))
    typed = AlterColumn(table="people", column="note", type="bytea", up="note::bytea", down="note::text")
    assert said(unfolded(typed, schema=schema), Phase.EXPAND)[2].endswith(
        "SET DEFAULT CAST(('none'::text) AS bytea)"
    )


@pytest.mark.parametrize(
    ("alter", "expected"),
    [
        ({"nullable": True}, ["let name of people be null"]),
        ({"default": Set(value=None)}, ["change the default of name of people"]),
        ({"default": Set(value="'x'")}, ["change the default of name of people"]),
        ({"comment": Set(value=None)}, ["comment on name of people"]),
        ({"comment": Set(value="x"), "type": "TEXT"}, ["comment on name of people"]),
    ],
)
def test_what_waits_for_contract_in_place(alter: dict[str, object], expected: list[str]) -> None:
    found = unfolded(replace(AlterColumn(table="people", column="name", up='"name"'), **alter))  # type: ignore[arg-type]  # a table of cases
    assert told(found, Phase.CONTRACT) == expected
    assert found.reshapes == ()


def test_the_default_of_the_new_shape_is_that_of_its_view() -> None:
    gone = AlterColumn(table="people", column="note", default=Set(value=None))
    assert said(unfolded(gone), Phase.DUAL_WRITE) == [
        "views",
        'ALTER VIEW "public_m"."people" ALTER COLUMN "note" SET DEFAULT NULL',
    ]


def test_a_constraint_over_a_second_column_waits_for_the_triggers() -> None:
    create = CreateConstraint(
        table="people",
        constraint=NewConstraint(name="fine", type="check", columns=("name", "note"), check="name > note"),
        up=(("note", "coalesce(note, '')"),),
        lossy=True,
    )
    schema = replace(SCHEMA, tables=(replace(SCHEMA.tables[0], columns=SCHEMA.tables[0].columns[:3]),))
    found = unfolded(create, schema=schema)
    assert "fine" in told(found, Phase.DUAL_WRITE)[-2]
    assert '"name" > "_tidegate_new_note"' in said(found, Phase.DUAL_WRITE)[-2]
    plain = unfolded(replace(create, up=()), schema=schema)
    assert told(plain, Phase.EXPAND) == ["add constraint fine to people for rows to come"]


def test_a_dropped_constraint_holds_for_both_where_values_stay() -> None:
    found = unfolded(DropConstraint(table="people", name="short", up=(("", "name"),)))
    assert [str(warning) for warning in found.warnings] == [
        "table people: rows of the new shape meet constraint short until contract"
    ]
    assert told(found, Phase.CONTRACT) == ["drop constraint short of people"]


def test_a_dropped_constraint_holds_no_second_column() -> None:
    """Of what stands over the column, only that one is not carried over."""
    drop = DropConstraint(table="people", name="short", up=(("", "name"),), down=(("", "left(name, 8)"),))
    found = unfolded(drop)
    assert found.warnings == ()
    assert [line for line in told(found, Phase.EXPAND) if "by_name" in line] != []
    assert not any("short" in line for line in told(found, Phase.DUAL_WRITE))


def test_a_constraint_in_place_holds_for_both_shapes_at_once() -> None:
    alter = AlterColumn(table="people", column="name", check=Check(name="some", condition="name > ''"))
    assert told(unfolded(alter), Phase.EXPAND) == ["add constraint some to people for rows to come"]
    never = AlterColumn(table="pets", column="owner", nullable=False)
    assert told(unfolded(never), Phase.SWITCH) == ["let owner of pets be never null"]


def test_what_a_column_is_already_is_left_alone() -> None:
    """Or going back would take away what was there before."""
    for column, nullable in (("name", False), ("note", True)):
        found = unfolded(AlterColumn(table="people", column=column, nullable=nullable))
        assert [
            plan for plan in found.phases if plan.phase is not Phase.DUAL_WRITE and (plan.forth or plan.back)
        ] == []


def test_a_foreign_key_of_a_new_table_references_tables_by_their_names_in_the_database() -> None:
    key = ForeignKey(name="of", table="folk", columns=("id",))
    columns = (
        NewColumn(name="id", type="int", primary_key=True),
        NewColumn(name="of", type="int", references=key),
    )
    also = NewConstraint(name="too", type="foreign_key", columns=("of",), references=key)
    create = CreateTable(name="toys", columns=columns, constraints=(also,))
    found = unfolded(RenameTable(table="people", to="folk"), create)
    (sql,) = said(found, Phase.EXPAND)
    assert sql.count('REFERENCES "public"."people" ("id")') == 2


def test_others() -> None:
    """What does not make two shapes of rows."""
    found = unfolded(
        DropTable(table="pets"),
        DropIndex(name="by_name"),
        RenameConstraint(table="people", name="short", to="brief"),
        SetReplicaIdentity(table="people", type="full"),
        CreateTable(name="toys", columns=(NewColumn(name="id", type="int"),)),
        CreateIndex(name="i", table="toys", columns=(IndexColumn(column="id"),)),
        RawSql(up="CREATE TYPE mood AS ENUM ('ok')", derive=True),
        RawSql(up="DROP TABLE log", on_contract=True),
        RawSql(up="ALTER TABLE people ADD COLUMN a int", irreversible="old"),
        schema=replace(SCHEMA, referrers=(), version_schema="public_old"),
    )
    assert told(found, Phase.SWITCH) == ["let replication know rows of people by full"]
    assert told(found, Phase.CONTRACT) == [
        "drop version schema public_old with its views",
        "drop table pets",
        "drop index by_name of people",
        "rename constraint short of people to brief",
        "run DROP TABLE log",
    ]
    assert found.hidden == ("pets",)
    assert found.lost == ("table pets with its rows, about 0",)
    assert found.irreversible == ("ALTER TABLE people ADD COLUMN a int: old",)
    assert (found.old_schema, found.new_schema) == ("public_old", "public_m")


def test_the_fingerprint_is_that_of_the_tables_touched() -> None:
    people, *others = SCHEMA.tables
    grown = replace(SCHEMA, tables=(replace(people, rows=9_999, bytes=5), *others))
    drifted = replace(SCHEMA, tables=(replace(people, indexes=()), *others))
    elsewhere = replace(
        SCHEMA, tables=(people, *(replace(table, indexes=people.indexes) for table in others))
    )
    print_ = unfolded(SPLIT).fingerprint
    assert unfolded(SPLIT, schema=grown).fingerprint == print_
    assert unfolded(SPLIT, schema=elsewhere).fingerprint == print_
    assert unfolded(SPLIT, schema=drifted).fingerprint != print_


def test_the_round_trip_is_asked_for_unless_it_is_known_to_lose() -> None:
    def asked(operation: Operation, source: str = "tidegate") -> list[bool]:
        migration = Migration(name=MigrationName("m"), operations=(operation,), source=source)  # type: ignore[arg-type]  # a table
        found = unfold(migration, SCHEMA)
        assert isinstance(found, Unfolding)
        return [probe.warning for probe in found.probes if "HAVING" in probe.sql]

    assert asked(SPLIT) == [False]
    assert asked(SPLIT, "pgroll") == [True]
    assert asked(replace(SPLIT, lossy=True)) == []
    assert asked(replace(SPLIT, down="first || random()")) == []
    assert asked(DROP) == []


def test_a_probe_is_a_warning_where_sql_may_make_what_it_needs() -> None:
    found = unfolded(RawSql(up="CREATE TYPE mood AS ENUM ('ok')", derive=True), DROP)
    assert [(probe.warning, probe.search_path) for probe in found.probes] == [(True, ("public",))]


def test_a_view_shows_what_sql_has_made_and_nothing_of_ours() -> None:
    found = unfolded(SPLIT, DropTable(table="log"))
    people, pets, log, _ = SCHEMA.tables
    more = (replace(people.columns[2], name="extra"), replace(people.columns[2], name="_tidegate_shape"))
    now = replace(SCHEMA, tables=(replace(people, columns=(*people.columns, *more)), pets, log))
    views = [statement.sql for statement in version_views(found, now) if "CREATE OR REPLACE" in statement.sql]
    assert views == [
        f'CREATE OR REPLACE VIEW "public_m"."people" WITH (security_invoker = true) AS SELECT {FOLK}',
        f'CREATE OR REPLACE VIEW "public_m"."pets" WITH (security_invoker = true) AS SELECT {OWNED}',
    ]


FOLK = (
    '"id" AS "id", "_tidegate_new_first" AS "first", "_tidegate_new_last" AS "last", "note" AS "note", '
    '"size" AS "size", "place" AS "place", "rank" AS "rank", "seen" AS "seen", "extra" AS "extra" '
    'FROM "public"."people"'
)
OWNED = '"id" AS "id", "owner" AS "owner", "tag" AS "tag" FROM "public"."pets"'


def test_the_name_of_a_version_schema() -> None:
    assert version_schema("public", MigrationName("03-add.x")) == "public_03_add_x"
    assert version_schema("public", MigrationName("m"), "mine") == "mine"


def test_columns_trade_their_names_at_contract() -> None:
    through = (
        RenameColumn(table="people", column="note", to="rest"),
        RenameColumn(table="people", column="seen", to="note"),
        RenameColumn(table="people", column="rest", to="seen"),
    )
    assert told(unfolded(*through), Phase.CONTRACT) == [
        "call column note of people _tidegate_aside_0",
        "call column seen of people note",
        "call column _tidegate_aside_0 of people seen",
    ]


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=15).filter(
    lambda name: not name.startswith("_tidegate")
)
ADDS = st.lists(
    st.builds(
        lambda name, null, default, up: AddColumn(
            table="people",
            column=NewColumn(name=name, type="text", nullable=null, default=default),
            up=up,
            location=HERE,
        ),
        NAMES,
        st.booleans(),
        st.sampled_from([None, "'x'", "random()"]),
        st.sampled_from(["upper(name)", "name || note"]),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda operation: operation.column.name,
)


@given(ADDS)
def test_nothing_holds_the_old_shape_before_triggers_fill_the_new_one(adds: list[AddColumn]) -> None:
    """Columns come bare and null; what they must meet comes after the triggers."""
    found = unfolded(*adds)
    assert [plan.phase for plan in found.phases] == list(PHASES)
    assert not any("NOT NULL" in sql or "CHECK" in sql for sql in said(found, Phase.EXPAND))
    lines = told(found, Phase.DUAL_WRITE)
    triggers = max(place for place, line in enumerate(lines) if "in both shapes (" in line)
    assert all(place > triggers for place, line in enumerate(lines) if line.startswith("add constraint"))
    assert lines[-1] == "views"
    (reshape,) = found.reshapes
    assert isinstance(reshape, Reshape)
    assert [name for _, name in reshape.new][7:] == [operation.column.name for operation in adds]
    assert len(told(found, Phase.EXPAND, back=True)) == 1 + len(adds)


@given(ADDS)
def test_every_statement_but_those_beside_the_traffic_is_short(adds: list[AddColumn]) -> None:
    """Who stops reads or writes only writes the catalog."""
    for plan in unfolded(*adds).phases:
        for deed in (*plan.forth, *plan.back):
            assert isinstance(deed, Statement | MakeViews)
            if isinstance(deed, Statement) and (deed.lock.stops_writes or deed.lock is Lock.SHARE):
                assert deed.effort == "catalog"
