"""A runner on the tests' server, and what its tests have in common."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import psycopg

from tidegate.actuators.postgres.migrator import Migrator
from tidegate.core.ids import DatabaseName, MigrationName, RolloutId, StepId
from tidegate.core.migrations.database import Database
from tidegate.core.migrations.operations import (
    AlterColumn,
    Migration,
    NewColumn,
    Operation,
    Pace,
    SplitColumn,
)
from tidegate.ports import Headwind, Token

BRISK = Pace(duty=1.0, batch_rows=1000, patience=5.0)
"""For tests that have no time to rest."""

RETYPE = AlterColumn(table="users", column="age", type="bigint", up="age::bigint", down="age::text")
SPLIT = SplitColumn(
    table="users",
    column="name",
    into=(NewColumn(name="given", type="text"), NewColumn(name="family", type="text")),
    up=(("given", "split_part(name, ' ', 1)"), ("family", "split_part(name, ' ', 2)")),
    down="given || ' ' || family",
)


def database(url: str) -> Database:
    return Database(name=DatabaseName("shop"), url=url)


def migrator(url: str, folder: Path, headwind: Headwind | None = None) -> Migrator:
    """A runner whose clock ticks once a look."""
    ticks = itertools.count(1)
    return Migrator(database(url), clock=lambda: float(next(ticks)), folder=folder, headwind=headwind)


def migration(*operations: Operation, name: str = "names", pace: Pace = BRISK) -> Migration:
    """Of these operations, or else one that splits one column of users and gives another one a type."""
    return Migration(name=MigrationName(name), operations=operations or (SPLIT, RETYPE), pace=pace)


def token(attempt: int = 1, step: str = "migrate", rollout: str = "r1") -> Token:
    return Token(rollout=RolloutId(rollout), step=StepId(step), attempt=attempt)


def users(url: str, rows: int = 100) -> None:
    """A table of users from before."""
    asked(
        url,
        "CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL, age text, note text)",
        "INSERT INTO users "
        f"SELECT i, 'Ann' || i || ' Doe' || i, i::text, 'n' || i FROM generate_series(1, {rows}) AS i",
        "ANALYZE users",
    )


def asked(url: str, *statements: str) -> list[tuple[object, ...]]:
    """What the last of some statements gives, each committed at once."""
    with psycopg.connect(url, autocommit=True) as connection:
        answers = [connection.execute(statement.encode()) for statement in statements]
        return answers[-1].fetchall() if answers[-1].description else []


def rows_of(url: str, search_path: str, question: str) -> Sequence[tuple[object, ...]]:
    return asked(url, f"SET search_path = {search_path}", question)


async def until(happens: Callable[[], Awaitable[bool]]) -> None:
    """Look again and again until something happens; the test's own time limit is the last word."""
    while not await happens():  # noqa: ASYNC110 - it happens in the database, which sets no event
        await asyncio.sleep(0.02)
