"""Bytes of a push: both encodings say the same, and nothing that comes breaks or fills us."""

import gzip
import io
import json
import tracemalloc

import pytest
from google.protobuf.json_format import MessageToDict
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from tests.observers.otlp.pushes import BEGAN, WANTED, counter, durations, gauge, push

from tidegate.core.errors import Refused
from tidegate.observers.otlp.decoding import (
    MOST_BYTES,
    MOST_JSON,
    MOST_PARTS,
    Encoding,
    Malformed,
    NotUnderstood,
    TooLarge,
    decode,
    encode,
    encoding_of,
)
from tidegate.observers.otlp.points import points_of
from tidegate.observers.otlp.semantics import kinds
from tidegate.observers.otlp.table import Table

PUSHED = push(
    durations(5, 1, 0, status=200),
    counter("checkouts", 3),
    gauge("process.memory.usage", 1.5),
)


@pytest.mark.parametrize("encoding", Encoding)
@pytest.mark.parametrize("compression", ["", "identity", "gzip", " GZIP"])
def test_a_push_in_any_form_says_the_same(encoding: Encoding, compression: str) -> None:
    body = encode(PUSHED, encoding)
    sent = gzip.compress(body) if "gzip" in compression.lower() else body
    assert decode(sent, encoding, compression) == PUSHED


def test_json_as_the_specification_has_it() -> None:
    """Numbers for enumerations, text for 64 bits, hexadecimal ids, fields nobody knows."""
    point = {
        "startTimeUnixNano": "1544712660300000000",
        "timeUnixNano": 1544712660300000001,
        "asInt": "9",
        "attributes": [{"key": "outcome", "value": {"stringValue": "failed"}}],
        "exemplars": [{"traceId": "5B8EFFF798038103D269B633813FC60C", "spanId": "EEE19B7EC3C1B174"}],
        "unheardOf": {"deep": [1]},
    }
    metric = {
        "name": "checkouts",
        "sum": {"aggregationTemporality": 1, "isMonotonic": True, "dataPoints": [point]},
    }
    body = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}], "schemaUrl": "x"}], "later": None}
    (decoded,) = decode(json.dumps(body).encode(), Encoding.JSON).resource_metrics[0].scope_metrics[0].metrics
    found = MessageToDict(decoded, use_integers_for_enums=True)["sum"]
    assert (found["aggregationTemporality"], found["isMonotonic"]) == (1, True)
    wanted = {"startTimeUnixNano", "timeUnixNano", "asInt", "attributes"}
    assert {key: found["dataPoints"][0][key] for key in wanted} == {
        **{key: point[key] for key in wanted},
        "timeUnixNano": "1544712660300000001",
    }


@pytest.mark.parametrize("encoding", Encoding)
def test_a_push_of_nothing_is_one(encoding: Encoding) -> None:
    empty = ExportMetricsServiceRequest()
    assert decode(encode(empty, encoding), encoding) == empty


@pytest.mark.parametrize(
    ("header", "encoding"),
    [
        ("application/x-protobuf", Encoding.PROTOBUF),
        ("application/json", Encoding.JSON),
        ("Application/JSON; charset=utf-8", Encoding.JSON),
    ],
)
def test_types(header: str, encoding: Encoding) -> None:
    assert encoding_of(header) is encoding


@pytest.mark.parametrize("header", ["", "text/plain", "application/protobuf", "application/jsonl"])
def test_other_types_are_not_understood(header: str) -> None:
    with pytest.raises(NotUnderstood, match="send application/x-protobuf or application/json"):
        encoding_of(header)


def member(plain: bytes) -> bytes:
    return gzip.compress(plain, mtime=0)


@pytest.mark.parametrize(
    ("body", "encoding", "compression", "error", "words"),
    [
        (b"\xff", Encoding.PROTOBUF, "", Malformed, "not a metrics request in application/x-protobuf"),
        (b"{", Encoding.JSON, "", Malformed, "not a metrics request in application/json"),
        (b"", Encoding.JSON, "", Malformed, "not a metrics request"),
        (b"[1]", Encoding.JSON, "", Malformed, "not a metrics request"),
        (b"\xff", Encoding.JSON, "", Malformed, "not a metrics request"),
        (b"[" * 100_000, Encoding.JSON, "", Malformed, "not a metrics request"),
        (b'{"a":' * 50_000, Encoding.JSON, "", Malformed, "not a metrics request"),
        (b'{"resourceMetrics":[{"schemaUrl":7}]}', Encoding.JSON, "", Malformed, "not a metrics request"),
        (b'{"resourceMetrics":' + b"9" * 5_000 + b"}", Encoding.JSON, "", Malformed, "not a metrics request"),
        (rb'{"resourceMetrics":"\ud800"}', Encoding.JSON, "", Malformed, r"which is \\ud800"),
        (b"{}", Encoding.JSON, "gzip", Malformed, "not whole gzip"),
        (member(b"{}")[:-9], Encoding.JSON, "gzip", Malformed, "not whole gzip"),
        (member(b"{}")[:-8] + b"\0" * 8, Encoding.JSON, "gzip", Malformed, "not whole gzip"),
        (b"{}", Encoding.JSON, "br", NotUnderstood, "send it plain or by gzip"),
        (member(b" " * (MOST_BYTES + 1)), Encoding.JSON, "gzip", TooLarge, "at most 4194304 bytes"),
    ],
)
def test_what_is_refused(
    body: bytes, encoding: Encoding, compression: str, error: type[Refused], words: str
) -> None:
    with pytest.raises(error, match=words):
        decode(body, encoding, compression)


