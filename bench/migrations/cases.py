"""Three migrations of a big table: what tidegate is told, what one would say by hand, and what applications say."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from tidegate.core.migrations.operations import AddColumn, AlterColumn, NewColumn, Operation, SplitColumn

ROWS: Final = 2_000_000

Statement = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What one version of the application says: each a statement with its values, for a row by its number."""

    path: str
    read: Callable[[int], Statement]
    update: Callable[[int], Statement]
    insert: Callable[[int], Statement]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A migration, and what one would say without tidegate."""

    operation: Operation
    plain: Sequence[str]


CASES: Final[Mapping[str, Case]] = {
    "add-not-null": Case(
        operation=AddColumn(
            table="accounts",
            column=NewColumn(name="email", type="text"),
            up="'user' || id || '@example.com'",
        ),
        plain=(
            "ALTER TABLE accounts ADD COLUMN email text",
            "UPDATE accounts SET email = 'user' || id || '@example.com'",
            "ALTER TABLE accounts ALTER COLUMN email SET NOT NULL",
        ),
    ),
    "retype": Case(
        operation=AlterColumn(
            table="accounts",
            column="balance",
            type="numeric(14,2)",
            up="balance::numeric(14,2)",
            down="balance::text",
        ),
        plain=("ALTER TABLE accounts ALTER COLUMN balance TYPE numeric(14,2) USING balance::numeric(14,2)",),
    ),
    "split": Case(
        operation=SplitColumn(
            table="accounts",
            column="name",
            into=(NewColumn(name="first_name", type="text"), NewColumn(name="last_name", type="text")),
            up=(
                ("first_name", "split_part(name, ' ', 1)"),
                ("last_name", "split_part(name, ' ', 2)"),
            ),
            down="first_name || ' ' || last_name",
        ),
        plain=(
            "ALTER TABLE accounts ADD COLUMN first_name text, ADD COLUMN last_name text",
            "UPDATE accounts SET first_name = split_part(name, ' ', 1), last_name = split_part(name, ' ', 2)",
            "ALTER TABLE accounts ALTER COLUMN first_name SET NOT NULL, ALTER COLUMN last_name SET NOT NULL",
        ),
    ),
}


def _money(row: int) -> str:
    return f"{row % 100_000}.50"


OLD: Final = Version(
    path="public",
    read=lambda row: ("SELECT name, balance FROM accounts WHERE id = %s", (row,)),
    update=lambda row: ("UPDATE accounts SET balance = %s WHERE id = %s", (_money(row + 1), row)),
    insert=lambda row: (
        "INSERT INTO accounts (id, name, balance, note) VALUES (%s, %s, %s, %s)",
        (row, f"First{row} Last{row}", _money(row), "n" * 100),
    ),
)
VERSIONS: Final[Mapping[str, Version]] = {
    "old": OLD,
    "add-not-null": Version(
        path="public_bench,public",
        read=lambda row: ("SELECT name, email FROM accounts WHERE id = %s", (row,)),
        update=lambda row: ("UPDATE accounts SET email = %s WHERE id = %s", (f"new{row}@example.com", row)),
        insert=lambda row: (
            "INSERT INTO accounts (id, name, balance, note, email) VALUES (%s, %s, %s, %s, %s)",
            (row + ROWS, f"First{row} Last{row}", _money(row), "n" * 100, f"new{row}@example.com"),
        ),
    ),
    "retype": Version(
        path="public_bench,public",
        read=lambda row: ("SELECT name, balance + 1 FROM accounts WHERE id = %s", (row,)),
        update=lambda row: ("UPDATE accounts SET balance = balance + 1 WHERE id = %s", (row,)),
        insert=lambda row: (
            "INSERT INTO accounts (id, name, balance, note) VALUES (%s, %s, %s, %s)",
            (row + ROWS, f"First{row} Last{row}", row % 1000, "n" * 100),
        ),
    ),
    "split": Version(
        path="public_bench,public",
        read=lambda row: ("SELECT first_name, last_name FROM accounts WHERE id = %s", (row,)),
        update=lambda row: ("UPDATE accounts SET last_name = %s WHERE id = %s", (f"Other{row}", row)),
        insert=lambda row: (
            "INSERT INTO accounts (id, first_name, last_name, balance, note) VALUES (%s, %s, %s, %s, %s)",
            (row + ROWS, f"First{row}", f"Last{row}", _money(row), "n" * 100),
        ),
    ),
}
"""The old version of the application, and the new one of each case."""


def fill(url: str, rows: int) -> None:
    """The same table for everybody."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE accounts (id bigint PRIMARY KEY, name text NOT NULL, balance text NOT NULL, note text)"
        )
        connection.execute(
            "INSERT INTO accounts SELECT n, 'First' || n || ' Last' || n, (n %% 100000) || '.50', repeat('n', 100)"
            " FROM generate_series(1, %s) n",
            [rows],
        )
        connection.execute("VACUUM ANALYZE accounts")
        connection.execute("CHECKPOINT")
