"""The store keeps what it is given, once, from many writers, and knows when its journal was touched.

Set TIDEGATE_TEST_POSTGRES to the URL of an empty PostgreSQL database to run the stories on it as well.
"""

import os
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from tidegate.core.errors import Refused, Unavailable
from tidegate.core.ids import RolloutId
from tidegate.store.chain import ORIGIN
from tidegate.store.database import Store
from tidegate.store.engine import Database
from tidegate.store.schema import metadata

from .examples import NOON, R1, R2, S1, S2, entry, look, rollout, sqlite_url

POSTGRES = os.environ.get("TIDEGATE_TEST_POSTGRES")


@pytest.fixture(params=["sqlite", "postgresql"] if POSTGRES else ["sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield sqlite_url(tmp_path)
        return
    assert POSTGRES
    yield POSTGRES
    database = Database(POSTGRES)
    with database.writing() as connection:
        metadata.drop_all(connection)
        connection.exec_driver_sql("DROP TABLE IF EXISTS alembic_version")
    database.engine.dispose()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = Store.open(url)
    yield opened
    opened.close()


# Rollouts and evidence


def test_rollouts_come_back_as_they_were_given_newest_first(store: Store) -> None:
    store.add_rollout(rollout())
    store.add_rollout(rollout(R2, created=NOON + timedelta(seconds=1)))
    assert store.rollouts() == (rollout(R2, created=NOON + timedelta(seconds=1)), rollout())
    assert store.rollout(R1) == rollout()
    assert store.rollout(RolloutId("none")) is None


def test_adding_again_changes_nothing_and_another_of_that_id_is_refused(store: Store) -> None:
    store.add_rollout(rollout())
    store.set_phase(R1, "paused")
    assert store.add_rollout(rollout()) == rollout(phase="paused")
    with pytest.raises(Refused, match=r"rollout r-1 is already one of change 'checkout-v2' \(give this one"):
        store.add_rollout(rollout(change="other"))
    with pytest.raises(Refused, match="already one of change"):
        store.add_rollout(rollout(plan={}))


def test_a_finished_rollout_has_its_end_and_its_state(store: Store) -> None:
    store.add_rollout(rollout())
    for _ in range(2):
        store.finish_rollout(R1, phase="rolled back", ended=NOON, state={"why": "cart"})
    assert store.rollout(R1) == rollout(phase="rolled back", ended=NOON, state={"why": "cart"})


def test_what_is_not_there_cannot_be_finished(store: Store) -> None:
    with pytest.raises(Refused, match="there is no rollout 'r-1'"):
        store.finish_rollout(R1, phase="done", ended=NOON, state={})


def test_evidence_is_kept_once_a_look_in_order(store: Store) -> None:
    for sequence in (2, 1):
        assert store.append_evidence(look(sequence))
    assert store.append_evidence(look(1, S2))
    assert not store.append_evidence(replace(look(1), batch={"other": 1}))
    assert store.evidence_of(R1, S1) == (look(1), look(2))
    assert store.evidence_of(R2, S1) == ()


def test_times_come_back_in_utc_and_need_a_zone(store: Store) -> None:
    east = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
    kept = store.add_rollout(rollout(created=east))
    assert (kept.created, kept.created.tzinfo) == (NOON, UTC)
    with pytest.raises(ValueError, match="without its zone"):
        store.add_rollout(rollout(R2, created=NOON.replace(tzinfo=None)))


# The journal


def test_the_journal_is_a_chain(store: Store) -> None:
    first = store.record(entry("a"))
    second = store.record(entry("b", rollout=None))
    assert [first.sequence, second.sequence] == [1, 2]
    assert [first.previous_hash, second.previous_hash] == [ORIGIN, first.hash]
    assert store.journal() == (first, second)
    assert store.journal(R1) == (first,)
    assert store.journal(after=1) == (second,)
    assert (first.at, first.detail) == (NOON, entry("a").detail)
    assert store.verify_journal() is None


def test_what_was_noted_under_a_key_first_stays(store: Store) -> None:
    first = store.record(entry("a"))
    assert store.record(entry("a", summary="another")) == first
    assert store.journal() == (first,)


def test_odd_characters_are_kept_spelled_out(store: Store) -> None:
    noted = store.record(entry("a", summary="half \ud800 a pair, NUL \0", detail={"argv": "\udcff\0"}))
    assert noted.summary == "half \\ud800 a pair, NUL \\x00"
    assert store.journal() == (noted,)
    assert store.verify_journal() is None


def test_what_is_no_json_is_a_defect_and_leaves_no_trace(store: Store) -> None:
    with pytest.raises(ValueError, match="Out of range float"):
        store.record(entry("a", detail={"x": float("nan")}))
    assert store.journal() == ()
    assert store.record(entry("a")).sequence == 1


def test_threads_that_write_at_once_do_not_fork_the_chain(store: Store) -> None:
    """Every entry comes from two of them, as activities that are repeated do."""
    keys = [str(number) for number in range(60)] * 2
    with ThreadPoolExecutor(6) as pool:
        entries = list(pool.map(lambda key: store.record(entry(key)), keys))
    assert entries[:60] == entries[60:]
    assert sorted(each.sequence for each in entries[:60]) == list(range(1, 61))
    assert store.verify_journal() is None


WRITER = """
    import sys
    from datetime import UTC, datetime
    from tidegate.store.database import Store
    from tidegate.store.records import Entry

    store = Store.open(sys.argv[1])
    print("ready", flush=True)
    for number in range(1_000_000):
        store.record(
            Entry(
                at=datetime.now(UTC),
                actor="a",
                kind="k",
                subject="s",
                summary="",
                key=sys.argv[2] + str(number),
                detail={},
            )
        )
        print(number, flush=True)
    """


def test_processes_that_open_and_write_at_once_and_are_killed_lose_nothing_acknowledged(url: str) -> None:
    """Three begin on no database at all, so one of them makes the tables while the others wait."""
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(WRITER), url, name], stdout=subprocess.PIPE, text=True
        )
        for name in ("x", "y", "z")
    ]
    written = []
    for name, writer in zip("xyz", writers, strict=True):
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        while (line := writer.stdout.readline().strip()) != "20":
            written.append(name + line)
    for name, writer in zip("xyz", writers, strict=True):
        writer.kill()
        written += [name + line for line in writer.communicate()[0].split()]
    store = Store.open(url)
    assert set(written) <= {each.key for each in store.journal()}
    assert len(written) > 60
    assert store.verify_journal() is None
    store.close()


