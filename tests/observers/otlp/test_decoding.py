"""Bytes of a push: both encodings say the same, and nothing that comes breaks or fills us."""

import json

import pytest
from google.protobuf.json_format import MessageToDict
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from tests.observers.otlp.pushes import BEGAN, WANTED, counter, durations, gauge, push

from tidegate.observers.otlp.decoding import METRICS, MOST_PARTS
from tidegate.observers.otlp.points import points_of
from tidegate.observers.otlp.semantics import kinds
from tidegate.observers.otlp.table import Table
from tidegate.otlp.wire import Encoding, Malformed, NotUnderstood, Push, TooLarge, decode, encode

PUSHED = push(
    durations(5, 1, 0, status=200),
    counter("checkouts", 3),
    gauge("process.memory.usage", 1.5),
)


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
    pushed = Push(body=json.dumps(body).encode(), encoding=Encoding.JSON)
    (decoded,) = decode(pushed, METRICS).resource_metrics[0].scope_metrics[0].metrics
    found = MessageToDict(decoded, use_integers_for_enums=True)["sum"]
    assert (found["aggregationTemporality"], found["isMonotonic"]) == (1, True)
    wanted = {"startTimeUnixNano", "timeUnixNano", "asInt", "attributes"}
    assert {key: found["dataPoints"][0][key] for key in wanted} == {
        **{key: point[key] for key in wanted},
        "timeUnixNano": "1544712660300000001",
    }


def parts(number: int) -> ExportMetricsServiceRequest:
    """A resource, a scope, a metric, and data points that make `number` of them."""
    metric = gauge("process.memory.usage", 1, time=BEGAN)
    metric.gauge.data_points.extend([metric.gauge.data_points[0]] * (number - 4))
    return push(metric)


def test_a_push_has_a_bounded_number_of_parts() -> None:
    most = encode(parts(MOST_PARTS), Encoding.PROTOBUF)
    assert decode(Push(body=most), METRICS) == parts(MOST_PARTS)
    with pytest.raises(TooLarge, match="at most 20000 resources, scopes, metrics and data points"):
        decode(Push(body=encode(parts(MOST_PARTS + 1), Encoding.PROTOBUF)), METRICS)


def digest(body: bytes, encoding: Encoding, compression: str) -> None:
    """Take in whatever it is, as a push of an application and of a browser."""
    for by_browser in (False, True):
        try:
            request = decode(Push(body=body, encoding=encoding, compression=compression), METRICS)
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
