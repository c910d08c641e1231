"""What no schema can say of operations and no database is needed for."""

from collections.abc import Callable

import pytest
from tests.sources.migrations.conftest import operations, told

from tidegate.core.migrations.operations import Migration

Read = Callable[..., Migration]
LONG = "x" * 64


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("sql: {up: DELETE FROM a}", "'sql' has no way back and does not say so"),
        (
            "sql: {up: a, down: b, irreversible: c}",
            "'sql' has both a way back and a reason why there is none",
        ),
        (
            "sql: {up: a, down: b, onContract: true}",
            "there is no way back from contract, and 'sql' has 'down'",
        ),
        (f"dropTable: {{table: {LONG}}}", f"'{LONG}' is longer than 63 bytes"),
        (f"renameColumn: {{table: a, column: b, to: {LONG}}}", f"'{LONG}' is longer than 63 bytes"),
        (
            f"addColumn: {{table: a, column: {{name: b, type: int, default: '0', unique: {LONG}}}}}",
            f"'{LONG}' is longer than 63 bytes",
        ),
        (
            f"createIndex: {{name: i, table: t, columns: [{{column: {LONG}}}]}}",
            f"'{LONG}' is longer than 63 bytes",
        ),
        (
            "createTable: {name: a, columns: [{name: _Tidegate_new_b, type: int}]}",
            "names that begin with _tidegate are tidegate's: '_Tidegate_new_b'",
        ),
        (
            (
                f"addColumn: {{table: a, column: {{name: b, type: int, nullable: true, references: "
                f"{{name: c, table: crm.{LONG}, columns: [d]}}}}}}"
            ),
            f"'{LONG}' is longer than 63 bytes",
        ),
        (
            "createTable: {name: a, columns: [{name: b, type: int}, {name: b, type: text}]}",
            "the column 'b' is named twice",
        ),
        (
            "createConstraint: {table: a, name: b, type: unique, columns: [c, c]}",
            "the column 'c' is named twice",
        ),
        (
            "createIndex: {name: i, table: t, columns: [{column: a}, {column: a}]}",
            "the column 'a' is named twice",
        ),
        ("alterColumn: {table: a, column: b}", "alterColumn of 'b' changes nothing"),
        (
            "alterColumn: {table: a, column: b, type: int, up: b::int}",
            "'b' keeps its old type for old applications, and nothing says how (down)",
        ),
        (
            "alterColumn: {table: a, column: b, type: int, down: b::text}",
            "'b' gets another type, and nothing says how (up)",
        ),
        (
            "alterColumn: {table: a, column: b, nullable: false}",
            "'b' is never null from now on, and nothing says how (up)",
        ),
        (
            "alterColumn: {table: a, column: b, nullable: true}",
            "'b' may be null from now on, and never was, and nothing says how (down)",
        ),
        (
            "addColumn: {table: a, column: {name: b, type: int}}",
            "'b' is never null, and nothing says what old rows hold",
        ),
        (
            "addColumn: {table: a, column: {name: b, type: int, default: '0', generated: c + 1}}",
            "'b' has more than one of default, generated",
        ),
        (
            "addColumn: {table: a, column: {name: b, type: int, default: '0', sequence: START 9}}",
            "'b' has options of a sequence, and no identity",
        ),
        (
            "alterColumn: {table: a, column: b, references: {name: c, table: d, columns: [e, f]}}",
            "'c' references 2 columns by 1",
        ),
        (
            "createConstraint: {table: a, name: b, type: foreign_key, columns: [c]}",
            "the foreign_key 'b' lacks 'references'",
        ),
        (
            "createConstraint: {table: a, name: b, type: check, columns: [c], check: c > 0, nullsNotDistinct: true}",
            "'nullsNotDistinct' is nothing for the check 'b'",
        ),
        (
            "createConstraint: {table: a, name: b, type: check, check: c > 0, deferrable: true}",
            "the check 'b' cannot be put off",
        ),
        (
            "createConstraint: {table: a, name: b, type: unique, columns: [c], initiallyDeferred: true}",
            "'b' is put off, and not deferrable",
        ),
        (
            "createConstraint: {table: a, name: b, type: unique, columns: [c], up: {d: e}}",
            "up has an expression for 'd'",
        ),
        (
            (
                "createTable: {name: a, columns: [{name: b, type: int, primaryKey: true}],"
                " constraints: [{name: c, type: primary_key, columns: [b]}]}"
            ),
            "'a' has more than one primary key: c, its columns",
        ),
        (
            "createIndex: {name: i, table: t, columns: [{column: a, expression: b}]}",
            "'i' sorts by a column ('a') and an expression",
        ),
        ("setReplicaIdentity: {table: a, type: index}", "the replica identity of 'a' lacks 'index'"),
        ("setReplicaIdentity: {table: a, type: full, index: b}", "'b' is not used by type full"),
    ],
)
def test_one_operation(read: Read, text: str, problem: str) -> None:
    (said,) = told(read, operations(f"- {text}"))
    assert said.startswith(f"ours.yaml:6: {problem} (")


