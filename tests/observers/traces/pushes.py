"""Traces as proxies and SDKs push them, in as few words as a test needs. Times are seconds since 1970."""

import json
import re
from base64 import b64decode
from collections.abc import Mapping, Sequence

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status
from tests.observers.otlp.pushes import Attributes, pairs

from tidegate.core.gates.evidence import VersionedService
from tidegate.core.ids import ServiceName, Version
from tidegate.core.traces import span as core
from tidegate.otlp.wire import Encoding, encode

SECOND = 1_000_000_000
NOW = 1_000_000.0

KINDS = {
    "internal": Span.SPAN_KIND_INTERNAL,
    "server": Span.SPAN_KIND_SERVER,
    "client": Span.SPAN_KIND_CLIENT,
    "producer": Span.SPAN_KIND_PRODUCER,
    "consumer": Span.SPAN_KIND_CONSUMER,
}
MESH = {"service.name": "ingress"}


def version(name: str) -> VersionedService:
    """`service@version` as a value."""
    service, _, told = name.partition("@")
    return VersionedService(service=ServiceName(service), version=Version(told or core.UNKNOWN_VERSION))


def trace_id(number: int) -> bytes:
    return number.to_bytes(16, "big")


def span_id(number: int) -> bytes:
    return number.to_bytes(8, "big")


def span(
    number: int = 1,
    *,
    trace: int = 1,
    parent: int = 0,
    kind: str = "server",
    name: str = "",
    start: float = NOW - 1,
    seconds: float = 0.5,
    error: bool = False,
    message: str = "",
    attributes: Attributes | None = None,
) -> Span:
    """A span as an SDK records it; its parent is another number."""
    return Span(
        trace_id=trace_id(trace),
        span_id=span_id(number),
        parent_span_id=span_id(parent) if parent else b"",
        kind=KINDS[kind],
        name=name,
        start_time_unix_nano=int(start * SECOND),
        end_time_unix_nano=int((start + seconds) * SECOND),
        attributes=pairs(attributes or {}),
        status=Status(code=Status.STATUS_CODE_ERROR if error else Status.STATUS_CODE_UNSET, message=message),
    )


def hop(
    caller: str,
    callee: str,
    number: int = 1,
    *,
    trace: int = 1,
    parent: int = 0,
    status: int = 200,
    flags: str = "-",
    start: float = NOW - 1,
    seconds: float = 0.5,
) -> Span:
    """A call as the mesh records it; `-` calls from outside."""
    service, _, told = callee.partition("@")
    attributes: dict[str, str | float] = {
        "component": "proxy",
        "http.method": "POST",
        "http.url": f"http://{service}/call/81723?user=ann",
        "http.protocol": "HTTP/1.1",
        "http.status_code": str(status),
        "node_id": "tidegate",
        "peer.address": "127.0.0.1",
        "request_size": "0",
        "response_flags": flags,
        "response_size": "17",
        "tg.caller": caller,
        "tg.service": service,
        "tg.version": told,
        "upstream_cluster": callee,
        "upstream_cluster.name": callee,
        "user_agent": "load/1",
    }
    return span(
        number,
        trace=trace,
        parent=parent,
        name="egress",
        kind="client" if parent else "server",
        start=start,
        seconds=seconds,
        error=status >= 500,
        attributes=attributes,
    )


def push(*spans: Span, of: Attributes | None = None) -> ExportTraceServiceRequest:
    """A request with `spans` of one resource."""
    return batch({"": (MESH if of is None else of, spans)})


def batch(by_resource: Mapping[str, tuple[Attributes, Sequence[Span]]]) -> ExportTraceServiceRequest:
    """A request with spans of several resources, as a Collector sends them."""
    return ExportTraceServiceRequest(
        resource_spans=[
            ResourceSpans(
                resource=Resource(attributes=pairs(attributes)), scope_spans=[ScopeSpans(spans=spans)]
            )
            for attributes, spans in by_resource.values()
        ]
    )


def in_json(request: ExportTraceServiceRequest) -> bytes:
    """A request as the specification has it in JSON: with ids in hexadecimal."""
    plain = encode(request, Encoding.JSON).decode()
    return re.sub(r'("(?:trace|span|parentSpan)Id":) *"([^"]*)"', _hexadecimal, plain).encode()


def _hexadecimal(found: re.Match[str]) -> str:
    return f"{found[1]}{json.dumps(b64decode(found[2]).hex().upper())}"


def shop(trace: int, *, status: int = 200, start: float = NOW - 1) -> list[Span]:
    """A journey through the mesh: the front calls the cart, which calls pay and stock."""
    failed = status if status >= 500 else 200
    return [
        hop("-", "front@1.0.0", 1, trace=trace, status=failed, start=start, seconds=0.4),
        hop("front@1.0.0", "cart@1.0.0", 2, trace=trace, parent=1, status=failed, start=start, seconds=0.3),
        hop("cart@1.0.0", "pay@2.0.0", 3, trace=trace, parent=2, status=status, start=start, seconds=0.1),
        hop("cart@1.0.0", "stock@1.0.0", 4, trace=trace, parent=2, start=start + 0.1, seconds=0.1),
    ]
