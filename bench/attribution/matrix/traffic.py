"""Users' requests to the shop, and what its traces make of them."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from bench.attribution.matrix.field import Field
from bench.attribution.matrix.shop import LOAD
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tidegate.core.gates.evidence import Tally
from tidegate.demo.load import NOT_SENT, Load, Sample
from tidegate.mesh.collector import set_collector
from tidegate.observers.traces.spans import spans_of
from tidegate.observers.traces.table import TraceTable

MOST_BYTES = 16 << 20


class Traffic:
    """What users got, and the journeys counted so far."""

    def __init__(self) -> None:
        self.table = TraceTable(time.time)
        self._samples: list[Sample] = []

    def add(self, sample: Sample) -> None:
        """One more request has ended."""
        self._samples.append(sample)

    def forget(self) -> None:
        """What came before is not asked for any more."""
        self._samples.clear()

    def sent(self, began: float, until: float) -> Tally:
        """Requests sent in this time, in seconds since 1970, and how many of them failed."""
        found = [
            each
            for each in self._samples
            if began <= each.time < until and not each.error.startswith(NOT_SENT)
        ]
        return Tally(requests=len(found), bad=sum(each.failed for each in found))

    async def take(self, request: web.Request) -> web.Response:
        """A push of spans."""
        body = await request.read()
        await asyncio.to_thread(self._accept, body)
        return web.Response()

    def _accept(self, body: bytes) -> None:
        push = ExportTraceServiceRequest.FromString(body)
        self.table.accept(list(spans_of(push, now=time.time())))


@asynccontextmanager
async def flowing(field: Field) -> AsyncIterator[Traffic]:
    """Requests and their traces, as long as this lasts."""
    traffic, state, stop = Traffic(), field.state, asyncio.Event()
    load = Load(f"http://127.0.0.1:{state.ports.ingress}", state.entry, LOAD, traffic.add)
    async with _receiving(field, traffic):
        sending = asyncio.create_task(load.run(stop))
        try:
            yield traffic
        finally:
            stop.set()
            await sending


@asynccontextmanager
async def _receiving(field: Field, traffic: Traffic) -> AsyncIterator[None]:
    application = web.Application(client_max_size=MOST_BYTES)
    application.router.add_post("/v1/traces", traffic.take)
    runner = web.AppRunner(application)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        await asyncio.to_thread(set_collector, field.layout, runner.addresses[0][1])
        yield
    finally:
        await asyncio.to_thread(set_collector, field.layout, None)
        await runner.cleanup()
