"""Pushing traces by HTTP: who may, what is answered, and when to come again."""

import gzip
from collections.abc import AsyncIterator

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from tests.observers.traces.pushes import NOW, in_json, push, shop, span
from tests.server.conftest import TOKEN
from tests.server.otlp.test_http import ACCESS, APPLICATION, BROWSER, PAGE, client, refusal, told

from tidegate.core.traces.loss import Loss
from tidegate.observers.traces.table import Account, Bounds, TraceTable
from tidegate.otlp.wire import Encoding, encode
from tidegate.server.otlp.access import Access
from tidegate.server.otlp.http import Receiver
from tidegate.server.otlp.signals import TRACES_PATH as PATH
from tidegate.server.otlp.signals import Traces
from tidegate.server.otlp.work import Work

MESH_TOKEN = "of-the-mesh"
PROTOBUF = {**APPLICATION, "Content-Type": Encoding.PROTOBUF}


@pytest.fixture
def table() -> TraceTable:
    return TraceTable(lambda: NOW, Bounds(spans=8))


@pytest.fixture
async def http(table: TraceTable) -> AsyncIterator[httpx.AsyncClient]:
    async with client(receiving(table)) as opened:
        yield opened


def receiving(table: TraceTable) -> Receiver:
    work = Work()
    access = Access(
        token=TOKEN,
        also=frozenset({MESH_TOKEN}),
        ingest_token=ACCESS.ingest_token,
        origins=ACCESS.origins,
    )
    return Receiver([Traces(table, lambda: NOW, work)], access, work)


@pytest.mark.parametrize("compression", [None, "gzip"])
@pytest.mark.parametrize("token", [TOKEN, MESH_TOKEN])
async def test_a_push_is_taken(
    http: httpx.AsyncClient, table: TraceTable, token: str, compression: str | None
) -> None:
    body = encode(push(*shop(1)), Encoding.PROTOBUF)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": Encoding.PROTOBUF}
    if compression:
        body, headers["Content-Encoding"] = gzip.compress(body), compression
    answer = await http.post(PATH, content=body, headers=headers)
    assert (answer.status_code, told(answer, ExportTraceServiceResponse())) == (
        200,
        ExportTraceServiceResponse(),
    )
    assert table.account() == Account(received=4, counted=0, waiting=4, lost={})


@pytest.mark.parametrize("encoding", Encoding)
async def test_a_push_taken_in_part_says_how_much_was_not(
    http: httpx.AsyncClient, encoding: Encoding
) -> None:
    message = push(span(1, seconds=-1))
    body = in_json(message) if encoding is Encoding.JSON else encode(message, encoding)
    answer = await http.post(PATH, content=body, headers={**APPLICATION, "Content-Type": encoding})
    wanted = ExportTraceServiceResponse()
    wanted.partial_success.rejected_spans = 1
    wanted.partial_success.error_message = f"1 refused: {Loss.BACKWARDS}"
    assert (answer.status_code, told(answer, ExportTraceServiceResponse())) == (200, wanted)


async def test_what_does_not_fit_is_to_be_pushed_again(http: httpx.AsyncClient, table: TraceTable) -> None:
    bodies = [encode(push(*shop(n), *shop(n + 1)), Encoding.PROTOBUF) for n in (1, 3)]
    first, second = [await http.post(PATH, content=body, headers=PROTOBUF) for body in bodies]
    assert (first.status_code, refusal(second)) == (
        200,
        (503, "as many spans wait for their traces as are kept, 8 (push it again later)"),
    )
    assert second.headers["retry-after"] == "7"
    assert table.account().received == 8


async def test_browsers_push_no_traces(http: httpx.AsyncClient, table: TraceTable) -> None:
    headers = {**BROWSER, "Content-Type": Encoding.PROTOBUF}
    answer = await http.post(PATH, content=encode(push(*shop(1)), Encoding.PROTOBUF), headers=headers)
    assert refusal(answer) == (403, "a browser may not push this")
    asked = await http.options(PATH, headers={"Origin": PAGE, "Access-Control-Request-Method": "POST"})
    assert asked.status_code == 403
    assert table.account().received == 0


@pytest.mark.parametrize("token", ["", "Bearer wrong", f"Basic {MESH_TOKEN}"])
async def test_a_token_is_needed(http: httpx.AsyncClient, token: str) -> None:
    answer = await http.post(PATH, content=b"", headers={**PROTOBUF, "Authorization": token})
    assert refusal(answer) == (401, "a token that may push is needed")
