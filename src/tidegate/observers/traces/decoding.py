"""Trace requests as they are read from the wire.

JSON has ids in hexadecimal where protobuf's own mapping would have base64. Every text of hexadecimal digits whose
length is a multiple of four is base64 too, so an id that was read as such is written as such again and then read as
what it is. What is no id then stays empty, which `spans` refuses alone.
"""

from base64 import b64encode
from collections.abc import Iterator
from typing import Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tidegate.otlp.wire import Form

MOST_PARTS: Final = 20_000
"""Resources, scopes and spans of a push; an SDK sends 512 spans at once, a collector 8192."""


def spans_in(request: ExportTraceServiceRequest) -> Iterator[Span]:
    """Every span of a request."""
    for pushed in request.resource_spans:
        for scoped in pushed.scope_spans:
            yield from scoped.spans


def _parts(request: ExportTraceServiceRequest) -> Iterator[int]:
    yield len(request.resource_spans)
    for pushed in request.resource_spans:
        yield len(pushed.scope_spans)
        yield from (len(scoped.spans) for scoped in pushed.scope_spans)


def _with_ids(request: ExportTraceServiceRequest) -> ExportTraceServiceRequest:
    """`request` with ids that JSON had in hexadecimal."""
    for span in spans_in(request):
        span.trace_id = _id(span.trace_id)
        span.span_id = _id(span.span_id)
        span.parent_span_id = _id(span.parent_span_id)
    return request


def _id(read: bytes) -> bytes:
    try:
        return bytes.fromhex(b64encode(read).decode())
    except ValueError:
        return NO_ID


NO_ID: Final = b"\0"
"""Of no length that an id has."""

TRACES: Final = Form(
    name="traces",
    message=ExportTraceServiceRequest,
    most_parts=MOST_PARTS,
    named="resources, scopes and spans",
    parts=_parts,
    mended=_with_ids,
)
