"""What a demo service stores: statements to PostgreSQL, one transaction for a request."""

import asyncio
import os
from collections.abc import Sequence
from typing import Any, Final

import psycopg
from psycopg import AsyncConnection

from tidegate.mesh.behaviour import Database

CONNECTIONS: Final = 4
CONNECT_SECONDS: Final = 5


class Books:
    """A few connections, each opened when it is first needed and again when it was lost."""

    def __init__(self, database: Database, url: str) -> None:
        self._url = url
        self._options = f"-c search_path={','.join(database.search_path)}"
        self._idle: asyncio.Queue[AsyncConnection[Any] | None] = asyncio.Queue()
        for _ in range(CONNECTIONS):
            self._idle.put_nowait(None)

    @classmethod
    def of(cls, database: Database) -> "Books | None":
        """Those that the environment names, if it does."""
        url = os.environ.get(database.variable)
        return cls(database, url) if url else None

    async def write(self, statements: Sequence[str]) -> str | None:
        """Say all or nothing; what kept it from being stored, if anything did."""
        connection = await self._idle.get()
        try:
            if connection is None or connection.closed:
                connection = await self._connected()
            async with connection.transaction():
                for statement in statements:
                    await connection.execute(statement.encode())
        except psycopg.Error as error:
            return (
                f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no reason given'}"
            )
        finally:
            self._idle.put_nowait(connection)
        return None

    async def _connected(self) -> AsyncConnection[Any]:
        return await AsyncConnection.connect(
            self._url, autocommit=True, options=self._options, connect_timeout=CONNECT_SECONDS
        )

    async def aclose(self) -> None:
        """Let go of every connection that nobody uses."""
        while not self._idle.empty():
            if (connection := self._idle.get_nowait()) is not None:
                await connection.close()
