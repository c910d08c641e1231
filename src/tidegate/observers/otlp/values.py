"""What kind of metric was pushed, and what its data points hold."""

from collections.abc import Mapping
from math import isfinite
from typing import Final

from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    AGGREGATION_TEMPORALITY_CUMULATIVE,
    AGGREGATION_TEMPORALITY_DELTA,
    ExponentialHistogram,
    ExponentialHistogramDataPoint,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    NumberDataPoint,
    Sum,
    Summary,
)

from tidegate.core.gates import evidence
from tidegate.core.gates.evidence import Counts, Gap
from tidegate.observers.otlp import buckets
from tidegate.observers.otlp.semantics import Kind

Data = Gauge | Sum | Histogram | ExponentialHistogram | Summary
DataPoint = NumberDataPoint | HistogramDataPoint | ExponentialHistogramDataPoint

_MS: Final[Mapping[str, float]] = {"s": 1000.0, "ms": 1.0}
_TEMPORALITIES: Final = (AGGREGATION_TEMPORALITY_CUMULATIVE, AGGREGATION_TEMPORALITY_DELTA)
_MOST: Final = 1 << 53
"""Above it a float does not count by ones."""


def data_of(metric: Metric) -> Data | None:
    """The data of `metric`, of whichever type."""
    name = metric.WhichOneof("data")
    data: Data | None = getattr(metric, name) if name else None
    return data


def number_of(metric: Metric) -> int:
    """How many data points there are."""
    data = data_of(metric)
    return len(data.data_points) if data else 0


def kind_of(metric: Metric) -> Kind | None:
    """The kind that `metric` is of; none where it has no use."""
    match data_of(metric):
        case Gauge():
            return Kind.LEVEL
        case Sum() as data if not data.is_monotonic:
            cumulative = data.aggregation_temporality == AGGREGATION_TEMPORALITY_CUMULATIVE
            return Kind.LEVEL if cumulative else None
        case Sum() as data:
            return Kind.COUNTER if data.aggregation_temporality in _TEMPORALITIES else None
        case Histogram() | ExponentialHistogram() as data:
            usable = data.aggregation_temporality in _TEMPORALITIES and metric.unit in _MS
            return Kind.DURATIONS if usable else None
        case _:
            return None


def is_delta(metric: Metric) -> bool:
    """Whether each data point counts from the one before, rather than from its start."""
    match data_of(metric):
        case Sum() | Histogram() | ExponentialHistogram() as data:
            return data.aggregation_temporality == AGGREGATION_TEMPORALITY_DELTA
        case _:
            return False


def value_of(point: DataPoint, kind: Kind, unit: str) -> Counts | float | Gap:
    """What `point` holds, durations being in `unit`; or what is wrong with it."""
    match point:
        case NumberDataPoint():
            number = _number(point)
            if number is None or not isfinite(number):
                return Gap.NOT_A_NUMBER
            return _counted(number) if kind is Kind.COUNTER else float(number)
        case HistogramDataPoint():
            return _explicit(point, _MS[unit])
        case ExponentialHistogramDataPoint():
            return _exponential(point, _MS[unit])


def _number(point: NumberDataPoint) -> float | None:
    match point.WhichOneof("value"):
        case "as_int":
            return point.as_int
        case "as_double":
            return point.as_double
        case _:
            return None


def _counted(number: float) -> Counts | Gap:
    return Counts(requests=int(number)) if 0 <= number <= _MOST and number == int(number) else Gap.MALFORMED


def _explicit(point: HistogramDataPoint, ms: float) -> Counts | Gap:
    if not point.bucket_counts and point.count <= _MOST:
        return Counts(requests=point.count)
    times = buckets.of_explicit(point.explicit_bounds, point.bucket_counts, ms=ms)
    return _timed(point.count, times)


def _exponential(point: ExponentialHistogramDataPoint, ms: float) -> Counts | Gap:
    if any(point.negative.bucket_counts):  # nothing takes less than no time
        return Gap.MALFORMED
    times = buckets.of_exponential(
        scale=point.scale,
        zeros=point.zero_count,
        offset=point.positive.offset,
        counts=point.positive.bucket_counts,
        ms=ms,
    )
    return _timed(point.count, times)


def _timed(count: int, times: evidence.Histogram | None) -> Counts | Gap:
    if times is None or sum(times.counts) != count or count > _MOST:
        return Gap.MALFORMED
    return Counts(requests=count, times=times)
