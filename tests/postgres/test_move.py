"""A table moves to another database and back, while it is written and tidegate is killed."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection, errors
from tests.postgres.writers import GONE, Writers

from tidegate.actuators.postgres.engines import engines
from tidegate.actuators.postgres.mover import Mover
from tidegate.core.errors import EffectFailed, Refused, Superseded, Unavailable
from tidegate.core.ids import DatabaseName, MigrationName, RolloutId, StepId
from tidegate.core.migrations.database import Database
from tidegate.core.migrations.operations import Migration, MoveTable, Pace, Verification
from tidegate.core.migrations.phases import Phase
from tidegate.core.migrations.state import Course
from tidegate.demo.postgres import PostgresServer
from tidegate.ports import Token

pytestmark = pytest.mark.real

OLD, NEW = DatabaseName("shop"), DatabaseName("ledger")
NAME = MigrationName("move-accounts")

TABLE = """
CREATE TABLE accounts (
    id bigserial PRIMARY KEY, name text UNIQUE, balance numeric NOT NULL DEFAULT 0, at timestamptz DEFAULT now(),
    parts double precision[], raw bytea, document json, length int GENERATED ALWAYS AS (length(name)) STORED)
"""
ROWS = """
INSERT INTO accounts (name, balance, parts, raw, document)
SELECT 'n' || i, i + 0.10, ARRAY[i, 0.1], decode('00ff', 'hex'), '{"b":1,  "a": 1.0}' FROM generate_series(1, 3000) i
"""


@dataclass
class World:
    """Two databases, a mover between them, and what both hold."""

    old: str
    new: str
    token: int = 1
    mover: Mover = field(init=False)

    def __post_init__(self) -> None:
        databases = {OLD: Database(name=OLD, url=self.old), NEW: Database(name=NEW, url=self.new)}
        self.mover = Mover(databases, OLD, clock=time.time)

    def say(self, url: str, *statements: str) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def ask(self, url: str, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(url, autocommit=True) as connection:
            return connection.execute(sql.encode()).fetchall()

    def rows(self, url: str) -> list[tuple[Any, ...]]:
        return self.ask(url, "SELECT *, document::text FROM accounts ORDER BY id")


def token(attempt: int = 1) -> Token:
    return Token(rollout=RolloutId("spring"), step=StepId("move"), attempt=attempt)


def migration(**given: object) -> Migration:
    return Migration(
        name=NAME,
        operations=(MoveTable(table="accounts", to=NEW, **given),),  # type: ignore[arg-type]  # a case's own words
        pace=Pace(duty=1.0, batch_rows=400, batch_seconds=0.02),
        verification=Verification(range_rows=1000, sample=200),
    )


@pytest.fixture
def world(postgres: PostgresServer) -> World:
    found = World(old=postgres.fresh(), new=postgres.fresh())
    found.say(found.old, TABLE, ROWS)
    return found


async def test_each_value_is_the_same_there_and_sequences_go_on(world: World) -> None:
    await world.mover.forth(migration(), Phase.SWITCH, token())
    assert len(world.rows(world.new)) == 3000
    assert world.rows(world.new) == world.rows(world.old)
    world.say(world.new, "INSERT INTO accounts (name) VALUES ('later')")
    assert world.ask(world.new, "SELECT id FROM accounts WHERE name = 'later'") == [(3001,)]


async def test_the_follower_refuses_writes_and_says_where_they_go(world: World) -> None:
    await world.mover.forth(migration(), Phase.DUAL_WRITE, token())
    with pytest.raises(
        errors.ReadOnlySqlTransaction, match=r"is written in database shop as public\.accounts"
    ):
        world.say(world.new, "DELETE FROM accounts")
    await world.mover.forth(migration(), Phase.SWITCH, token())
    with pytest.raises(
        errors.ReadOnlySqlTransaction, match=r"is written in database ledger as public\.accounts"
    ):
        world.say(world.old, "DELETE FROM accounts")


async def test_nobody_truncates_a_table_on_its_way(world: World) -> None:
    await world.mover.forth(migration(), Phase.DUAL_WRITE, token())
    with pytest.raises(errors.ObjectNotInPrerequisiteState, match="TRUNCATE is refused"):
        world.say(world.old, "TRUNCATE accounts")


async def test_going_back_keeps_what_was_written_there(world: World) -> None:
    await world.mover.forth(migration(), Phase.SWITCH, token())
    world.say(
        world.new,
        "UPDATE accounts SET name = NULL WHERE id = 5",
        "UPDATE accounts SET id = 9000 WHERE id = 6",
        "DELETE FROM accounts WHERE id = 7",
        "INSERT INTO accounts (name) VALUES ('n6'), ('n7') ON CONFLICT DO NOTHING",
    )
    there = world.rows(world.new)
    await world.mover.back(migration(), None, token(2))
    assert world.rows(world.old) == there
    assert world.ask(world.new, "SELECT to_regclass('accounts')") == [(None,)]
    world.say(world.old, "INSERT INTO accounts (name) VALUES ('again')", "TRUNCATE accounts")
    leftovers = "SELECT tgname FROM pg_trigger WHERE tgrelid = 'accounts'::regclass AND NOT tgisinternal"
    assert world.ask(world.old, leftovers) == []


async def test_forth_back_forth_and_through_to_the_end(world: World) -> None:
    await world.mover.forth(migration(), Phase.SWITCH, token())
    await world.mover.back(migration(), Phase.EXPAND, token(2))
    world.say(world.old, "DELETE FROM accounts WHERE id < 100")
    await world.mover.forth(migration(), Phase.SWITCH, token(3))
    world.say(world.new, "UPDATE accounts SET balance = -1 WHERE id = 200")
    await world.mover.forth(migration(), Phase.CONTRACT, token(4))
    state = await world.mover.state(NAME)
    assert state is not None
    assert (state.phase, state.restore_point) == (Phase.CONTRACT, "tidegate_kept.move-accounts_accounts")
    kept = world.ask(
        world.old, 'SELECT *, document::text FROM tidegate_kept."move-accounts_accounts" ORDER BY id'
    )
    assert kept == world.rows(world.new)
    assert world.ask(world.old, "SELECT to_regclass('public.accounts')") == [(None,)]
    world.say(world.new, "DELETE FROM accounts")
    with pytest.raises(Refused, match="past its contract"):
        await world.mover.back(migration(), None, token(5))


async def test_a_table_of_another_form_is_filled_and_followed(world: World) -> None:
    world.say(world.old, "DROP TABLE accounts", "CREATE TABLE accounts (id int PRIMARY KEY, name text)")
    world.say(world.old, "INSERT INTO accounts VALUES (1, 'Ada'), (2, NULL)")
    world.say(world.new, "CREATE TABLE people (id int PRIMARY KEY, name varchar(20))")
    told = migration(to_table="people", columns=(("name", "upper(name)"),), back=(("name", "initcap(name)"),))
    await world.mover.forth(told, Phase.DUAL_WRITE, token())
    world.say(world.old, "INSERT INTO accounts VALUES (3, 'grace')")
    await world.mover.forth(told, Phase.SWITCH, token())
    assert world.ask(world.new, "SELECT * FROM people ORDER BY id") == [(1, "ADA"), (2, None), (3, "GRACE")]
    world.say(world.new, "UPDATE people SET name = 'EVE' WHERE id = 2")
    assert (await world.mover.compared(told)).rows == 3
    await world.mover.back(told, None, token(2))
    assert world.ask(world.old, "SELECT * FROM accounts ORDER BY id") == [
        (1, "Ada"),
        (2, "Eve"),
        (3, "grace"),
    ]


async def test_what_differs_is_named_and_stops_the_move(world: World) -> None:
    await world.mover.forth(migration(), Phase.BACKFILL, token())
    world.say(
        world.new,
        "SET tidegate.carrying = 'on'; UPDATE accounts SET balance = 1 WHERE id IN (7, 2500)",
        "SET tidegate.carrying = 'on'; DELETE FROM accounts WHERE id = 3000",
    )
    report = await world.mover.compared(migration())
    assert report.rows == 3000
    named = {key for each in report.mismatches if each.check == "checksum" for key in each.keys}
    assert named == {"id=7", "id=2500", "id=3000"}
    with pytest.raises(EffectFailed, match="rows of accounts in shop and accounts in ledger differ"):
        await world.mover.forth(migration(), Phase.VERIFY, token())
    state = await world.mover.state(NAME)
    assert state is not None
    assert (state.phase, state.course) == (Phase.BACKFILL, Course.FAILED)


async def test_a_writer_who_commits_late_is_waited_for_at_the_switch(world: World) -> None:
    await world.mover.forth(migration(), Phase.VERIFY, token())
    async with await AsyncConnection.connect(world.old) as late:
        await late.execute("UPDATE accounts SET name = 'late' WHERE id = 1")
        world.say(world.old, "UPDATE accounts SET name = 'early' WHERE id = 2")
        switching = asyncio.create_task(world.mover.forth(migration(), Phase.SWITCH, token()))
        done, _ = await asyncio.wait({switching}, timeout=0.5)
        assert not done
        world.say(world.old, "UPDATE accounts SET name = 'meanwhile' WHERE id = 3")
        await late.commit()
    await switching
    names = world.ask(world.new, "SELECT name FROM accounts WHERE id <= 3 ORDER BY id")
    assert names == [("late",), ("early",), ("meanwhile",)]


async def test_an_event_is_not_passed_over_when_a_lower_number_commits_later(world: World) -> None:
    """Three transactions: of one row the newer event has the lower transaction number, and the oldest runs on."""
    await world.mover.forth(migration(), Phase.BACKFILL, token())
    connections = [await AsyncConnection.connect(world.old) for _ in range(3)]
    first, second, third = connections
    for connection in connections:  # numbers are given in this order
        await connection.execute("SELECT pg_current_xact_id()")
    await third.execute("UPDATE accounts SET name = 'older' WHERE id = 1")
    await third.commit()
    await first.execute("UPDATE accounts SET name = 'newer' WHERE id = 1")
    await first.commit()
    running = asyncio.create_task(world.mover.run_all())
    await _until(lambda: world.ask(world.new, "SELECT name FROM accounts WHERE id = 1") == [("newer",)])
    await second.execute("UPDATE accounts SET name = 'last' WHERE id = 2")
    await second.commit()
    await _until(lambda: world.ask(world.new, "SELECT name FROM accounts WHERE id = 2") == [("last",)])
    assert world.ask(world.new, "SELECT name FROM accounts WHERE id = 1") == [("newer",)]
    running.cancel()
    for connection in connections:
        await connection.close()


async def test_a_late_token_is_refused_and_another_file_too(world: World) -> None:
    await world.mover.forth(migration(), Phase.EXPAND, token(3))
    with pytest.raises(Superseded):
        await world.mover.forth(migration(), Phase.SWITCH, token(2))
    with pytest.raises(Refused, match="says something else now"):
        await world.mover.forth(migration(max_lag_seconds=9.0), Phase.SWITCH, token(3))


REFUSALS = {
    "no key": ("ALTER TABLE accounts DROP CONSTRAINT accounts_pkey", "has no key by which a row is known"),
    "referenced": ("CREATE TABLE o (a bigint CONSTRAINT o_fk REFERENCES accounts)", "references accounts"),
    "deferrable": ("ALTER TABLE accounts ADD UNIQUE (id, at) DEFERRABLE", "is deferrable"),
    "no table": ("DROP TABLE accounts", "is not in database shop"),
}


@pytest.mark.parametrize("case", REFUSALS)
async def test_what_cannot_be_moved_is_refused_before_the_first_statement(world: World, case: str) -> None:
    statement, said = REFUSALS[case]
    world.say(world.old, statement)
    with pytest.raises(Refused, match=said):
        await world.mover.forth(migration(), Phase.EXPAND, token())
    assert world.ask(world.old, "SELECT to_regclass('tidegate.moves')") == [(None,)]


async def test_a_target_with_rows_is_refused(world: World) -> None:
    world.say(world.new, TABLE, ROWS)
    with pytest.raises(Refused, match="has rows already"):
        await world.mover.planned(migration())


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - the state of a database, which sets no event
            await asyncio.sleep(0.02)


async def test_no_write_is_lost_while_tidegate_is_killed_at_random_moments(world: World) -> None:
    """Forth, back and forth under writers; the carrier is cancelled, its sessions are ended, and so are the verbs."""
    writers = Writers(urls=(world.old, world.new), seed=7)
    async with writers.going(3), _killed(world, seed=11):
        await _insist(lambda: world.mover.forth(migration(), Phase.SWITCH, token(1)))
        await _more(writers)
        await _insist(lambda: world.mover.back(migration(), Phase.BACKFILL, token(2)))
        await _more(writers)
        await _insist(lambda: world.mover.forth(migration(), Phase.SWITCH, token(3)))
        await _more(writers)
    report = await world.mover.compared(migration())
    assert (report.rows > 0, report.mismatches) == (True, ())
    assert world.rows(world.old) == world.rows(world.new)
    held = dict[int, str](world.ask(world.new, "SELECT id, name FROM accounts"))
    assert {key: held.get(key, GONE) for key in writers.acknowledged} == writers.acknowledged
    untouched = {key for key in range(1, 3001) if key not in writers.touched}
    assert untouched <= held.keys()
    assert held.keys() - set(range(1, 3001)) <= writers.touched


async def _more(writers: Writers) -> None:
    """Until the writers have got some more through."""
    enough = writers.written + 25
    await _until(lambda: writers.written >= enough)


async def _insist(verb: Callable[[], Awaitable[str]]) -> None:
    """As an activity does: again, until it is through."""
    async with asyncio.timeout(25):
        while True:
            try:
                await verb()
            except (Unavailable, EffectFailed):
                await asyncio.sleep(0.05)
            else:
                return


@asynccontextmanager
async def _killed(world: World, seed: int) -> AsyncIterator[None]:
    """A carrier that is cancelled and begun again, while every session of tidegate is ended now and then."""
    draw = random.Random(seed)

    async def carry() -> None:
        while True:
            with contextlib.suppress(TimeoutError, Refused):
                async with asyncio.timeout(draw.uniform(0.05, 0.4)):
                    await world.mover.run(NAME)
            await asyncio.sleep(0.01)

    async def end() -> None:
        sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tidegate'"
        async with await AsyncConnection.connect(world.old, autocommit=True) as connection:
            while True:
                await asyncio.sleep(draw.uniform(0.2, 0.8))
                await connection.execute(sql)

    tasks = [asyncio.create_task(carry()), asyncio.create_task(end())]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_the_engine_of_a_database_takes_moves_and_other_migrations(
    world: World, tmp_path: Path
) -> None:
    databases = (Database(name=OLD, url=world.old), Database(name=NEW, url=world.new))
    engine = engines(databases, tmp_path)[OLD]
    assert await engine.remembered(NAME) is None
    await engine.forth(migration(), Phase.EXPAND, token())
    assert await engine.remembered(NAME) == migration()
    assert [state.phase for state in await engine.states()] == [Phase.EXPAND]
    assert (await engine.planned(migration())).lacks
    await engine.back(migration(), None, token(2))
    state = await engine.state(NAME)
    assert state is not None
    assert state.phase is None
