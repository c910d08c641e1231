"""What the schema of OpenSLO v1 cannot say: fields that need or exclude each other, names, dates.

Whether a name is known is asked only when every document could be read: names that a broken file declares would
otherwise be reported as unknown.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tidegate.core.errors import Problem
from tidegate.core.slo.definitions import BudgetingMethod, DataSource
from tidegate.sources.openslo_documents import Document, Documents
from tidegate.sources.quantities import local_time, shorthand
from tidegate.sources.tree import Node
from tidegate.sources.words import did_you_mean, listed, quoted

LONGEST: Final = 10 * 366 * 86400.0
"""The longest window, in seconds."""

MOST_GUESSES: Final = 200
"""How many unknown names a reading guesses at: each guess looks through all names that are known."""

METRICS: Final = ("ratioMetric", "thresholdMetric")
PARTS: Final = ("good", "bad", "total", "raw")
RATIOS: Final = (("good", "total"), ("bad", "total"), ("raw",))

SLICED: Final = {
    BudgetingMethod.OCCURRENCES: (),
    BudgetingMethod.TIMESLICES: ("timeSliceTarget", "timeSliceWindow"),
    BudgetingMethod.RATIO_TIMESLICES: ("timeSliceWindow",),
}
"""What an objective needs for a budgeting method; the other fields of slices have no meaning with it."""


def problems_of(documents: Documents, services: Collection[str]) -> Iterator[Problem]:
    """Everything that is wrong beyond the schema; `services` are known from elsewhere."""
    for indicator in _indicators(documents):
        yield from _indicator(indicator, documents)
    for document in documents.of_kind("SLO"):
        if document.spec:
            yield from _slo(document, documents)
    if documents.complete:
        yield from _unknown_names(documents, services)


def indicator_of(slo: Document, documents: Documents) -> Node:
    """The specification of an SLO's indicator, written in it or referred to."""
    written = slo.spec.at("indicator", "spec")
    referred = documents.find("SLI", slo.spec.at("indicatorRef").text)
    return written or (referred.spec if referred else written)


def source_of(metric: Node, documents: Documents) -> DataSource:
    """Whom a metric asks."""
    source = metric.at("metricSource")
    found = documents.find("DataSource", source.at("metricSourceRef").text)
    return data_source(found) if found else DataSource(type=source.at("type").text)


def data_source(document: Document) -> DataSource:
    """A data source; connection details are a mapping, or a list of them."""
    details = document.spec.at("connectionDetails")
    urls = [each.at("url").text for each in (details.elements or (details,))]
    return DataSource(
        name=document.name.text,
        type=document.spec.at("type").text,
        url=next(filter(None, urls), ""),
        location=document.name.location,
    )


def _given(node: Node, names: Collection[str]) -> tuple[str, ...]:
    """Which of these fields a mapping has."""
    return tuple(name for name in names if name in node.fields)


def _not_one(rule: str, *, both: bool) -> tuple[str, str]:
    """A message and its remedy where there is not exactly one of two."""
    return f"{rule}, not {'both' if both else 'neither'}", "keep one" if both else "add one"


# -- indicators -----------------------------------------------------------------------------------------------


def _indicators(documents: Documents) -> Iterator[Node]:
    """The specification of every indicator, of its own or inside an SLO."""
    own = (document.spec for document in documents.of_kind("SLI"))
    inside = (document.spec.at("indicator", "spec") for document in documents.of_kind("SLO"))
    return filter(None, chain(own, inside))


def _indicator(spec: Node, documents: Documents) -> Iterator[Problem]:
    metrics = _given(spec, METRICS)
    if len(metrics) != 1:
        yield spec.problem(
            *_not_one("an indicator has either ratioMetric or thresholdMetric", both=bool(metrics))
        )
    if "ratioMetric" in metrics:
        yield from _ratio(spec)
    for metric in _metrics(spec):
        yield from _metric(metric, documents)
    yield from _different_sources(spec, documents)


def _different_sources(spec: Node, documents: Documents) -> Iterator[Problem]:
    sources = {source_of(metric, documents) for metric in _parts(spec.at("ratioMetric"))}
    if len(sources - {DataSource()}) > 1:
        message = "the metrics of a ratioMetric come from different sources"
        hint = "give all of them the same metricSourceRef"
        yield Problem(message=message, location=spec.key("ratioMetric"), hint=hint)


def _metrics(spec: Node) -> list[Node]:
    """Every metric of an indicator."""
    threshold = spec.at("thresholdMetric")
    return [*([threshold] if threshold else []), *_parts(spec.at("ratioMetric"))]


