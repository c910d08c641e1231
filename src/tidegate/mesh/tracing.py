"""One span for every call through Envoy, sent as OTLP/HTTP to whoever receives them now.

What is decided here, once for a listener's life (verified with Envoy 1.40):

* A trace is sampled whole or not at all: by its id, at its first hop, whatever a request says. What a client
  sends as `traceparent` is not believed: it could suppress its trace, or join one that is not its own.
* The receiver is the cluster `collector`, which may change or have no address; then spans are dropped and calls
  are as they were. Its token is read from a file, so that no configuration shows it.
* A span tells both ends: `tg.caller` by the listener, `tg.service` and `tg.version` by the cluster that was taken.
"""

from typing import Final

from tidegate.mesh.layout import Layout
from tidegate.mesh.message import TYPES, Config, address, extension, typed
from tidegate.mesh.routes import CALLER
from tidegate.mesh.state import State

COLLECTOR: Final = "collector"
PATH: Final = "/v1/traces"
SEND_SECONDS: Final = 2
MILLION: Final = 1_000_000

CLIENT_CONTEXT: Final = ("traceparent", "tracestate")
"""What a client's requests may say of its own traces."""

TRACER: Final = "envoy.config.trace.v3.OpenTelemetryConfig"
SAMPLERS: Final = "envoy.extensions.tracers.opentelemetry.samplers.v3"
FILE_CONTENT: Final = "envoy.extensions.formatter.file_content.v3.FileContent"


def collector(state: State) -> Config:
    """The cluster of whoever receives spans now; without an endpoint while nobody does."""
    endpoints = [{"endpoint": {"address": address(state.collector)}}] if state.collector else []
    return typed(
        TYPES["cds"],
        name=COLLECTOR,
        type="STATIC",
        connect_timeout="1s",
        load_assignment={"cluster_name": COLLECTOR, "endpoints": [{"lb_endpoints": endpoints}]},
    )


def tracing(service: str, share: float, layout: Layout) -> Config:
    """How a listener of calls by `service` records them: a `share` of all traces."""
    return {
        "provider": {"name": "envoy.tracers.opentelemetry", "typed_config": _tracer(service, share, layout)},
        "random_sampling": {"value": 100},
        "custom_tags": [
            {"tag": "tg.caller", "request_header": {"name": CALLER}},
            *(_of_cluster(key) for key in ("service", "version")),
        ],
    }


def _of_cluster(key: str) -> Config:
    source = {"kind": {"cluster": {}}, "metadata_key": {"key": "tidegate", "path": [{"key": key}]}}
    return {"tag": f"tg.{key}", "metadata": source}


def _tracer(service: str, share: float, layout: Layout) -> Config:
    return typed(TRACER, service_name=service, http_service=_receiver(layout), sampler=_sampler(share))


def _receiver(layout: Layout) -> Config:
    """Bounded in time; what it does not take is not kept."""
    uri = {"uri": f"http://{COLLECTOR}{PATH}", "cluster": COLLECTOR, "timeout": f"{SEND_SECONDS}s"}
    bearer = {"key": "authorization", "value": f"Bearer %FILE_CONTENT({layout.token})%"}
    return {
        "http_uri": uri,
        "request_headers_to_add": [{"header": bearer}],
        "formatters": [extension("envoy.formatter.file_content", FILE_CONTENT)],
    }


def _sampler(share: float) -> Config:
    """As the calling hop decided, or by the trace's id."""
    percentage = {"numerator": round(share * MILLION), "denominator": "MILLION"}
    by_id = extension(
        "envoy.tracers.opentelemetry.samplers.trace_id_ratio_based",
        f"{SAMPLERS}.TraceIdRatioBasedSamplerConfig",
        sampling_percentage=percentage,
    )
    return extension(
        "envoy.tracers.opentelemetry.samplers.parent_based",
        f"{SAMPLERS}.ParentBasedSamplerConfig",
        wrapped_sampler=by_id,
    )
