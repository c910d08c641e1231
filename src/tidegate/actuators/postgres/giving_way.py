"""Statements that lock, said so that nobody queues behind them."""

import asyncio
import random
import time
from collections.abc import Sequence

from psycopg.errors import DeadlockDetected, LockNotAvailable, QueryCanceled

from tidegate.actuators.postgres.sessions import Connection
from tidegate.core.errors import EffectFailed
from tidegate.core.migrations.operations import Pace
from tidegate.core.migrations.statements import Statement

FIRST_PAUSE = 0.05
LONGEST_PAUSE = 5.0


async def said(connection: Connection, statements: Sequence[Statement], pace: Pace) -> None:
    """All of them in one transaction, again and again until they find their locks free."""
    pause, until = FIRST_PAUSE, time.monotonic() + pace.patience
    while True:
        try:
            await _once(connection, statements, pace)
        except (LockNotAvailable, QueryCanceled, DeadlockDetected) as error:
            if time.monotonic() + pause > until:
                raise EffectFailed(_gave_up(statements, pace)) from error
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - no secret: it keeps retries apart
            pause = min(pause * 2, LONGEST_PAUSE)
        else:
            return


async def _once(connection: Connection, statements: Sequence[Statement], pace: Pace) -> None:
    async with connection.transaction():
        await _limit(connection, "lock_timeout", pace.lock_timeout)
        await _limit(connection, "statement_timeout", pace.lock_timeout + pace.hold_timeout)
        for statement in statements:
            await connection.execute(statement.sql.encode())


async def _limit(connection: Connection, setting: str, seconds: float) -> None:
    await connection.execute("SELECT set_config(%s, %s, true)", [setting, f"{round(seconds * 1000)}ms"])


def _gave_up(statements: Sequence[Statement], pace: Pace) -> str:
    what = ", ".join(statement.summary for statement in statements if statement.tables)
    return f"{what}: no lock within {pace.lock_timeout:g} s in {pace.patience:g} s; see who holds one in pg_locks"