def _parts(ratio: Node) -> list[Node]:
    return [part for name in PARTS if (part := ratio.at(name))]


def _ratio(spec: Node) -> Iterator[Problem]:
    ratio, place = spec.at("ratioMetric"), spec.key("ratioMetric")
    parts = _given(ratio, PARTS)
    if parts not in RATIOS:
        message = (
            f"a ratioMetric has good and total, bad and total, or raw, not {listed(parts) or 'none of them'}"
        )
        yield Problem(message=message, location=place, hint="remove or add what makes it one of these")
        return
    if parts == ("raw",) and "rawType" not in ratio.fields:
        hint = "write rawType: success (good/total) or failure (bad/total)"
        yield Problem(message="raw needs 'rawType'", location=ratio.key("raw"), hint=hint)
    if parts != ("raw",) and "counter" not in ratio.fields:
        hint = "write counter: true for what only rises, false for a gauge"
        yield Problem(message="this ratioMetric lacks 'counter'", location=place, hint=hint)
    if parts != ("raw",) and "rawType" in ratio.fields:
        message = f"rawType has no meaning with {listed(parts)}"
        yield Problem(message=message, location=ratio.key("rawType"), hint="remove it")


def _metric(metric: Node, documents: Documents) -> Iterator[Problem]:
    source = metric.at("metricSource")
    reference, type_ = source.at("metricSourceRef").text, source.at("type")
    if source and not reference and not type_:
        yield source.problem("this metricSource has no source", "add metricSourceRef, or type")
    found = source_of(metric, documents)
    if found.name and type_.text and type_.text.casefold() != found.type.casefold():
        message = (
            f"the type is {quoted(type_.text)}, but DataSource {quoted(found.name)} is {quoted(found.type)}"
        )
        yield type_.problem(message, "remove the type: the data source has it")
    if found.prometheus:
        yield from _promql(source)


def _promql(source: Node) -> Iterator[Problem]:
    query = source.at("spec", "query")
    if source.at("spec") and not query.text.strip():
        yield Problem(
            message="a Prometheus metric needs 'query'",
            location=source.key("spec"),
            hint="write the counter, gauge or ratio in PromQL, without a time",
        )
    if "{{" in query.text:
        hint = "write what it counts without a time: tidegate adds the times it needs"
        yield query.problem("this query is a template", hint)


# -- objectives -----------------------------------------------------------------------------------------------


def _slo(document: Document, documents: Documents) -> Iterator[Problem]:
    spec = document.spec
    composite = [each for each in spec.at("objectives").elements if _composite(each)]
    indicators = _given(spec, ("indicator", "indicatorRef"))
    for each in composite:
        hint = "write one SLO for each indicator"
        yield each.problem("composite objectives, with indicators of their own, are not supported", hint)
    if len(indicators) != 1 and not composite:
        yield document.name.problem(
            *_not_one(f"{document} has either indicator or indicatorRef", both=bool(indicators))
        )
    yield from _window(spec)
    yield from _objectives(document, "thresholdMetric" in indicator_of(document, documents).fields)


def _composite(objective: Node) -> bool:
    return bool(_given(objective, ("indicator", "indicatorRef", "compositeWeight")))


def _window(spec: Node) -> Iterator[Problem]:
    windows = spec.at("timeWindow").elements
    if len(windows) != 1 and isinstance(spec.at("timeWindow").value, tuple):
        message = f"an SLO has one timeWindow, not {len(windows)}"
        hint = "write an SLO for each" if windows else "add it"
        yield Problem(message=message, location=spec.key("timeWindow"), hint=hint)
    for window in windows:
        rolling, calendar = window.at("isRolling").value is True, window.at("calendar")
        if rolling == bool(calendar):
            rule = "a window is either rolling (isRolling: true) or has a calendar"
            yield window.problem(*_not_one(rule, both=rolling))
        yield from _too_long(window)
        yield from _calendar(calendar)


def _too_long(window: Node) -> Iterator[Problem]:
    duration = shorthand(window.at("duration").text)
    if duration and duration.seconds > LONGEST:
        yield window.at("duration").problem(f"a window of {duration} is too long", "10Y is the most")


def _calendar(calendar: Node) -> Iterator[Problem]:
    start, zone = calendar.at("startTime"), calendar.at("timeZone")
    if start.text and not local_time(start.text):
        yield start.problem(
            f"{quoted(start.text)} is not a date and time of day", "write one such as 2026-01-01 00:00:00"
        )
    if zone.text and not _known_zone(zone.text):
        hint = "write an IANA name such as Europe/Berlin"
        yield zone.problem(f"unknown time zone {quoted(zone.text)}", hint)


