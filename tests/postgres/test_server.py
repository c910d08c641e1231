"""The server that the tests run on survives being killed."""

import psycopg
import pytest

from tidegate.demo.postgres import running

pytestmark = pytest.mark.real


def test_what_was_committed_outlives_a_kill() -> None:
    with running() as server:
        url = server.fresh()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE TABLE kept (id int)")
            connection.execute("INSERT INTO kept VALUES (1)")
        server.kill()
        server.start()
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT id FROM kept").fetchall() == [(1,)]
