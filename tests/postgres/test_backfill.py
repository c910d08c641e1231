"""Rows from before get their new shape, whatever happens meanwhile."""

import asyncio
import shutil
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg
import pytest
from tests.postgres.kit import BRISK, RETYPE, SPLIT, asked, migration, migrator, token, until, users

from tidegate.actuators.postgres.migrator import Migrator
from tidegate.core.errors import EffectFailed
from tidegate.core.ids import RolloutId
from tidegate.core.migrations.operations import AlterColumn, Migration, Pace
from tidegate.core.migrations.phases import Phase
from tidegate.core.migrations.state import Backfilled, Course, MigrationState
from tidegate.demo.postgres import PostgresServer, running

pytestmark = pytest.mark.real

NAMES = migration(SPLIT)
WRONG = """
SELECT count(*) FROM users WHERE (_tidegate_new_given || ' ' || _tidegate_new_family = name) IS NOT TRUE
    OR _tidegate_shape IS NULL
"""


async def state(engine: Migrator) -> MigrationState:
    found = await engine.state(NAMES.name)
    assert found
    return found


def test_every_row_is_backfilled_and_counted(url: str, tmp_path: Path) -> None:
    users(url, rows=3210)
    engine = migrator(url, tmp_path)
    asyncio.run(engine.forth(NAMES, Phase.BACKFILL, token()))
    (found,) = asyncio.run(state(engine)).backfills
    assert replace(found, rate=0.0) == Backfilled(table="users", done=3210, rows=3210, finished=True)
    assert found.rate > 0
    assert found.seconds_left == 0
    assert asked(url, WRONG) == [(0,)]


def test_an_empty_table_is_backfilled_at_once(url: str, tmp_path: Path) -> None:
    users(url, rows=0)
    engine = migrator(url, tmp_path)
    asyncio.run(engine.forth(NAMES, Phase.BACKFILL, token()))
    assert asyncio.run(state(engine)).backfills == (Backfilled(table="users", done=0, rows=0, finished=True),)


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ('(a text COLLATE "C", b int, PRIMARY KEY (b, a))', "chr(65 + i % 50), i % 7"),
        ("(a uuid PRIMARY KEY)", "md5(i::text)::uuid"),
        ("(a timestamptz PRIMARY KEY)", "'2026-01-01'::timestamptz + i * interval '0.000001 s'"),
        ("(a numeric PRIMARY KEY)", "i / 7.0"),
        ("(a float8 PRIMARY KEY)", "i / 7.0::float8"),
        ("(a bytea PRIMARY KEY)", "decode(md5(i::text), 'hex')"),
        ("(a text PRIMARY KEY)", "E'\\\\\\'\"%s ' || i"),
        ("(a char(9) PRIMARY KEY)", "i::text"),
        ('("100%""s" bigint PRIMARY KEY)', "-i"),
        ("(a int NOT NULL UNIQUE)", "i"),
    ],
)
def test_keys_may_be_of_any_type(url: str, tmp_path: Path, key: str, values: str) -> None:
    asked(
        url,
        f'CREATE TABLE "t%" {key}',
        'ALTER TABLE "t%" ADD v text',
        f'INSERT INTO "t%" SELECT {values}, i::text FROM generate_series(1, 350) AS i',
    )
    retype = AlterColumn(table="t%", column="v", type="int", up="v::int", down="v::text")
    small = replace(BRISK, batch_rows=60)
    engine = migrator(url, tmp_path)
    asyncio.run(engine.forth(migration(retype, pace=small), Phase.BACKFILL, token()))
    assert asked(url, 'SELECT count(*) FROM "t%" WHERE _tidegate_new_v = v::int') == [(350,)]
    (found,) = asyncio.run(state(engine)).backfills
    assert (found.done, found.finished) == (350, True)


