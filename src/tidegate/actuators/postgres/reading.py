"""A schema of a database, read from its catalogs."""

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from tidegate.core.migrations.schema import Schema


async def read_schema(connection: AsyncConnection[TupleRow], schema: str) -> Schema:
    """The schema as it is; in the middle of a migration, as its old shape."""
    raise NotImplementedError
