"""Both shapes held against each other on a real server: what is planted is found, and nothing else."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from hashlib import sha256
from typing import TypeVar

import psycopg
import pytest
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from tests.postgres.shapes import MIGRATION, SPLIT, UNFOLDING, make, with_expressions

from tidegate.actuators.postgres.comparing import compared
from tidegate.core.migrations.operations import Invariant, Migration, Pace, Verification
from tidegate.core.migrations.report import Mismatch, Report
from tidegate.core.migrations.unfolding import Unfolding

pytestmark = pytest.mark.real

Connection = AsyncConnection[TupleRow]
Answer = TypeVar("Answer")

BUSY = replace(MIGRATION, pace=Pace(duty=1.0))


def connected(url: str, work: Callable[[Connection], Awaitable[Answer]]) -> Answer:
    async def run() -> Answer:
        async with await AsyncConnection.connect(url, autocommit=True) as connection:
            return await work(connection)

    return asyncio.run(run())


def report(
    url: str, unfolding: Unfolding = UNFOLDING, migration: Migration = BUSY, *, whole: bool = True
) -> Report:
    return connected(url, lambda connection: compared(connection, unfolding, migration, whole=whole))


def planted(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def test_rows_alike_in_both_shapes_match(url: str) -> None:
    make(url, 3000)
    found = report(url, migration=replace(BUSY, verification=Verification(range_rows=700, sample=200)))
    assert (found.mismatches, found.rows, found.sampled, found.uncompared) == ((), 3000, 200, ())


def test_one_wrong_row_in_100_000_is_found_and_named(url: str) -> None:
    make(url, 100_000)
    planted(url, "UPDATE users SET first = 'Eve' WHERE id = 77777")
    found = report(url)
    said = '"given" of the new shape is not what up gives of the old one'
    assert [replace(each, keys=()) for each in found.mismatches if each.check == "checksum"] == [
        Mismatch(check="checksum", table="users", said=said, rows=1)
    ]
    assert found.mismatches[0].keys == ("id=77777",)
    assert found.rows == 100_000
