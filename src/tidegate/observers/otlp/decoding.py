"""Metrics requests as they are read from the wire.

Trace and span ids, which JSON has in hexadecimal, stand in exemplars only: nothing here reads them.
"""

from collections.abc import Iterator
from typing import Final

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from tidegate.observers.otlp.values import number_of
from tidegate.otlp.wire import Form

MOST_PARTS: Final = 20_000
"""Resources, scopes, metrics and data points of a push; an exporter sends some hundreds, a collector 8192 points."""


def _parts(request: ExportMetricsServiceRequest) -> Iterator[int]:
    yield len(request.resource_metrics)
    for pushed in request.resource_metrics:
        yield len(pushed.scope_metrics)
        for scoped in pushed.scope_metrics:
            yield len(scoped.metrics)
            yield from map(number_of, scoped.metrics)


METRICS: Final = Form(
    name="metrics",
    message=ExportMetricsServiceRequest,
    most_parts=MOST_PARTS,
    named="resources, scopes, metrics and data points",
    parts=_parts,
)
