"""What is asked of a running receiver: its speed by transport, nothing lost at a rate, and bounds under floods."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any, Final

from bench.attribution.receiver.made import HOPS, body, pushes
from bench.attribution.receiver.pushing import Send, Served, Told, pushed, served

from tidegate.observers.traces.table import Bounds
from tidegate.otlp.wire import Encoding

SPANS: Final = 20_480
PUSHES: Final = 400
"""As many spans and as many pushes as tell how fast it is, whichever are fewer."""

BATCH: Final = 200
ROOM: Final = Bounds().spans
SETTLES: Final = 2.0
"""Seconds after which traces of hops have been counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One trial: what whoever pushed was told, what the receiver says became of it, and what that took.

    `seconds` are of a core, `wall` those that pushing took.
    """

    name: str
    told: Told
    received: int
    counted: int
    waiting: int
    lost: int
    journeys: int
    seconds: float
    wall: float
    megabytes: float

    @property
    def exact(self) -> bool:
        """Whether every span that was sent is counted, waits, is lost by a reason, or was turned away."""
        kept = self.told.sent - self.told.turned_away
        return kept == self.received == self.counted + self.waiting + self.lost

    @property
    def per_second(self) -> float:
        """Spans received for each second of a core."""
        return self.received / self.seconds

    def record(self) -> dict[str, Any]:
        """Everything measured."""
        return asdict(self) | {"exact": self.exact, "spans_per_core_second": round(self.per_second)}


def transport(served_by: Served, kind: str) -> AbstractAsyncContextManager[Send]:
    """How pushes are sent."""
    if kind == "grpc":
        return served_by.by_grpc()
    return served_by.by_http(Encoding.JSON if kind == "http json" else Encoding.PROTOBUF)


async def speeds(kinds: Iterable[str], batches: Iterable[int], scale: int) -> AsyncIterator[Trial]:
    """As fast as it goes, by each transport, in pushes of each size; `scale` makes it shorter."""
    async with served(ROOM) as server:
        for kind, batch in product(kinds, batches):
            spans = min(SPANS, PUSHES * batch) // scale
            yield await _tried(server, f"{kind}, {batch} at once", spans, kind=kind, batch=batch)


async def steady(rate: float, seconds: float) -> Trial:
    """At a rate that is to be borne."""
    async with served(ROOM) as server:
        return await _tried(server, f"{rate:g} spans/s", int(rate * seconds), rate=rate)


async def flood(spans: int, room: int) -> Trial:
    """More than there is room for, as fast as it goes."""
    async with served(room) as server:
        return await _tried(server, f"flood, room for {room:,}", spans)


async def endless(spans: int) -> Trial:
    """A flood of traces whose entry never comes."""
    async with served(ROOM) as server:
        return await _tried(server, "flood of traces without an entry", spans, entries=False)


async def _tried(
    server: Served,
    name: str,
    spans: int,
    *,
    kind: str = "http",
    batch: int = BATCH,
    rate: float | None = None,
    entries: bool = True,
) -> Trial:
    encoding = Encoding.JSON if kind == "http json" else Encoding.PROTOBUF
    bodies = [body(push, encoding) for push in pushes(spans, batch, entries=entries)]
    async with transport(server, kind) as send:
        before = await server.figures()
        began = time.monotonic()
        told = await pushed(send, bodies, batch, rate=rate)
        wall = time.monotonic() - began
        await asyncio.sleep(SETTLES)
        after = await server.figures()
    grown = {name: value - before[name] for name, value in after.items()}
    return Trial(name=name, told=told, wall=wall, **grown | {"megabytes": after["megabytes"]})


def whole(trial: Trial) -> bool:
    """Whether every journey that was sent is counted, and nothing else."""
    return trial.journeys == trial.counted // HOPS and trial.counted == trial.told.sent
