"""A Telemetry file: what is measured of services and their versions, and where it is read.

telemetry.yaml ─► Telemetry      paths in it are relative to the file; secrets stay where they are
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from tidegate.core.errors import Refused
from tidegate.core.ids import ServiceName
from tidegate.core.telemetry import (
    Basic,
    Bearer,
    Labels,
    Latency,
    LevelSource,
    Metric,
    Otlp,
    PrometheusServer,
    PushedLevel,
    PushedRatio,
    Query,
    RatioSource,
    Requests,
    Selector,
    Source,
    Telemetry,
    Tls,
    Unit,
)
from tidegate.sources.documents import in_order, read_kind
from tidegate.sources.quantities import milliseconds, seconds
from tidegate.sources.secrets import secret_at
from tidegate.sources.telemetry_checks import CHECKS
from tidegate.sources.telemetry_presets import preset
from tidegate.sources.tree import Node

INTERVAL: Final = "15s"
TIMEOUT: Final = "10s"
PUSHED_EVERY: Final = "60s"
BAD: Final = "5..|0"
REJECTED: Final = "4.."


def read_telemetry(path: Path) -> Telemetry:
    """A Telemetry file; raises `Refused` with everything that is wrong with it."""
    root, found = read_kind(path, "Telemetry")
    spec = root.at("spec")
    problems = [*found, *(problem for check in CHECKS for problem in check(spec))]
    if problems:
        raise Refused(in_order(problems))
    measured = preset(spec.at("prometheus"))
    return Telemetry(
        name=root.at("metadata", "name").text,
        prometheus=_server(spec.at("prometheus"), path.parent),
        otlp=_otlp(spec.at("otlp"), path.parent) if "otlp" in spec.fields else None,
        requests=measured.requests or _given(spec.at("requests"), _requests),
        latency=measured.latency or _given(spec.at("latency"), _latency),
        ratios=tuple(map(_ratio, spec.at("ratios").elements)),
        levels=tuple(map(_level, spec.at("levels").elements)),
    )


# -- from a checked tree to the value ------------------------------------------------------------------------

_Value = TypeVar("_Value")


def _given(node: Node, make: Callable[[Node], _Value]) -> _Value | None:
    return make(node) if node else None


def _duration(node: Node, default: str) -> float:
    return seconds(node.text or default) or 0.0


def _server(node: Node, folder: Path) -> PrometheusServer:
    return PrometheusServer(
        url=node.at("url").text.rstrip("/"),
        interval=_duration(node.at("interval"), INTERVAL),
        timeout=_duration(node.at("timeout"), TIMEOUT),
        targets=node.at("targets").text or "up",
        auth=_auth(node.at("auth"), folder),
        tls=_given(node.at("tls"), lambda tls: _tls(tls, folder)),
    )


def _path(node: Node, folder: Path) -> str:
    return str(folder / node.text) if node.text else ""


def _auth(node: Node, folder: Path) -> Basic | Bearer | None:
    if basic := node.at("basic"):
        return Basic(username=basic.at("username").text, password=secret_at(basic.at("password"), folder))
    return _given(node.at("bearer"), lambda bearer: Bearer(token=secret_at(bearer, folder)))


def _tls(node: Node, folder: Path) -> Tls:
    return Tls(
        ca=_path(node.at("ca"), folder),
        cert=_path(node.at("cert"), folder),
        key=_path(node.at("key"), folder),
        server_name=node.at("serverName").text,
    )


def _otlp(node: Node, folder: Path) -> Otlp:
    return Otlp(
        interval=_duration(node.at("interval"), PUSHED_EVERY),
        ratios=tuple(
            PushedRatio(
                name=each.at("name").text, requests=_pushed(each.at("total")), bad=_pushed(each.at("bad"))
            )
            for each in node.at("ratios").elements
        ),
        levels=tuple(
            PushedLevel(name=each.at("name").text, of=_pushed(each.at("value")))
            for each in node.at("levels").elements
        ),
        front_ends=frozenset(ServiceName(each.text) for each in node.at("frontEnds").elements),
        origins=frozenset(each.text for each in node.at("origins").elements),
        ingest_token=_given(node.at("ingestToken"), lambda token: secret_at(token, folder)),
    )


def _pushed(node: Node) -> Selector:
    attributes = {name: value.text for name, value in node.at("attributes").fields.items()}
    return Selector(metric=node.at("metric").text, attributes=attributes)


def _labels(node: Node) -> Labels:
    return Labels(
        service=node.at("service").text,
        version=node.at("version").text,
        instance=node.at("instance").text or "instance",
        caller=node.at("caller").text,
        caller_version=node.at("callerVersion").text,
        status=node.at("status").text,
    )


def _source(node: Node) -> Source:
    if node.at("metric"):
        return Metric(selector=node.at("metric").text)
    return Query(expression=node.at("query").text)


def _requests(node: Node) -> Requests:
    return Requests(
        metric=Metric(selector=node.at("metric").text),
        labels=_labels(node.at("labels")),
        bad=node.at("bad").text or BAD,
        rejected=node.at("rejected").text or REJECTED,
    )


def _latency(node: Node) -> Latency:
    unit: Unit = "milliseconds" if node.at("unit").text == "milliseconds" else "seconds"
    return Latency(
        histogram=Metric(selector=node.at("histogram").text),
        labels=_labels(node.at("labels")),
        unit=unit,
        threshold_ms=milliseconds(node.at("threshold").text),
    )


def _ratio(node: Node) -> RatioSource:
    return RatioSource(
        name=node.at("name").text,
        labels=_labels(node.at("labels")),
        total=_source(node.at("total")),
        bad=_given(node.at("bad"), _source),
        good=_given(node.at("good"), _source),
    )


def _level(node: Node) -> LevelSource:
    return LevelSource(
        name=node.at("name").text, labels=_labels(node.at("labels")), value=_source(node.at("value"))
    )
