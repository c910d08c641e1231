"""Spans of a real Envoy: whole traces whose hops know their versions, and calls that need nobody to receive them."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http.client import HTTPConnection

import pytest
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.actuators.conformance import settled

from tidegate.core.ids import Version
from tidegate.mesh.collector import set_collector, trace_token

from .worlds import BACK, FRONT, World, expose

pytestmark = pytest.mark.real

EXPANDED = Version("2.1.0")
FORGED = "a" * 32


@asynccontextmanager
async def receiving(world: World) -> AsyncIterator[list[Span]]:
    """The spans that come with the mesh's token, as long as somebody receives them."""
    spans: list[Span] = []

    async def take(request: web.Request) -> web.Response:
        if request.headers.get("authorization") != f"Bearer {trace_token(world.layout)}":
            return web.Response(status=401)
        push = ExportTraceServiceRequest.FromString(await request.read())
        spans.extend(s for r in push.resource_spans for scope in r.scope_spans for s in scope.spans)
        return web.Response()

    application = web.Application()
    application.router.add_post("/v1/traces", take)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        await asyncio.to_thread(set_collector, world.layout, runner.addresses[0][1])
        yield spans
    finally:
        await asyncio.to_thread(set_collector, world.layout, None)
        await runner.cleanup()


async def arrived(spans: list[Span], number: int) -> None:
    deadline = time.monotonic() + 15
    while len(spans) < number:
        assert time.monotonic() < deadline, f"{len(spans)} of {number} spans came"
        await asyncio.sleep(0.05)


def tags(span: Span) -> dict[str, str]:
    return {each.key: each.value.string_value for each in span.attributes}


def paths(spans: list[Span]) -> Mapping[bytes, tuple[str, ...]]:
    """Each trace as the hops from its entry, one below the other."""
    children = defaultdict(list)
    for span in spans:
        children[span.trace_id, span.parent_span_id].append(span)
    return {trace: tuple(_down(children, trace, b"")) for trace, parent in children if not parent}


def _down(children: Mapping[tuple[bytes, bytes], list[Span]], trace: bytes, parent: bytes) -> list[str]:
    hops = children.get((trace, parent), [])
    assert len(hops) <= 1
    return [line for hop in hops for line in (_told(tags(hop)), *_down(children, trace, hop.span_id))]


def _told(hop: Mapping[str, str]) -> str:
    return f"{hop['tg.caller']} > {hop['tg.service']}@{hop['tg.version']} {hop['http.status_code']}"


def journey(back: str) -> tuple[str, ...]:
    return ("- > front@1.0.0 200", "front@1.0.0 > middle@1.0.0 200", f"middle@1.0.0 > back@{back} 200")


async def test_every_journey_is_one_tree_of_hops_that_know_their_versions(world: World) -> None:
    deploy, exposed = world.deploy(BACK, EXPANDED), expose(BACK, EXPANDED)
    await world.actuator.apply(deploy, 1.0, world.token("traced"))
    await world.actuator.apply(exposed, 0.5, world.token("traced"))
    await settled(world.actuator, exposed, 0.5)
    async with receiving(world) as spans:
        answers = [await asyncio.to_thread(world.visit, f"u{number}") for number in range(40)]
        await arrived(spans, 120)
    assert [status for status, _ in answers] == [200] * 40
    found = Counter(paths(spans).values())
    assert set(found) == {journey("1.0.0"), journey("2.1.0")}
    assert found.total() == 40
    assert min(found.values()) > 5
    await world.actuator.revert(exposed, world.token("traced"))
    await world.actuator.revert(deploy, world.token("traced"))
    await settled(world.actuator, deploy, 0.0)


def visit_with(world: World, headers: Mapping[str, str]) -> int:
    connection = HTTPConnection("127.0.0.1", world.ingress, timeout=10)
    connection.request("GET", "/do", headers={"Host": FRONT, "x-user": "u", **headers})
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status


async def test_a_client_can_neither_suppress_a_trace_nor_name_it(world: World) -> None:
    context = {"traceparent": f"00-{FORGED}-{'b' * 16}-00", "tracestate": "x=y"}
    async with receiving(world) as spans:
        assert await asyncio.to_thread(visit_with, world, context) == 200
        await arrived(spans, 3)
    assert {span.trace_id.hex() for span in spans} & {FORGED} == set()
    assert list(paths(spans).values()) == [journey("1.0.0")]
    assert {span.trace_state for span in spans} == {""}


async def test_calls_are_answered_when_who_received_is_gone(world: World) -> None:
    """The address stays that of somebody who does not listen any more."""
    async with receiving(world):
        gone = world.state.collector
    await asyncio.to_thread(set_collector, world.layout, gone)
    try:
        answers = [await asyncio.to_thread(world.visit, f"u{number}") for number in range(50)]
    finally:
        await asyncio.to_thread(set_collector, world.layout, None)
    assert [status for status, _ in answers] == [200] * 50
