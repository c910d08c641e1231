"""Indicators of OpenSLO v1: what they ask and whom, and what the schema cannot say of it."""

from collections.abc import Collection, Iterator
from itertools import chain
from typing import Final

from tidegate.core.errors import Problem
from tidegate.core.slo.definitions import DataSource
from tidegate.sources.openslo_documents import Document, Documents
from tidegate.sources.tree import Node
from tidegate.sources.words import listed, quoted

METRICS: Final = ("ratioMetric", "thresholdMetric")
PARTS: Final = ("good", "bad", "total", "raw")
RATIOS: Final = (("good", "total"), ("bad", "total"), ("raw",))


def indicators(documents: Documents) -> Iterator[Node]:
    """The specification of every indicator, of its own or inside an SLO."""
    own = (document.spec for document in documents.of_kind("SLI"))
    inside = (document.spec.at("indicator", "spec") for document in documents.of_kind("SLO"))
    return filter(None, chain(own, inside))


def indicator_of(slo: Document, documents: Documents) -> Node:
    """The specification of an SLO's indicator, written in it or referred to."""
    written = slo.spec.at("indicator", "spec")
    referred = documents.find("SLI", slo.spec.at("indicatorRef").text)
    return written or (referred.spec if referred else written)


def metrics(spec: Node) -> list[Node]:
    """Every metric of an indicator."""
    threshold = spec.at("thresholdMetric")
    return [*([threshold] if threshold else []), *_parts(spec.at("ratioMetric"))]


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


def given(node: Node, names: Collection[str]) -> tuple[str, ...]:
    """Which of these fields a mapping has."""
    return tuple(name for name in names if name in node.fields)


def not_one(rule: str, *, both: bool) -> tuple[str, str]:
    """A message and its remedy where there is not exactly one of two."""
    return f"{rule}, not {'both' if both else 'neither'}", "keep one" if both else "add one"


# -- problems -------------------------------------------------------------------------------------------------


def indicator_problems(spec: Node, documents: Documents) -> Iterator[Problem]:
    """What is wrong with one indicator beyond the schema."""
    kinds = given(spec, METRICS)
    if len(kinds) != 1:
        yield spec.problem(
            *not_one("an indicator has either ratioMetric or thresholdMetric", both=bool(kinds))
        )
    if "ratioMetric" in kinds:
        yield from _ratio(spec)
    for metric in metrics(spec):
        yield from _metric(metric, documents)
    yield from _different_sources(spec, documents)


def _different_sources(spec: Node, documents: Documents) -> Iterator[Problem]:
    sources = {source_of(metric, documents) for metric in _parts(spec.at("ratioMetric"))}
    if len(sources - {DataSource()}) > 1:
        message = "the metrics of a ratioMetric come from different sources"
        hint = "give all of them the same metricSourceRef"
        yield Problem(message=message, location=spec.key("ratioMetric"), hint=hint)


def _parts(ratio: Node) -> list[Node]:
    return [part for name in PARTS if (part := ratio.at(name))]


def _ratio(spec: Node) -> Iterator[Problem]:
    ratio, place = spec.at("ratioMetric"), spec.key("ratioMetric")
    parts = given(ratio, PARTS)
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