SPLIT = """
- splitColumn:
    table: customers
    column: name
    into: [{name: first, type: text}, {name: last, type: text}]
    up: {first: name, lst: name}
    down: first
- mergeColumns:
    table: customers
    columns: [city, zip, zip]
    into: {name: address, type: text, unique: a, sequence: START 1}
    up: city || zip
    down: {zip: address}
"""


def test_splits_and_merges_need_an_expression_for_each_column(read: Read) -> None:
    assert told(read, operations(SPLIT)) == [
        "ours.yaml:7: up has an expression for 'lst' (the columns are first, last)",
        "ours.yaml:7: up has no expression for 'last' (write up: {last: …})",
        "ours.yaml:13: 'address' has options of a sequence, and no identity (say which identity)",
        "ours.yaml:13: down has no expression for 'city' (write down: {city: …})",
        "ours.yaml:13: the column 'zip' is named twice (name it once)",
    ]


@pytest.mark.parametrize(
    "first",
    [
        "createTable: {name: a, columns: [{name: b, type: int}]}",
        "addColumn: {table: a, column: {name: b, type: int, default: '0'}}",
        "splitColumn: {table: a, column: c, into: [{name: b, type: a}, {name: d, type: a}], up: {b: c, d: c}, down: b}",
        "mergeColumns: {table: a, columns: [c, d], into: {name: b, type: int}, up: c, down: {c: b, d: b}}",
    ],
)
def test_a_column_is_created_once(read: Read, first: str) -> None:
    again = "addColumn: {table: a, column: {name: b, type: int, nullable: true}}"
    assert told(read, operations(f"- {first}\n- {again}")) == [
        "ours.yaml:7: 'b' is created twice (create it once)"
    ]


def test_a_table_is_created_once(read: Read) -> None:
    table = "createTable: {name: a, columns: [{name: b, type: int}]}"
    other = table.replace("name: b", "name: c")
    assert told(read, operations(f"- {table}\n- {other}")) == [
        "ours.yaml:7: 'a' is created twice (create it once)"
    ]


def test_a_table_without_rows_needs_no_value_for_a_new_column(read: Read) -> None:
    table = "createTable: {name: a, columns: [{name: b, type: int}]}"
    column = "addColumn: {table: a, column: {name: c, type: int}}"
    assert len(read(operations(f"- {table}\n- {column}")).operations) == 2


def test_a_table_moves_alone(read: Read) -> None:
    move = "moveTable: {table: a, to: other}"
    assert told(read, operations(f"- dropTable: {{table: b}}\n- {move}")) == [
        "ours.yaml:7: moveTable is not the only operation of its migration (give it a file of its own)"
    ]


def test_a_database_may_be_called_what_no_table_may(read: Read) -> None:
    long = "moveTable: {table: a, to: " + LONG + ", columns: {b: c}}"
    assert read(operations(f"- {long}")).operations
