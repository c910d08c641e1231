"""Connections to a database; what goes wrong with them becomes `Unavailable`."""

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from tidegate.core.migrations.database import Database

Connection = AsyncConnection[TupleRow]


async def connected(database: Database) -> Connection:
    """A connection in autocommit mode."""
    raise NotImplementedError
