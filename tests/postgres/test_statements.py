"""What a statement may cost others is bounded by the server, whatever becomes of tidegate."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import psycopg
import pytest
from tests.postgres.kit import BRISK, asked, database, users

from tidegate.actuators.postgres.holders import CONFLICTS
from tidegate.actuators.postgres.sessions import Lost, session
from tidegate.actuators.postgres.statements import Speaker, leading
from tidegate.core.errors import EffectFailed
from tidegate.core.migrations.statements import Effort, Lock, MakeViews, Statement

HASTY = replace(BRISK, patience=0.5, hold_timeout=0.1, lock_timeout=0.1)
LOCKING = Statement(
    sql="LOCK TABLE users", summary="lock users", lock=Lock.ACCESS_EXCLUSIVE, tables=("users",)
)
SLOW = Statement(sql="SELECT pg_sleep(30)", summary="sleep")
SCAN = Statement(sql="SELECT 1", summary="look", lock=Lock.SHARE_UPDATE_EXCLUSIVE, effort=Effort.SCAN)
INDEX = Statement(sql="CREATE INDEX CONCURRENTLY i ON users (id)", summary="build", alone=True)


@pytest.mark.parametrize(
    ("deeds", "first"),
    [
        ((), 0),
        ((LOCKING, SLOW, LOCKING), 3),
        ((LOCKING, MakeViews()), 1),
        ((MakeViews(), LOCKING), 0),
        ((LOCKING, INDEX), 1),
        ((INDEX, LOCKING), 1),
        ((LOCKING, SCAN), 1),
        ((SCAN, LOCKING), 1),
        ((LOCKING, replace(LOCKING, effort=Effort.REWRITE)), 2),
    ],
)
def test_what_reads_a_table_and_stops_nobody_is_a_transaction_by_itself(
    deeds: tuple[Statement | MakeViews, ...], first: int
) -> None:
    assert leading(deeds) == deeds[:first]


async def nothing() -> None:
    """Then, nothing."""


def told(
    url: str, statements: tuple[Statement, ...], then: Callable[[], Awaitable[None]] = nothing
) -> list[str]:
    """For what it waited, when these statements are one transaction."""
    waited: list[str] = []

    async def tell(waiting: str) -> None:
        waited.append(waiting)

    async def work() -> None:
        async with session(database(url)) as connection:
            speaker = Speaker(connection=connection, schema="public", pace=HASTY, tell=tell)
            await speaker.together(statements, then)

    asyncio.run(work())
    return waited


@pytest.mark.real
def test_a_lock_is_held_no_longer_than_it_may_be(url: str) -> None:
    users(url)
    with pytest.raises(
        EffectFailed, match=r"^lock users: canceling statement due to statement timeout; it was tried"
    ):
        told(url, (LOCKING, SLOW))


@pytest.mark.real
def test_a_runner_that_stands_still_with_a_lock_loses_it(url: str) -> None:
    users(url)

    async def hang() -> None:
        count = "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = 'users'::regclass"
        assert asked(url, count) == [(1,)]
        await asyncio.to_thread(asked, url, "SELECT count(*) FROM users")

    with pytest.raises(Lost):
        told(url, (LOCKING,), hang)


@pytest.mark.real
def test_what_stops_nobody_may_take_its_time(url: str) -> None:
    users(url)
    assert told(url, (replace(SCAN, sql="SELECT pg_sleep(0.4)"),)) == [""]


@pytest.mark.real
def test_locks_that_conflict_are_those_that_the_server_says(url: str) -> None:
    users(url)
    modes = [lock for lock in Lock if lock is not Lock.NONE]
    with psycopg.connect(url) as one, psycopg.connect(url, autocommit=True) as two:
        for held in modes:
            one.execute(f"LOCK TABLE users IN {held} MODE".encode())
            found = {wanted for wanted in modes if not granted(two, wanted)}
            assert found == {wanted for wanted in modes if held in CONFLICTS[wanted]}, held
            one.rollback()


def granted(connection: psycopg.Connection, lock: Lock) -> bool:
    try:
        with connection.transaction():
            connection.execute(f"LOCK TABLE users IN {lock} MODE NOWAIT".encode())
    except psycopg.errors.LockNotAvailable:
        return False
    return True
