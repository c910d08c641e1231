"""While a statement waits inside the server, a second connection says for whom."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import psycopg

from tidegate.actuators.postgres import holders
from tidegate.actuators.postgres.book import Book
from tidegate.actuators.postgres.sessions import connected
from tidegate.core.errors import Unavailable
from tidegate.core.ids import MigrationName
from tidegate.core.migrations.database import Database

GLANCE_SECONDS: Final = 1.0


@asynccontextmanager
async def watched(database: Database, name: MigrationName, pid: int, what: str) -> AsyncIterator[None]:
    """Write into the book, each second, for whom the session `pid` waits in the middle of a migration."""
    watching = asyncio.create_task(_watch(database, name, pid, what))
    try:
        yield
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


async def _watch(database: Database, name: MigrationName, pid: int, what: str) -> None:
    """Only a spectator: where it cannot look, nothing is said."""
    await asyncio.sleep(GLANCE_SECONDS)
    with suppress(psycopg.Error, Unavailable):
        async with await connected(database) as connection:
            while True:
                found = await holders.of_session(connection, pid)
                await Book(connection).wait(name, f"{what}: held by {found[0]}" if found else "")
                await asyncio.sleep(GLANCE_SECONDS)
