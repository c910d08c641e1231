"""Envoy's tap: a share of the calls through the mesh with their answers, for a moment at a time.

A *look* attaches to the tap of every listener, waits until so many calls came or its time is over, and lets go. So
Envoy never keeps more for us than one look holds, also if nobody reads it any more, and between looks the tap costs
next to nothing. Envoy allows one look at a time.

Calls are drawn by lot, each by itself. A body is cut at `MOST_BODY` bytes, and what was compressed is decompressed
to no more than that. The version that answered is known by the port that Envoy called.
"""

import json
import re
import zlib
from base64 import b64decode
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tidegate.core.contracts.conformance.exchange import Exchange
from tidegate.core.errors import Unavailable
from tidegate.core.gates.evidence import CallEdge, VersionedService
from tidegate.core.ids import ServiceName, Version
from tidegate.mesh import store
from tidegate.mesh.admin import Admin
from tidegate.mesh.layout import Layout
from tidegate.mesh.listeners import OUTSIDE, TAPPED
from tidegate.mesh.message import Config
from tidegate.mesh.routes import CALLER, domains
from tidegate.mesh.state import State

SECONDS: Final = 1.0
MOST_CALLS: Final = 64
MOST_BODY: Final = 64 * 1024
PARTS: Final = 1_000_000
SPACE: Final = re.compile(r"\s*")
TOO_LONG: Final = f"it is longer than {MOST_BODY // 1024} KiB"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tapped:
    """One call: who called whom, and what was said."""

    edge: CallEdge
    exchange: Exchange


def look(state: State, services: Collection[ServiceName], share: float) -> tuple[Tapped, ...]:
    """A share of the calls to and from services, over at most `SECONDS`; `Unavailable` where it cannot be had."""
    if not state.tap:
        raise Unavailable(
            "the mesh was started without a tap", "write tap: true in its file and start it again"
        )
    with Admin(state.ports.admin) as admin:
        answer = admin.text("/tap", json.dumps(wanted(state, services, share)))
    return tuple(tapped(state, answer))


def looker(mesh_dir: Path | str) -> Callable[[Collection[ServiceName], float], tuple[Tapped, ...]]:
    """Looks at the mesh in a directory, as it is at each look; services that it does not run are passed over."""
    layout = Layout.of(mesh_dir)

    def looked(services: Collection[ServiceName], share: float) -> tuple[Tapped, ...]:
        state = store.load(layout)
        return look(state, [name for name in services if name in state.services], share)

    return looked


def wanted(state: State, services: Collection[ServiceName], share: float) -> Config:
    """What Envoy is asked for: calls to and from services, with the answers' bodies."""
    rules = [
        {"http_request_headers_match": {"headers": [{"name": name, "string_match": match}]}}
        for name, match in _matches(state, services)
    ]
    lot = {"numerator": max(round(share * PARTS), 1), "denominator": "MILLION"}
    sink = {"max_traces": MOST_CALLS, "timeout": f"{SECONDS:g}s"}
    output = {
        "max_buffered_rx_bytes": 1,
        "max_buffered_tx_bytes": MOST_BODY,
        "sinks": [{"format": "JSON_BODY_AS_BYTES", "buffered_admin": sink}],
    }
    config = {
        "match": {"or_match": {"rules": rules}},
        "tap_enabled": {"default_value": lot},
        "output_config": output,
    }
    return {"config_id": TAPPED, "tap_config": config}


def _matches(state: State, services: Collection[ServiceName]) -> Iterator[tuple[str, Config]]:
    for name in services:
        service = state.services[name]
        yield from ((":authority", {"exact": domain}) for domain in domains(state, service))
        yield CALLER, {"prefix": f"{name}@"}


# -- what Envoy answers --------------------------------------------------------------------------------------


def tapped(state: State, answer: str) -> Iterator[Tapped]:
    """The calls in an answer; those that no version answered are left out."""
    versions = {
        instance.port: VersionedService(service=service.name, version=instance.version)
        for service, instance in state.instances.values()
    }
    for trace in _traces(answer):
        port = _at(trace, "upstream_connection", "remote_address", "socket_address", "port_value")
        asked, said = _headers(trace, "request"), _headers(trace, "response")
        if port in versions and said.get(":status", "").isdecimal():
            edge = CallEdge(caller=_version(asked.get(CALLER, OUTSIDE)), callee=versions[port])
            yield Tapped(edge=edge, exchange=_exchange(asked, said, _at(trace, "response", "body") or {}))


def _traces(answer: str) -> Iterator[Mapping[str, Any]]:
    """Documents of JSON one after the other."""
    decoder, position, end = json.JSONDecoder(), 0, len(answer.rstrip())
    while position < end:
        try:
            wrapped, position = decoder.raw_decode(answer, _after_space(answer, position))
        except ValueError as error:
            raise Unavailable(f"Envoy's tap answered what is no JSON: {error}") from error
        yield wrapped.get("http_buffered_trace") or {}


def _after_space(text: str, position: int) -> int:
    found = SPACE.match(text, position)
    return found.end() if found else position


def _at(value: Any, *path: str) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _headers(trace: Mapping[str, Any], side: str) -> Mapping[str, str]:
    listed = _at(trace, side, "headers") or ()
    return {header["key"].lower(): header["value"] for header in listed}


def _version(name: str) -> VersionedService | None:
    service, at, version = name.partition("@")
    return VersionedService(service=ServiceName(service), version=Version(version)) if at else None


def _exchange(asked: Mapping[str, str], said: Mapping[str, str], body: Mapping[str, Any]) -> Exchange:
    content, unread = _content(b64decode(body.get("as_bytes") or ""), said.get("content-encoding", ""))
    if body.get("truncated"):
        content, unread = None, TOO_LONG
    return Exchange(
        method=asked.get(":method", ""),
        path=asked.get(":path", "").partition("?")[0],
        status=int(said[":status"]),
        content_type=said.get("content-type", ""),
        body=content,
        unread=unread,
    )


def _content(body: bytes, encoding: str) -> tuple[bytes | None, str]:
    """A body as it was before it was compressed, or why it is not known."""
    if encoding in {"", "identity"}:
        return body, ""
    if encoding not in WINDOWS:
        return None, f"it is compressed as {encoding[:20]!r}"
    inflating = zlib.decompressobj(WINDOWS[encoding])
    try:
        content = inflating.decompress(body, MOST_BODY)
    except zlib.error:
        return None, "it is damaged"
    return (content, "") if inflating.eof else (None, TOO_LONG)


WINDOWS: Final = {"gzip": zlib.MAX_WBITS + 16, "x-gzip": zlib.MAX_WBITS + 16, "deflate": zlib.MAX_WBITS}
"""How `zlib` is told of an encoding (RFC 9110, 8.4.1)."""
