"""Requests and latency as metrics made of spans have them: names and labels that need not be written out.

    serviceGraph   edges between services: the `servicegraph` connector of the OpenTelemetry Collector, and Tempo's
                   service graphs. Both count failures in a metric of their own; the Collector also labels them.
    spanMetrics    calls of each service, whoever calls: the `spanmetrics` connector, and Tempo's span metrics.

Neither has versions by itself: the attribute `service.version` must be among the dimensions that are configured there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from tidegate.core.telemetry import Labels, Latency, Metric, Requests, Unit
from tidegate.sources.quantities import milliseconds
from tidegate.sources.tree import Node

GRAPH: Final = "traces_service_graph_request"
VERSION: Final = "service_version"
NO_DATABASES: Final = ('connection_type!="database"', 'virtual_node!="server"')
"""What is called there has no spans, and so no version."""
SERVED: Final = 'span_kind="SPAN_KIND_SERVER"'
"""A call is two spans; that of whoever answers it counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a preset stands for."""

    requests: Requests | None = None
    latency: Latency | None = None


def preset(prometheus: Node) -> Measured:
    """What `spec.prometheus` asks for by a preset, if it has one."""
    found = (make(prometheus.at(name)) for name, make in _PRESETS.items() if name in prometheus.fields)
    return next(found, Measured())


def _service_graph(node: Node) -> Measured:
    metrics = _metrics(node, GRAPH).narrowed(*NO_DATABASES)
    version = node.at("version").text or VERSION
    labels = Labels(
        service="server", version=f"server_{version}", caller="client", caller_version=f"client_{version}"
    )
    requests = Requests(
        metric=metrics.extended("_total"),
        failed=metrics.extended("_failed_total"),
        labels=labels,
        bad="true",
        path="spec.prometheus.serviceGraph.metrics",
    )
    return _with_latency(node, requests, metrics.extended("_server_seconds"), "seconds", status="failed")


def _span_metrics(node: Node) -> Measured:
    maker = _MAKERS[node.at("from").text or "collector"]
    metrics = _metrics(node, maker.metrics).narrowed(SERVED)
    version = node.at("version").text or VERSION
    requests = Requests(
        metric=metrics.extended("_calls_total"),
        labels=Labels(service=maker.service, version=version, status="status_code"),
        bad="STATUS_CODE_ERROR",
        path="spec.prometheus.spanMetrics.metrics",
    )
    unit: Unit = "seconds" if node.at("unit").text == "seconds" else maker.unit
    histogram = metrics.extended(maker.durations[unit])
    return _with_latency(node, requests, histogram, unit, status="status_code")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Maker:
    """How whoever makes metrics of spans calls them: how all begin, how durations end by unit, the service's label."""

    metrics: str
    durations: Mapping[Unit, str]
    unit: Unit
    service: str


_MAKERS: Final = {
    "collector": _Maker(
        metrics="traces_span_metrics",
        durations={"milliseconds": "_duration_milliseconds", "seconds": "_duration_seconds"},
        unit="milliseconds",
        service="service_name",
    ),
    "tempo": _Maker(
        metrics="traces_spanmetrics", durations={"seconds": "_latency"}, unit="seconds", service="service"
    ),
}


def _metrics(node: Node, default: str) -> Metric:
    """How the names of all metrics begin, with the matchers for all of them."""
    return Metric(selector=node.at("metrics").text or default)


def _with_latency(node: Node, requests: Requests, histogram: Metric, unit: Unit, *, status: str) -> Measured:
    """The durations of the same calls as well, where the file does not say that there are none."""
    if node.at("latency").value is False:
        return Measured(requests=requests)
    latency = Latency(
        histogram=histogram,
        labels=replace(requests.labels, status=status),
        unit=unit,
        threshold_ms=milliseconds(node.at("threshold").text),
        path=requests.path,
    )
    return Measured(requests=requests, latency=latency)


_PRESETS: Final[Mapping[str, Callable[[Node], Measured]]] = {
    "serviceGraph": _service_graph,
    "spanMetrics": _span_metrics,
}
