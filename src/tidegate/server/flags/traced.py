"""Evaluations that traces tell of: so that flags of applications that evaluate by themselves are known to be in use."""

import asyncio
from collections.abc import Mapping
from typing import Final

from tidegate.core.gates.evidence import VersionedService
from tidegate.core.ids import flag_of
from tidegate.ports import Flags, Traces

SECONDS: Final = 5.0


async def note_traced(traces: Traces, flags: Flags, seconds: float = SECONDS) -> None:
    """Note, until cancelled, each flag that was evaluated on journeys since the look before, `seconds` ago."""
    counted: Mapping[VersionedService, int] = {}
    while True:
        await asyncio.sleep(seconds)
        reading = await traces.read()
        now = {variant: found.journeys for variant, found in reading.flags.items()}
        for variant, journeys in now.items():
            flag = flag_of(variant.service)
            if flag is not None and journeys != counted.get(variant, 0):
                flags.evaluated(flag, variant.version)
        counted = now
