"""What a Telemetry file must keep to besides its schema."""

import re
from collections.abc import Callable, Iterable
from typing import Final

from tidegate.core.errors import Problem
from tidegate.sources.quantities import seconds
from tidegate.sources.tree import Node
from tidegate.sources.words import quoted

PRESETS: Final = ("serviceGraph", "spanMetrics")

_ASKED: Final = ("requests", "latency", "ratios", "levels")


def _measures_nothing(spec: Node) -> Iterable[Problem]:
    prometheus = spec.at("prometheus")
    asked = {*spec.fields, *prometheus.fields} & {"requests", "ratios", "levels", *PRESETS}
    if prometheus and not asked:
        hint = f"give requests, ratios or levels, or {' or '.join(PRESETS)} here"
        yield prometheus.problem("spec.prometheus is asked for nothing", hint)


def _requests_twice(spec: Node) -> Iterable[Problem]:
    """A request counts once, so one place says where requests and their latency are."""
    prometheus = spec.at("prometheus")
    presets = [(f"spec.prometheus.{name}", prometheus.key(name)) for name in _presets(spec)]
    own = [(f"spec.{name}", spec.key(name)) for name in ("requests", "latency") if name in spec.fields]
    for path, place in [*presets[1:], *own] if presets else []:
        message = f"{path} stands beside {presets[0][0]}, which says where requests are"
        yield Problem(message=message, location=place, hint="keep one of them")


def _presets(spec: Node) -> list[str]:
    return [name for name in PRESETS if name in spec.at("prometheus").fields]


def _tempo_in_milliseconds(spec: Node) -> Iterable[Problem]:
    spans = spec.at("prometheus", "spanMetrics")
    if spans.at("from").text == "tempo" and spans.at("unit").text == "milliseconds":
        yield spans.at("unit").problem(
            "Tempo measures in seconds", "leave spec.prometheus.spanMetrics.unit out"
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
    if spec.at("latency") and not spec.at("requests") and not _presets(spec):
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
    prometheus = spec.at("prometheus")
    times = [*(prometheus.at(name) for name in ("interval", "timeout")), spec.at("otlp", "interval")]
    thresholds = [node.at("threshold") for node in (spec.at("latency"), *map(prometheus.at, PRESETS))]
    for node in [*times, *thresholds]:
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


CHECKS: Final[tuple[Callable[[Node], Iterable[Problem]], ...]] = (
    _measures_nothing,
    _requests_twice,
    _tempo_in_milliseconds,
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
