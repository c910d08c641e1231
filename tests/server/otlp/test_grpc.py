"""Pushing by gRPC: the same tokens and signals, and refusals as its statuses."""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass

import grpc
import grpc.aio
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from tests.observers.otlp.pushes import BEGAN, PAID, WANTED, durations
from tests.observers.otlp.pushes import push as push_metrics
from tests.observers.traces.pushes import NOW, push, shop, span
from tests.server.conftest import TOKEN
from tests.server.otlp.test_http import ACCESS, INGEST

from tidegate.core.errors import Refused
from tidegate.core.traces.loss import Loss
from tidegate.observers.otlp.table import Table
from tidegate.observers.traces.table import Account, Bounds, TraceTable
from tidegate.otlp.wire import MOST_BYTES
from tidegate.server.otlp.grpc import DETAILS, GrpcReceiver, answering
from tidegate.server.otlp.signals import Metrics, Traces
from tidegate.server.otlp.work import MOST_IN_WORK, Work

APPLICATION = (("authorization", f"Bearer {TOKEN}"),)
BROWSER = (("authorization", f"Bearer {INGEST}"),)


class World:
    """Both tables behind a receiver."""

    def __init__(self) -> None:
        self.work = Work()
        self.traces = TraceTable(lambda: NOW, Bounds(spans=8))
        self.metrics = Table(WANTED, began=BEGAN)
        signals = (
            Traces(self.traces, lambda: NOW, self.work),
            Metrics(self.metrics, lambda: BEGAN + 10, self.work),
        )
        self.receiver = GrpcReceiver(signals, ACCESS, self.work)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def channel(world: World) -> AsyncIterator[grpc.aio.Channel]:
    async with (
        answering(world.receiver, "127.0.0.1", 0) as port,
        grpc.aio.insecure_channel(f"127.0.0.1:{port}") as opened,
    ):
        yield opened


@dataclass(frozen=True, kw_only=True)
class How:
    """How a push is sent."""

    method: str = Traces.method
    metadata: tuple[tuple[str, str], ...] = APPLICATION
    compression: grpc.Compression = grpc.Compression.NoCompression


AS_IT_SHOULD = How()


async def export(channel: grpc.aio.Channel, body: bytes, how: How = AS_IT_SHOULD) -> bytes:
    call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(how.method)
    return await call(body, metadata=how.metadata, compression=how.compression)


async def refusal(channel: grpc.aio.Channel, body: bytes, how: How = AS_IT_SHOULD) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await export(channel, body, how)
    return refused.value


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
async def test_traces_are_taken(
    channel: grpc.aio.Channel, world: World, compression: grpc.Compression
) -> None:
    answer = await export(channel, push(*shop(1)).SerializeToString(), How(compression=compression))
    assert ExportTraceServiceResponse.FromString(answer) == ExportTraceServiceResponse()
    assert world.traces.account() == Account(received=4, counted=0, waiting=4, lost={})


async def test_a_push_taken_in_part_says_how_much_was_not(channel: grpc.aio.Channel) -> None:
    answer = await export(channel, push(span(1), span(2, seconds=-1)).SerializeToString())
    told = ExportTraceServiceResponse.FromString(answer).partial_success
    assert (told.rejected_spans, told.error_message) == (1, f"1 refused: {Loss.BACKWARDS}")


async def test_metrics_are_taken(channel: grpc.aio.Channel, world: World) -> None:
    body = push_metrics(durations(5, 1, 0, status=200)).SerializeToString()
    answer = await export(channel, body, How(method=Metrics.method))
    assert ExportMetricsServiceResponse.FromString(answer) == ExportMetricsServiceResponse()
    assert world.metrics.reading(now=BEGAN + 10).edges[PAID].requests == 6


BODY = push(*shop(1)).SerializeToString()


@pytest.mark.parametrize(
    ("body", "how", "code", "told"),
    [
        (BODY, How(metadata=()), "UNAUTHENTICATED", "a token that may push is needed"),
        (BODY, How(metadata=(("authorization", "Bearer x"),)), "UNAUTHENTICATED", "a token that may"),
        (BODY, How(metadata=BROWSER), "PERMISSION_DENIED", "a browser may not push this"),
        (b"\xff", AS_IT_SHOULD, "INVALID_ARGUMENT", "not a traces request in application/x-protobuf"),
        (BODY, How(method="/nobody/Export"), "UNIMPLEMENTED", ""),
        (bytes(MOST_BYTES + 1), AS_IT_SHOULD, "RESOURCE_EXHAUSTED", ""),
        (bytes(MOST_BYTES + 1), How(compression=grpc.Compression.Gzip), "RESOURCE_EXHAUSTED", ""),
        (
            bytes(1 << 19),
            How(metadata=BROWSER, method=Metrics.method),
            "RESOURCE_EXHAUSTED",
            "at most 262144",
        ),
    ],
)
async def test_what_is_refused(
    channel: grpc.aio.Channel, body: bytes, how: How, code: str, told: str
) -> None:
    error = await refusal(channel, body, how)
    assert (error.code().name, told in (error.details() or "")) == (code, True)
    assert retry(error) is None


def retry(error: grpc.aio.AioRpcError) -> float | None:
    """After how many seconds it may be pushed again, if that is said."""
    packed = dict(error.trailing_metadata() or ()).get(DETAILS)
    if packed is None:
        return None
    assert isinstance(packed, bytes)
    (status, info) = Status.FromString(packed), RetryInfo()
    assert status.message == error.details()
    if not status.details:
        return None
    assert status.details[0].Unpack(info)
    return float(info.retry_delay.ToMilliseconds() / 1000)


async def test_what_does_not_fit_is_to_be_pushed_again(channel: grpc.aio.Channel, world: World) -> None:
    await export(channel, push(*shop(1), *shop(2)).SerializeToString())
    error = await refusal(channel, push(*shop(3)).SerializeToString())
    assert (error.code(), retry(error)) == (grpc.StatusCode.UNAVAILABLE, 7.0)
    assert world.traces.account().received == 8


async def test_too_many_at_once_are_to_be_pushed_again(channel: grpc.aio.Channel, world: World) -> None:
    async with world.work.decoding:  # nothing goes on
        pushes = [asyncio.ensure_future(export(channel, b"")) for _ in range(MOST_IN_WORK + 1)]
        (refused,), waiting = await asyncio.wait(pushes, return_when=asyncio.FIRST_COMPLETED)
    error = refused.exception()
    assert isinstance(error, grpc.aio.AioRpcError)
    assert (error.code(), retry(error)) == (grpc.StatusCode.UNAVAILABLE, 5.0)
    assert await asyncio.gather(*waiting) == [b""] * MOST_IN_WORK


async def test_a_port_in_use() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Refused, match=f"port {port} on 127.0.0.1 cannot be used"):
            async with answering(World().receiver, "127.0.0.1", port):
                raise AssertionError("it answers")