def test_what_is_allowed_may_be_lowered() -> None:
    with pytest.raises(TooLarge, match="at most 9 bytes"):
        decode(member(b" " * 10), Encoding.JSON, "gzip", most_inflated=9)


def parts(number: int) -> ExportMetricsServiceRequest:
    """A resource, a scope, a metric, and data points that make `number` of them."""
    metric = gauge("process.memory.usage", 1, time=BEGAN)
    metric.gauge.data_points.extend([metric.gauge.data_points[0]] * (number - 4))
    return push(metric)


def test_a_push_has_a_bounded_number_of_parts() -> None:
    most = encode(parts(MOST_PARTS), Encoding.PROTOBUF)
    assert decode(most, Encoding.PROTOBUF) == parts(MOST_PARTS)
    with pytest.raises(TooLarge, match="at most 20000 resources, scopes, metrics and data points"):
        decode(encode(parts(MOST_PARTS + 1), Encoding.PROTOBUF), Encoding.PROTOBUF)


def test_json_that_takes_long_is_not_decoded() -> None:
    body = b'{"resourceMetrics":[' + b"{}," * (MOST_JSON // 2) + b"{}]}"
    with pytest.raises(TooLarge, match="at most 500000 objects and commas"):
        decode(body, Encoding.JSON)


def test_a_bomb_is_not_inflated() -> None:
    """Much more in little takes the memory of what is allowed."""
    bomb = io.BytesIO()
    with gzip.GzipFile(fileobj=bomb, mode="wb") as file:
        for _ in range(1 << 6):
            file.write(bytes(1 << 20))
    tracemalloc.start()
    with pytest.raises(TooLarge):
        decode(bomb.getvalue(), Encoding.PROTOBUF, "gzip")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * MOST_BYTES


def digest(body: bytes, encoding: Encoding, compression: str) -> None:
    """Take in whatever it is, as a push of an application and of a browser."""
    for by_browser in (False, True):
        try:
            request = decode(body, encoding, compression)
        except (Malformed, NotUnderstood, TooLarge) as error:
            encode(AnyValue(string_value=str(error)), encoding)
            continue
        table = Table(WANTED, began=BEGAN)
        outcome = table.accept(points_of(request, WANTED, by_browser=by_browser), now=BEGAN + 10)
        assert outcome.refused >= 0
        assert table.reading(now=BEGAN + 10).at == BEGAN + 10


@given(st.binary(max_size=200), st.sampled_from(Encoding), st.sampled_from(["", "gzip"]))
def test_any_bytes_are_taken_or_refused(body: bytes, encoding: Encoding, compression: str) -> None:
    digest(body, encoding, compression)


@given(
    st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=8),
    st.sampled_from(Encoding),
)
def test_any_damage_is_taken_or_refused(changes: list[tuple[int, int]], encoding: Encoding) -> None:
    body = bytearray(encode(PUSHED, encoding))
    for place, byte in changes:
        body[place % len(body)] = byte
    digest(bytes(body), encoding, "")


TEXT = st.text(st.characters(exclude_categories=()), max_size=8)  # halves of characters too
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=4,
)
DATA_POINT = st.fixed_dictionaries(
    {},
    optional={
        "timeUnixNano": JSON | st.just(str(int(BEGAN + 10) * 10**9)),
        "startTimeUnixNano": JSON,
        "attributes": JSON,
        "count": JSON | st.integers(0, 5),
        "bucketCounts": JSON | st.lists(st.integers(0, 5), max_size=3),
        "explicitBounds": JSON | st.lists(st.floats(), max_size=2),
        "scale": JSON | st.integers(-12, 22),
        "positive": JSON | st.fixed_dictionaries({"offset": JSON, "bucketCounts": JSON}),
        "asDouble": JSON,
        "flags": JSON,
    },
)


@given(
    st.sampled_from(sorted(kinds(WANTED))),
    st.sampled_from(["sum", "gauge", "histogram", "exponentialHistogram", "summary"]),
    st.lists(DATA_POINT, max_size=2),
)
def test_any_json_is_taken_or_refused(name: str, data: str, points: list[object]) -> None:
    of = [{"key": f"service.{key}", "value": {"stringValue": "web"}} for key in ("name", "version")]
    held = {"dataPoints": points, "aggregationTemporality": 2, "isMonotonic": True}
    metric = {"name": name, "unit": "s", data: held}
    pushed = {"resource": {"attributes": of}, "scopeMetrics": [{"metrics": [metric]}]}
    digest(json.dumps({"resourceMetrics": [pushed]}).encode(), Encoding.JSON, "")
