"""Where calls come in: the ingress, the probes' door, and an egress a caller version; what is written down there.

A caller is known by the listener it uses, not by what it says: each version has an egress listener of its own,
which overwrites `x-tg-caller` before routing. The ingress strips every `x-tg-…` header.
Listeners never change once they are there: their counters would begin again at zero. A listener outlives its
version.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tidegate.mesh import message, tracing
from tidegate.mesh.layout import Layout
from tidegate.mesh.message import TYPES, Config, extension, set_header, typed
from tidegate.mesh.routes import CALLER, PROBE, ROUTES, domains
from tidegate.mesh.runtime import NO_THRESHOLD_MS, threshold_key
from tidegate.mesh.state import ServiceState, State, process_name

OUTSIDE: Final = "-"
INGRESS: Final = "ingress"

HTTP: Final = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
ROUTER: Final = "envoy.extensions.filters.http.router.v3.Router"
TAP: Final = "envoy.extensions.filters.http.tap.v3.Tap"
REQUEST_ID: Final = "envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Door:
    """One listener: whose calls come in here, and which of their headers (by prefix) are not believed.

    What comes in by one that is not `counted` leaves no trace of any kind.
    """

    name: str
    port: int
    caller: str
    strip: str
    counted: bool = True

    @property
    def outside(self) -> bool:
        """Whether users come in here."""
        return self.caller == OUTSIDE


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
        observed = {"access_log": loggers, **_traced(state, door, layout)} if door.counted else {}
        chain = {"filters": [_manager(state, door, layout, observed)]}
        yield typed(TYPES["lds"], name=door.name, address=message.address(door.port), filter_chains=[chain])


def _traced(state: State, door: _Door, layout: Layout) -> Config:
    """How spans are made; request ids stay as they came, without a mark of the sampling."""
    if state.tracing is None:
        return {}
    name = INGRESS if door.outside else door.caller.partition("@")[0]
    unmarked = {"typed_config": typed(REQUEST_ID, pack_trace_reason=False)}
    return {
        "tracing": tracing.tracing(name, state.tracing, layout),
        "request_id_extension": unmarked,
    }


def _filters(state: State, door: _Door) -> list[Config]:
    """The tap does nothing until somebody attaches to it."""
    router = extension("envoy.filters.http.router", ROUTER)
    if not state.tap or not door.counted:
        return [router]
    attached = {"admin_config": {"config_id": TAPPED}}
    return [
        extension("envoy.filters.http.tap", TAP, common_config=attached, record_upstream_connection=True),
        router,
    ]


def _manager(state: State, door: _Door, layout: Layout, observed: Config) -> Config:
    """Finds the version that answers; what is `observed` of the calls is told besides."""
    return extension(
        "envoy.filters.network.http_connection_manager",
        HTTP,
        stat_prefix=door.name.replace(" ", "_"),
        codec_type="HTTP1",
        preserve_external_request_id=True,
        http_filters=_filters(state, door),
        early_header_mutation_extensions=[_believed(state, door)],
        rds={"config_source": message.source(layout, "rds"), "route_config_name": ROUTES},
        **observed,
    )


def _believed(state: State, door: _Door) -> Config:
    """Overwrites the caller's name before routing: a header that a client sent is never believed."""
    foreign = tracing.CLIENT_CONTEXT if door.outside and state.tracing is not None else ()
    mutations = [
        {"remove_on_match": {"key_matcher": {"prefix": door.strip}}},
        *({"remove": header} for header in foreign),
        {"append": set_header(CALLER, door.caller)},
    ]
    return extension("envoy.http.early_header_mutation.header_mutation", HEADERS, mutations=mutations)


def _loggers(state: State, layout: Layout) -> list[Config]:
    """Counters of all requests and of the slow ones, durations, and the data plane's own record of every call."""
    slow = [_counter("slow", _slow_filter(state, service)) for service in state.services.values()]
    return [_counter("rq", None), *slow, _durations(), *([_file_log(layout)] if state.access_log else [])]


def _counter(name: str, condition: Config | None) -> Config:
    tags = [{"name": tag, "value_format": source} for tag, source in TAGS.items()]
    counter = {"stat": {"name": name, "tags": tags}, "value_fixed": 1}
    logger = extension(
        "envoy.access_loggers.stats", STATS_LOG, stats_scope={"prefix": "edge"}, counters=[counter]
    )
    return {**logger, "filter": condition} if condition else logger


def _durations() -> Config:
    """How long the good answers took, in buckets; they appear once a flush interval."""
    tags = [{"name": tag, "value_format": TAGS[tag]} for tag in ("caller", "cluster")]
    stat = {"name": "ms", "tags": tags}
    histogram = {"stat": stat, "unit": "Milliseconds", "value_format": "%DURATION%"}
    filters = [
        {
            "status_code_filter": {
                "comparison": {"op": op, "value": {"default_value": code, "runtime_key": key}}
            }
        }
        for op, code, key in (("GE", 1, "tidegate.any"), ("LE", 399, "tidegate.answered"))
    ]
    logger = extension(
        "envoy.access_loggers.stats", STATS_LOG, stats_scope={"prefix": "edge"}, histograms=[histogram]
    )
    return {**logger, "filter": {"and_filter": {"filters": filters}}}


def _slow_filter(state: State, service: ServiceState) -> Config:
    """Answers below 400 of one service that took longer than its threshold; 0 (no answer) is not below."""
    value = {"default_value": NO_THRESHOLD_MS, "runtime_key": threshold_key(service.name)}
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
    fields = {"json_format": dict(LOG_FIELDS)}
    return extension("envoy.access_loggers.file", FILE_LOG, path=str(layout.access), log_format=fields)
