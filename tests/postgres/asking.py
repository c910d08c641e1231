"""Work on a connection to the tests' server, and statements beside it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

Connection = AsyncConnection[TupleRow]
Answer = TypeVar("Answer")


def connected(url: str, work: Callable[[Connection], Awaitable[Answer]]) -> Answer:
    """What the work gives, done on a connection of its own that is closed afterwards."""

    async def run() -> Answer:
        async with await AsyncConnection.connect(url, autocommit=True) as connection:
            return await work(connection)

    return asyncio.run(run())


def planted(url: str, *statements: str) -> None:
    """Statements, each committed at once."""
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())
