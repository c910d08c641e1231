"""Migration files of our own: what they mean, and everything that is wrong with them at once."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.sources.migrations.conftest import operations, ours, told, without_place

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
    Invariant,
    MergeColumns,
    Migration,
    MoveTable,
    NewColumn,
    NewConstraint,
    Operation,
    Pace,
    RawSql,
    RenameColumn,
    RenameConstraint,
    RenameTable,
    Set,
    SetReplicaIdentity,
    SplitColumn,
    Verification,
)
from tidegate.sources.migrations import read_migration

Read = Callable[..., Migration]
SHOP = Path(__file__).parents[3] / "examples" / "shop"

MEANT: list[tuple[str, Operation]] = [
    (
        """
        - addColumn:
            table: orders
            column:
              name: note
              type: text
              nullable: true
              default: "'none'"
              unique: true
              check: {name: short, condition: length(note) < 9, noInherit: true}
              comment: for whoever packs
            up: upper(title)
        """,
        AddColumn(
            table="orders",
            column=NewColumn(
                name="note",
                type="text",
                nullable=True,
                default="'none'",
                unique="-",
                check=Check(name="short", condition="length(note) < 9", no_inherit=True),
                comment="for whoever packs",
            ),
            up="upper(title)",
        ),
    ),
    (
        "- dropColumn: {table: orders, column: note, down: \"''\"}",
        DropColumn(table="orders", column="note", down="''"),
    ),
    (
        "- renameColumn: {table: orders, column: note, to: remark}",
        RenameColumn(table="orders", column="note", to="remark"),
    ),
    (
        """
        - alterColumn:
            table: orders
            column: total
            type: numeric(12,2)
            nullable: false
            default: "0"
            comment: null
            unique: orders_total
            up: total::numeric(12,2)
            down: total::text
            lossy: true
            references:
              name: orders_total_fkey
              table: crm.totals
              columns: [id]
              onDelete: SET NULL
              deferrable: true
        """,
        AlterColumn(
            table="orders",
            column="total",
            type="numeric(12,2)",
            nullable=False,
            default=Set(value="0"),
            comment=Set(value=None),
            unique="orders_total",
            references=ForeignKey(
                name="orders_total_fkey",
                table="crm.totals",
                columns=("id",),
                on_delete="SET NULL",
                deferrable=True,
            ),
            up="total::numeric(12,2)",
            down="total::text",
            lossy=True,
        ),
    ),
    (
        "- alterColumn: {table: orders, column: note, default: null}",
        AlterColumn(table="orders", column="note", default=Set(value=None)),
    ),
    (
        """
        - splitColumn:
            table: customers
            column: name
            into: [{name: first, type: text}, {name: last, type: text, unique: lasts}]
            up: {last: "substr(name, 9)", first: "substr(name, 1, 8)"}
            down: first || last
        """,
        SplitColumn(
            table="customers",
            column="name",
            into=(NewColumn(name="first", type="text"), NewColumn(name="last", type="text", unique="lasts")),
            up=(("last", "substr(name, 9)"), ("first", "substr(name, 1, 8)")),
            down="first || last",
        ),
    ),
    (
        """
        - mergeColumns:
            table: customers
            columns: [up, down]
            into: {name: both, type: text, unique: false}
            up: up || down
            down: {up: "substr(both, 1, 8)", down: "substr(both, 9)"}
        """,
        MergeColumns(
            table="customers",
            columns=("up", "down"),
            into=NewColumn(name="both", type="text"),
            up="up || down",
            down=(("up", "substr(both, 1, 8)"), ("down", "substr(both, 9)")),
        ),
    ),
    (
        """
        - createConstraint:
            table: orders
            name: orders_customer
            type: foreign_key
            columns: [customer, region]
            references: {table: customers, columns: [id, region], onUpdate: CASCADE, match: FULL}
            deferrable: true
            initiallyDeferred: true
            up: {customer: "nullif(customer, 0)"}
            down: {customer: "coalesce(customer, 0)"}
        """,
        CreateConstraint(
            table="orders",
            constraint=NewConstraint(
                name="orders_customer",
                type="foreign_key",
                columns=("customer", "region"),
                references=ForeignKey(
                    name="orders_customer",
                    table="customers",
                    columns=("id", "region"),
                    on_update="CASCADE",
                    match="FULL",
                ),
                deferrable=True,
                initially_deferred=True,
            ),
            up=(("customer", "nullif(customer, 0)"),),
            down=(("customer", "coalesce(customer, 0)"),),
        ),
    ),
    (
        "- dropConstraint: {table: orders, name: positive, down: {total: abs(total)}}",
        DropConstraint(table="orders", name="positive", down=(("total", "abs(total)"),)),
    ),
    (
        "- renameConstraint: {table: orders, name: positive, to: not_negative}",
        RenameConstraint(table="orders", name="positive", to="not_negative"),
    ),
    (
        """
        - createTable:
            name: rooms
            comment: where people meet
            columns:
              - {name: id, type: bigint, identity: ALWAYS, sequence: START 1000, primaryKey: true}
              - {name: area, type: int, generated: width * length}
            constraints:
              - {name: wide, type: check, check: width > 0}
              - name: once
                type: exclude
                exclude: {method: gist, elements: "room WITH =", predicate: room > 0}
              - {name: codes, type: unique, columns: [code], include: [id], nullsNotDistinct: true}
        """,
        CreateTable(
            name="rooms",
            comment="where people meet",
            columns=(
                NewColumn(
                    name="id", type="bigint", identity="ALWAYS", sequence="START 1000", primary_key=True
                ),
                NewColumn(name="area", type="int", generated="width * length"),
            ),
            constraints=(
                NewConstraint(name="wide", type="check", check="width > 0"),
                NewConstraint(
                    name="once",
                    type="exclude",
                    exclude=Exclusion(method="gist", elements="room WITH =", predicate="room > 0"),
                ),
                NewConstraint(
                    name="codes", type="unique", columns=("code",), include=("id",), nulls_not_distinct=True
                ),
            ),
        ),
    ),
    ("- renameTable: {table: orders, to: purchases}", RenameTable(table="orders", to="purchases")),
    ("- dropTable: {table: orders}", DropTable(table="orders")),
    (
        """
        - createIndex:
            name: orders_by_day
            table: orders
            columns:
              - {column: day, order: DESC, nulls: LAST}
              - {expression: lower(title), collation: '"C"', opclass: text_pattern_ops}
            unique: true
            method: btree
            storageParameters: fillfactor = 70
            predicate: total > 0
        """,
        CreateIndex(
            name="orders_by_day",
            table="orders",
            columns=(
                IndexColumn(column="day", order="DESC", nulls="LAST"),
                IndexColumn(expression="lower(title)", collation='"C"', opclass="text_pattern_ops"),
            ),
            unique=True,
            method="btree",
            storage_parameters="fillfactor = 70",
            predicate="total > 0",
        ),
    ),
    (
        "- createIndex: {name: i, table: t, columns: [{column: a}]}",
        CreateIndex(name="i", table="t", columns=(IndexColumn(column="a"),)),
    ),
    ("- dropIndex: {name: orders_by_day}", DropIndex(name="orders_by_day")),
    (
        "- setReplicaIdentity: {table: orders, type: index, index: orders_by_day}",
        SetReplicaIdentity(table="orders", type="index", index="orders_by_day"),
    ),
    ("- sql: {up: CREATE TYPE a, down: DROP TYPE a}", RawSql(up="CREATE TYPE a", down="DROP TYPE a")),
    (
        "- sql: {up: DELETE FROM logs, irreversible: nobody reads them}",
        RawSql(up="DELETE FROM logs", irreversible="nobody reads them"),
    ),
    ("- sql: {up: DROP TYPE a, onContract: true}", RawSql(up="DROP TYPE a", on_contract=True)),
    (
        """
        - moveTable:
            table: bookings
            to: ledger
            toTable: entries
            columns: {amount: cents / 100.0}
            back: {cents: (amount * 100)::int}
            maxLag: 500ms
        """,
        MoveTable(
            table="bookings",
            to="ledger",
            to_table="entries",
            columns=(("amount", "cents / 100.0"),),
            back=(("cents", "(amount * 100)::int"),),
            max_lag_seconds=0.5,
        ),
    ),
    ("- moveTable: {table: bookings, to: ledger}", MoveTable(table="bookings", to="ledger")),
]


@pytest.mark.parametrize(("text", "meant"), MEANT)
def test_what_operations_mean(read: Read, text: str, meant: Operation) -> None:
    migration = read(operations(text))
    assert list(without_place(migration)) == [meant]
    location = migration.operations[0].location
    assert location == Location(file="ours.yaml", line=7 if text.startswith("\n") else 6)


def test_every_kind_is_tried() -> None:
    assert {type(meant) for _, meant in MEANT} == set(Operation.__args__)


def test_what_a_migration_says_beside_its_operations(read: Read) -> None:
    migration = read(
        ours("""
        schema: crm
        versionSchema: crm_names
        operations:
          - dropTable: {table: orders}
        invariants:
          - {name: positive, query: SELECT 1 WHERE false, shape: old}
          - {name: named, query: SELECT 2 WHERE false}
        pace:
          lockTimeout: 50ms
          holdTimeout: 1s
          patience: 1h
          batchRows: 100
          batchDuration: 200ms
          duty: 12.5%
          maxLag: 1m
          maxActive: 8
        verification: {sample: 5, rangeRows: 10, every: 5m}
        restorePoint: none
        """)
    )
    assert migration == Migration(
        name=migration.name,
        operations=migration.operations,
        schema="crm",
        version_schema="crm_names",
        invariants=(
            Invariant(
                name="positive",
                query="SELECT 1 WHERE false",
                shape="old",
                location=Location(file="ours.yaml", line=11),
            ),
            Invariant(
                name="named", query="SELECT 2 WHERE false", location=Location(file="ours.yaml", line=12)
            ),
        ),
        pace=Pace(
            lock_timeout=0.05,
            hold_timeout=1.0,
            patience=3600.0,
            batch_rows=100,
            batch_seconds=0.2,
            duty=0.125,
            max_lag=60.0,
            max_active=8,
        ),
        verification=Verification(sample=5, range_rows=10, every=300.0),
        restore_point="none",
        location=Location(file="ours.yaml", line=1),
    )


def test_what_is_not_said_has_the_defaults_of_the_values(read: Read) -> None:
    migration = read(operations("- dropTable: {table: orders}"))
    assert migration == Migration(
        name=migration.name, operations=migration.operations, location=migration.location
    )
    assert migration.name == "ours"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "- dropTabel: {table: a}",
            "ours.yaml:6: unknown field 'dropTabel' in spec.operations[0] (did you mean",
        ),
        ("- dropTable: {name: a}", "ours.yaml:6: spec.operations[0].dropTable lacks 'table'"),
        (
            "- {dropTable: {table: a}, dropIndex: {name: b}}",
            "ours.yaml:6: spec.operations[0] must have exactly one of",
        ),
        ('- dropTable: {table: "a\\0"}', "is not a name without control characters"),
        ("- sql: {up: ' ', down: a}", "which is not SQL"),
        ("- moveTable: {table: a, to: b, maxLag: 5}", "must be text, not '5'"),
    ],
)
def test_what_the_schema_finds(read: Read, text: str, problem: str) -> None:
    assert any(problem in each for each in told(read, operations(text))), told(read, operations(text))


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ("pace: {duty: 0%}", "ours.yaml:6: spec.pace.duty is '0%' (give more than nothing)"),
        ("pace: {lockTimeout: 0ms}", "ours.yaml:6: spec.pace.lockTimeout is '0ms' (give more than nothing)"),
        (
            "verification: {every: 0s}",
            "ours.yaml:6: spec.verification.every is '0s' (give more than nothing)",
        ),
        (f"schema: {'x' * 64}", f"ours.yaml:6: '{'x' * 64}' is longer than 63 bytes (shorten it)"),
        (f"versionSchema: {'ä' * 32}", f"ours.yaml:6: '{'ä' * 32}' is longer than 63 bytes (shorten it)"),
        ("schema: _tidegate", "ours.yaml:6: names that begin with _tidegate are tidegate's (choose another)"),
        (
            "invariants: [{name: a, query: SELECT 1}, {name: a, query: SELECT 2}]",
            "ours.yaml:6: 'a' is an invariant already (first at ours.yaml:6) (rename one)",
        ),
    ],
)
def test_what_no_schema_says_of_a_migration(read: Read, section: str, problem: str) -> None:
    assert told(read, ours(f"operations: [{{dropTable: {{table: a}}}}]\n{section}\n")) == [problem]


def test_all_problems_come_at_once_in_order(read: Read) -> None:
    text = """
    - sql: {up: DELETE FROM a}
    - dropTable: {tabel: b}
    - createIndex: {name: i, table: t, columns: [{order: ASC}]}
    """
    assert told(read, operations(text)) == [
        (
            "ours.yaml:7: 'sql' has no way back and does not say so"
            " (write down: the statements that undo it, or irreversible: why nothing does)"
        ),
        "ours.yaml:8: spec.operations[1].dropTable lacks 'table' (The table)",
        "ours.yaml:8: unknown field 'tabel' in spec.operations[1].dropTable (did you mean 'table'?)",
        "ours.yaml:9: 'i' sorts by nothing (name a column or an expression)",
    ]


@pytest.mark.parametrize("path", sorted((SHOP / "migrations").iterdir()), ids=lambda path: path.name)
def test_the_examples_are_read(path: Path) -> None:
    assert read_migration(path).operations