def test_what_is_written_after_the_start_is_neither_counted_nor_missed(url: str, tmp_path: Path) -> None:
    users(url, rows=100)
    headwind = Headwind(
        reasons_left=2, then=lambda: asked(url, "INSERT INTO users VALUES (1000, 'Bob Roe', '7')")
    )
    engine = migrator(url, tmp_path, headwind)
    asyncio.run(engine.forth(NAMES, Phase.BACKFILL, token()))
    assert asyncio.run(state(engine)).backfills[0].done == 100
    assert asked(url, WRONG) == [(0,)]


@dataclass
class Headwind:
    """Has a reason so many times, and does something when it is asked first."""

    reasons_left: int
    then: Callable[[], object] = lambda: None
    asked_for: list[RolloutId] = field(default_factory=list)

    async def reasons(self, rollout: RolloutId) -> tuple[str, ...]:
        if not self.asked_for:
            self.then()
        self.asked_for.append(rollout)
        self.reasons_left -= 1
        return ("checkout burns its error budget",) if self.reasons_left >= 0 else ()


def test_it_stands_still_while_the_services_above_suffer_and_says_so(url: str, tmp_path: Path) -> None:
    users(url)
    headwind = Headwind(reasons_left=10_000)
    engine = migrator(url, tmp_path, headwind)

    async def story() -> None:
        going = asyncio.create_task(engine.forth(NAMES, Phase.BACKFILL, token()))
        said = "backfill stands still: checkout burns its error budget"
        await until(lambda: state_says(engine, said))
        assert (await state(engine)).backfills[0].done == 0
        headwind.reasons_left = 0
        await going

    asyncio.run(story())
    assert set(headwind.asked_for) == {"r1"}
    assert (asyncio.run(state(engine)).waiting, asked(url, WRONG)) == ("", [(0,)])


async def state_says(engine: Migrator, waiting: str) -> bool:
    found = await engine.state(NAMES.name)
    return found is not None and waiting in found.waiting


def test_it_stands_still_while_too_many_sessions_are_at_work(url: str, tmp_path: Path) -> None:
    users(url)
    engine = migrator(url, tmp_path)
    busy = replace(NAMES, pace=replace(BRISK, max_active=1))

    async def story() -> None:
        async with (
            await psycopg.AsyncConnection.connect(url) as one,
            await psycopg.AsyncConnection.connect(url) as two,
        ):
            work = [asyncio.create_task(each.execute("SELECT pg_sleep(600)")) for each in (one, two)]
            going = asyncio.create_task(engine.forth(busy, Phase.BACKFILL, token()))
            await until(lambda: state_says(engine, "sessions are at work, over 1"))
            one.cancel()
            two.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            await going

    asyncio.run(story())
    assert asked(url, WRONG) == [(0,)]


def test_it_stands_still_while_a_replica_is_behind(tmp_path: Path) -> None:
    hasty = replace(NAMES, pace=replace(BRISK, batch_rows=10, max_lag=0.2))

    async def story(engine: Migrator, replica: str) -> None:
        await engine.forth(hasty, Phase.DUAL_WRITE, token())
        asked(replica, "SELECT pg_wal_replay_pause()")
        going = asyncio.create_task(engine.forth(hasty, Phase.BACKFILL, token()))
        await until(lambda: state_says(engine, "backfill stands still: replica walreceiver is behind by"))
        assert not going.done()
        asked(replica, "SELECT pg_wal_replay_resume()")
        await going

    with running() as server, replica_of(server) as replica:
        url = server.fresh()
        users(url, rows=5000)
        asyncio.run(story(migrator(url, tmp_path), replica.url()))
        assert asked(url, WRONG) == [(0,)]


