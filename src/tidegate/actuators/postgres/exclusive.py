"""One runner at a time for a schema: a lock that goes with the session, and so with whoever held it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import psycopg

from tidegate.actuators.postgres import holders
from tidegate.actuators.postgres.patience import Busy, Tell, insisted
from tidegate.actuators.postgres.sessions import Connection

_TAKEN = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"
_GIVEN = "SELECT pg_advisory_unlock(hashtextextended(%s, 0))"


@asynccontextmanager
async def exclusive(connection: Connection, schema: str, patience: float, tell: Tell) -> AsyncIterator[None]:
    """Alone in a schema for a while; `EffectFailed` where somebody else does not come to an end."""
    key = f"tidegate migrations of {schema}"

    async def attempt() -> None:
        # Asked again rather than waited for: who waits inside the server holds up indexes that are built concurrently.
        ((taken,),) = await (await connection.execute(_TAKEN, [key])).fetchall()
        if not taken:
            found = await holders.of_advisory(connection, key)
            raise Busy(f"another tidegate is at it, {found[0]}" if found else "another tidegate is at it")

    await insisted(attempt, what=f"migrations of schema {schema}", patience=patience, tell=tell)
    try:
        yield
    finally:
        # Where the session is gone, so is its lock.
        with suppress(psycopg.Error):
            await connection.execute(_GIVEN, [key])
