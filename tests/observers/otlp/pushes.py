"""Pushes as exporters write them, in as few words as a test needs. Times are whole seconds since 1970."""

from collections.abc import Mapping, Sequence

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    AggregationTemporality,
    ExponentialHistogram,
    ExponentialHistogramDataPoint,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from tidegate.core.gates.evidence import CallEdge, VersionedService
from tidegate.core.ids import ServiceName, Version
from tidegate.core.telemetry import Otlp, PushedLevel, PushedRatio, Selector
from tidegate.observers.otlp.semantics import HTTP_SERVER_DURATION

SECOND = 1_000_000_000
BEGAN = 1_000_000.0

Attributes = Mapping[str, str | float | bool]

PAY = VersionedService(service=ServiceName("pay"), version=Version("2.0.0"))
WEB = VersionedService(service=ServiceName("web"), version=Version("7"))
PAID = CallEdge(caller=None, callee=PAY)
WANTED = Otlp(
    ratios=(
        PushedRatio(
            name="checkout",
            requests=Selector(metric="checkouts"),
            bad=Selector(metric="checkouts", attributes={"outcome": "failed"}),
        ),
        PushedRatio(name="crashes", requests=Selector(metric="pages"), bad=Selector(metric="page.errors")),
    ),
    levels=(PushedLevel(name="memory", of=Selector(metric="process.memory.usage")),),
    front_ends=frozenset({WEB.service}),
    interval=10.0,
)


def pairs(attributes: Attributes) -> list[KeyValue]:
    return [KeyValue(key=key, value=any_value(value)) for key, value in attributes.items()]


def any_value(value: str | float | bool) -> AnyValue:
    match value:
        case bool():
            return AnyValue(bool_value=value)
        case int():
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case str():
            return AnyValue(string_value=value)


def resource(
    version: VersionedService = PAY, instance: str | None = "a", also: Attributes | None = None
) -> Attributes:
    named = {"service.instance.id": instance} if instance is not None else {}
    return {"service.name": version.service, "service.version": version.version, **named, **(also or {})}


def push(*metrics: Metric, of: Attributes | None = None) -> ExportMetricsServiceRequest:
    """A request with `metrics` of one resource."""
    scoped = ScopeMetrics(metrics=metrics)
    attributes = resource() if of is None else of
    pushed = ResourceMetrics(resource=Resource(attributes=pairs(attributes)), scope_metrics=[scoped])
    return ExportMetricsServiceRequest(resource_metrics=[pushed])


def temporality(*, delta: bool) -> AggregationTemporality.ValueType:
    return AggregationTemporality.ValueType(1 if delta else 2)


_LONG = {"error": "error.type"}


def durations(
    *counts: int,
    start: float = BEGAN,
    time: float = BEGAN + 10,
    bounds: Sequence[float] = (0.1, 1.0),
    delta: bool = False,
    unit: str = "s",
    status: int | None = None,
    **attributes: str,
) -> Metric:
    """`counts` of requests by bucket, with a status, and an `error` as the convention has it."""
    named: dict[str, str | int] = {_LONG.get(key, key): value for key, value in attributes.items()}
    if status is not None:
        named["http.response.status_code"] = status
    point = HistogramDataPoint(
        start_time_unix_nano=int(start * SECOND),
        time_unix_nano=int(time * SECOND),
        count=sum(counts),
        bucket_counts=counts,
        explicit_bounds=bounds,
        attributes=pairs(named),
    )
    data = Histogram(aggregation_temporality=temporality(delta=delta), data_points=[point])
    return Metric(name=HTTP_SERVER_DURATION, unit=unit, histogram=data)


def exponential(point: ExponentialHistogramDataPoint, *, time: float) -> Metric:
    point.start_time_unix_nano, point.time_unix_nano = int(BEGAN * SECOND), int(time * SECOND)
    data = ExponentialHistogram(aggregation_temporality=temporality(delta=False), data_points=[point])
    return Metric(name=HTTP_SERVER_DURATION, unit="s", exponential_histogram=data)


def counter(
    name: str,
    value: float,
    *,
    start: float = BEGAN,
    time: float = BEGAN + 10,
    delta: bool = False,
    **attributes: str,
) -> Metric:
    data = Sum(
        is_monotonic=True,
        aggregation_temporality=temporality(delta=delta),
        data_points=[number(value, start=start, time=time, **attributes)],
    )
    return Metric(name=name, sum=data)


def gauge(name: str, value: float, *, time: float = BEGAN + 10, **attributes: str) -> Metric:
    return Metric(name=name, gauge=Gauge(data_points=[number(value, start=0, time=time, **attributes)]))


def number(value: float, *, start: float, time: float, **attributes: str) -> NumberDataPoint:
    point = NumberDataPoint(
        start_time_unix_nano=int(start * SECOND),
        time_unix_nano=int(time * SECOND),
        attributes=pairs({key.replace("_", "."): text for key, text in attributes.items()}),
    )
    if isinstance(value, int):
        point.as_int = value
    else:
        point.as_double = value
    return point