@contextmanager
def replica_of(server: PostgresServer) -> Iterator[PostgresServer]:
    """A copy of a server that follows it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = server.folder / "replica"
    folder.mkdir()
    shutil.chown(folder, server.folder.stat().st_uid, server.folder.stat().st_gid)
    server._run("pg_basebackup", "-D", str(folder / "data"), "-R", "-c", "fast", "-d", server.url())
    replica = PostgresServer(folder=folder, port=port, settings={})
    replica.start()
    try:
        yield replica
    finally:
        replica.stop("immediate")


def test_a_row_that_somebody_holds_is_waited_for_in_short_tries(url: str, tmp_path: Path) -> None:
    users(url)
    engine = migrator(url, tmp_path)

    async def story(held: Callable[[psycopg.Connection], Awaitable[None]]) -> None:
        await engine.forth(NAMES, Phase.DUAL_WRITE, token())
        with psycopg.connect(url, application_name="batch job") as holder:
            holder.execute("UPDATE users SET note = 'mine' WHERE id = 50")
            await held(holder)

    async def given_up(holder: psycopg.Connection) -> None:
        hasty = replace(NAMES, pace=replace(BRISK, patience=0.3, lock_timeout=0.05))
        with pytest.raises(
            EffectFailed, match=r"stopped at backfill: .*held by pid \d+ \(batch job, for \d+ s\)"
        ):
            await engine.forth(hasty, Phase.BACKFILL, token())
        found = await state(engine)
        assert (found.phase, found.course) == (Phase.DUAL_WRITE, Course.FAILED)
        assert "batch job" in found.problem
        going = asyncio.create_task(engine.forth(NAMES, Phase.BACKFILL, token()))
        await until(lambda: state_says(engine, "batch job"))
        holder.commit()
        await going

    asyncio.run(story(given_up))
    assert asked(url, WRONG) == [(0,)]
    assert asked(url, "SELECT note FROM users WHERE id = 50") == [("mine",)]


FULL = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.id = 70 THEN
        RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100';
    END IF;
    RETURN NEW;
END $$
"""


def test_a_disk_that_fills_up_stops_it_in_a_phase_from_which_it_goes_on(url: str, tmp_path: Path) -> None:
    users(url)
    asked(url, FULL)
    engine = migrator(url, tmp_path)
    small = replace(NAMES, pace=replace(BRISK, batch_rows=20))
    asyncio.run(engine.forth(small, Phase.DUAL_WRITE, token()))
    asked(url, "CREATE TRIGGER full_disk BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION full_disk()")
    with pytest.raises(
        EffectFailed, match=r"backfill of users: could not extend file: .*; mend that, and it goes on"
    ):
        asyncio.run(engine.forth(small, Phase.VERIFY, token()))
    found = asyncio.run(state(engine))
    assert (found.phase, found.course) == (Phase.DUAL_WRITE, Course.FAILED)
    assert "No space left on device" in found.problem
    asked(url, "DROP TRIGGER full_disk ON users")
    asyncio.run(engine.forth(small, Phase.BACKFILL, token()))
    found = asyncio.run(state(engine))
    assert (found.phase, found.course, found.problem) == (Phase.BACKFILL, Course.STILL, "")
    assert asked(url, WRONG) == [(0,)]


def test_a_row_that_cannot_have_the_new_shape_stops_it_without_being_told(url: str, tmp_path: Path) -> None:
    users(url)
    engine = migrator(url, tmp_path)
    retype = migration(RETYPE)
    asyncio.run(engine.forth(retype, Phase.EXPAND, token()))
    asked(url, "UPDATE users SET age = 'hidden' WHERE id = 42")
    with pytest.raises(EffectFailed, match=r"backfill of users: invalid text representation") as raised:
        asyncio.run(engine.forth(retype, Phase.BACKFILL, token()))
    assert "hidden" not in str(raised.value)


def test_pace_may_change_on_the_way(url: str, tmp_path: Path) -> None:
    users(url)
    engine = migrator(url, tmp_path)
    asyncio.run(engine.forth(NAMES, Phase.DUAL_WRITE, token()))
    calm: Migration = replace(NAMES, pace=Pace(duty=0.9))
    asyncio.run(engine.forth(calm, Phase.BACKFILL, token()))
    assert asked(url, WRONG) == [(0,)]
