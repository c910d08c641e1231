"""Events are carried for as long as a move lasts, whatever goes away and comes again meanwhile."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Final

from tidegate.actuators.postgres.moves import Entry
from tidegate.actuators.postgres.site import Site
from tidegate.core.errors import EffectFailed, Unavailable

IDLE_SECONDS: Final = 0.1
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0
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


async def _carry(site: Site) -> None:
    """For a while, on the same connections."""
    limit = site.pace.batch_rows
    for _ in range(LOOKED_AT):
        events = 0
        for carrier in (site.forth, site.back):
            events += (await carrier.pull(limit)).events
            await carrier.forget(limit)
        await asyncio.sleep(0 if events else IDLE_SECONDS)
