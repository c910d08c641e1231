"""Trace requests from the wire: ids in either encoding, bounded, and any bytes have an answer."""

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from tests.observers.traces.pushes import NOW, in_json, push, shop, span

from tidegate.core.traces.span import Span
from tidegate.observers.traces.decoding import MOST_PARTS, TRACES
from tidegate.observers.traces.losses import NotTaken, Unused
from tidegate.observers.traces.spans import spans_of
from tidegate.observers.traces.table import TraceTable
from tidegate.otlp.wire import Encoding, Malformed, NotUnderstood, Push, TooLarge, decode, encode

PUSHED = push(*shop(0x5B8E), *shop(2, status=500))


def from_json(body: bytes) -> ExportTraceServiceRequest:
    return decode(Push(body=body, encoding=Encoding.JSON), TRACES)


def test_both_encodings_say_the_same() -> None:
    assert decode(Push(body=encode(PUSHED, Encoding.PROTOBUF)), TRACES) == PUSHED
    assert from_json(in_json(PUSHED)) == PUSHED


def test_json_as_the_specification_has_it() -> None:
    """Ids in hexadecimal of either case, numbers for enumerations, text for 64 bits, fields nobody knows."""
    written = {
        "traceId": "5B8EFFF798038103D269B633813FC60C",
        "spanId": "eee19b7ec3c1b174",
        "parentSpanId": "",
        "kind": 2,
        "startTimeUnixNano": "999999000000000",
        "endTimeUnixNano": 999999500000000,
        "attributes": [{"key": "http.response.status_code", "value": {"intValue": "404"}}],
        "status": {},
        "unheardOf": {"deep": [1]},
    }
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "cart"}}]}
    body = {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": [written]}]}]}
    (read,) = spans_of(from_json(json.dumps(body).encode()), now=NOW)
    assert isinstance(read, Span)
    assert (read.trace, read.id) == ("5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174")
    assert (read.parent, read.status, read.end - read.start) == (None, 404, 0.5)


@pytest.mark.parametrize(
    "id_",
    [
        "W47/95gDgQPSabYzgT/GDA==",  # base64, as protobuf's own mapping would have it
        "5b8efff798038103d269b633813fc60",
        "5b8efff798038103d269b633813fc6",
        "5b8efff798038103d269b633813fc60c00",
        "zb8efff798038103d269b633813fc60c",
        "0" * 32,
        "",
    ],
)
def test_what_is_no_id_is_refused_alone(id_: str) -> None:
    body = json.loads(in_json(push(span(1), span(2))))
    body["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["traceId"] = id_
    unused, used = spans_of(from_json(json.dumps(body).encode()), now=NOW)
    assert (unused, isinstance(used, Span)) == (Unused(why=NotTaken.NO_ID), True)


def test_a_push_has_a_bounded_number_of_parts() -> None:
    most = push(*[span(1)] * (MOST_PARTS - 2))
    assert decode(Push(body=encode(most, Encoding.PROTOBUF)), TRACES) == most
    most.resource_spans[0].scope_spans[0].spans.append(span(1))
    with pytest.raises(TooLarge, match="at most 20000 resources, scopes and spans"):
        decode(Push(body=encode(most, Encoding.PROTOBUF)), TRACES)


def digest(push: Push) -> None:
    """Take in whatever it is."""
    try:
        request = decode(push, TRACES)
    except (Malformed, NotUnderstood, TooLarge) as error:
        encode(AnyValue(string_value=str(error)), push.encoding)
        return
    clock = [NOW]
    table = TraceTable(lambda: clock[0])
    table.accept(tuple(spans_of(request, now=NOW)))
    clock[0] += 60
    table.reading()
    account = table.account()
    assert (account.waiting, account.received) == (0, account.counted + sum(account.lost.values()))


@given(st.binary(max_size=200), st.sampled_from(Encoding), st.sampled_from(["", "gzip", "br"]))
def test_any_bytes_are_taken_or_refused(body: bytes, encoding: Encoding, compression: str) -> None:
    digest(Push(body=body, encoding=encoding, compression=compression))
    if compression == "gzip":
        digest(Push(body=gzip.compress(body), encoding=encoding, compression=compression))


@given(
    st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=8),
    st.sampled_from(Encoding),
)
def test_any_damage_is_taken_or_refused(changes: list[tuple[int, int]], encoding: Encoding) -> None:
    body = bytearray(in_json(PUSHED) if encoding is Encoding.JSON else encode(PUSHED, encoding))
    for place, byte in changes:
        body[place % len(body)] = byte
    digest(Push(body=bytes(body), encoding=encoding))


TEXT = st.text(st.characters(exclude_categories=()), max_size=8)  # halves of characters too
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=4,
)
IDS = st.sampled_from(["0" * 15 + "1", "0" * 15 + "2", "0" * 31 + "1", ""]) | JSON
TIMES = st.sampled_from([str(int(NOW - 1) * 10**9), str(int(NOW) * 10**9)]) | JSON
VALUE = (
    st.fixed_dictionaries({"stringValue": TEXT}) | st.fixed_dictionaries({"intValue": st.integers()}) | JSON
)
KEYS = [
    "tg.caller",
    "tg.service",
    "http.route",
    "url.path",
    "response_flags",
    "error.type",
    "http.status_code",
]
SPAN = st.fixed_dictionaries(
    {"traceId": IDS, "spanId": IDS, "startTimeUnixNano": TIMES, "endTimeUnixNano": TIMES},
    optional={
        "parentSpanId": IDS,
        "kind": st.integers(0, 6) | JSON,
        "name": TEXT | JSON,
        "status": st.fixed_dictionaries({"code": st.integers(0, 2), "message": TEXT}) | JSON,
        "attributes": st.lists(
            st.fixed_dictionaries({"key": st.sampled_from(KEYS), "value": VALUE}), max_size=3
        )
        | JSON,
        "events": JSON,
    },
)


@given(st.lists(SPAN, max_size=3))
def test_any_json_is_taken_or_refused(spans: list[object]) -> None:
    of = [{"key": "service.name", "value": {"stringValue": "web"}}]
    pushed = {"resource": {"attributes": of}, "scopeSpans": [{"spans": spans}]}
    digest(Push(body=json.dumps({"resourceSpans": [pushed]}).encode(), encoding=Encoding.JSON))
