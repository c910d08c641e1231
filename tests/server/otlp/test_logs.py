"""Pushing events of experiments: by the real SDK, in both encodings, by gRPC, and with hostile bytes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import grpc.aio
import httpx
import pytest
from fastapi import FastAPI
from google.protobuf.json_format import Parse
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry._logs import LogRecord
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from tests.observers.experiments.pushes import (
    EXPERIMENT,
    NOW,
    SECOND,
    did,
    evaluated,
    evaluation,
    logs,
    record,
    spans,
)
from tests.observers.otlp.pushes import pairs
from tests.server.conftest import TOKEN
from tests.server.otlp.test_http import ACCESS, APPLICATION, BROWSER

from tidegate.core.errors import Refused
from tidegate.observers.experiments.decoding import LOGS
from tidegate.observers.experiments.events import NotTaken, events_of_logs
from tidegate.observers.experiments.table import ExperimentTable
from tidegate.observers.traces.table import TraceTable
from tidegate.otlp.wire import Encoding, Push, TooLarge, decode, encode
from tidegate.server.otlp.grpc import GrpcReceiver, answering
from tidegate.server.otlp.http import Receiver
from tidegate.server.otlp.signals import LOGS_PATH, Logs, Traces
from tidegate.server.otlp.work import Work

BOTH = logs(evaluated("ann", "on"), did("purchase", "ann"))


@pytest.fixture
def table() -> ExperimentTable:
    return ExperimentTable([EXPERIMENT], lambda: NOW, key=b"k")


@asynccontextmanager
async def client(table: ExperimentTable) -> AsyncIterator[httpx.AsyncClient]:
    work = Work()
    traces = Traces(TraceTable(lambda: NOW), lambda: NOW, work, table)
    api = FastAPI()
    api.include_router(Receiver([Logs(table, lambda: NOW, work), traces], ACCESS, work).router())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://here") as opened:
        yield opened


def drawn(table: ExperimentTable) -> dict[str, int]:
    report = table.report(EXPERIMENT.flag)
    assert report is not None
    return {arm.variant: arm.drawn for arm in report.arms}


@pytest.mark.parametrize("encoding", Encoding)
async def test_events_are_taken_in_either_encoding(table: ExperimentTable, encoding: Encoding) -> None:
    async with client(table) as http:
        headers = {**APPLICATION, "Content-Type": encoding}
        answer = await http.post(LOGS_PATH, content=encode(BOTH, encoding), headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (200, encoding)
    assert answer.content == encode(ExportLogsServiceResponse(), encoding)
    assert drawn(table) == {"off": 0, "on": 1}


async def test_a_push_taken_in_part_says_how_much_was_not(table: ExperimentTable) -> None:
    body = encode(logs(evaluated("ann", "on"), record("purchase", {}), record("else", {})), Encoding.JSON)
    async with client(table) as http:
        answer = await http.post(
            LOGS_PATH, content=body, headers={**APPLICATION, "Content-Type": Encoding.JSON}
        )
    told = Parse(answer.text, ExportLogsServiceResponse()).partial_success
    assert (told.rejected_log_records, told.error_message) == (1, f"1 refused: {NotTaken.NO_UNIT}")
    assert drawn(table) == {"off": 0, "on": 1}


async def test_events_of_spans_come_with_traces(table: ExperimentTable) -> None:
    event = Span.Event(
        name="feature_flag.evaluation",
        time_unix_nano=round(NOW * SECOND),
        attributes=pairs(evaluation("bob", "off")),
    )
    async with client(table) as http:
        headers = {**APPLICATION, "Content-Type": Encoding.PROTOBUF}
        await http.post("/v1/traces", content=encode(spans(event), Encoding.PROTOBUF), headers=headers)
    assert drawn(table) == {"off": 1, "on": 0}


async def test_browsers_push_no_events_and_a_token_is_needed(table: ExperimentTable) -> None:
    async with client(table) as http:
        headers = {"Content-Type": Encoding.PROTOBUF}
        codes = [
            (
                await http.post(
                    LOGS_PATH, content=encode(BOTH, Encoding.PROTOBUF), headers={**headers, **who}
                )
            ).status_code
            for who in (BROWSER, {}, {"Authorization": "Bearer wrong"})
        ]
    assert codes == [403, 401, 401]
    assert drawn(table) == {"off": 0, "on": 0}


async def test_by_grpc_the_same_is_taken(table: ExperimentTable) -> None:
    work = Work()
    receiver = GrpcReceiver([Logs(table, lambda: NOW, work)], ACCESS, work)
    async with (
        answering(receiver, "127.0.0.1", 0) as port,
        grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(Logs.method)
        body = await call(BOTH.SerializeToString(), metadata=(("authorization", f"Bearer {TOKEN}"),))
    assert ExportLogsServiceResponse.FromString(body) == ExportLogsServiceResponse()
    assert drawn(table) == {"off": 0, "on": 1}


def test_what_the_sdk_emits_is_understood(table: ExperimentTable) -> None:
    exporter = InMemoryLogRecordExporter()  # type: ignore[no-untyped-call] # the SDK gives it no types
    provider = LoggerProvider(shutdown_on_exit=False)
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    logger = provider.get_logger("shop")
    at = round(NOW * SECOND)
    logger.emit(LogRecord(event_name="feature_flag.evaluation", timestamp=at, attributes=evaluation()))
    logger.emit(LogRecord(event_name="spent", timestamp=at, attributes={"user.id": "ann", "value": 19.9}))
    request = encode_logs(exporter.get_finished_logs())
    assert table.accept(events_of_logs(request, table.wanted, now=NOW)).refused == 0
    assert drawn(table) == {"off": 0, "on": 1}


HOSTILE = st.binary(max_size=200) | st.builds(
    lambda at, junk: BOTH.SerializeToString()[:at] + junk, st.integers(0, 100), st.binary(max_size=30)
)


@given(HOSTILE, st.sampled_from(Encoding))
def test_hostile_bytes_are_refused_or_understood(body: bytes, encoding: Encoding) -> None:
    table = ExperimentTable([EXPERIMENT], lambda: NOW, key=b"k")
    try:
        request = decode(Push(body=body, encoding=encoding), LOGS)
    except Refused:
        return
    table.accept(events_of_logs(request, table.wanted, now=NOW))


def test_a_push_of_too_many_records_is_refused() -> None:
    body = logs(*[record("x", {})] * 20_001).SerializeToString()
    with pytest.raises(TooLarge, match="20000 resources, scopes and log records"):
        decode(Push(body=body), LOGS)
