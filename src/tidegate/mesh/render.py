"""A state as Envoy configuration: values in, values out.

The shape was measured (see the project's notes on Envoy); what must not be changed lightly:

* One RouteConfiguration `mesh` serves every listener, so that a change of several weights is one swap (`routes`).
* The total weight is constant and the canary comes first: a user on the canary at 5 % is on it at 25 %.
* The hash of `x-user` is salted per rollout and service, so that hops are randomised independently.
* A caller is known by the listener it uses, not by what it says (`listeners`).
* Listeners never change once they are there. What does change are runtime values (`runtime`), or clusters: the
  receiver of spans is one.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from tidegate.mesh import message
from tidegate.mesh.layout import Layout
from tidegate.mesh.listeners import listeners
from tidegate.mesh.message import TYPES, Config, typed
from tidegate.mesh.routes import routes
from tidegate.mesh.runtime import RUNTIME, runtime
from tidegate.mesh.state import Instance, ServiceState, State
from tidegate.mesh.tracing import collector

BUCKETS_MS: Final = (
    1,
    2,
    5,
    10,
    20,
    30,
    50,
    70,
    100,
    150,
    200,
    300,
    500,
    700,
    1000,
    2000,
    5000,
    10000,
    30000,
)
"""Ends of the buckets of durations; Envoy's own bins have two digits, so a bound includes up to a tenth more."""

HTTP_OPTIONS: Final = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"


def resources(state: State, layout: Layout) -> Mapping[str, tuple[Config, ...]]:
    """Everything dynamic, by kind."""
    return {
        "rtds": (runtime(state),),
        "cds": tuple(clusters(state)),
        "lds": tuple(listeners(state, layout)),
        "rds": (routes(state),),
    }


def bootstrap(state: State, layout: Layout) -> Config:
    """The static part, which never changes while Envoy runs."""
    return {
        "node": {"cluster": "tidegate"},
        "admin": {"address": message.address(state.ports.admin)},
        "stats_flush_interval": "1s",
        "stats_config": {
            "histogram_bucket_settings": [
                {"match": {"safe_regex": {"regex": r"^edge\.ms.*"}}, "buckets": list(BUCKETS_MS)}
            ]
        },
        "layered_runtime": {
            "layers": [
                {
                    "name": RUNTIME,
                    "rtds_layer": {"name": RUNTIME, "rtds_config": message.source(layout, "rtds")},
                },
                {"name": "admin", "admin_layer": {}},
            ]
        },
        "dynamic_resources": {
            "lds_config": message.source(layout, "lds"),
            "cds_config": message.source(layout, "cds"),
        },
    }


def clusters(state: State) -> Iterable[Config]:
    """One cluster a live version, and where spans go."""
    for name, (service, instance) in state.instances.items():
        yield _cluster(name, service, instance)
    if state.tracing is not None:
        yield collector(state)


def _cluster(name: str, service: ServiceState, instance: Instance) -> Config:
    limits = {"max_requests": 512, "max_pending_requests": 512, "max_connections": 512}
    # Envoy gives up an idle connection long before the service would: no request meets a closing one.
    protocol = typed(
        HTTP_OPTIONS,
        common_http_protocol_options={"idle_timeout": "30s"},
        explicit_http_config={"http_protocol_options": {}},
    )
    return typed(
        TYPES["cds"],
        name=name,
        type="STATIC",
        connect_timeout="1s",
        load_assignment={
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": message.address(instance.port)}}]}],
        },
        metadata={"filter_metadata": {"tidegate": {"service": service.name, "version": instance.version}}},
        common_lb_config={"healthy_panic_threshold": {"value": 0}},
        circuit_breakers={"thresholds": [limits]},
        typed_extension_protocol_options={"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": protocol},
    )
