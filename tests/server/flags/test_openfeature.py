"""The OpenFeature SDK with its OFREP provider, against a server on a port of this machine."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest
from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import FlagEvaluationDetails, Reason
from starlette.applications import Starlette
from tests.server.flags.asking import ACCESS, OPEN, TOKEN, MemoryFlags, flag, reading, set_of

from tidegate.server.flags.access import Access
from tidegate.server.running import HOST, listen, server_of

ALL = "/ofrep/v1/evaluate/flags"
ANN = EvaluationContext("ann", {"plan": "gold"})
SERVED = set_of(
    replace(flag("instant-refund", default="on"), metadata={"owner": "group:payments"}),
    flag("greeting", on="hello", default="on"),
    flag("limit", on=20, default="on"),
    flag("rate", on=0.5, default="on"),
    flag("theme", on={"dark": True}, default="on"),
    flag("sizes", on=[1, 2], default="on"),
    replace(flag("gone"), enabled=False),
)


@asynccontextmanager
async def running(flags: MemoryFlags, access: Access, port: int = 0) -> AsyncIterator[int]:
    """A server of these flags, until left; its port."""
    served, listener = reading(flags, access), listen(port)
    server = server_of(Starlette(routes=served.router().routes), ending=served.close)
    task = asyncio.create_task(server.serve_until_cancelled(listener))
    yield listener.getsockname()[1]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def application(port: int, name: str, headers: dict[str, str] | None = None) -> OpenFeatureClient:
    provider = OFREPProvider(f"http://{HOST}:{port}", headers_factory=lambda: headers or {}, timeout=5)
    api.set_provider_and_wait(provider, name)
    return api.get_client(name)


@pytest.fixture(autouse=True)
def forgotten() -> None:
    """No provider of one test is there in another."""
    api.clear_providers()


@pytest.mark.parametrize(
    ("access", "headers"),
    [(OPEN, {}), (ACCESS, {"X-API-Key": TOKEN}), (ACCESS, {"Authorization": f"Bearer {TOKEN}"})],
)
async def test_values_of_every_kind(access: Access, headers: dict[str, str]) -> None:
    async with running(MemoryFlags(SERVED), access) as port:
        found = await asyncio.to_thread(everything, application(port, "shop", headers))
    assert found == {
        "instant-refund": True,
        "greeting": "hello",
        "limit": 20,
        "rate": 0.5,
        "theme": {"dark": True},
        "sizes": [1, 2],
        "gone": True,
    }


def everything(client: OpenFeatureClient) -> dict[str, object]:
    return {
        "instant-refund": client.get_boolean_value("instant-refund", False, ANN),
        "greeting": client.get_string_value("greeting", "", ANN),
        "limit": client.get_integer_value("limit", 0, ANN),
        "rate": client.get_float_value("rate", 0.0, ANN),
        "theme": client.get_object_value("theme", {}, ANN),
        "sizes": client.get_object_value("sizes", [], ANN),
        "gone": client.get_boolean_value("gone", True, ANN),
    }


async def details(
    client: OpenFeatureClient, key: str, context: EvaluationContext = ANN
) -> FlagEvaluationDetails[bool]:
    return await asyncio.to_thread(client.get_boolean_details, key, False, context)


async def test_what_is_told_beside_the_value() -> None:
    async with running(MemoryFlags(SERVED), OPEN) as port:
        client = application(port, "shop")
        on, gone = await details(client, "instant-refund"), await details(client, "gone")
    assert (on.variant, on.reason, on.flag_metadata) == ("on", Reason.STATIC, {"owner": "group:payments"})
    assert (gone.value, gone.reason, gone.error_code) == (False, Reason.DISABLED, None)


@pytest.mark.parametrize(
    ("key", "context", "code"),
    [
        ("unheard", ANN, ErrorCode.FLAG_NOT_FOUND),
        ("greeting", ANN, ErrorCode.TYPE_MISMATCH),
        ("limit", EvaluationContext("ann", {"a": "a" * 9000}), ErrorCode.INVALID_CONTEXT),
    ],
)
async def test_an_error_leaves_the_default_of_the_application(
    key: str, context: EvaluationContext, code: ErrorCode
) -> None:
    async with running(MemoryFlags(SERVED), OPEN) as port:
        found = await details(application(port, "shop"), key, context)
    assert (found.value, found.reason, found.error_code) == (False, Reason.ERROR, code)


async def test_without_a_token_the_application_takes_its_defaults() -> None:
    async with running(MemoryFlags(SERVED), ACCESS) as port:
        found = await details(application(port, "shop"), "instant-refund")
    assert (found.value, found.error_code, found.error_message) == (False, ErrorCode.GENERAL, "unauthorized")


async def test_while_nobody_serves_the_application_takes_its_defaults_and_then_goes_on() -> None:
    """The OFREP provider of the SDK keeps nothing: each question is one to the server."""
    flags = MemoryFlags(SERVED)
    async with running(flags, OPEN) as port:
        client = application(port, "shop")
        assert (await details(client, "instant-refund")).value
    down = await details(client, "instant-refund")
    assert (down.value, down.error_code) == (False, ErrorCode.GENERAL)
    async with running(flags, OPEN, port):
        assert (await details(client, "instant-refund")).value


async def test_who_listens_hears_of_a_change_and_asks_again() -> None:
    """As a provider with event streams does: where the answer says, and as it says."""
    flags = MemoryFlags(SERVED)
    async with running(flags, ACCESS) as port, httpx.AsyncClient(base_url=f"http://{HOST}:{port}") as http:
        before = await http.post(ALL, headers={"X-API-Key": TOKEN})
        (stream,) = before.json()["eventStreams"]
        async with http.stream("GET", stream["endpoint"]["requestUri"]) as events:
            assert events.headers["content-type"] == "text/event-stream; charset=utf-8"
            lines = events.aiter_lines()
            assert await told(lines) == 1
            flags.serve(set_of(flag("instant-refund")))
            assert await told(lines) == 2
        headers = {"X-API-Key": TOKEN, "If-None-Match": before.headers["etag"]}
        after = await http.post(ALL, headers=headers)
    assert (after.status_code, [each["value"] for each in after.json()["flags"]]) == (200, [False])


async def told(lines: AsyncIterator[str]) -> int:
    """The generation that the next event tells."""
    async with asyncio.timeout(5):
        async for line in lines:
            if line.startswith("data: "):
                return int(line.rpartition(":")[2].rstrip("}"))
    raise AssertionError("the stream has ended")


async def test_stopping_lets_go_of_those_who_listen(caplog: pytest.LogCaptureFixture) -> None:
    """At once, and not by force."""
    async with httpx.AsyncClient() as http:
        async with running(MemoryFlags(SERVED), OPEN) as port:
            request = http.build_request("GET", f"http://{HOST}:{port}/ofrep/v1/events")
            answer = await http.send(request, stream=True)
        async with asyncio.timeout(1):
            body = await answer.aread()
    assert body.startswith(b"retry: 1000\n\nid: ")
    assert caplog.records == []