def _known_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder, such as America
        return False
    return True


def _objectives(document: Document, threshold: bool) -> Iterator[Problem]:
    spec = document.spec
    objectives = spec.at("objectives").elements
    if threshold and len(objectives) > 1:
        hint = "write an SLO for each"
        yield objectives[1].problem("an SLO with a thresholdMetric has one objective", hint)
    yield from _same_names(objectives)
    for number, objective in enumerate(objectives):
        where = f"spec.objectives[{number}]"
        yield from _target(objective, where)
        if threshold:
            yield from _comparison(objective, where)
        yield from _slices(objective, where, spec)


def _same_names(objectives: Collection[Node]) -> Iterator[Problem]:
    """Verdicts call an objective by its name, or else by its target."""
    first: dict[object, Node] = {}
    for objective in objectives:
        name = objective.at("displayName").text or (
            objective.at("target").value,
            objective.at("targetPercent").value,
        )
        if first.setdefault(name, objective) is not objective:
            message = f"this objective is called like another (at {first[name].location})"
            yield objective.problem(message, "give each a displayName of its own")


def _target(objective: Node, where: str) -> Iterator[Problem]:
    targets = _given(objective, ("target", "targetPercent"))
    if len(targets) != 1:
        yield objective.problem(*_not_one(f"{where} has either target or targetPercent", both=bool(targets)))


def _comparison(objective: Node, where: str) -> Iterator[Problem]:
    for name, hint in (
        ("op", "write op: lt, lte, gt or gte"),
        ("value", "write the threshold in the metric's unit"),
    ):
        if name not in objective.fields:
            yield objective.problem(f"{where} lacks {quoted(name)}, which a thresholdMetric needs", hint)


def _slices(objective: Node, where: str, spec: Node) -> Iterator[Problem]:
    method = spec.at("budgetingMethod").text
    if method not in set(BudgetingMethod):
        return
    needed = SLICED[BudgetingMethod(method)]
    for name in ("timeSliceTarget", "timeSliceWindow"):
        if name in needed and name not in objective.fields:
            yield objective.problem(f"{where} lacks {quoted(name)}, which {method} needs", f"add {name}")
        if name not in needed and name in objective.fields:
            message = f"{name} has no meaning with budgetingMethod {method}"
            yield Problem(
                message=message, location=objective.key(name), hint="remove it, or mend budgetingMethod"
            )
    yield from _long_slice(objective.at("timeSliceWindow"), spec)


def _long_slice(written: Node, spec: Node) -> Iterator[Problem]:
    length, window = slice_seconds(written), shorthand(spec.at("timeWindow", 0, "duration").text)
    if length and window and length >= window.seconds:
        yield written.problem(
            f"a slice of {written.written} is not shorter than the window of {window}", "shorten it"
        )


def slice_seconds(written: Node) -> float | None:
    """The length of a slice: a duration, or a number of minutes."""
    if isinstance(written.value, (int, float)) and not isinstance(written.value, bool):
        return 60.0 * written.value
    duration = shorthand(written.text)
    return duration.seconds if duration else None


# -- names ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mention:
    """A name where something refers to it."""

    kind: str
    target: Node


def _unknown_names(documents: Documents, services: Collection[str]) -> Iterator[Problem]:
    known = {
        kind: {found.name.text: None for found in documents.of_kind(kind)}
        for kind in ("DataSource", "SLI", "Service")
    }
    known["Service"] |= dict.fromkeys(services)
    guesses = MOST_GUESSES
    for mention in _mentions(documents, services=bool(known["Service"])):
        if mention.target.text not in known[mention.kind]:
            guesses -= 1
            near = did_you_mean(mention.target.text, known[mention.kind] if guesses >= 0 else ())
            message = f"unknown {mention.kind} {quoted(mention.target.text)}"
            yield mention.target.problem(message, near or f"declare the {mention.kind}, or mend the name")


def _mentions(documents: Documents, *, services: bool) -> Iterator[_Mention]:
    """Every reference; those to services only where any service is known."""
    for document in documents.of_kind("SLO"):
        if document.spec.at("indicatorRef").text:
            yield _Mention(kind="SLI", target=document.spec.at("indicatorRef"))
        if services and document.spec.at("service").text:
            yield _Mention(kind="Service", target=document.spec.at("service"))
    for spec in _indicators(documents):
        for metric in _metrics(spec):
            if metric.at("metricSource", "metricSourceRef").text:
                yield _Mention(kind="DataSource", target=metric.at("metricSource", "metricSourceRef"))
