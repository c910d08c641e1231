"""What contract gives up, put into files that are known to be readable, and brought back from them."""

from pathlib import Path

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from tidegate.core.ids import DatabaseName
from tidegate.core.migrations.unfolding import Unfolding


async def take(
    connection: AsyncConnection[TupleRow], database: DatabaseName, unfolding: Unfolding, folder: Path
) -> str:
    """The path of a restore point, taken and checked; `EffectFailed` where the check fails."""
    raise NotImplementedError
