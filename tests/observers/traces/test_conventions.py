"""How a span ended, and what it is called: a table of what proxies and SDKs write."""

from collections.abc import Mapping

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from tests.observers.otlp.pushes import pairs

from tidegate.core.traces.span import Ending, SpanKind
from tidegate.observers.traces.conventions import READ, ending_of, kind_of, operation_of, said_of
from tidegate.otlp.attributes import chosen

HOP, CLIENT, SERVER = SpanKind.HOP, SpanKind.CLIENT, SpanKind.SERVER
STATUS = "http.response.status_code"
FLAGS = "response_flags"
ERROR = Status.STATUS_CODE_ERROR


def read(attributes: Mapping[str, str]) -> Mapping[str, str]:
    """The attributes of a span by what they say."""
    return chosen(pairs(attributes), READ)


@pytest.mark.parametrize(
    ("kind", "attributes", "kind_read"),
    [
        (Span.SPAN_KIND_SERVER, {}, SERVER),
        (Span.SPAN_KIND_CLIENT, {}, CLIENT),
        (Span.SPAN_KIND_PRODUCER, {}, SpanKind.PRODUCER),
        (Span.SPAN_KIND_CONSUMER, {}, SpanKind.CONSUMER),
        (Span.SPAN_KIND_INTERNAL, {}, SpanKind.INTERNAL),
        (Span.SPAN_KIND_UNSPECIFIED, {}, SpanKind.INTERNAL),
        (99, {}, SpanKind.INTERNAL),
        (Span.SPAN_KIND_CLIENT, {"tg.caller": "cart@1"}, HOP),
        (Span.SPAN_KIND_SERVER, {"tg.service": "cart"}, HOP),
    ],
)
def test_kinds(kind: int, attributes: Mapping[str, str], kind_read: SpanKind) -> None:
    assert kind_of(kind, read(attributes)) is kind_read


@pytest.mark.parametrize(
    ("kind", "attributes", "code", "ending"),
    [
        (SERVER, {STATUS: "200"}, 0, Ending.OK),
        (SERVER, {STATUS: "404"}, 0, Ending.REJECTED),
        (CLIENT, {STATUS: "404", "error.type": "404"}, ERROR, Ending.REJECTED),
        (SERVER, {"http.status_code": "503"}, ERROR, Ending.ERROR),
        (
            SERVER,
            {STATUS: "200"},
            ERROR,
            Ending.ERROR,
        ),  # an error that HTTP does not show, as GraphQL has them
        (SERVER, {}, 0, Ending.OK),
        (SERVER, {}, ERROR, Ending.ERROR),
        (SERVER, {"error.type": "ValueError"}, 0, Ending.ERROR),
        (CLIENT, {"error.type": "java.net.SocketTimeoutException"}, ERROR, Ending.TIMED_OUT),
        (CLIENT, {"error.type": "TimeoutError"}, ERROR, Ending.TIMED_OUT),
        (CLIENT, {"error.type": "timed_out"}, ERROR, Ending.TIMED_OUT),
        (CLIENT, {"error.type": "context.DeadlineExceeded"}, ERROR, Ending.TIMED_OUT),
        (CLIENT, {"error.type": "ConnectionRefusedError"}, ERROR, Ending.UNREACHED),
        (CLIENT, {"error.type": "java.net.UnknownHostException"}, ERROR, Ending.UNREACHED),
        (SERVER, {"error.type": "ConnectionRefusedError"}, ERROR, Ending.ERROR),  # of a call that it made
        (CLIENT, {"error.type": "KeyError"}, ERROR, Ending.ERROR),
        (SERVER, {"rpc.grpc.status_code": "0"}, 0, Ending.OK),
        (SERVER, {"rpc.grpc.status_code": "3"}, 0, Ending.REJECTED),
        (CLIENT, {"rpc.grpc.status_code": "4"}, ERROR, Ending.TIMED_OUT),
        (CLIENT, {"rpc.response.status_code": "UNAVAILABLE"}, ERROR, Ending.ERROR),
        (CLIENT, {"rpc.response.status_code": "INTERNAL"}, ERROR, Ending.ERROR),
        (HOP, {"http.status_code": "200", "grpc.status_code": "13"}, 0, Ending.ERROR),
        (HOP, {"http.status_code": "200", FLAGS: "-"}, 0, Ending.OK),
        (HOP, {"http.status_code": "503", FLAGS: "UF,URX"}, ERROR, Ending.UNREACHED),
        (HOP, {"http.status_code": "503", FLAGS: "URX"}, ERROR, Ending.ERROR),
        (HOP, {"http.status_code": "503", FLAGS: "UO"}, ERROR, Ending.UNREACHED),
        (HOP, {"http.status_code": "404", FLAGS: "NR"}, 0, Ending.UNREACHED),
        (HOP, {"http.status_code": "504", FLAGS: "UT"}, ERROR, Ending.TIMED_OUT),
        (HOP, {"http.status_code": "0", FLAGS: "DC"}, 0, Ending.TIMED_OUT),
        (HOP, {"http.status_code": "200", FLAGS: "DC"}, 0, Ending.OK),
        (HOP, {"http.status_code": "0", FLAGS: "-"}, 0, Ending.UNREACHED),
        (HOP, {}, 0, Ending.OK),
        (SERVER, {STATUS: "9999"}, 0, Ending.OK),
        (SERVER, {STATUS: "\u0662\u0660\u0660"}, 0, Ending.OK),
    ],
)
def test_endings(kind: SpanKind, attributes: Mapping[str, str], code: int, ending: Ending) -> None:
    assert ending_of(kind, read(attributes), code) is ending


@pytest.mark.parametrize(
    ("name", "attributes", "operation"),
    [
        ("GET /x", {"http.request.method": "POST", "http.route": "/pay/{id}"}, "POST /pay/{id}"),
        ("x", {"http.route": "/pay"}, "/pay"),
        ("x", {"rpc.service": "shop.Pay", "rpc.method": "Charge"}, "shop.Pay/Charge"),
        ("x", {"rpc.method": "Charge"}, "Charge"),
        (
            "egress",
            {"http.method": "POST", "http.url": "http://pay/charge/81723?user=ann"},
            "POST /charge/{}",
        ),
        ("egress", {"http.method": "GET", "url.path": "/"}, "GET /"),
        ("SELECT orders", {}, "SELECT orders"),
        ("load ann@example.com", {}, "load {}"),
    ],
)
def test_operations(name: str, attributes: Mapping[str, str], operation: str) -> None:
    assert operation_of(name, read(attributes)) == operation


@pytest.mark.parametrize(
    ("attributes", "message", "exceptions", "said"),
    [
        ({"error.type": "ValueError"}, "order 7 of ann@example.com", (), "ValueError"),
        ({}, "order 7 is broken", ("", "shop.Broken"), "shop.Broken"),
        ({"error.type": "order 7"}, "order 7 is broken", (), "order {} is broken"),
        ({}, "", (), ""),
    ],
)
def test_what_is_said_of_a_failure(
    attributes: Mapping[str, str], message: str, exceptions: tuple[str, ...], said: str
) -> None:
    assert said_of(read(attributes), message, exceptions) == said
