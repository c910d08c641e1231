"""A PostgreSQL for a whole run of tests, and a fresh database for each that asks."""

from collections.abc import Iterator

import pytest

from tidegate.demo.postgres import PostgresServer, running


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with running(fsync="off", synchronous_commit="off") as server:
        yield server


@pytest.fixture
def url(postgres: PostgresServer) -> str:
    """The URL of a database that is empty."""
    return postgres.fresh()
