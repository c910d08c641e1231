"""Pushing metrics as an exporter and as a browser meet it: who may, what is answered, and in which encoding."""

import asyncio
import gzip
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from google.protobuf.json_format import Parse
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from tests.observers.otlp.pushes import (
    BEGAN,
    PAID,
    PAY,
    WANTED,
    WEB,
    counter,
    durations,
    push,
    resource,
)
from tests.server.conftest import TOKEN

from tidegate.core.gates.evidence import Signal, Tally
from tidegate.observers.otlp.observer import OtlpObserver
from tidegate.observers.otlp.semantics import HTTP_SERVER_DURATION
from tidegate.observers.otlp.table import Table
from tidegate.otlp.wire import MOST_BYTES, Encoding, encode
from tidegate.server.api import make_api
from tidegate.server.otlp import http as by_http
from tidegate.server.otlp.access import Access
from tidegate.server.otlp.http import Receiver
from tidegate.server.otlp.refusals import RETRY_SECONDS
from tidegate.server.otlp.signals import METRICS_PATH as PATH
from tidegate.server.otlp.signals import Metrics
from tidegate.server.otlp.work import MOST_IN_WORK, Work
from tidegate.server.service import RolloutService

INGEST = "for-browsers"
PAGE = "https://shop.example"
APPLICATION = {"Authorization": f"Bearer {TOKEN}"}
BROWSER = {"Authorization": f"Bearer {INGEST}", "Origin": PAGE}
ACCESS = Access(token=TOKEN, ingest_token=INGEST, origins=frozenset({PAGE}))

REQUESTS = push(durations(5, 1, 0, status=200))
VISIT = push(counter("page.errors", 1), of=resource(WEB, None, {"session.id": "a"}))


@pytest.fixture
def table() -> Table:
    return Table(WANTED, began=BEGAN)


@pytest.fixture
async def http(table: Table) -> AsyncIterator[httpx.AsyncClient]:
    async with client(receiving(table)) as opened:
        yield opened


def receiving(
    table: Table, access: Access = ACCESS, clock: Callable[[], float] = lambda: BEGAN + 10
) -> Receiver:
    work = Work()
    return Receiver([Metrics(table, clock, work)], access, work)


@asynccontextmanager
async def client(receiver: Receiver) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(receiver.router())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as opened:
        yield opened


def told(answer: httpx.Response, message: Message) -> Message:
    """`message` as filled by the answer, in the encoding that it names."""
    if answer.headers["content-type"] == Encoding.JSON:
        return Parse(answer.content, message)
    assert answer.headers["content-type"] == Encoding.PROTOBUF
    message.ParseFromString(answer.content)
    return message


def refusal(answer: httpx.Response) -> tuple[int, str]:
    status = Status()
    told(answer, status)
    return answer.status_code, status.message


# Encodings


@pytest.mark.parametrize("encoding", Encoding)
@pytest.mark.parametrize("compression", [None, "gzip"])
async def test_a_push_is_counted(
    http: httpx.AsyncClient, table: Table, encoding: Encoding, compression: str | None
) -> None:
    body = encode(REQUESTS, encoding)
    headers = {**APPLICATION, "Content-Type": f"{encoding}; charset=utf-8"}
    if compression:
        body, headers["Content-Encoding"] = gzip.compress(body), compression
    answer = await http.post(PATH, content=body, headers=headers)
    assert answer.status_code == 200
    assert told(answer, ExportMetricsServiceResponse()) == ExportMetricsServiceResponse()
    assert answer.headers["content-type"] == encoding
    assert table.reading(now=BEGAN + 10).edges[PAID].requests == 6


@pytest.mark.parametrize("encoding", Encoding)
async def test_a_push_counted_in_part_says_how_much_was_not(
    http: httpx.AsyncClient, encoding: Encoding
) -> None:
    message = push(durations(5, 0, 0), counter("checkouts", -1), counter("checkouts", 0.5))
    body = encode(message, encoding)
    answer = await http.post(PATH, content=body, headers={**APPLICATION, "Content-Type": encoding})
    wanted = ExportMetricsServiceResponse()
    wanted.partial_success.rejected_data_points = 2
    wanted.partial_success.error_message = "2 refused: checkouts: malformed"
    assert (answer.status_code, told(answer, ExportMetricsServiceResponse())) == (200, wanted)


@pytest.mark.parametrize("encoding", Encoding)
async def test_malformed(http: httpx.AsyncClient, encoding: Encoding) -> None:
    headers = {**APPLICATION, "Content-Type": encoding}
    status, message = refusal(await http.post(PATH, content=b"\xff", headers=headers))
    assert (status, message.startswith(f"not a metrics request in {encoding}: ")) == (400, True)


@pytest.mark.parametrize("header", ["text/plain", ""])
async def test_another_type_is_answered_in_json(http: httpx.AsyncClient, header: str) -> None:
    answer = await http.post(PATH, content=b"{}", headers={**APPLICATION, "Content-Type": header})
    wanted = f"content of type {header!r} is not understood (send application/x-protobuf or application/json)"
    assert refusal(answer) == (415, wanted)
    assert answer.headers["content-type"] == "application/json"


