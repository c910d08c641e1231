"""Both shapes of the tables of a migration are held against each other."""

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from tidegate.core.migrations.operations import Migration
from tidegate.core.migrations.report import Report
from tidegate.core.migrations.unfolding import Unfolding


async def compared(
    connection: AsyncConnection[TupleRow],
    unfolding: Unfolding,
    migration: Migration,
    *,
    whole: bool = True,
    backfilled: bool = True,
) -> Report:
    """Every row compared, or only some ranges where it is not to be `whole`.

    Rows that wait for the backfill are mismatches once all should be `backfilled`.
    """
    raise NotImplementedError
