"""Applications that follow what is served, many in one process: each tells when it has a flag off, and on again.

Half of them are told the whole set by flagd's synchronisation, each on a connection of its own. The others are told by
events of OFREP that something has changed, and ask then; only with the answer they have it.
"""

import asyncio
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from multiprocessing.queues import Queue
from typing import Any, Final

import aiohttp
import grpc.aio
from openfeature.schemas.protobuf.flagd.sync.v1.sync_pb2 import SyncFlagsRequest, SyncFlagsResponse

from tidegate.core.flags.definitions import FlagSet
from tidegate.core.flags.evaluator import Evaluator
from tidegate.core.ids import FlagKey
from tidegate.openfeature.definitions import flag_set
from tidegate.openfeature.following import METHOD

KEY: Final = FlagKey("checkout")
USER: Final = {"context": {"targetingKey": "ada"}}
ALONE: Final = (("grpc.use_local_subchannel_pool", 1),)
"""A connection of its own for each application."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An application has the flag on or off since a moment, in seconds of the machine's monotonic clock."""

    application: str
    on: bool
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """Applications in one process: where they ask, how many of each kind, and how often they evaluate besides.

    `evaluations` is how many flags are asked for by OFREP in a second, by all of them together.
    """

    name: str
    url: str
    grpc: str
    by_grpc: int
    by_events: int
    evaluations: int = 0


def run(crowd: Crowd, told: "Queue[Seen]") -> None:
    """Run until killed."""
    asyncio.run(_all(crowd, told))


async def _all(crowd: Crowd, told: "Queue[Seen]") -> None:
    unlimited = aiohttp.ClientTimeout(total=None)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(crowd.url, connector=connector, timeout=unlimited) as session:
        synced = (_synced(f"{crowd.name}/grpc/{n}", crowd.grpc, told) for n in range(crowd.by_grpc))
        listening = (_listening(f"{crowd.name}/sse/{n}", session, told) for n in range(crowd.by_events))
        await asyncio.gather(*synced, *listening, _evaluating(session, crowd.evaluations))


async def _synced(name: str, address: str, told: "Queue[Seen]") -> None:
    async with grpc.aio.insecure_channel(address, options=ALONE) as channel:
        follow: grpc.aio.UnaryStreamMultiCallable[SyncFlagsRequest, SyncFlagsResponse] = channel.unary_stream(
            METHOD, SyncFlagsRequest.SerializeToString, SyncFlagsResponse.FromString
        )
        async for response in follow(SyncFlagsRequest()):
            on = _is_on(flag_set(response.flag_configuration))
            told.put(Seen(application=name, on=on, at=time.monotonic()))


def _is_on(flags: FlagSet) -> bool:
    return bool(Evaluator(flags).evaluate(KEY, USER["context"], 0.0).value)


async def _listening(name: str, session: aiohttp.ClientSession, told: "Queue[Seen]") -> None:
    async with session.get("/ofrep/v1/events") as events:
        async for line in events.content:
            if line.startswith(b"data:"):
                on = await _ask(session)
                told.put(Seen(application=name, on=on, at=time.monotonic()))


async def _ask(session: aiohttp.ClientSession) -> bool:
    async with session.post(f"/ofrep/v1/evaluate/flags/{KEY}", json=USER) as response:
        answer: dict[str, Any] = json.loads(await response.read())
        return bool(answer["value"])


async def _evaluating(session: aiohttp.ClientSession, per_second: int) -> None:
    """Ask at an even pace."""
    began, asked = time.monotonic(), 0
    while per_second:
        asked += 1
        await asyncio.sleep(began + asked / per_second - time.monotonic())
        await _ask(session)


def applications(crowds: Iterable[Crowd]) -> int:
    """How many there are."""
    return sum(crowd.by_grpc + crowd.by_events for crowd in crowds)
