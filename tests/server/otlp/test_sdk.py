"""Traces as applications send them with the SDK of OpenTelemetry, by both transports, to the whole API."""

import asyncio
import time
from collections.abc import Callable

import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import SpanKind, set_span_in_context
from tests.observers.traces.pushes import version
from tests.server.conftest import TOKEN
from tests.server.otlp.test_http import ACCESS, served

from tidegate.core.gates.evidence import CallEdge
from tidegate.core.ids import ServiceName
from tidegate.observers.traces.table import TraceTable
from tidegate.server.api import make_api
from tidegate.server.otlp.grpc import GrpcReceiver, answering
from tidegate.server.otlp.http import Receiver
from tidegate.server.otlp.signals import TRACES_PATH, Traces
from tidegate.server.otlp.work import Work
from tidegate.server.service import RolloutService

BEARER = f"Bearer {TOKEN}"
FRONT, PAY = version("front@1.0.0"), version("pay@2.0.0")
JOURNEYS = 30


def by_http(url: str, _: int) -> SpanExporter:
    return HttpExporter(url + TRACES_PATH, headers={"Authorization": BEARER}, compression=Compression.Gzip)


def by_grpc(_: str, port: int) -> SpanExporter:
    return GrpcExporter(f"127.0.0.1:{port}", insecure=True, headers=(("authorization", BEARER),))


def application(named: str, exporter: SpanExporter) -> TracerProvider:
    service, _, told = named.partition("@")
    provider = TracerProvider(
        resource=Resource({"service.name": service, "service.version": told}), shutdown_on_exit=False
    )
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=3_600_000))
    return provider


def work(exporter: Callable[[], SpanExporter]) -> None:
    """Two services, one of which calls the other; every third payment raises."""
    front, pay = application("front@1.0.0", exporter()), application("pay@2.0.0", exporter())
    of_front, of_pay = front.get_tracer("shop"), pay.get_tracer("shop")
    for number in range(JOURNEYS):
        failed = number % 3 == 0
        status = {"http.response.status_code": 500 if failed else 200, "http.request.method": "POST"}
        with (
            of_front.start_as_current_span(
                "POST /checkout", kind=SpanKind.SERVER, attributes={**status, "http.route": "/checkout"}
            ),
            of_front.start_as_current_span("POST", kind=SpanKind.CLIENT, attributes=status) as call,
        ):
            answered = of_pay.start_span(
                "POST /pay",
                kind=SpanKind.SERVER,
                context=set_span_in_context(call),
                attributes={**status, "http.route": "/pay/{order}", "user": "ann"},
            )
            if failed:
                answered.record_exception(ValueError(f"order {number} of ann"))
            answered.end()
    for provider in (front, pay):
        assert provider.force_flush()
        provider.shutdown()


@pytest.mark.real
@pytest.mark.parametrize("exporter", [by_http, by_grpc])
async def test_an_application_with_the_sdk_is_seen(
    service: RolloutService, exporter: Callable[[str, int], SpanExporter]
) -> None:
    ahead = 0.0
    signal_work = Work()
    table = TraceTable(lambda: time.time() + ahead)
    signals = [Traces(table, time.time, signal_work)]
    api = make_api(service, TOKEN, beside=[Receiver(signals, ACCESS, signal_work)])
    async with (
        served(api) as url,
        answering(GrpcReceiver(signals, ACCESS, signal_work), "127.0.0.1", 0) as port,
    ):
        await asyncio.to_thread(work, lambda: exporter(url, port))
    assert table.account().waiting == 3 * JOURNEYS
    ahead = 10.0
    reading = await table.read()
    assert reading.lost == {}
    assert {edge: (flow.calls, flow.errors) for edge, flow in reading.edges.items()} == {
        CallEdge(caller=None, callee=FRONT): (JOURNEYS, JOURNEYS // 3),
        CallEdge(caller=FRONT, callee=PAY): (JOURNEYS, JOURNEYS // 3),
    }
    assert {str(origin.at_fault): spread.failures for origin, spread in reading.origins.items()} == {
        "pay@2.0.0": JOURNEYS // 3
    }
    failing = table.failing(ServiceName("pay"), time.time() - 60)
    assert {(call.name, call.said) for journey in failing for call in journey.calls} == {
        ("POST /checkout", ""),
        ("POST /pay/{order}", "ValueError"),
    }
