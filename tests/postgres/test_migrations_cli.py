"""`tidegate migrations` as a shell sees it, on a real PostgreSQL: by hand forth and back, and all that is refused."""

import json
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tidegate.cli import main
from tidegate.demo.postgres import PostgresServer

pytestmark = pytest.mark.real

HEAD = "apiVersion: tidegate.dev/v1alpha1\nkind: Migration\nmetadata: {name: %s}\nspec:\n  operations:\n    - %s\n"
TYPE = "numeric(12,2)"
RETYPE = f'alterColumn: {{table: bookings, column: amount, type: "{TYPE}", up: "amount::{TYPE}", down: "amount::text"}}'

Run = Callable[..., tuple[object, str, str]]


@pytest.fixture
def run(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The exit code of a command on a database with bookings, and what it printed."""
    monkeypatch.chdir(tmp_path)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE bookings (id int PRIMARY KEY, amount text NOT NULL, note text)")
        connection.execute("INSERT INTO bookings SELECT n, n || '.50', 'n' FROM generate_series(1, 50) n")
        connection.execute("CREATE TABLE keyless (amount text)")
        connection.execute("INSERT INTO keyless VALUES ('1.50')")

    def command(*arguments: str, databases: tuple[str, ...] = (url,)) -> tuple[object, str, str]:
        named = [word for database in databases for word in ("--database", database)]
        monkeypatch.setattr(sys, "argv", ["tidegate", "migrations", *arguments, *named])
        try:
            main()
        except SystemExit as stopped:
            return (stopped.code or 0, *capsys.readouterr())
        return (0, *capsys.readouterr())

    return command


def write(operation: str, name: str = "amounts") -> str:
    file = f"{name[:20]}.yaml"
    Path(file).write_text(HEAD % (name, operation), encoding="utf-8")
    return file


def test_forth_back_and_forth_again_until_contract_and_what_it_gave_up_comes_back(run: Run, url: str) -> None:
    file = write(RETYPE)
    code, out, _ = run("plan", file)
    assert code == 0
    assert "contract: the old shape goes, for good\n" in out
    assert max(map(len, out.splitlines())) <= 80
    plan = json.loads(run("plan", file, "-o", "json")[1])
    assert plan["newSearchPath"] == "public_amounts"
    assert plan["rows"].keys() == {"bookings"}

    assert run("run", file)[0] == 0
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET search_path TO public_amounts")
        connection.execute("INSERT INTO bookings VALUES (51, 12.34, 'new')")
    assert run("verify", "amounts")[0] == 0
    ((state,),) = [each["migrations"] for each in json.loads(run("status", "-o", "json")[1])]
    assert (state["phase"], state["course"], state["backfills"][0]["done"]) == ("switch", "still", 50)
    assert run("rollback", "amounts")[0] == 0
    with psycopg.connect(url) as connection:
        amounts = connection.execute("SELECT amount FROM bookings WHERE id IN (1, 51) ORDER BY id").fetchall()
    assert amounts == [("1.50",), ("12.34",)]

    assert run("run", file)[0] == 0
    assert run("run", file, "--to", "contract")[0] == 2
    code, _, err = run("run", file, "--to", "contract", "--yes")
    assert (code, err) == (0, "")
    ((state,),) = [each["migrations"] for each in json.loads(run("status", "-o", "json")[1])]
    assert run("restore", state["restore_point"])[0] == 0
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT amount::text, _tidegate_restored_amount FROM bookings WHERE id = 51"
        )
        assert rows.fetchall() == [("12.34", "12.34")]
    code, _, err = run("rollback", "amounts")
    assert (code, "amounts" in err) == (2, True)


DATABASE = "apiVersion: tidegate.dev/v1alpha1\nkind: Database\nmetadata: {name: %s}\nspec: {url: '%s'}\n"


def test_a_table_moves_to_a_second_database(run: Run, url: str, postgres: PostgresServer) -> None:
    target = postgres.fresh()
    for name, place in (("shop", url), ("ledger", target)):
        Path(f"{name}-database.yaml").write_text(DATABASE % (name, place), encoding="utf-8")
    file = write("moveTable: {table: bookings, to: ledger}")
    code, _, err = run("run", file, databases=("shop-database.yaml",))
    assert (code, "ledger" in err) == (2, True)
    both = ("shop-database.yaml", "ledger-database.yaml")
    code, _, err = run("run", file, databases=both)
    assert (code, err) == (0, "")
    assert run("verify", "amounts", databases=both)[0] == 0
    with psycopg.connect(target) as connection:
        assert connection.execute("SELECT count(*) FROM bookings").fetchall() == [(50,)]


REFUSED = [
    ("sql: {up: UPDATE bookings SET note = 1}", "irreversible"),
    (
        RETYPE.replace("numeric(12,2)", "int").replace("amount::int", "amount::numeric::int"),
        "would not come back",
    ),
    (RETYPE.replace("bookings", "keyless"), "key"),
    (RETYPE.replace("amount::text", "amont::text"), "amont"),
    (RETYPE.replace("column: amount", "column: amont"), "amont"),
    ("dropColumn: {table: bookings, column: id, down: '1'}", "primary key"),
]


@pytest.mark.parametrize(("operation", "said"), REFUSED)
def test_what_cannot_work_is_refused_before_the_first_statement(
    run: Run, url: str, operation: str, said: str
) -> None:
    file = write(operation)
    for command in (("plan", file), ("run", file)):
        code, out, err = run(*command)
        assert (code, out, said in err) == (2, "", True), err
    with psycopg.connect(url) as connection:
        columns = "SELECT count(*) FROM pg_attribute WHERE attrelid = 'bookings'::regclass AND attnum > 0"
        assert connection.execute(columns).fetchall() == [(3,)]
        assert connection.execute("SELECT to_regnamespace('public_amounts')").fetchall() == [(None,)]


def test_a_name_that_is_too_long(run: Run) -> None:
    code, out, err = run("plan", write(RETYPE, "a" * 70))
    assert (code, out, "aaaa.yaml:3: " in err) == (2, "", True)


def test_another_migration_under_way(run: Run) -> None:
    assert run("run", write(RETYPE), "--to", "expand")[0] == 0
    other = write("addColumn: {table: bookings, column: {name: more, type: int, nullable: true}}", "more")
    code, out, err = run("run", other)
    assert (code, out, "amounts" in err) == (2, "", True), err


def test_a_schema_that_changed_since_it_was_planned(run: Run, url: str) -> None:
    file = write(RETYPE)
    assert run("plan", file)[0] == 0
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER TABLE bookings ALTER COLUMN amount DROP NOT NULL")
    code, out, err = run("run", file)
    assert (code, out) == (2, "")
    assert "since migration amounts was planned: " in err
    assert run("plan", file)[0] == 0
    assert run("run", file)[0] == 0


def test_another_file_by_the_same_name(run: Run) -> None:
    assert run("run", write(RETYPE), "--to", "expand")[0] == 0
    other = write(RETYPE.replace("12,2", "14,2"))
    code, out, err = run("run", other)
    assert (code, out, "amounts" in err) == (2, "", True), err


def test_a_database_that_is_down(run: Run) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        code, out, err = run("status", databases=(f"postgresql://ann@127.0.0.1:{port}/shop",))
    assert (code, out) == (3, "")
    assert err.startswith("tidegate: database shop does not answer: ")


def test_a_server_that_is_no_postgresql(run: Run) -> None:
    with answering(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        code, out, err = run("status", databases=(f"postgresql://ann@127.0.0.1:{port}/shop",))
    assert (code, out) == (3, "")
    assert err.startswith("tidegate: database shop does not answer: ")


def test_a_wrong_password_is_not_shown(
    run: Run, url: str, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS locked")
        connection.execute("CREATE ROLE locked LOGIN PASSWORD 'right'")
        rules = postgres.folder / "data" / "pg_hba.conf"
        rules.write_text(f"host all locked 127.0.0.1/32 scram-sha-256\n{rules.read_text(encoding='utf-8')}")
        connection.execute("SELECT pg_reload_conf()")
    monkeypatch.setenv("PGPASSWORD", "hunter2")
    code, out, err = run("status", databases=(url.replace("postgres@", "locked@"),))
    assert (code, out, "hunter2" in err) == (3, "", False)
    assert "password authentication failed" in err


@contextmanager
def answering(words: bytes) -> Iterator[int]:
    """A server on loopback that says these words to whoever comes."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()

        def serve() -> None:
            while True:
                try:
                    client, _ = server.accept()
                except OSError:
                    return
                with client:
                    client.recv(1000)
                    client.sendall(words)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
