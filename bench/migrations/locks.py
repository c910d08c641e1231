"""Locks on a table that stop reads or writes: the longest that a look every few milliseconds finds one held."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from psycopg import AsyncConnection

LOOK: Final = 0.003

_HELD: Final = """
SELECT l.pid, l.mode FROM pg_locks l
WHERE l.locktype = 'relation' AND l.relation = 'public.accounts'::regclass AND l.granted
  AND l.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
"""


@dataclass(slots=True)
class Locks:
    """The longest that a lock which stops reads or writes was seen held, in seconds, by its mode."""

    longest: dict[str, float] = field(default_factory=dict)
    _since: dict[tuple[int, str], float] = field(default_factory=dict)

    async def watch(self, url: str) -> None:
        """Look until cancelled."""
        async with await AsyncConnection.connect(url, autocommit=True) as connection:
            while True:
                now = time.monotonic()
                held = {tuple(row) for row in await (await connection.execute(_HELD.encode())).fetchall()}
                self._since = {each: self._since.get(each, now) for each in held}
                for each, since in self._since.items():
                    self.longest[each[1]] = max(self.longest.get(each[1], 0.0), now - since)
                await asyncio.sleep(LOOK)


@asynccontextmanager
async def watching(url: str) -> AsyncIterator[Locks]:
    """Locks on the table for as long as it is entered."""
    locks = Locks()
    task = asyncio.create_task(locks.watch(url))
    try:
        yield locks
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
