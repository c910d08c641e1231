"""A state as Envoy configuration: values in, values out.

The shape was measured (see the project's notes on Envoy); what must not be changed lightly:

* One RouteConfiguration `mesh` serves every listener, so that a change of several weights is one swap.
* The total weight is constant and the canary comes first: a user on the canary at 5 % is on it at 25 %.
* The hash of `x-user` is salted per rollout and service, so that hops are randomised independently.
* A caller is known by the listener it uses, not by what it says: each version has an egress listener of its
  own, which overwrites `x-tg-caller` before routing. The ingress strips every `x-tg-…` header.
* Listeners never change once they are there: their counters would begin again at zero. What does change, the
  latency thresholds, are runtime values (`rtds`); a listener outlives its version.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tidegate.core.ids import ServiceName, Version
from tidegate.mesh.layout import Layout
from tidegate.mesh.state import TOTAL, Instance, ServiceState, State, process_name

Config = dict[str, Any]

LOOPBACK: Final = "127.0.0.1"
CALLER: Final = "x-tg-caller"
PROBE: Final = "x-tg-probe"
OUTSIDE: Final = "-"
INGRESS: Final = "ingress"
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
NO_THRESHOLD_MS: Final = 3_600_000  # no request lives for an hour: nothing is slow

ROUTES: Final = "mesh"
RUNTIME: Final = "tidegate"

TYPES: Final = {
    "cds": "envoy.config.cluster.v3.Cluster",
    "lds": "envoy.config.listener.v3.Listener",
    "rds": "envoy.config.route.v3.RouteConfiguration",
    "rtds": "envoy.service.runtime.v3.Runtime",
}

HTTP: Final = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
HTTP_OPTIONS: Final = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
ROUTER: Final = "envoy.extensions.filters.http.router.v3.Router"
TAP: Final = "envoy.extensions.filters.http.tap.v3.Tap"
TAPPED: Final = "calls"
HEADERS: Final = "envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation"
STATS_LOG: Final = "envoy.extensions.access_loggers.stats.v3.Config"
FILE_LOG: Final = "envoy.extensions.access_loggers.file.v3.FileAccessLog"

TAGS: Final = {
    "caller": f"%REQ({CALLER})%",
    "cluster": "%UPSTREAM_CLUSTER%",
    "code": "%RESPONSE_CODE%",
    "flags": "%RESPONSE_FLAGS%",
}
LOG_FIELDS: Final = {
    "time": "%START_TIME%",
    "caller": f"%REQ({CALLER})%",
    "authority": "%REQ(:AUTHORITY)%",
    "path": "%REQ(:PATH)%",
    "cluster": "%UPSTREAM_CLUSTER%",
    "code": "%RESPONSE_CODE%",
    "flags": "%RESPONSE_FLAGS%",
    "duration": "%DURATION%",
    "user": "%REQ(X-USER)%",
    "request_id": "%REQ(X-REQUEST-ID)%",
}


def _typed(kind: str, **fields: Any) -> Config:
    return {"@type": f"type.googleapis.com/{kind}", **fields}


def resources(state: State, layout: Layout) -> Mapping[str, tuple[Config, ...]]:
    """Everything dynamic, by kind."""
    return {
        "rtds": (runtime(state),),
        "cds": tuple(clusters(state)),
        "lds": tuple(listeners(state, layout)),
        "rds": (routes(state),),
    }


# -- bootstrap -----------------------------------------------------------------------------------------------


def bootstrap(state: State, layout: Layout) -> Config:
    """The static part, which never changes while Envoy runs."""
    return {
        "node": {"cluster": "tidegate"},
        "admin": {"address": _address(state.ports.admin)},
        "stats_flush_interval": "1s",
        "stats_config": {
            "histogram_bucket_settings": [
                {"match": {"safe_regex": {"regex": r"^edge\.ms.*"}}, "buckets": list(BUCKETS_MS)}
            ]
        },
        "layered_runtime": {
            "layers": [
                {"name": RUNTIME, "rtds_layer": {"name": RUNTIME, "rtds_config": _source(layout, "rtds")}},
                {"name": "admin", "admin_layer": {}},
            ]
        },
        "dynamic_resources": {
            "lds_config": _source(layout, "lds"),
            "cds_config": _source(layout, "cds"),
        },
    }


def _source(layout: Layout, kind: str) -> Config:
    path = layout.resource(kind)
    watched = {"path": str(path), "watched_directory": {"path": str(path.parent)}}
    return {"resource_api_version": "V3", "path_config_source": watched}


def _address(port: int) -> Config:
    return {"socket_address": {"address": LOOPBACK, "port_value": port}}


# -- runtime -------------------------------------------------------------------------------------------------


def runtime(state: State) -> Config:
    """The latency threshold of every service, as runtime values."""
    layer = {_threshold_key(service.name): _slow_from(service) for service in state.services.values()}
    return _typed(TYPES["rtds"], name=RUNTIME, layer=layer)


def _threshold_key(service: ServiceName) -> str:
    return f"tidegate.slow.{service}.ms"


def _slow_from(service: ServiceState) -> int:
    """The first whole millisecond that counts as slow; Envoy compares whole milliseconds, rounded down."""
    if service.threshold_ms is None:
        return NO_THRESHOLD_MS
    return math.floor(service.threshold_ms) + 1


# -- clusters ------------------------------------------------------------------------------------------------


def clusters(state: State) -> Iterable[Config]:
    """One cluster a live version."""
    for name, (service, instance) in state.instances.items():
        yield _cluster(name, service, instance)


def _cluster(name: str, service: ServiceState, instance: Instance) -> Config:
    limits = {"max_requests": 512, "max_pending_requests": 512, "max_connections": 512}
    # Envoy gives up an idle connection long before the service would: no request meets a closing one.
    protocol = _typed(
        HTTP_OPTIONS,
        common_http_protocol_options={"idle_timeout": "30s"},
        explicit_http_config={"http_protocol_options": {}},
    )
    return _typed(
        TYPES["cds"],
        name=name,
        type="STATIC",
        connect_timeout="1s",
        load_assignment={
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": _address(instance.port)}}]}],
        },
        metadata={"filter_metadata": {"tidegate": {"service": service.name, "version": instance.version}}},
        common_lb_config={"healthy_panic_threshold": {"value": 0}},
        circuit_breakers={"thresholds": [limits]},
        typed_extension_protocol_options={"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": protocol},
    )


# -- listeners -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Door:
    """One listener: whose calls come in here, and which of their headers are not believed."""

    name: str
    port: int
    caller: str
    strip: str
    counted: bool = True


def _doors(state: State) -> Iterable[_Door]:
    """The ingress first: the statistics of the shared routes are found under the first listener's name."""
    yield _Door(name=INGRESS, port=state.ports.ingress, caller=OUTSIDE, strip="x-tg-")
    yield _Door(name="probe", port=state.ports.probe, caller="probe", strip=CALLER, counted=False)
    for service in state.services.values():
        for version, port in service.egress.items():
            caller = process_name(service.name, version)
            yield _Door(name=f"egress {caller}", port=port, caller=caller, strip=PROBE)


