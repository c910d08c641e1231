"""A Telemetry file: what is measured of services and their versions, and where it is read.

telemetry.yaml ─► Telemetry      paths in it are relative to the file; secrets stay where they are
"""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, TypeVar

from tidegate.core.errors import Problem, Refused
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
    Secret,
    Selector,
    Source,
    Telemetry,
    Tls,
    Unit,
)
from tidegate.sources.documents import in_order, read_kind
from tidegate.sources.quantities import seconds
from tidegate.sources.tree import Node
from tidegate.sources.words import quoted

INTERVAL: Final = "15s"
TIMEOUT: Final = "10s"
PUSHED_EVERY: Final = "60s"
BAD: Final = "5..|0"
REJECTED: Final = "4.."


def read_telemetry(path: Path) -> Telemetry:
    """A Telemetry file; raises `Refused` with everything that is wrong with it."""
    root, found = read_kind(path, "Telemetry")
    spec = root.at("spec")
    problems = [*found, *(problem for check in _CHECKS for problem in check(spec))]
    if problems:
        raise Refused(in_order(problems))
    return Telemetry(
        name=root.at("metadata", "name").text,
        prometheus=_server(spec.at("prometheus"), path.parent),
        otlp=_otlp(spec.at("otlp"), path.parent) if "otlp" in spec.fields else None,
        requests=_given(spec.at("requests"), _requests),
        latency=_given(spec.at("latency"), _latency),
        ratios=tuple(map(_ratio, spec.at("ratios").elements)),
        levels=tuple(map(_level, spec.at("levels").elements)),
    )


# -- checks that the schema cannot make ----------------------------------------------------------------------


_ASKED: Final = ("requests", "latency", "ratios", "levels")


def _measures_nothing(spec: Node) -> Iterable[Problem]:
    if spec.at("prometheus") and not set(spec.fields) & {"requests", "ratios", "levels"}:
        yield spec.at("prometheus").problem(
            "spec.prometheus is asked for nothing", "give requests, ratios or levels"
        )


def _asks_nobody(spec: Node) -> Iterable[Problem]:
    if not spec.at("prometheus"):
        for name in (name for name in _ASKED if name in spec.fields):
            yield Problem(
                message=f"spec.{name} has no spec.prometheus to ask",
                location=spec.key(name),
                hint="give its url, or describe what is pushed under spec.otlp",
            )


def _browsers_without_token(spec: Node) -> Iterable[Problem]:
    otlp = spec.at("otlp")
    if otlp.at("origins") and not otlp.at("ingestToken"):
        yield otlp.at("origins").problem(
            "pages of these origins have no ingestToken to push with", "say where it is"
        )


def _secret_in_url(spec: Node) -> Iterable[Problem]:
    """Told without the words of the file: they are secret."""
    url = spec.at("prometheus", "url")
    if "@" in url.text:
        yield url.problem("spec.prometheus.url holds a user", "give it under auth, with the secret in a file")


def _latency_alone(spec: Node) -> Iterable[Problem]:
    if spec.at("latency") and not spec.at("requests"):
        hint = "give requests too: they say which answers were good"
        yield spec.at("latency").problem("spec.latency has no spec.requests beside it", hint)


def _other_edges(spec: Node) -> Iterable[Problem]:
    """Times and requests are of the same edges, or they could not be put together."""
    for name in ("caller", "callerVersion"):
        requests, latency = (spec.at(part, "labels", name) for part in ("requests", "latency"))
        if spec.at("requests") and spec.at("latency") and bool(requests) != bool(latency):
            lacking = "latency" if requests else "requests"
            yield (requests or latency).problem(
                f"spec.{lacking}.labels has no {quoted(name)} beside this one", "give both or neither"
            )


def _times_of_nothing(spec: Node) -> Iterable[Problem]:
    """An interval of no length would be asked for without end."""
    times = [*(spec.at("prometheus", name) for name in ("interval", "timeout")), spec.at("otlp", "interval")]
    for node in [*times, spec.at("latency", "threshold")]:
        if seconds(node.text) == 0.0:
            yield node.problem(f"{quoted(node.text)} is no time", "give a duration above zero")


def _key_without_certificate(spec: Node) -> Iterable[Problem]:
    tls = spec.at("prometheus", "tls")
    if tls.at("key") and not tls.at("cert"):
        yield tls.at("key").problem("spec.prometheus.tls has a key without its cert", "give both")


def _bad_patterns(spec: Node) -> Iterable[Problem]:
    for node in (spec.at("requests", "bad"), spec.at("requests", "rejected")):
        try:
            re.compile(node.text)
        except re.error as error:
            yield node.problem(f"{quoted(node.text)} is not a regular expression: {error}")


def _bucket_for_histogram(spec: Node) -> Iterable[Problem]:
    node = spec.at("latency", "histogram")
    name = node.text.partition("{")[0]
    if name.endswith("_bucket"):
        hint = f"write {quoted(name.removesuffix('_bucket'))}"
        yield node.problem(f"{quoted(name)} is a part of a histogram", hint)


def _bad_or_good(spec: Node) -> Iterable[Problem]:
    for node in spec.at("ratios").elements:
        if bool(node.at("bad")) == bool(node.at("good")):
            words = "both bad and good" if node.at("bad") else "neither bad nor good"
            yield node.problem(f"ratio {quoted(node.at('name').text)} has {words}", "give one of the two")


def _names_twice(spec: Node) -> Iterable[Problem]:
    first: dict[str, Node] = {}
    for part in ("ratios", "levels"):
        for node in (*spec.at(part).elements, *spec.at("otlp", part).elements):
            name = node.at("name")
            if name.text and first.setdefault(name.text, name) is not name:
                place = first[name.text].location
                yield name.problem(f"{quoted(name.text)} is measured twice (first at {place})", "rename one")


_CHECKS: Final[tuple[Callable[[Node], Iterable[Problem]], ...]] = (
    _measures_nothing,
    _asks_nobody,
    _browsers_without_token,
    _secret_in_url,
    _latency_alone,
    _other_edges,
    _times_of_nothing,
    _key_without_certificate,
    _bad_patterns,
    _bucket_for_histogram,
    _bad_or_good,
    _names_twice,
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


def _secret(node: Node, folder: Path) -> Secret:
    return Secret(file=_path(node.at("file"), folder), variable=node.at("variable").text)


def _auth(node: Node, folder: Path) -> Basic | Bearer | None:
    if basic := node.at("basic"):
        return Basic(username=basic.at("username").text, password=_secret(basic.at("password"), folder))
    return _given(node.at("bearer"), lambda bearer: Bearer(token=_secret(bearer, folder)))


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
        ingest_token=_given(node.at("ingestToken"), lambda token: _secret(token, folder)),
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
    threshold = seconds(node.at("threshold").text)
    return Latency(
        histogram=Metric(selector=node.at("histogram").text),
        labels=_labels(node.at("labels")),
        unit=unit,
        threshold_ms=None if threshold is None else round(threshold * 1000.0, 6),
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
