"""Whatever dies, whenever: what was asked for comes about, and no row is lost or changed."""

import asyncio
import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import psycopg
import pytest
from psycopg import AsyncConnection
from tests.postgres.kit import BRISK, asked, migration, migrator, rows_of, token, until, users

from tidegate.actuators.postgres import migrator as runner
from tidegate.actuators.postgres import sessions
from tidegate.actuators.postgres.migrator import Migrator
from tidegate.core.errors import Unavailable
from tidegate.core.migrations.phases import Phase
from tidegate.demo.postgres import running

pytestmark = pytest.mark.real

SMALL = replace(BRISK, batch_rows=50)
NAMES = migration(pace=SMALL)
OLD = "SELECT id, name, age, note FROM users ORDER BY id"
NEW = "SELECT id, given || ' ' || family, age::text, note FROM users ORDER BY id"
LEFT = "SELECT count(*) FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname LIKE '%tidegate%'"


@dataclass
class Reaper:
    """Ends the server's process of a connection, once at each statement that changes something."""

    url: str
    when: Literal["before", "after"]
    said: set[str] = field(default_factory=set)
    struck: int = 0

    def due(self, query: object, values: object) -> bool:
        """Whether this is the first time. Batches are told apart by their keys, other statements not by numbers."""
        text = str(query)
        batch = text.startswith("UPDATE") and "_tidegate_shape" in text
        key = f"{text} {values}" if batch else re.sub(r"\d+", "", text)
        due = key not in self.said and not text.startswith(("SET", "SELECT", "EXPLAIN"))
        self.said.add(key)
        return due

    def strike(self, pid: int) -> None:
        self.struck += 1
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("SELECT pg_terminate_backend(%s)", [pid])


@pytest.fixture(params=["before", "after"])
def reaper(url: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Reaper:
    found = Reaper(url=url, when=request.param)

    class Mortal(AsyncConnection[Any]):
        async def execute(self, query: Any, params: Any = None, **others: Any) -> Any:
            due, pid = found.due(query, params), self.info.backend_pid
            if due and found.when == "before":
                found.strike(pid)
            answer = await super().execute(query, params, **others)
            if due and found.when == "after":
                found.strike(pid)
            return answer

    monkeypatch.setattr(sessions, "AsyncConnection", Mortal)
    monkeypatch.setattr(runner, "PAUSE_SECONDS", 0.0)
    return found


def insisted(ask: Callable[[], Coroutine[Any, Any, str]]) -> None:
    """As a caller does who is told that the database is away."""
    while True:
        try:
            asyncio.run(ask())
        except Unavailable:
            continue
        else:
            return


def test_a_connection_may_die_at_every_statement_and_batch(url: str, tmp_path: Path, reaper: Reaper) -> None:
    users(url, rows=200)
    before = asked(url, OLD)
    engine = migrator(url, tmp_path)
    insisted(lambda: engine.forth(NAMES, Phase.SWITCH, token(1)))
    assert rows_of(url, "public_names", NEW) == before
    insisted(lambda: engine.back(NAMES, None, token(2)))
    assert (asked(url, OLD), asked(url, LEFT)) == (before, [(0,)])
    insisted(lambda: engine.forth(NAMES, Phase.CONTRACT, token(3)))
    assert (rows_of(url, "public", NEW), asked(url, LEFT)) == (before, [(0,)])
    assert reaper.struck > 50


def test_a_server_may_be_killed_in_the_middle(tmp_path: Path) -> None:
    async def story(engine: Migrator) -> None:
        going = asyncio.create_task(engine.forth(NAMES, Phase.SWITCH, token()))
        await until(lambda: has_begun(engine))
        server.kill()
        server.start()
        await going

    with running() as server:
        url = server.fresh()
        users(url, rows=3000)
        before = asked(url, OLD)
        asyncio.run(story(migrator(url, tmp_path)))
        assert rows_of(url, "public_names", NEW) == before


async def has_begun(engine: Migrator) -> bool:
    found = await engine.state(NAMES.name)
    return found is not None and any(0 < each.done < 3000 for each in found.backfills)


def test_two_runners_at_once_do_everything_once(url: str, tmp_path: Path) -> None:
    users(url)
    before = asked(url, OLD)

    async def both() -> list[str]:
        engines = (migrator(url, tmp_path), migrator(url, tmp_path))
        return await asyncio.gather(*(engine.forth(NAMES, Phase.SWITCH, token()) for engine in engines))

    assert sorted(asyncio.run(both())) == [
        "migration names: expand, dual-write, backfill, verify, switch done",
        "migration names: switch was done already",
    ]
    assert rows_of(url, "public_names", NEW) == before


def test_what_is_cancelled_lets_go_at_once(url: str, tmp_path: Path) -> None:
    users(url)
    before, engine = asked(url, OLD), migrator(url, tmp_path)

    async def story() -> None:
        with psycopg.connect(url) as holder:
            holder.execute("LOCK TABLE users IN SHARE MODE")
            going = asyncio.create_task(engine.forth(NAMES, Phase.SWITCH, token()))
            await until(lambda: waits(engine))
            going.cancel()
            with pytest.raises(asyncio.CancelledError):
                await going
        assert asked(url, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == [(0,)]
        await engine.forth(NAMES, Phase.SWITCH, token())

    asyncio.run(story())
    assert rows_of(url, "public_names", NEW) == before


async def waits(engine: Migrator) -> bool:
    found = await engine.state(NAMES.name)
    return found is not None and "held by" in found.waiting
