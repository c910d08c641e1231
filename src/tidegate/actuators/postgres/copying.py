"""Rows from before the outbox are copied, in batches that adapt themselves, and as fast as nobody minds."""

import asyncio
import time
from typing import Final

from tidegate.actuators.postgres.site import Site
from tidegate.core.migrations.operations import Pace

FIRST_ROWS: Final = 500
FEWEST_ROWS: Final = 50
STANDSTILL_SECONDS: Final = 1.0

_BUSY: Final = """
SELECT coalesce((SELECT max(extract(epoch FROM replay_lag)) FROM pg_stat_replication), 0)::float8,
       (SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND backend_type = 'client backend')
"""


async def copy_all(site: Site) -> None:
    """Copy until the end that was fixed at the start, and carry events meanwhile."""
    carrier, pace = site.forth, site.pace
    rows = min(FIRST_ROWS, pace.batch_rows)
    while not (await carrier.started()).done:
        await _stand_still(site)
        began = time.monotonic()
        pulled = await carrier.pull(pace.batch_rows, copy=rows)
        await carrier.forget(pace.batch_rows)
        took = time.monotonic() - began
        rows = adapted(rows, took, pace) if pulled.copied else rows
        await asyncio.sleep(took * (1 / pace.duty - 1))


def adapted(rows: int, took: float, pace: Pace) -> int:
    """The size of the next batch: towards `batch_seconds`, at most twice or half of the last."""
    factor = min(max(pace.batch_seconds / max(took, 1e-6), 0.5), 2.0)
    return max(min(int(rows * factor), pace.batch_rows), min(FEWEST_ROWS, pace.batch_rows))


async def _stand_still(site: Site) -> None:
    """As long as replicas lag, sessions are at work, or the gates above object; events are carried meanwhile."""
    while await _objections(site):
        await site.forth.pull(site.pace.batch_rows)
        await asyncio.sleep(STANDSTILL_SECONDS)


async def _objections(site: Site) -> bool:
    pace = site.pace
    for connection in (site.here, site.there):
        found = await (await connection.execute(_BUSY)).fetchone()
        assert found is not None, "the question has one row"
        lag, active = found
        if (pace.max_lag and lag > pace.max_lag) or (pace.max_active and active > pace.max_active):
            return True
    if site.headwind is None or site.rollout is None:
        return False
    return bool(await site.headwind.reasons(site.rollout))