async def test_another_compression(http: httpx.AsyncClient) -> None:
    headers = {**APPLICATION, "Content-Type": Encoding.JSON, "Content-Encoding": "br"}
    wanted = "content encoded as 'br' is not understood (send it plain or by gzip)"
    assert refusal(await http.post(PATH, content=b"{}", headers=headers)) == (415, wanted)


# Who may push


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN, "Bearer \u00fc"], ids=repr
)
async def test_a_token_is_needed(http: httpx.AsyncClient, given: str) -> None:
    headers = {b"Authorization": given.encode(), b"Content-Type": Encoding.PROTOBUF.encode()}
    answer = await http.post(PATH, content=unread(), headers=headers)
    assert refusal(answer) == (401, "a token that may push is needed")
    assert answer.headers["www-authenticate"] == "Bearer"


async def unread() -> AsyncIterator[bytes]:
    """A body that must not be read."""
    if TOKEN:
        raise AssertionError("the body was read")
    yield b""


async def test_without_an_ingest_token_no_browser_may(table: Table) -> None:
    receiver = receiving(table, Access(token=TOKEN))
    async with client(receiver) as http:
        answers = [
            await http.post(PATH, headers={"Authorization": f"Bearer {given}"})
            for given in ("", INGEST, "None")
        ]
    assert [answer.status_code for answer in answers] == [401] * 3


async def test_a_browser_pushes_visits_and_nothing_else(http: httpx.AsyncClient, table: Table) -> None:
    answers = [
        await http.post(
            PATH, content=encode(message, Encoding.JSON), headers={**BROWSER, "Content-Type": Encoding.JSON}
        )
        for message in (VISIT, REQUESTS)
    ]
    assert [answer.headers["access-control-allow-origin"] for answer in answers] == [PAGE, PAGE]
    responses = [told(answer, ExportMetricsServiceResponse()) for answer in answers]
    refused = ExportMetricsServiceResponse()
    refused.partial_success.rejected_data_points = 1
    refused.partial_success.error_message = (
        "1 refused: 'pay' is no front end, and browsers speak of front ends only"
    )
    assert responses == [ExportMetricsServiceResponse(), refused]
    reading = table.reading(now=BEGAN + 10)
    assert reading.ratios == {Signal(name="crashes", version=WEB): Tally(requests=1, bad=1)}
    assert (reading.edges, reading.missing) == ({}, ())


@pytest.mark.parametrize("token", [TOKEN, INGEST])
async def test_pages_of_other_origins_may_not(http: httpx.AsyncClient, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}", "Origin": "https://evil.example"}
    answer = await http.post(PATH, content=unread(), headers={**headers, "Content-Type": Encoding.JSON})
    assert refusal(answer) == (403, "pages of this origin may not push")
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    ("origin", "status", "shared"),
    [
        (PAGE, 204, {PAGE, "Origin", "POST", "authorization, content-type, content-encoding", "600"}),
        ("https://evil.example", 403, set()),
        ("null", 403, set()),
        (None, 403, set()),
    ],
)
async def test_what_a_browser_asks_first(
    http: httpx.AsyncClient, origin: str | None, status: int, shared: set[str]
) -> None:
    asked = {"Access-Control-Request-Method": "POST", **({"Origin": origin} if origin else {})}
    answer = await http.options(PATH, headers=asked)
    headers = {
        value for key, value in answer.headers.items() if key == "vary" or key.startswith("access-control")
    }
    assert (answer.status_code, headers) == (status, shared)


# Too much


async def endless(chunk: bytes, given: list[int]) -> AsyncIterator[bytes]:
    while True:
        given.append(len(chunk))
        yield chunk


@pytest.mark.parametrize(("headers", "most"), [(APPLICATION, MOST_BYTES), (BROWSER, 64 << 10)])
async def test_no_more_of_a_body_is_read_than_is_allowed(
    http: httpx.AsyncClient, headers: dict[str, str], most: int
) -> None:
    given: list[int] = []
    typed = {**headers, "Content-Type": Encoding.PROTOBUF}
    answer = await http.post(PATH, content=endless(bytes(1 << 14), given), headers=typed)
    assert refusal(answer) == (413, f"a push has at most {most} bytes (push less at once)")
    assert sum(given) <= most + (1 << 15)


async def test_a_bomb(http: httpx.AsyncClient) -> None:
    headers = {**APPLICATION, "Content-Type": Encoding.JSON, "Content-Encoding": "gzip"}
    answer = await http.post(PATH, content=gzip.compress(bytes(MOST_BYTES + 1)), headers=headers)
    assert refusal(answer) == (413, f"a push has at most {MOST_BYTES} bytes (push less at once)")


