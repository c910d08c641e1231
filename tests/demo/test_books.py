"""What a demo service stores is there, all of a request or nothing, also after its database was away."""

import asyncio

import psycopg
import pytest

from tidegate.demo.books import Books
from tidegate.demo.postgres import running
from tidegate.mesh.behaviour import Database

DATABASE = Database(variable="TIDEGATE_MESH_DATABASE", search_path=("newer", "public"))
INSERT = "INSERT INTO kept VALUES (1)"


def test_without_the_variable_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TIDEGATE_MESH_DATABASE", raising=False)
    assert Books.of(DATABASE) is None


@pytest.mark.real
async def test_all_or_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(fsync="off") as server:
        url = server.fresh()
        monkeypatch.setenv("TIDEGATE_MESH_DATABASE", url)
        _say(url, "CREATE SCHEMA newer", "CREATE TABLE newer.kept (n int)")
        books = Books.of(DATABASE)
        assert books is not None
        assert await books.write([INSERT, INSERT]) is None
        refused = await books.write([INSERT, "INSERT INTO kept VALUES ('x')"])
        assert refused is not None
        assert refused.startswith("InvalidTextRepresentation")
        assert _count(url) == 2
        server.kill()
        lost = [await books.write([INSERT]) for _ in range(5)]
        assert all(lost)
        server.start()
        kept = await asyncio.gather(*(books.write([INSERT]) for _ in range(10)))
        assert kept == [None] * 10
        assert _count(url) == 12
        await books.aclose()


def _say(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def _count(url: str) -> int:
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT count(*) FROM newer.kept").fetchone()
        assert found is not None
        return int(found[0])
