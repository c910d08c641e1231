"""Which version answers a call: the one RouteConfiguration that every listener shares.

A virtual host a service, its routes in this order: a probe's way to one version, lanes, shares.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from tidegate.core.ids import Version
from tidegate.mesh.message import LOOPBACK, TYPES, Config, typed
from tidegate.mesh.state import TOTAL, ServiceState, State, process_name

CALLER: Final = "x-tg-caller"
PROBE: Final = "x-tg-probe"
ROUTES: Final = "mesh"


def routes(state: State) -> Config:
    """The one RouteConfiguration: a virtual host a service."""
    hosts = [_host(state, service) for service in state.services.values()]
    return typed(TYPES["rds"], name=ROUTES, validate_clusters=True, virtual_hosts=hosts)


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