def listeners(state: State, layout: Layout) -> Iterable[Config]:
    """The ingress, the probes' door, and one egress listener a caller version."""
    loggers = _loggers(state, layout)
    for door in _doors(state):
        source = _source(layout, "rds")
        manager = _manager(door, loggers if door.counted else [], _filters(state, door), source)
        filters = [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]
        yield _typed(
            TYPES["lds"], name=door.name, address=_address(door.port), filter_chains=[{"filters": filters}]
        )


def _filters(state: State, door: _Door) -> list[Config]:
    """The tap does nothing until somebody attaches to it."""
    router = {"name": "envoy.filters.http.router", "typed_config": _typed(ROUTER)}
    if not state.tap or not door.counted:
        return [router]
    attached = {"admin_config": {"config_id": TAPPED}}
    tap = _typed(TAP, common_config=attached, record_upstream_connection=True)
    return [{"name": "envoy.filters.http.tap", "typed_config": tap}, router]


def _manager(door: _Door, loggers: list[Config], filters: list[Config], source: Config) -> Config:
    """Overwrites the caller's name before routing: a header that a client sent is never believed."""
    strip = {"remove_on_match": {"key_matcher": {"prefix": door.strip}}}
    mutations = [strip, {"append": _set_header(CALLER, door.caller)}]
    early = {
        "name": "envoy.http.early_header_mutation.header_mutation",
        "typed_config": _typed(HEADERS, mutations=mutations),
    }
    return _typed(
        HTTP,
        stat_prefix=door.name.replace(" ", "_"),
        codec_type="HTTP1",
        preserve_external_request_id=True,
        http_filters=filters,
        access_log=loggers,
        early_header_mutation_extensions=[early],
        rds={"config_source": source, "route_config_name": ROUTES},
    )


