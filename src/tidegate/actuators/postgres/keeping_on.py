"""Events are carried for as long as a move lasts, whatever goes away and comes again meanwhile."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, suppress
from typing import Final

from tidegate.actuators.postgres.moves import Entry
from tidegate.actuators.postgres.site import Site
from tidegate.core.errors import EffectFailed, TidegateError, Unavailable
from tidegate.core.ids import MigrationName

IDLE_SECONDS: Final = 0.1
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0
LOOK_SECONDS: Final = 2.0
LOOKED_AT: Final = 10
"""Every so many times it is looked whether the move still lasts."""

_log = logging.getLogger(__name__)


async def keep_carrying(
    site: Callable[[], AbstractAsyncContextManager[Site]], lasts: Callable[[Entry], bool]
) -> None:
    """Carry both ways; who follows has nothing to be carried."""
    pause = FIRST_PAUSE
    while True:
        try:
            async with site() as there:
                if not lasts(there.entry):
                    return
                await _carry(there)
            pause = FIRST_PAUSE
        except (Unavailable, EffectFailed) as error:
            _log.warning("events are not carried: %s; again in %.1f s", error, pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)


async def keep_all_carrying(
    under_way: Callable[[], Awaitable[Iterable[MigrationName]]],
    run: Callable[[MigrationName], Awaitable[None]],
) -> None:
    """Carry for every move that is under way now or later; ends when it is cancelled."""
    async with asyncio.TaskGroup() as group:
        running: dict[MigrationName, asyncio.Task[None]] = {}
        while True:
            with suppress(Unavailable, EffectFailed):  # it comes back, and what runs says what is wrong
                for name in await under_way():
                    if name not in running or running[name].done():
                        running[name] = group.create_task(_said(run(name)))
            await asyncio.sleep(LOOK_SECONDS)


async def _said(run: Awaitable[None]) -> None:
    """One move that cannot be carried does not end the others."""
    try:
        await run
    except TidegateError as error:
        _log.warning("a move is no longer carried: %s", error)


async def _carry(site: Site) -> None:
    """For a while, on the same connections."""
    limit = site.pace.batch_rows
    for _ in range(LOOKED_AT):
        events = 0
        for carrier in (site.forth, site.back):
            events += (await carrier.pull(limit)).events
            await carrier.forget(limit)
        await asyncio.sleep(0 if events else IDLE_SECONDS)
