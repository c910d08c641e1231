"""pgroll's files as they are written: what each operation means, and what is wrong with them."""

from collections.abc import Callable
from textwrap import dedent, indent

import pytest
from tests.sources.migrations.conftest import told, without_place

from tidegate.core.errors import Location
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
from tidegate.sources.migrations.pgroll_words import OPERATIONS

Read = Callable[..., Migration]


def theirs(text: str) -> dict[str, str]:
    """A file of pgroll's with these operations, the first of which is on line 2."""
    return {"07_rooms.yaml": "operations:\n" + indent(dedent(text).lstrip("\n"), "  ")}


MEANT: list[tuple[str, Operation]] = [
    (
        """
        - add_column:
            table: rooms
            up: upper(code)
            column:
              name: owner
              type: int
              unique: true
              pk: false
              nullable: false
              default: "1"
              comment: who answers for it
              check: {name: known, constraint: owner > 0, no_inherit: true}
              references:
                name: rooms_owner
                table: people
                column: id
                on_delete: SET NULL
                on_update: CASCADE
                match_type: SIMPLE
                deferrable: true
                initially_deferred: true
        """,
        AddColumn(
            table="rooms",
            up="upper(code)",
            column=NewColumn(
                name="owner",
                type="int",
                unique="-",
                default="1",
                comment="who answers for it",
                check=Check(name="known", condition="owner > 0", no_inherit=True),
                references=ForeignKey(
                    name="rooms_owner",
                    table="people",
                    columns=("id",),
                    on_delete="SET NULL",
                    on_update="CASCADE",
                    match="SIMPLE",
                    deferrable=True,
                    initially_deferred=True,
                ),
            ),
        ),
    ),
    (
        "- drop_column: {table: rooms, column: code, down: \"'x'\"}",
        DropColumn(table="rooms", column="code", down="'x'"),
    ),
    ("- drop_column: {table: rooms, column: code}", DropColumn(table="rooms", column="code")),
    (
        "- rename_column: {table: rooms, from: code, to: number}",
        RenameColumn(table="rooms", column="code", to="number"),
    ),
    (
        "- alter_column: {table: rooms, column: code, name: number}",
        RenameColumn(table="rooms", column="code", to="number"),
    ),
    (
        "- alter_column: {table: rooms, column: code, default: null, up: code, down: code}",
        AlterColumn(table="rooms", column="code", default=Set(value=None), up="code", down="code"),
    ),
    (
        "- alter_column: {table: rooms, column: code, comment: null}",
        AlterColumn(table="rooms", column="code", comment=Set(value=None)),
    ),
    (
        """
        - alter_column:
            table: rooms
            column: code
            type: text
            nullable: true
            default: "''"
            comment: the number on the door
            unique: {name: rooms_code}
            check: {name: short, constraint: length(code) < 9}
            references: {name: doors, table: doors, column: code}
            up: code::text
            down: code::int
        """,
        AlterColumn(
            table="rooms",
            column="code",
            type="text",
            nullable=True,
            default=Set(value="''"),
            comment=Set(value="the number on the door"),
            unique="rooms_code",
            check=Check(name="short", condition="length(code) < 9"),
            references=ForeignKey(name="doors", table="doors", columns=("code",)),
            up="code::text",
            down="code::int",
        ),
    ),
    (
        """
        - create_constraint:
            table: rooms
            name: once
            type: unique
            columns: [house, code]
            index_parameters: {include_columns: [id], storage_parameters: fillfactor = 70, tablespace: fast}
            up: {house: house, code: code}
            down: {house: house, code: code}
        """,
        CreateConstraint(
            table="rooms",
            constraint=NewConstraint(
                name="once",
                type="unique",
                columns=("house", "code"),
                include=("id",),
                storage_parameters="fillfactor = 70",
                tablespace="fast",
            ),
            up=(("house", "house"), ("code", "code")),
            down=(("house", "house"), ("code", "code")),
        ),
    ),
    (
        """
        - create_constraint:
            table: rooms
            name: in_a_house
            type: foreign_key
            columns: [house, floor]
            references:
              name: of_no_use
              table: houses
              columns: [id, floor]
              on_delete: SET NULL
              on_delete_set_columns: [house]
              match_type: FULL
            up: {}
            down: {}
        """,
        CreateConstraint(
            table="rooms",
            constraint=NewConstraint(
                name="in_a_house",
                type="foreign_key",
                columns=("house", "floor"),
                references=ForeignKey(
                    name="in_a_house",
                    table="houses",
                    columns=("id", "floor"),
                    on_delete='SET NULL ("house")',
                    match="FULL",
                ),
            ),
        ),
    ),
    (
        "- create_constraint: {table: r, name: c, type: check, check: a > 0, no_inherit: true, up: {}, down: {}}",
        CreateConstraint(
            table="r", constraint=NewConstraint(name="c", type="check", check="a > 0", no_inherit=True)
        ),
    ),
    (
        "- create_constraint: {table: r, name: k, type: primary_key, columns: [id], up: {id: id}, down: {id: id}}",
        CreateConstraint(
            table="r",
            constraint=NewConstraint(name="k", type="primary_key", columns=("id",)),
            up=(("id", "id"),),
            down=(("id", "id"),),
        ),
    ),
    (
        "- drop_constraint: {table: rooms, name: short, up: code, down: left(code, 8)}".replace(
            "left(code, 8)", '"left(code, 8)"'
        ),
        DropConstraint(table="rooms", name="short", up=(("", "code"),), down=(("", "left(code, 8)"),)),
    ),
    (
        "- drop_multicolumn_constraint: {table: rooms, name: once, up: {a: b}, down: {a: c, d: e}}",
        DropConstraint(table="rooms", name="once", up=(("a", "b"),), down=(("a", "c"), ("d", "e"))),
    ),
    (
        "- drop_multicolumn_constraint: {table: rooms, name: once, down: {a: c}}",
        DropConstraint(table="rooms", name="once", down=(("a", "c"),)),
    ),
    (
        "- rename_constraint: {table: rooms, from: once, to: only_once}",
        RenameConstraint(table="rooms", name="once", to="only_once"),
    ),
    (
        """
        - create_table:
            name: rooms
            comment: where people meet
            columns:
              - {name: id, type: bigint, generated: {identity: {user_specified_values: BY DEFAULT}}}
              - {name: no, type: int, pk: true, generated: {identity: {sequence_options: START 9}}}
              - {name: area, type: int, nullable: true, generated: {expression: width * length}}
            constraints:
              - {name: wide, type: check, check: width > 0, no_inherit: true}
              - {name: codes, type: unique, columns: [code], nulls_not_distinct: true, deferrable: true}
              - name: kept
                type: foreign_key
                columns: [keeper]
                references: {table: people, columns: [id], on_update: RESTRICT}
                deferrable: true
                initially_deferred: true
              - name: free
                type: exclude
                exclude: {index_method: gist, elements: "room WITH =", predicate: room > 0}
        """,
        CreateTable(
            name="rooms",
            comment="where people meet",
            columns=(
                NewColumn(name="id", type="bigint", identity="BY DEFAULT"),
                NewColumn(name="no", type="int", primary_key=True, identity="ALWAYS", sequence="START 9"),
                NewColumn(name="area", type="int", nullable=True, generated="width * length"),
            ),
            constraints=(
                NewConstraint(name="wide", type="check", check="width > 0", no_inherit=True),
                NewConstraint(
                    name="codes", type="unique", columns=("code",), nulls_not_distinct=True, deferrable=True
                ),
                NewConstraint(
                    name="kept",
                    type="foreign_key",
                    columns=("keeper",),
                    references=ForeignKey(name="kept", table="people", columns=("id",), on_update="RESTRICT"),
                    deferrable=True,
                    initially_deferred=True,
                ),
                NewConstraint(
                    name="free",
                    type="exclude",
                    exclude=Exclusion(method="gist", elements="room WITH =", predicate="room > 0"),
                ),
            ),
        ),
    ),
    ("- rename_table: {from: rooms, to: halls}", RenameTable(table="rooms", to="halls")),
    ("- drop_table: {name: rooms}", DropTable(table="rooms")),
    (
        """
        - create_index:
            name: by_code
            table: rooms
            unique: true
            method: gin
            storage_parameters: fillfactor = 70
            predicate: width > 0
            columns:
              - column: code
                collate: '"C"'
                nulls: FIRST
                sort: DESC
                opclass: {name: gist_trgm_ops, params: [siglen = 32, more = 1]}
              - column: house
        """,
        CreateIndex(
            name="by_code",
            table="rooms",
            unique=True,
            method="gin",
            storage_parameters="fillfactor = 70",
            predicate="width > 0",
            columns=(
                IndexColumn(
                    column="code",
                    collation='"C"',
                    nulls="FIRST",
                    order="DESC",
                    opclass="gist_trgm_ops (siglen = 32, more = 1)",
                ),
                IndexColumn(column="house"),
            ),
        ),
    ),
    (
        "- create_index: {name: i, table: t, columns: {b: {sort: ASC}, a: {opclass: {name: int8_ops}}, c: null}}",
        CreateIndex(
            name="i",
            table="t",
            columns=(
                IndexColumn(column="b", order="ASC"),
                IndexColumn(column="a", opclass="int8_ops"),
                IndexColumn(column="c"),
            ),
        ),
    ),
    (
        "- create_index: {name: i, table: t, columns: [b, a]}",
        CreateIndex(name="i", table="t", columns=(IndexColumn(column="b"), IndexColumn(column="a"))),
    ),
    ("- drop_index: {name: by_code}", DropIndex(name="by_code")),
    (
        "- set_replica_identity: {table: rooms, identity: {type: INDEX, index: by_code}}",
        SetReplicaIdentity(table="rooms", type="index", index="by_code"),
    ),
    (
        "- set_replica_identity: {table: rooms, identity: {type: full, index: ''}}",
        SetReplicaIdentity(table="rooms", type="full"),
    ),
    (
        "- sql: {up: CREATE TYPE a, down: DROP TYPE a}",
        RawSql(up="CREATE TYPE a", down="DROP TYPE a", derive=True),
    ),
    ("- sql: {up: CREATE TYPE a}", RawSql(up="CREATE TYPE a", derive=True)),
    ("- sql: {up: DROP TYPE a, onComplete: true}", RawSql(up="DROP TYPE a", on_contract=True, derive=True)),
]


