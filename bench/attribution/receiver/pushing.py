"""Clients of the receiver, each of which sends what it is given and adds up what it is told."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from json import loads
from typing import Any, Final

import grpc.aio
import httpx
from bench.attribution.receiver.server import HOST, TOKEN
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from tidegate.otlp.wire import Encoding
from tidegate.server.otlp.signals import TRACES_PATH, Traces

CLIENTS: Final = 4
BEARER: Final = f"Bearer {TOKEN}"


@dataclass(slots=True, kw_only=True)
class Told:
    """Spans sent, those refused in part of a push, and those of pushes that were turned away."""

    sent: int = 0
    refused: int = 0
    turned_away: int = 0


Send = Callable[[bytes], Awaitable[int | None]]
"""Sends one push: how many of its spans were refused; none if it was turned away."""


class Served:
    """A receiver in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process, ports: dict[str, int]) -> None:
        self._process = process
        self._ports = ports

    async def figures(self) -> dict[str, Any]:
        """What became of the spans until now, and what it took."""
        assert self._process.stdin
        self._process.stdin.write(b"\n")
        return await _line(self._process)

    @asynccontextmanager
    async def by_http(self, encoding: Encoding) -> AsyncIterator[Send]:
        """Pushes by HTTP."""
        headers = {"Authorization": BEARER, "Content-Type": encoding}
        url = f"http://{HOST}:{self._ports['http']}{TRACES_PATH}"
        async with httpx.AsyncClient(headers=headers, timeout=60) as client:

            async def send(body: bytes) -> int | None:
                answer = await client.post(url, content=body)
                if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
                    return None
                answer.raise_for_status()
                if encoding is Encoding.JSON:
                    return int(answer.json().get("partialSuccess", {}).get("rejectedSpans", 0))
                return _refused(answer.content)

            yield send

    @asynccontextmanager
    async def by_grpc(self) -> AsyncIterator[Send]:
        """Pushes by gRPC."""
        async with grpc.aio.insecure_channel(f"{HOST}:{self._ports['grpc']}") as channel:
            export: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(Traces.method)

            async def send(body: bytes) -> int | None:
                try:
                    return _refused(await export(body, metadata=(("authorization", BEARER),)))
                except grpc.aio.AioRpcError as error:
                    if error.code() is grpc.StatusCode.UNAVAILABLE:
                        return None
                    raise

            yield send


def _refused(answer: bytes) -> int:
    return ExportTraceServiceResponse.FromString(answer).partial_success.rejected_spans


@asynccontextmanager
async def served(spans: int) -> AsyncIterator[Served]:
    """A receiver that keeps so many spans waiting."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.attribution.receiver.server", str(spans)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Served(process, await _line(process))
    finally:
        assert process.stdin
        process.stdin.close()
        await process.wait()


async def _line(process: asyncio.subprocess.Process) -> dict[str, Any]:
    assert process.stdout
    said: dict[str, Any] = loads(await process.stdout.readline())
    return said


async def pushed(send: Send, bodies: Sequence[bytes], batch: int, *, rate: float | None = None) -> Told:
    """Send each of `bodies`, of `batch` spans; as fast as a few clients can, or so many spans a second."""
    told, loop = Told(), asyncio.get_running_loop()
    began, rest = loop.time(), iter(enumerate(bodies))

    async def client() -> None:
        for number, body in rest:
            if rate is not None:
                await asyncio.sleep(began + number * batch / rate - loop.time())
            refused = await send(body)
            told.sent += batch
            told.refused += refused or 0
            told.turned_away += batch if refused is None else 0

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return told
