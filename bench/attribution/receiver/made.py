"""Spans as Envoy records them, with all its attributes: journeys of four hops, one in fifty failing."""

import json
import re
import time
from base64 import b64decode
from collections.abc import Iterator, Sequence
from itertools import count, islice
from typing import Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from tidegate.otlp.wire import Encoding, encode

HOPS: Final = 4
SERVICES: Final = ("front", "cart", "pay", "ledger")
FAILS: Final = 50
SECOND: Final = 1_000_000_000
_RESOURCE: Final = Resource(attributes=[KeyValue(key="service.name", value=AnyValue(string_value="ingress"))])
_IDS: Final = count(1)


def pushes(spans: int, batch: int, *, entries: bool = True) -> Iterator[ExportTraceServiceRequest]:
    """At least so many spans that end now, `batch` at once; without `entries` no trace is ever complete."""
    made = _spans(entries=entries)
    for _ in range(-(-spans // batch)):
        scoped = ScopeSpans(spans=islice(made, batch))
        yield ExportTraceServiceRequest(
            resource_spans=[ResourceSpans(resource=_RESOURCE, scope_spans=[scoped])]
        )


def body(push: ExportTraceServiceRequest, encoding: Encoding) -> bytes:
    """A push as it is sent: in JSON with ids in hexadecimal, as the specification has them."""
    plain = encode(push, encoding)
    return plain if encoding is Encoding.PROTOBUF else _ID.sub(_hexadecimal, plain.decode()).encode()


_ID: Final = re.compile(r'("(?:trace|span|parentSpan)Id": *)"([^"]*)"')


def _hexadecimal(found: re.Match[str]) -> str:
    return found[1] + json.dumps(b64decode(found[2]).hex())


def _spans(*, entries: bool) -> Iterator[Span]:
    while True:
        yield from _journey(next(_IDS), first=0 if entries else 1)


def _journey(number: int, first: int) -> Sequence[Span]:
    """One journey in the order in which its calls end; `first` cuts off its beginning."""
    status = "503" if number % FAILS == 0 else "200"
    now = time.time_ns()
    return [_hop(number, hop, status, now) for hop in reversed(range(first, HOPS))]


def _hop(trace: int, hop: int, status: str, now: int) -> Span:
    service = SERVICES[hop]
    canary = trace % 10 == hop
    caller = f"{SERVICES[hop - 1]}@1.0.0" if hop else "-"
    return Span(
        trace_id=trace.to_bytes(16, "big"),
        span_id=(trace * HOPS + hop).to_bytes(8, "big"),
        parent_span_id=(trace * HOPS + hop - 1).to_bytes(8, "big") if hop else b"",
        name=f"egress {service}",
        kind=Span.SPAN_KIND_CLIENT if hop else Span.SPAN_KIND_SERVER,
        start_time_unix_nano=now - (HOPS - hop) * 10_000_000,
        end_time_unix_nano=now,
        attributes=_attributes(service, caller, "2.0.0" if canary else "1.0.0", status),
    )


def _attributes(service: str, caller: str, version: str, status: str) -> list[KeyValue]:
    told = {
        "node_id": "tidegate",
        "zone": "",
        "guid:x-request-id": "b2a1c6fe-5a0b-9d3f-8f6a-1f2e3d4c5b6a",
        "http.url": f"http://{service}/call",
        "http.method": "POST",
        "downstream_cluster": "-",
        "user_agent": "load/1",
        "http.protocol": "HTTP/1.1",
        "peer.address": "127.0.0.1",
        "request_size": "0",
        "tg.caller": caller,
        "tg.service": service,
        "tg.version": version,
        "component": "proxy",
        "upstream_cluster": f"{service}@{version}",
        "upstream_cluster.name": f"{service}@{version}",
        "upstream_address": "127.0.0.1:20001",
        "http.status_code": status,
        "response_size": "17",
        "response_flags": "-",
    }
    return [KeyValue(key=key, value=AnyValue(string_value=value)) for key, value in told.items()]