@pytest.mark.parametrize(("text", "meant"), MEANT)
def test_what_operations_mean(read: Read, text: str, meant: Operation) -> None:
    migration = read(theirs(text))
    assert list(without_place(migration)) == [meant]
    assert migration.operations[0].location == Location(file="07_rooms.yaml", line=2)


def test_every_kind_is_tried() -> None:
    written = {
        line.strip().removeprefix("- ").split(":")[0] for text, _ in MEANT for line in text.splitlines()
    }
    assert {kind for kind in OPERATIONS if " " not in kind} <= written


def test_a_migration_is_called_as_its_file_is(read: Read) -> None:
    migration = read(theirs("- drop_table: {name: rooms}"))
    assert migration == Migration(
        name=migration.name,
        operations=migration.operations,
        source="pgroll",
        location=Location(file="07_rooms.yaml", line=1),
    )
    assert migration.name == "07_rooms"


def test_a_version_schema_has_the_schema_before_it_as_in_pgroll(read: Read) -> None:
    text = "version_schema: halls\noperations: [{drop_table: {name: rooms}}]\n"
    assert read({"1.yaml": text}).version_schema == "public_halls"
    assert read({"1.yaml": text}, schema="crm").version_schema == "crm_halls"
    assert read({"1.yaml": text}, schema="crm").schema == "crm"


