"""A metrics request as data points: only of metrics that are wanted, each checked, each with the version it is of.

What cannot be used is `Unused`, with how many points and why, so that whoever pushed is told.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK,
    Metric,
    Summary,
)

from tidegate.core.gates.evidence import Counts, Gap
from tidegate.core.ids import ServiceName
from tidegate.core.telemetry import Otlp
from tidegate.observers.otlp.resources import TOO_MANY, Resource, named, resource_of
from tidegate.observers.otlp.semantics import SESSION, Kind, kinds, outcome
from tidegate.observers.otlp.values import DataPoint, data_of, is_delta, kind_of, number_of, value_of
from tidegate.otlp.attributes import LONGEST, MOST_ATTRIBUTES, attributes_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One data point of a wanted metric.

    `series` names it among those of its resource. `start` and `time` are nanoseconds since 1970; a `start` of
    zero is unknown. Counters and durations have a `value` of counts, since `start` or, if `delta`, since the
    point before; levels have a number.
    """

    resource: Resource
    metric: str
    attributes: Mapping[str, str]
    series: bytes
    start: int
    time: int
    value: Counts | float
    delta: bool = False

    @property
    def session(self) -> str | None:
        """The visit of a user that it is of, if it says so."""
        return self.attributes.get(SESSION) or self.resource.session


@dataclass(frozen=True, slots=True, kw_only=True)
class Unused:
    """Data points that are no evidence, and why.

    `service` is absent where it is unknown, and where browsers speak of it: anyone may say anything there.
    """

    why: str
    points: int = 1
    gap: Gap = Gap.MALFORMED
    service: ServiceName | None = None


def points_of(
    request: ExportMetricsServiceRequest, wanted: Otlp, *, by_browser: bool
) -> Iterator[Point | Unused]:
    """What `request` has of `wanted`; one that came `by_browser` speaks of front ends only."""
    wanted_kinds = kinds(wanted)
    for pushed in request.resource_metrics:
        resource = resource_of(pushed.resource.attributes, wanted.front_ends, by_browser=by_browser)
        for scope, metric in (
            (of.scope.name, metric) for of in pushed.scope_metrics for metric in of.metrics
        ):
            if metric.name not in wanted_kinds:
                continue
            if wrong := _unusable(metric, wanted_kinds[metric.name], resource):
                yield replace(wrong, points=number_of(metric))
            elif isinstance(resource, Resource):
                yield from _points(metric, scope, wanted_kinds[metric.name], resource)


def told_of(resource: Resource) -> ServiceName | None:
    """The service that lacks evidence when points of `resource` are not used."""
    return None if resource.browser else resource.version.service


def _unusable(metric: Metric, kind: Kind, resource: Resource | str) -> Unused | None:
    """What keeps all points of `metric` from being used."""
    if isinstance(resource, str):
        return Unused(why=resource)
    service = told_of(resource)
    if kind_of(metric) is not kind:
        return Unused(why=f"{metric.name} must be {kind}", service=service)
    if resource.browser and kind is not Kind.COUNTER:
        return Unused(why=f"of front ends only ratios are counted, not {metric.name}")
    return None


def _points(metric: Metric, scope: str, kind: Kind, resource: Resource) -> Iterator[Point | Unused]:
    data = data_of(metric)
    assert not isinstance(data, Summary | None), "summaries are of no kind"
    for found in data.data_points:
        if not found.flags & DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK:
            yield _point(found, metric, scope, kind, resource)


def _point(found: DataPoint, metric: Metric, scope: str, kind: Kind, resource: Resource) -> Point | Unused:
    if len(found.attributes) > MOST_ATTRIBUTES:
        return Unused(why=TOO_MANY, service=told_of(resource))
    attributes = attributes_of(found.attributes)
    value = value_of(found, kind, metric.unit)
    if isinstance(value, Gap):
        return Unused(why=f"{metric.name}: {value}", gap=value, service=told_of(resource))
    if len(attributes.get(SESSION, "")) > LONGEST:
        return Unused(why=f"{SESSION} has at most {LONGEST} characters", service=told_of(resource))
    if kind is Kind.DURATIONS and isinstance(value, Counts):
        value = outcome(value, attributes)
    return Point(
        resource=resource,
        metric=metric.name,
        attributes=attributes,
        series=named(found.attributes, metric.name, scope),
        start=found.start_time_unix_nano,
        time=found.time_unix_nano,
        value=value,
        delta=is_delta(metric),
    )
