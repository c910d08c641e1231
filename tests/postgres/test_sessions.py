"""Connections, and what a real server's errors become: words that never tell what rows hold."""

import asyncio
import re
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from tests.postgres.kit import asked, database

from tidegate.actuators.postgres.sessions import Lost, connected, session
from tidegate.actuators.postgres.troubles import Kind, Trouble, trouble
from tidegate.core.errors import EffectFailed, Unavailable
from tidegate.core.telemetry import Secret
from tidegate.demo.postgres import PostgresServer

pytestmark = pytest.mark.real

ROWS = (
    "CREATE TABLE parts (id int PRIMARY KEY)",
    """CREATE TABLE items (
        id int PRIMARY KEY, code text CONSTRAINT told UNIQUE, part int CONSTRAINT known REFERENCES parts,
        size int CONSTRAINT positive CHECK (size > 0), name text NOT NULL, span int4range,
        CONSTRAINT apart EXCLUDE USING gist (span WITH &&)
    )""",
    "INSERT INTO items VALUES (1, 'hidden', NULL, 1, 'hidden', '[1,5]')",
)
RAISED = "DO $$ BEGIN RAISE EXCEPTION 'hidden' USING ERRCODE = '{}'; END $$"


@pytest.fixture(scope="module")
def items(postgres: PostgresServer) -> str:
    """The URL of a database whose rows nobody may hear of."""
    url = postgres.fresh()
    asked(url, *ROWS)
    return url


@pytest.mark.parametrize(
    ("statement", "kind", "said"),
    [
        (
            "INSERT INTO items VALUES (2, 'hidden', NULL, 1, '')",
            Kind.VIOLATED,
            "two rows of items .* where told wants",
        ),
        (
            "INSERT INTO items VALUES (2, '', 77, 1, '')",
            Kind.VIOLATED,
            "a row of items refers by known to a row",
        ),
        (
            "INSERT INTO items VALUES (2, '', NULL, -77, '')",
            Kind.VIOLATED,
            "a row of items does not meet positive",
        ),
        (
            "INSERT INTO items VALUES (2, 'hid')",
            Kind.VIOLATED,
            "a row of items has no name, which must not be null",
        ),
        (
            "INSERT INTO items VALUES (2, '', NULL, 1, '', '[2,3]')",
            Kind.VIOLATED,
            "two rows of items are in each other's way by apart",
        ),
        ("SELECT 'hidden'::int", Kind.WRONG, r"^invalid text representation \(22P02\)$"),
        ("SELECT nothing", Kind.WRONG, '^column "nothing" does not exist$'),
        (RAISED.format("P0001"), Kind.WRONG, r"^raise exception \(P0001\)$"),
        (RAISED.format("53200"), Kind.FULL, "hidden"),
        ("BEGIN READ ONLY; CREATE TABLE t ()", Kind.FULL, "read-only transaction"),
        ("SET statement_timeout = 1; SELECT pg_sleep(9)", Kind.BUSY, "statement timeout"),
        (RAISED.format("40P01"), Kind.BUSY, "hidden"),
        ("SELECT pg_terminate_backend(pg_backend_pid())", Kind.LOST, "terminating connection"),
    ],
)
def test_an_error_says_what_can_be_done_and_hides_what_rows_hold(
    items: str, statement: str, kind: Kind, said: str
) -> None:
    with psycopg.connect(items, autocommit=True) as connection, pytest.raises(psycopg.Error) as raised:
        connection.execute(statement.encode())
    found = trouble(raised.value)
    assert found.kind is kind
    assert re.search(said, found.said)
    assert kind in {Kind.FULL, Kind.BUSY} or "hidden" not in found.said
    assert "77" not in found.said


def test_a_connection_that_breaks_without_a_word_is_lost() -> None:
    assert trouble(psycopg.OperationalError("hidden")) == Trouble(
        kind=Kind.LOST, said="the connection was lost"
    )


def test_a_server_that_is_not_there_is_named_and_its_password_is_not(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("hidden\n", encoding="utf-8")
    away = replace(database("postgresql://me@127.0.0.1:1/shop"), password=Secret(file=str(file)))
    with pytest.raises(
        Unavailable, match=r"database shop does not answer: .*refused.*is it running"
    ) as raised:
        asyncio.run(connected(away))
    assert "hidden" not in str(raised.value)


def test_a_url_that_cannot_be_read_is_not_repeated() -> None:
    with pytest.raises(Unavailable, match=r"database shop does not answer: its url cannot be read") as raised:
        asyncio.run(connected(database("nonsense://hidden")))
    assert "hidden" not in str(raised.value)


def test_what_goes_wrong_in_a_session_leaves_it_as_errors_of_ours(url: str) -> None:
    async def said(statement: str) -> None:
        async with session(database(url)) as connection:
            await connection.execute(statement.encode())

    with pytest.raises(EffectFailed, match=r'^database shop: relation "nothing" does not exist$'):
        asyncio.run(said("SELECT FROM nothing"))
    with pytest.raises(Lost, match="database shop does not answer any more"):
        asyncio.run(said("SELECT pg_terminate_backend(pg_backend_pid())"))


def test_sessions_say_who_they_are_and_mean_the_same_wherever_they_run(url: str) -> None:
    asked(
        url,
        f"ALTER DATABASE {url.rsplit('/', 1)[1]} SET datestyle = 'SQL'",
        "ALTER ROLE postgres SET lock_timeout = 9",
    )

    async def settings() -> list[str]:
        async with session(database(url)) as connection:
            names = ("application_name", "datestyle", "lock_timeout", "client_connection_check_interval")
            return [(await (await connection.execute(f"SHOW {name}")).fetchall())[0][0] for name in names]

    try:
        assert asyncio.run(settings()) == ["tidegate", "ISO, MDY", "0", "5s"]
    finally:
        asked(url, "ALTER ROLE postgres RESET lock_timeout")