async def test_a_body_that_does_not_come(http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_http, "BODY_SECONDS", 0.01)

    async def never() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    headers = {**APPLICATION, "Content-Type": Encoding.JSON}
    answer = await http.post(PATH, content=never(), headers=headers)
    assert refusal(answer) == (408, "the body did not come within 0.01 s")


async def test_browsers_that_crowd_are_told_to_wait_and_keep_no_application_out(
    http: httpx.AsyncClient, table: Table
) -> None:
    gate, waiting = asyncio.Event(), asyncio.Semaphore(0)

    async def slow() -> AsyncIterator[bytes]:
        waiting.release()
        await gate.wait()
        yield encode(VISIT, Encoding.PROTOBUF)

    headers = {**BROWSER, "Content-Type": Encoding.PROTOBUF}
    async with asyncio.TaskGroup() as group:
        pushes = [
            group.create_task(http.post(PATH, content=slow(), headers=headers)) for _ in range(MOST_IN_WORK)
        ]
        for _ in pushes:
            await waiting.acquire()
        late = await http.post(PATH, content=unread(), headers=headers)
        application = await http.post(
            PATH,
            content=encode(REQUESTS, Encoding.PROTOBUF),
            headers={**APPLICATION, "Content-Type": Encoding.PROTOBUF},
        )
        gate.set()
    assert refusal(late) == (503, f"{MOST_IN_WORK} pushes are in work: push again later")
    assert late.headers["retry-after"] == str(RETRY_SECONDS)
    assert application.status_code == 200
    assert {push.result().status_code for push in pushes} == {200}
    again = await http.post(PATH, content=encode(VISIT, Encoding.PROTOBUF), headers=headers)
    assert again.status_code == 200
    crashes = table.reading(now=BEGAN + 10).ratios[Signal(name="crashes", version=WEB)]
    assert crashes == Tally(requests=1, bad=1)


# The real thing


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """The address of `app` on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving


def instrumented(address: str, temporality: AggregationTemporality, *views: View) -> MeterProvider:
    """What an application sets up: its name, and an exporter."""
    exporter = OTLPMetricExporter(
        endpoint=address + PATH,
        headers={"Authorization": f"Bearer {TOKEN}"},
        preferred_temporality={Counter: temporality, Histogram: temporality},
    )
    named = Resource(
        {"service.name": PAY.service, "service.version": PAY.version, "service.instance.id": "a"}
    )
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=3_600_000)
    return MeterProvider([reader], named, shutdown_on_exit=False, views=views)


def work(provider: MeterProvider) -> None:
    """Answer requests and check out, in two pushes."""
    meter = provider.get_meter("shop")
    duration = meter.create_histogram(
        HTTP_SERVER_DURATION, "s", explicit_bucket_boundaries_advisory=[0.1, 1.0]
    )
    checkouts = meter.create_counter("checkouts")
    memory = meter.create_gauge("process.memory.usage")
    for status, seconds in ((200, 0.05), (200, 0.5), (404, 0.1), (500, 2.0)):
        duration.record(seconds, {"http.response.status_code": status})
        checkouts.add(1, {"outcome": "failed" if status == 500 else "ok"})
    memory.set(7.5)
    assert provider.force_flush()
    duration.record(0.01, {"http.response.status_code": 200})
    assert provider.force_flush()
    provider.shutdown()


EXPONENTIAL = View(instrument_name=HTTP_SERVER_DURATION, aggregation=ExponentialBucketHistogramAggregation())


@pytest.mark.real
@pytest.mark.parametrize(
    ("temporality", "views"),
    [
        (AggregationTemporality.CUMULATIVE, ()),
        (AggregationTemporality.DELTA, ()),
        (AggregationTemporality.CUMULATIVE, (EXPONENTIAL,)),
    ],
    ids=["cumulative", "delta", "exponential"],
)
async def test_an_application_with_the_sdk_is_evidence(
    service: RolloutService, temporality: AggregationTemporality, views: tuple[View, ...]
) -> None:
    """Pushed to the whole API, whose other paths the ingest token does not open."""
    table = Table(WANTED, began=time.time())
    api = make_api(service, TOKEN, beside=[receiving(table, clock=time.time)])
    async with served(api) as address:
        await asyncio.to_thread(work, instrumented(address, temporality, *views))
        async with httpx.AsyncClient(base_url=address, headers=BROWSER) as browser:
            other = await browser.get("/v1/rollouts")
            strange = await browser.post(PATH, headers={"Authorization": ""})
    assert (other.status_code, strange.status_code) == (401, 401)
    reading = await OtlpObserver(table, time.time).read()
    counts = reading.edges[PAID]
    assert (counts.requests, counts.bad, counts.rejected, sum(counts.times.counts)) == (5, 1, 1, 3)
    assert reading.ratios == {Signal(name="checkout", version=PAY): Tally(requests=4, bad=1)}
    assert reading.levels[Signal(name="memory", version=PAY)].values == {"a": 7.5}
    assert reading.missing == ()