def _set_header(key: str, value: str) -> Config:
    return {"header": {"key": key, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}


def _loggers(state: State, layout: Layout) -> list[Config]:
    """Counters of all requests and of the slow ones, durations, and the data plane's own record of every call."""
    slow = [_counter("slow", _slow_filter(state, service)) for service in state.services.values()]
    return [_counter("rq", None), *slow, _durations(), *([_file_log(layout)] if state.access_log else [])]


def _counter(name: str, condition: Config | None) -> Config:
    tags = [{"name": tag, "value_format": source} for tag, source in TAGS.items()]
    config = _typed(
        STATS_LOG,
        stats_scope={"prefix": "edge"},
        counters=[{"stat": {"name": name, "tags": tags}, "value_fixed": 1}],
    )
    logger = {"name": "envoy.access_loggers.stats", "typed_config": config}
    return {**logger, "filter": condition} if condition else logger


def _durations() -> Config:
    """How long the good answers took, in buckets; they appear once a flush interval."""
    tags = [{"name": tag, "value_format": TAGS[tag]} for tag in ("caller", "cluster")]
    stat = {"name": "ms", "tags": tags}
    histogram = {"stat": stat, "unit": "Milliseconds", "value_format": "%DURATION%"}
    config = _typed(STATS_LOG, stats_scope={"prefix": "edge"}, histograms=[histogram])
    filters = [
        {
            "status_code_filter": {
                "comparison": {"op": op, "value": {"default_value": code, "runtime_key": key}}
            }
        }
        for op, code, key in (("GE", 1, "tidegate.any"), ("LE", 399, "tidegate.answered"))
    ]
    return {
        "name": "envoy.access_loggers.stats",
        "typed_config": config,
        "filter": {"and_filter": {"filters": filters}},
    }


def _slow_filter(state: State, service: ServiceState) -> Config:
    """Answers below 400 of one service that took longer than its threshold; 0 (no answer) is not below."""
    value = {"default_value": NO_THRESHOLD_MS, "runtime_key": _threshold_key(service.name)}
    good = {"default_value": 399, "runtime_key": "tidegate.answered"}
    to_service = {
        "name": ":authority",
        "string_match": {"safe_regex": {"regex": _authorities(state, service)}},
    }
    filters = [
        {"header_filter": {"header": to_service}},
        {"duration_filter": {"comparison": {"op": "GE", "value": value}}},
        {"status_code_filter": {"comparison": {"op": "LE", "value": good}}},
    ]
    return {"and_filter": {"filters": filters}}


def _authorities(state: State, service: ServiceState) -> str:
    return "|".join(domain.replace(".", r"\.") for domain in domains(state, service))


def _file_log(layout: Layout) -> Config:
    config = _typed(FILE_LOG, path=str(layout.access), log_format={"json_format": dict(LOG_FIELDS)})
    return {"name": "envoy.access_loggers.file", "typed_config": config}


# -- routes --------------------------------------------------------------------------------------------------


def routes(state: State) -> Config:
    """The one RouteConfiguration: a virtual host a service."""
    hosts = [_host(state, service) for service in state.services.values()]
    return _typed(TYPES["rds"], name=ROUTES, validate_clusters=True, virtual_hosts=hosts)


def domains(state: State, service: ServiceState) -> list[str]:
    """How callers name a service; users reach the entry by the ingress address as well."""
    port = state.ports.ingress
    at_ingress = [f"{host}:{port}" for host in (LOOPBACK, "localhost")]
    return [service.name, *(at_ingress if service.name == state.entry else [])]


def _host(state: State, service: ServiceState) -> Config:
    steps = [*_probes(service), *_lanes(service), _split(service)]
    return {"name": service.name, "domains": domains(state, service), "routes": steps}


def _probes(service: ServiceState) -> Iterable[Config]:
    """A way to every single version, for asking whether that very version answers through Envoy."""
    for instance in service.live:
        cluster = process_name(service.name, instance.version)
        yield _route(service, {"cluster": cluster}, {PROBE: {"exact": cluster}})


def _lanes(service: ServiceState) -> Iterable[Config]:
    """Pins callers: the consumer's new version to the canary, every other version of it to the stable one."""
    if not service.canary:
        return
    canary = process_name(service.name, service.canary.version)
    stable = process_name(service.name, service.stable.version)
    for consumer, version in service.lanes:
        yield _route(service, {"cluster": canary}, {CALLER: {"exact": process_name(consumer, version)}})
        yield _route(service, {"cluster": stable}, {CALLER: {"prefix": process_name(consumer, Version(""))}})


def _split(service: ServiceState) -> Config:
    weights: list[Config] = [
        {"name": process_name(service.name, instance.version), "weight": service.share(instance.version)}
        for instance in service.live
    ]
    if len(weights) == 1:
        return _route(service, {"cluster": weights[0]["name"]}, {})
    assert sum(entry["weight"] for entry in weights) == TOTAL
    salted = {
        "header_name": "x-user",
        "regex_rewrite": {"pattern": {"regex": "^(.*)$"}, "substitution": rf"{service.salt}:\1"},
    }
    target = {
        "weighted_clusters": {"use_hash_policy": True, "clusters": weights},
        "hash_policy": [{"header": salted}],
    }
    return _route(service, target, {})


def _route(service: ServiceState, target: Config, headers: Mapping[str, Config]) -> Config:
    """Tries again only what cannot have reached the service."""
    retry = {"retry_on": "connect-failure,refused-stream,reset-before-request", "num_retries": 1}
    matches = [{"name": name, "string_match": match} for name, match in headers.items()]
    return {
        "match": {"prefix": "/", **({"headers": matches} if matches else {})},
        "route": {"timeout": f"{service.timeout:g}s", "retry_policy": retry, **target},
    }
