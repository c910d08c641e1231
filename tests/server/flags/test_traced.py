"""Flags are in use where traces say so."""

import asyncio
from collections.abc import Collection
from contextlib import suppress

from tidegate.core.flags.definitions import FlagSet
from tidegate.core.gates.evidence import VersionedService
from tidegate.core.ids import FlagKey, ServiceName, Version, flag_as_service
from tidegate.core.traces.journey import Journey
from tidegate.core.traces.reading import Outcomes, TraceReading
from tidegate.ports import ServedFlags
from tidegate.server.flags.traced import note_traced


def variant(key: str, name: str) -> VersionedService:
    return VersionedService(service=flag_as_service(FlagKey(key)), version=Version(name))


ON, SLOW = variant("refunds", "on"), variant("slow", "off")
LOOKS = ({ON: 3}, {ON: 3}, {ON: 4, SLOW: 1}, {SLOW: 1})
"""At last journeys are counted anew, and a flag is forgotten."""


class Told:
    """What traces come to, look after look, and which flags were noted after each."""

    def __init__(self) -> None:
        self.noted: list[list[tuple[str, str | None]]] = []

    def want(self, services: Collection[ServiceName]) -> None:
        raise NotImplementedError

    def failing(self, service: ServiceName, since: float) -> tuple[Journey, ...]:
        raise NotImplementedError

    async def read(self) -> TraceReading:
        if len(self.noted) == len(LOOKS):
            raise asyncio.CancelledError
        look = LOOKS[len(self.noted)]
        self.noted.append([])
        return TraceReading(at=0.0, epoch="e", flags={key: Outcomes(journeys=n) for key, n in look.items()})

    def served(self) -> ServedFlags:
        return ServedFlags(generation=1, flags=FlagSet())

    async def changed(self, after: int) -> ServedFlags:
        raise NotImplementedError

    def evaluated(self, flag: FlagKey, variant: str | None) -> None:
        self.noted[-1].append((flag, variant))


async def test_a_flag_is_noted_when_more_journeys_tell_of_it() -> None:
    told = Told()
    with suppress(asyncio.CancelledError):
        await note_traced(told, told, seconds=0)
    assert told.noted == [[("refunds", "on")], [], [("refunds", "on"), ("slow", "off")], []]
