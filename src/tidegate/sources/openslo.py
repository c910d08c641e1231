"""OpenSLO v1 files → SLOs, their indicators, services and data sources.

    folder ──openslo_documents──► Documents ──openslo_indicators, openslo_checks──► problems, or else ServiceLevels

All problems are found at once; values are made only of a folder without any. Documents of the alert kinds, and the
alert policies of an SLO, are left to the tools they are meant for.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from tidegate.core.errors import Problem, Refused
from tidegate.core.ids import ServiceName
from tidegate.core.slo.definitions import (
    BudgetingMethod,
    Metric,
    Objective,
    Op,
    RatioMetric,
    RawRatio,
    Service,
    ServiceLevels,
    Side,
    Sli,
    Slo,
    ThresholdMetric,
)
from tidegate.core.slo.window import CalendarWindow, RollingWindow, Window
from tidegate.sources.documents import in_order
from tidegate.sources.openslo_checks import problems_of, slice_seconds
from tidegate.sources.openslo_documents import Document, Documents, read_documents
from tidegate.sources.openslo_indicators import data_source, indicator_of, source_of
from tidegate.sources.quantities import local_time, shorthand
from tidegate.sources.tree import Node

RAW_TYPES = {"success": Side.GOOD, "failure": Side.BAD}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a folder declares, unless it has problems."""

    levels: ServiceLevels | None
    problems: tuple[Problem, ...]


def read_service_levels(folder: Path, services: Collection[str] = ()) -> ServiceLevels:
    """What a folder declares; raises `Refused` with every problem in it."""
    reading = read(folder, services)
    if reading.levels is None:
        raise Refused(reading.problems)
    return reading.levels


def read(folder: Path, services: Collection[str] = ()) -> Reading:
    """What a folder, or one file, declares, or every problem in it.

    SLOs may be about any of `services`, such as those of a catalog, and about those that the files declare. Where
    neither has any, the names of services are taken as they are.
    """
    documents = read_documents(folder)
    problems = in_order([*documents.problems, *problems_of(documents, services)])
    return Reading(levels=None if problems else _levels(documents), problems=problems)


# -- building: of documents without problems ------------------------------------------------------------------


def _levels(documents: Documents) -> ServiceLevels:
    return ServiceLevels(
        slos={each.name.text: _slo(each, documents) for each in documents.of_kind("SLO")},
        slis={each.name.text: _sli(each.node, documents) for each in documents.of_kind("SLI")},
        services={each.name.text: _service(each) for each in documents.of_kind("Service")},
        data_sources={each.name.text: data_source(each) for each in documents.of_kind("DataSource")},
    )


def _service(document: Document) -> Service:
    return Service(
        name=ServiceName(document.name.text),
        title=document.node.at("metadata", "displayName").text,
        location=document.name.location,
    )


def _sli(node: Node, documents: Documents) -> Sli:
    name = node.at("metadata", "name")
    return Sli(name=name.text, measure=_measure(node.at("spec"), documents), location=name.location)


def _measure(spec: Node, documents: Documents) -> RatioMetric | RawRatio | ThresholdMetric:
    ratio = spec.at("ratioMetric")
    if not ratio:
        return ThresholdMetric(metric=_metric(spec.at("thresholdMetric"), documents))
    if raw := ratio.at("raw"):
        return RawRatio(metric=_metric(raw, documents), side=RAW_TYPES[ratio.at("rawType").text])
    side = Side.GOOD if ratio.at(Side.GOOD) else Side.BAD
    return RatioMetric(
        part=_metric(ratio.at(side), documents),
        side=side,
        total=_metric(ratio.at("total"), documents),
        counter=ratio.at("counter").plain(),
    )


def _metric(node: Node, documents: Documents) -> Metric:
    query = node.at("metricSource", "spec", "query").text
    return Metric(source=source_of(node, documents), query=query.strip())


def _slo(document: Document, documents: Documents) -> Slo:
    spec = document.spec
    referred = documents.find("SLI", spec.at("indicatorRef").text)
    return Slo(
        name=document.name.text,
        service=ServiceName(spec.at("service").text),
        sli=_sli(referred.node if referred else spec.at("indicator"), documents),
        window=_window(spec.at("timeWindow", 0)),
        method=BudgetingMethod(spec.at("budgetingMethod").text),
        objectives=tuple(
            _objective(node, threshold="thresholdMetric" in indicator_of(document, documents).fields)
            for node in spec.at("objectives").elements
        ),
        location=document.name.location,
    )


def _window(node: Node) -> Window:
    duration = shorthand(node.at("duration").text)
    start = local_time(node.at("calendar", "startTime").text)
    assert duration, "checked against the schema"
    if start is None:
        return RollingWindow(duration=duration)
    return CalendarWindow(duration=duration, start=start, time_zone=node.at("calendar", "timeZone").text)


def _objective(node: Node, *, threshold: bool) -> Objective:
    """An objective; `op` and `value` are ignored where there is no threshold, as OpenSLO has it."""
    percent = node.at("targetPercent").plain()
    return Objective(
        name=node.at("displayName").text,
        target=node.at("target").plain() if percent is None else round(percent / 100, 10),
        op=Op(node.at("op").text) if threshold else None,
        value=float(node.at("value").plain()) if threshold else None,
        slice_target=node.at("timeSliceTarget").plain(),
        slice_seconds=slice_seconds(node.at("timeSliceWindow")),
    )
