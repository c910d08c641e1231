"""Where watching cannot tell: suspects switched off in turn, by their weights, until the failures go away."""

import asyncio
import time
from dataclasses import dataclass

from bench.attribution.matrix.field import Field, Shares
from bench.attribution.matrix.traffic import Traffic

from tidegate.core.attribution.answer import Attribution
from tidegate.core.attribution.toggles import Toggles, given_up, observed
from tidegate.core.gates.evidence import VersionedService

SETTLE_SECONDS = 2.0
"""How long after a switch what happened before it may still be felt."""

LOOK_SECONDS = 0.5
LONGEST_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search came to: its answer, how many rounds and seconds it took."""

    attribution: Attribution
    rounds: int
    seconds: float


async def search(field: Field, traffic: Traffic, shares: Shares, toggles: Toggles) -> Found:
    """Carry out a search; all who are at fault, as far as is known, stay switched off."""
    began = time.time()
    while toggles.answer is None:
        toggles = await _round(field, traffic, shares, toggles)
        if toggles.answer is None and time.time() - began > LONGEST_SECONDS:
            toggles = given_up(toggles, f"nothing was found in {LONGEST_SECONDS:.0f} s")
    return Found(attribution=toggles.answer, rounds=len(toggles.rounds), seconds=time.time() - began)


async def _round(field: Field, traffic: Traffic, shares: Shares, toggles: Toggles) -> Toggles:
    """Switch, wait until that is all that is felt, and look until this round has shown something."""
    rounds, limit = len(toggles.rounds), time.time() + LONGEST_SECONDS / 3
    await asyncio.to_thread(field.share, _without(shares, toggles.off))
    await asyncio.sleep(SETTLE_SECONDS)
    seen_until = time.time()
    while toggles.answer is None and len(toggles.rounds) == rounds and time.time() < limit:
        await asyncio.sleep(LOOK_SECONDS)
        until = time.time() - LOOK_SECONDS  # those sent since may not have ended
        toggles = observed(toggles, traffic.sent(seen_until, until))
        seen_until = until
    return toggles


def _without(shares: Shares, off: tuple[VersionedService, ...]) -> Shares:
    services = {each.service for each in off}
    return {service: 0.0 if service in services else share for service, share in shares.items()}
