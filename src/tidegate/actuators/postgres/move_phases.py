"""What a move does in each phase, and how each is undone. All of it may be repeated."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from tidegate.actuators.postgres.carrier import Carrier
from tidegate.actuators.postgres.copying import copy_all
from tidegate.actuators.postgres.holding_against import held_against
from tidegate.actuators.postgres.site import Site
from tidegate.core.errors import EffectFailed
from tidegate.core.migrations.move.capture import accepted, refused
from tidegate.core.migrations.move.carriage import Carriage
from tidegate.core.migrations.phases import Phase
from tidegate.core.migrations.sql.names import literal

CATCH_UP_PAUSE: Final = 0.05


async def _expand(site: Site) -> None:
    await site.say(site.entry.unfolding.by_phase[Phase.EXPAND].forth)
    await _begin(site)


async def _dual_write(site: Site) -> None:
    await site.say(site.entry.unfolding.by_phase[Phase.DUAL_WRITE].forth)


async def _verify(site: Site) -> None:
    await _hold(site, site.forth)


async def _switch(site: Site) -> None:
    await _flip(site, site.forth)


async def _contract(site: Site) -> None:
    """Once the outbox there is gone, what waited in it had been carried."""
    outbox = site.move.target.outbox
    found = await (await site.there.execute("SELECT to_regclass(%s) IS NOT NULL", [outbox])).fetchone()
    if found == (True,):
        await _hold(site, site.back)
    await site.say(site.entry.unfolding.by_phase[Phase.CONTRACT].forth)
    await _end(site)


async def _switch_back(site: Site) -> None:
    await _flip(site, site.back)


async def _nothing(site: Site) -> None:
    """What was copied stays as long as it follows."""


async def _single_write(site: Site) -> None:
    await site.say(site.entry.unfolding.by_phase[Phase.DUAL_WRITE].back)
    await _end(site)
    await _begin(site)


async def _remove(site: Site) -> None:
    await site.say(site.entry.unfolding.by_phase[Phase.EXPAND].back)
    await _end(site)


GONE_THROUGH: Final[Mapping[Phase, Callable[[Site], Awaitable[None]]]] = {
    Phase.EXPAND: _expand,
    Phase.DUAL_WRITE: _dual_write,
    Phase.BACKFILL: copy_all,
    Phase.VERIFY: _verify,
    Phase.SWITCH: _switch,
    Phase.CONTRACT: _contract,
}

UNDONE: Final[Mapping[Phase, Callable[[Site], Awaitable[None]]]] = {
    Phase.EXPAND: _remove,
    Phase.DUAL_WRITE: _single_write,
    Phase.BACKFILL: _nothing,
    Phase.VERIFY: _nothing,
    Phase.SWITCH: _switch_back,
}


async def _begin(site: Site) -> None:
    """The source has every row that there is, so nothing is to be copied on the way back."""
    await site.forth.begin(copied=False)
    await site.back.begin(copied=True)


async def _end(site: Site) -> None:
    for carrier in (site.forth, site.back):
        await carrier.end()


async def _hold(site: Site, carrier: Carrier) -> None:
    """Both sides are held against each other; what does not match stops the move."""
    report = await held_against(carrier, site.entry.migration, whole=True)
    if not report.matches:
        raise EffectFailed("; ".join(f"{each.said}: {', '.join(each.keys)}" for each in report.mismatches))


async def _flip(site: Site, carrier: Carrier) -> None:
    """The follower becomes the leader: for a moment neither takes writes, and what waits is carried."""
    carriage = carrier.carriage
    await _catch_up(site, carrier)
    await site.say(refused(carriage.leader, carriage.follower))
    try:
        async with asyncio.timeout(site.operation.max_lag_seconds + site.pace.hold_timeout):
            await _drain(site, carrier)
    except TimeoutError as error:
        await site.say(accepted(carriage.leader))
        await site.say(refused(carriage.follower, carriage.leader))
        message = f"what waits in {carriage.leader.database} is not carried in time: it takes writes again"
        raise EffectFailed(message) from error
    await _count_on(carrier)
    await site.say(accepted(carriage.follower))


async def _catch_up(site: Site, carrier: Carrier) -> None:
    """The lag gate: so little waits that writers will not be stopped for long."""
    limit, until = site.operation.max_lag_seconds, time.monotonic() + site.pace.patience
    while True:
        pulled = await carrier.pull(site.pace.batch_rows)
        lag = await carrier.lag()
        if pulled.current and lag.seconds <= limit:
            return
        if time.monotonic() > until:
            waits = f"{lag.rows} events wait, the oldest for {lag.seconds:.1f} s, and {limit:g} s are allowed"
            raise EffectFailed(f"{carrier.carriage.follower.database} lags: {waits}")
        await asyncio.sleep(0 if pulled.events else CATCH_UP_PAUSE)


async def _drain(site: Site, carrier: Carrier) -> None:
    while not (await carrier.pull(site.pace.batch_rows)).current:
        pass


async def _count_on(carrier: Carrier) -> None:
    """Sequences of the follower go on where those of the leader are."""
    carriage = carrier.carriage
    for column in _counted(carriage):
        own, other = _sequence(carriage.leader.name, column), _sequence(carriage.follower.name, column)
        last = await (
            await carrier.leader.execute(f"SELECT pg_sequence_last_value({own})".encode())
        ).fetchone()
        if last and last[0] is not None:
            reached = "greatest(%s, coalesce(pg_sequence_last_value(s), %s))"
            sql = f"SELECT setval(s, {reached}) FROM (SELECT {other}) AS q(s) WHERE s IS NOT NULL"
            await carrier.follower.execute(sql.encode(), [last[0], last[0]])


def _counted(carriage: Carriage) -> tuple[str, ...]:
    return tuple(each.name for each in carriage.written if each.type in {"smallint", "integer", "bigint"})


def _sequence(table: str, column: str) -> str:
    return f"pg_get_serial_sequence({literal(table)}, {literal(column)})::regclass"
