"""A trace request as spans in tidegate's own words, each checked; attributes that nobody needs are not looked at."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1 import trace_pb2

from tidegate.core.gates.evidence import VersionedService
from tidegate.core.ids import ServiceName, Version
from tidegate.core.traces.span import Ending, Span, SpanKind
from tidegate.observers.traces.conventions import (
    CALLER,
    EXCEPTION,
    FLAGS,
    GONE,
    MOST_ATTRIBUTES,
    PEERS,
    READ,
    SERVICE,
    VERSION,
    Attributes,
    ending_of,
    first,
    http_status,
    kind_of,
    operation_of,
    said_of,
)
from tidegate.observers.traces.losses import Loss, Unused
from tidegate.otlp.attributes import LONGEST, chosen

NANOSECONDS: Final = 1_000_000_000
UNKNOWN: Final = Version("unknown")
"""The version of a service that does not say it."""

_RESOURCE: Final = frozenset({"service.name", "service.version"})
_MOST_EVENTS: Final = 16
_TRACE_BYTES, _SPAN_BYTES = 16, 8
_ZEROS: Final = bytes(_TRACE_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Which times are believed, in seconds since 1970."""

    oldest: float
    newest: float


def spans_of(request: ExportTraceServiceRequest, window: Window) -> Iterator[Span | Unused]:
    """Every span of `request`, or why it cannot be used."""
    for pushed in request.resource_spans:
        recorder = _recorder(pushed.resource.attributes)
        for scoped in pushed.scope_spans:
            if isinstance(recorder, Loss):
                yield Unused(why=recorder, spans=len(scoped.spans))
                continue
            for span in scoped.spans:
                loss = _unusable(span, window)
                yield Unused(why=loss) if loss else _span(span, recorder)


def _recorder(pairs: Sequence[KeyValue]) -> VersionedService | Loss:
    """The version that recorded the spans of a resource."""
    if len(pairs) > MOST_ATTRIBUTES:
        return Loss.ATTRIBUTES
    attributes = chosen(pairs, _RESOURCE)
    name, version = attributes.get("service.name", ""), attributes.get("service.version", "")
    if not name:
        return Loss.NO_SERVICE
    return Loss.LONG_NAME if max(len(name), len(version)) > LONGEST else _versioned(name, version or UNKNOWN)


@lru_cache(4_096)
def _versioned(service: str, version: str) -> VersionedService:
    """One object for all spans of a version."""
    return VersionedService(service=ServiceName(service), version=Version(version))


def _unusable(span: trace_pb2.Span, window: Window) -> Loss | None:
    if not (_is_id(span.trace_id, _TRACE_BYTES) and _is_id(span.span_id, _SPAN_BYTES)):
        return Loss.NO_ID
    if len(span.attributes) > MOST_ATTRIBUTES:
        return Loss.ATTRIBUTES
    return _untimely(span.start_time_unix_nano, span.end_time_unix_nano, window)


def _is_id(given: bytes, length: int) -> bool:
    return len(given) == length and given != _ZEROS[:length]


def _untimely(start: int, end: int, window: Window) -> Loss | None:
    if end < start or not start:
        return Loss.BACKWARDS
    if end > window.newest * NANOSECONDS:
        return Loss.FUTURE
    return Loss.PAST if end < window.oldest * NANOSECONDS else None


def _span(found: trace_pb2.Span, recorder: VersionedService) -> Span | Unused:
    attributes = chosen(found.attributes, READ)
    kind = kind_of(found.kind, attributes)
    ends = _hop_ends(attributes) if kind is SpanKind.HOP else (recorder, _peer(attributes))
    if isinstance(ends, Loss):
        return Unused(why=ends)
    service, peer = ends
    status = http_status(attributes)
    ending = ending_of(kind, attributes, found.status.code, status)
    if service is None and status is None and GONE in attributes.get(FLAGS, ""):
        ending = Ending.OK  # a user who leaves is not failed
    parent = found.parent_span_id
    return Span(
        trace=found.trace_id.hex(),
        id=found.span_id.hex(),
        parent=parent.hex() if parent and any(parent) else None,
        kind=kind,
        name=operation_of(found.name, attributes),
        service=service,
        peer=peer,
        start=found.start_time_unix_nano / NANOSECONDS,
        end=found.end_time_unix_nano / NANOSECONDS,
        ending=ending,
        status=status,
        said="" if ending is Ending.OK else said_of(attributes, found.status.message, _exceptions(found)),
    )


def _hop_ends(attributes: Attributes) -> tuple[VersionedService | None, VersionedService | None] | Loss:
    """Who made the call of a hop, if it did not come from outside, and who was called, if anybody was."""
    caller, at, caller_version = attributes.get(CALLER, "").partition("@")
    service, version = attributes.get(SERVICE, ""), attributes.get(VERSION, "") or UNKNOWN
    if max(map(len, (caller, caller_version, service, version))) > LONGEST:
        return Loss.LONG_NAME
    called = _versioned(service, version) if service else None
    return (_versioned(caller, caller_version or UNKNOWN) if caller and at else None), called


def _peer(attributes: Attributes) -> VersionedService | None:
    """Who was called, as far as the caller knows; a name that is too long is none."""
    name = first(attributes, PEERS)
    return _versioned(name, UNKNOWN) if 0 < len(name) <= LONGEST else None


def _exceptions(found: trace_pb2.Span) -> tuple[str, ...]:
    events = found.events[-_MOST_EVENTS:]
    return tuple(
        pair.value.string_value
        for event in events
        for pair in event.attributes[:_MOST_EVENTS]
        if pair.key == EXCEPTION
    )
