"""A trace request as spans in tidegate's own words, each checked; attributes that nobody needs are not looked at."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1 import trace_pb2

from tidegate.core.gates.evidence import VersionedService
from tidegate.core.ids import ServiceName, Version
from tidegate.core.traces.loss import flaw_of
from tidegate.core.traces.span import UNKNOWN_VERSION, Ending, Span, SpanKind
from tidegate.observers.traces.conventions import (
    CALLER,
    EXCEPTION,
    MOST_ATTRIBUTES,
    PEER,
    READ,
    SERVICE,
    VERSION,
    Attributes,
    ending_of,
    has_left,
    kind_of,
    operation_of,
    said_of,
    status_of,
)
from tidegate.observers.traces.evaluations import evaluated
from tidegate.observers.traces.losses import NotTaken, Unused
from tidegate.otlp.attributes import LONGEST, chosen

NANOSECONDS: Final = 1_000_000_000

_RESOURCE: Final = {"service.name": "name", "service.version": "version"}
_MOST_EVENTS: Final = 16
_TRACE_BYTES, _SPAN_BYTES = 16, 8
_ZEROS: Final = bytes(_TRACE_BYTES)


def spans_of(request: ExportTraceServiceRequest, *, now: float | None) -> Iterator[Span | Unused]:
    """Every span of `request` that came at `now`, seconds since 1970, or why it cannot be used.

    Without a `now` spans may be of any time.
    """
    for pushed in request.resource_spans:
        recorder = _recorder(pushed.resource.attributes)
        for scoped in pushed.scope_spans:
            if isinstance(recorder, NotTaken):
                yield Unused(why=recorder, spans=len(scoped.spans))
            else:
                yield from (_checked(span, recorder, now) for span in scoped.spans)


def _recorder(pairs: Sequence[KeyValue]) -> VersionedService | NotTaken:
    """The version that recorded the spans of a resource."""
    if len(pairs) > MOST_ATTRIBUTES:
        return NotTaken.ATTRIBUTES
    attributes = chosen(pairs, _RESOURCE)
    name, version = attributes.get("name", ""), attributes.get("version", "")
    if not name:
        return NotTaken.NO_SERVICE
    return (
        NotTaken.LONG_NAME
        if max(len(name), len(version)) > LONGEST
        else _versioned(name, version or UNKNOWN_VERSION)
    )


@lru_cache(4_096)
def _versioned(service: str, version: str) -> VersionedService:
    """One object for all spans of a version."""
    return VersionedService(service=ServiceName(service), version=Version(version))


def _checked(found: trace_pb2.Span, recorder: VersionedService, now: float | None) -> Span | Unused:
    if not (_is_id(found.trace_id, _TRACE_BYTES) and _is_id(found.span_id, _SPAN_BYTES)):
        return Unused(why=NotTaken.NO_ID)
    if len(found.attributes) > MOST_ATTRIBUTES:
        return Unused(why=NotTaken.ATTRIBUTES)
    attributes = chosen(found.attributes, READ)
    kind = kind_of(found.kind, attributes)
    ends = _hop_ends(attributes) if kind is SpanKind.HOP else (recorder, _peer(attributes))
    if ends is None:
        return Unused(why=NotTaken.LONG_NAME)
    span = _span(found, kind, ends, attributes)
    flaw = None if now is None else flaw_of(span, now)
    return Unused(why=flaw) if flaw else span


def _is_id(given: bytes, length: int) -> bool:
    return len(given) == length and given != _ZEROS[:length]


Ends = tuple[VersionedService | None, VersionedService | None]


def _span(found: trace_pb2.Span, kind: SpanKind, ends: Ends, attributes: Attributes) -> Span:
    ending = ending_of(kind, attributes, found.status.code)
    if ends[0] is None and ending is Ending.TIMED_OUT and has_left(attributes):
        ending = Ending.OK  # a user who leaves was not failed
    parent = found.parent_span_id
    return Span(
        trace=found.trace_id.hex(),
        id=found.span_id.hex(),
        parent=parent.hex() if any(parent) else None,
        kind=kind,
        name=operation_of(found.name, attributes),
        service=ends[0],
        peer=ends[1],
        start=found.start_time_unix_nano / NANOSECONDS,
        end=found.end_time_unix_nano / NANOSECONDS,
        ending=ending,
        status=status_of(attributes),
        said="" if ending is Ending.OK else said_of(attributes, found.status.message, _exceptions(found)),
        flags=evaluated(found),
    )


def _hop_ends(attributes: Attributes) -> Ends | None:
    """Who made the call of a hop, if it did not come from outside, and who was called, if anybody was.

    None if their names are too long.
    """
    caller, at, caller_version = attributes.get(CALLER, "").partition("@")
    service, version = attributes.get(SERVICE, ""), attributes.get(VERSION, "") or UNKNOWN_VERSION
    if max(map(len, (caller, caller_version, service, version))) > LONGEST:
        return None
    called = _versioned(service, version) if service else None
    return (_versioned(caller, caller_version or UNKNOWN_VERSION) if caller and at else None), called


def _peer(attributes: Attributes) -> VersionedService | None:
    """Who was called, as far as the caller knows; a name that is too long is none."""
    name = attributes.get(PEER, "")
    return _versioned(name, UNKNOWN_VERSION) if 0 < len(name) <= LONGEST else None


def _exceptions(found: trace_pb2.Span) -> tuple[str, ...]:
    events = found.events[-_MOST_EVENTS:]
    return tuple(
        pair.value.string_value
        for event in events
        for pair in event.attributes[:_MOST_EVENTS]
        if pair.key == EXCEPTION
    )