# The database


def test_the_migrations_make_the_schema(url: str) -> None:
    Store.open(url).close()
    database = Database(url)
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    database.engine.dispose()


def test_a_newer_schema_is_refused_and_left_alone(url: str) -> None:
    Store.open(url).close()
    database = Database(url)
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    message = (
        r"has schema 9999, made by a newer tidegate; this one knows schemas up to 0003 \(upgrade tidegate"
    )
    with pytest.raises(Refused, match=message):
        Store.open(url)
    with database.reading() as connection:
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    database.engine.dispose()
    assert found == "9999"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nonsense", "'nonsense' is not the URL of a database"),
        ("mysql://h/d", "tidegate has no store on 'mysql'"),
        ("sqlite://", "would be forgotten"),
        ("sqlite+nosuch:////tmp/x", "'sqlite.nosuch' is not a driver"),
    ],
)
def test_urls_that_cannot_be_are_refused(url: str, message: str) -> None:
    with pytest.raises(Refused, match=message):
        Store.open(url)


def test_a_missing_driver_is_named() -> None:
    with pytest.raises(
        Unavailable, match=r"postgresql\+pg8000://u:\*\*\*@h/d needs the Python package 'pg8000'"
    ):
        Store.open("postgresql+pg8000://u:secret@h/d")


def test_a_place_that_is_not_there_and_a_file_that_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="does not answer: unable to open database file"):
        Store.open(sqlite_url(tmp_path / "none"))
    (tmp_path / "store.sqlite").write_text("gibberish " * 1000)
    with pytest.raises(Unavailable, match="cannot be read: file is not a database"):
        Store.open(sqlite_url(tmp_path))


def test_a_database_held_by_another_is_said_to_be_busy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tidegate.store.engine._SQLITE_SETTINGS", ("PRAGMA busy_timeout = 50",))
    store = Store.open(sqlite_url(tmp_path))
    other = sqlite3.connect(tmp_path / "store.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="does not answer: database is locked"):
        store.record(entry("a"))
    other.close()
    store.close()