def test_a_name_in_the_file_is_that_of_the_file(read: Read) -> None:
    text = "name: rooms\noperations: [{drop_table: {name: a}}]\n"
    assert read({"rooms.yaml": text}).name == "rooms"
    assert told(read, {"halls.yaml": text}) == [
        (
            "halls.yaml:1: the migration is called 'halls' by its file, and 'rooms' here"
            " (rename the file, or leave this out)"
        )
    ]


def test_json_is_read_too(read: Read) -> None:
    text = '{\n\t"operations": [\n\t\t{"drop_table": {"name": "rooms"}}\n\t]\n}\n'
    (operation,) = read({"07_rooms.json": text}).operations
    assert operation == DropTable(table="rooms", location=Location(file="07_rooms.json", line=3))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "- drop_tabel: {name: a}",
            "2: unknown field 'drop_tabel' in operations[0] (did you mean 'drop_table'?)",
        ),
        ("- drop_table: {table: a}", "2: operations[0].drop_table lacks 'name'"),
        ("- drop_table: {name: a, cascade: true}", "2: unknown field 'cascade' in operations[0].drop_table"),
        (
            "- create_constraint: {table: a, name: b, type: exclude, up: {}, down: {}}",
            "2: 'exclude' is not allowed for operations[0].create_constraint.type",
        ),
        (
            "- alter_column: {table: a, column: b, name: c, type: int}",
            "2: alter_column with 'name' renames a column and does nothing else",
        ),
        (
            "- alter_column: {table: a, column: b, type: int, up: c}",
            "2: 'b' keeps its old type for old applications, and nothing says how (down)",
        ),
        (
            "- sql: {up: a, down: b, onComplete: true}",
            "2: there is no way back from contract, and 'sql' has 'down'",
        ),
        (
            "- create_index: {name: i, table: t, columns: {}}",
            "2: operations[0].create_index.columns is empty",
        ),
        (
            "- create_index: {name: i, table: t, columns: [{name: a}]}",
            "2: operations[0].create_index.columns[0] lacks 'column'",
        ),
    ],
)
def test_what_is_wrong_with_a_file(read: Read, text: str, problem: str) -> None:
    assert any(each.startswith(f"07_rooms.yaml:{problem}") for each in told(read, theirs(text)))


def test_one_document_a_file(read: Read) -> None:
    text = "operations: [{drop_table: {name: a}}]\n---\noperations: []\n"
    assert told(read, {"1.yaml": text}) == [
        "1.yaml:3: a migration is one document a file (move this one to its own)"
    ]
