"""Who may call, how many at once, and what becomes of those who do not take what they are sent."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager

import grpc
import grpc.aio
import pytest
from tests.server.flags.served import Served, checkout, flag_set

from tidegate.core.errors import Refused
from tidegate.server.flags.grpc import calls
from tidegate.server.flags.grpc.calls import Asked, Calls
from tidegate.server.flags.grpc.services import FlagServices, answering, anybody, flag_services

SYNC = "/flagd.sync.v1.FlagSyncService/SyncFlags"
UNAVAILABLE = grpc.StatusCode.UNAVAILABLE
FETCH = "/flagd.sync.v1.FlagSyncService/FetchAllFlags"
TOO_LARGE = "SERVER: Received message larger than max (1048576 vs. 65536)"
RESOLVE = "/flagd.evaluation.v1.Service/ResolveBoolean"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those who are refused are told at once."""
    monkeypatch.setattr(calls, "REFUSED_SECONDS", 0.0)


@asynccontextmanager
async def called(services: FlagServices) -> AsyncIterator[grpc.aio.Channel]:
    async with (
        answering(services, "127.0.0.1", 0) as port,
        grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        yield channel


Call = grpc.aio.UnaryStreamCall[bytes, bytes]


def followed(
    channel: grpc.aio.Channel,
    body: bytes = b"",
    method: str = SYNC,
    metadata: tuple[tuple[str, str], ...] = (),
) -> Call:
    method_called: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(method)
    return method_called(body, metadata=metadata)


async def outcome(call: Call) -> grpc.StatusCode:
    """Whether a first message comes, or why not."""
    try:
        await call.read()
    except grpc.aio.AioRpcError as error:
        return error.code()
    finally:
        call.cancel()
    return grpc.StatusCode.OK


def served() -> Served:
    return Served(flag_set(checkout()))


@pytest.mark.parametrize(
    ("method", "body", "code", "told"),
    [
        (SYNC, b"\xff", "INVALID_ARGUMENT", "not a flagd.sync.v1.SyncFlagsRequest"),
        (FETCH, b"\xff", "INVALID_ARGUMENT", "not a flagd.sync.v1.FetchAllFlagsRequest"),
        (RESOLVE, b"\xff", "INVALID_ARGUMENT", "not a flagd.evaluation.v2.ResolveBooleanRequest"),
        (RESOLVE, bytes(1 << 20), "RESOURCE_EXHAUSTED", TOO_LARGE),
        ("/flagd.evaluation.v1.Service/Nothing", b"", "UNIMPLEMENTED", "Method not found!"),
    ],
)
async def test_what_cannot_be_answered_is_turned_away(method: str, body: bytes, code: str, told: str) -> None:
    async with called(flag_services(served())) as channel:
        call = followed(channel, body, method)
        assert ((await call.code()).name, await call.details()) == (code, told)


@pytest.mark.parametrize(
    ("metadata", "admitted"),
    [
        ((), False),
        ((("authorization", "Bearer wrong"),), False),
        ((("authorization", "Bearer right"),), True),
    ],
)
async def test_who_is_not_admitted_is_told_so(metadata: tuple[tuple[str, str], ...], admitted: bool) -> None:
    services = flag_services(served(), lambda authorization: authorization == "Bearer right")
    async with called(services) as channel:
        codes = {
            await outcome(followed(channel, method=method, metadata=metadata)) for method in (SYNC, FETCH)
        }
    assert codes == {grpc.StatusCode.OK if admitted else grpc.StatusCode.UNAUTHENTICATED}


async def never(_asked: Asked) -> AsyncGenerator[bytes, None]:
    yield b"first"
    await asyncio.Event().wait()


def following(follow: Callable[[Asked], AsyncGenerator[bytes, None]], most: int) -> FlagServices:
    calls = Calls(anybody, most_streams=most)
    return FlagServices({SYNC: calls.followed(follow)}, calls)


async def test_a_place_is_free_again_when_who_had_it_has_gone() -> None:
    async with called(following(never, most=1)) as channel:
        first = followed(channel)
        assert await first.read() == b"first"
        second = followed(channel)
        assert await second.code() is grpc.StatusCode.UNAVAILABLE
        assert "too many follow the flags already" in (await second.details() or "")
        first.cancel()
        while await outcome(followed(channel)) is not grpc.StatusCode.OK:
            pass


async def test_who_does_not_take_what_is_sent_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "UNREAD_SECONDS", 0.05)
    left = asyncio.Event()

    async def endless(_asked: Asked) -> AsyncGenerator[bytes, None]:
        try:
            while True:
                yield bytes(1 << 20)
        finally:
            left.set()

    async with called(following(endless, most=1)) as channel:
        slow = followed(channel)
        await left.wait()
        with pytest.raises(grpc.aio.AioRpcError, match=r"was not taken for 0\.05 s") as error:
            [_ async for _ in slow]
        assert error.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_those_who_follow_are_told_when_tidegate_stops() -> None:
    services = following(never, most=2)
    async with called(services) as channel:
        stream = followed(channel)
        assert await stream.read() == b"first"
        services.close()
        assert (await stream.code(), await stream.details()) == (
            UNAVAILABLE,
            "tidegate is stopping: come again",
        )
        assert await outcome(followed(channel)) is UNAVAILABLE


async def test_a_port_in_use_is_refused() -> None:
    services = flag_services(served())
    async with answering(services, "127.0.0.1", 0) as port:
        with pytest.raises(Refused, match=rf"port {port} on 127\.0\.0\.1 cannot be used"):
            await answering(services, "127.0.0.1", port).__aenter__()
