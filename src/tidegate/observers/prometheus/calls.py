"""Series of requests and of their durations → counters, by edge and by how they went. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from math import inf
from typing import Final

from tidegate.core.gates.evidence import Gap
from tidegate.core.ids import ServiceName
from tidegate.core.telemetry import Latency, Requests
from tidegate.observers.prometheus.counters import buckets
from tidegate.observers.prometheus.mapping import (
    Answers,
    Counter,
    Kind,
    Placed,
    Times,
    counter_of,
    edge_of,
    finite,
    key_of,
)
from tidegate.observers.prometheus.missing import Fault, Faults
from tidegate.observers.prometheus.questions import FAILURES, Part
from tidegate.observers.prometheus.series import Series

UNITS: Final = {"seconds": 1000.0, "milliseconds": 1.0}
"""How many milliseconds there are in one."""


def kind_of(requests: Requests, status: str) -> Kind:
    """How an answer with this status went."""
    if re.fullmatch(requests.bad, status):
        return "bad"
    return "rejected" if re.fullmatch(requests.rejected, status) else "good"


def requests_of(requests: Requests, part: Part, found: Iterable[Placed], faults: Faults) -> Iterator[Counter]:
    """Counters of answers; a series that does not say how they went is a fault."""
    found = list(found)
    _callers_without_version(part, found, faults)
    for each in found:
        finite(part, each, faults)
        if kind := _kind(requests, part, each.series.labels):
            yield counter_of(part, each, Answers(edge=edge_of(part.labels, each), kind=kind))
        else:
            fault = Fault(
                gap=Gap.MALFORMED,
                part=part.name,
                what=f"{part.source} has series without {part.labels.status}",
                remedy="add the label to the metric, or correct spec.requests.labels.status",
                service=each.version.service,
            )
            faults.add(fault, each.series.labels)


def _kind(requests: Requests, part: Part, labels: Mapping[str, str]) -> Kind | None:
    if requests.failed:
        return "failed" if part.name == FAILURES else "good"
    status = labels.get(part.labels.status)
    return kind_of(requests, status) if status else None


def _callers_without_version(part: Part, found: list[Placed], faults: Faults) -> None:
    """Tell of callers that are services themselves, and yet count as from outside, for want of a version."""
    services = {each.version.service for each in found}
    for each in found:
        said = each.series.labels
        caller = said.get(part.labels.caller)
        if caller in services and not said.get(part.labels.caller_version):
            fault = Fault(
                gap=Gap.PARTIAL,
                part=part.name,
                what=f"{part.source} does not say which version of {caller} calls",
                remedy=f"add the label {part.labels.caller_version}; until then its calls count as from outside",
                service=ServiceName(caller),
            )
            faults.add(fault, said)


# -- latency -------------------------------------------------------------------------------------------------


def times_of(
    requests: Requests, latency: Latency, part: Part, found: Iterable[Placed], faults: Faults
) -> Iterator[Counter]:
    """Histograms of good answers, as far as their labels tell which were good."""
    together: dict[str, list[Placed]] = {}
    for each in found:
        status = each.series.labels.get(part.labels.status, "")
        finite(part, each, faults)
        if kind_of(requests, status) == "good":
            together.setdefault(key_of(part, _without_le(each.series.labels)), []).append(each)
    for key, parts in together.items():
        first, made = parts[0], buckets(_bounded(latency, parts))
        if made is None:
            what, remedy = f'{part.source} has no buckets up to le="+Inf"', "is it a classic histogram?"
            faults.add(_odd_buckets(part, first, what, remedy), _without_le(first.series.labels))
            continue
        if latency.threshold_ms is not None and latency.threshold_ms not in made.bounds:
            what = f"{part.source} has no bucket that ends at {latency.threshold_ms:g} ms"
            remedy = f"add one, or move the threshold to one of {_listed(made.bounds)}"
            faults.add(_odd_buckets(part, first, what, remedy), _without_le(first.series.labels))
        account = Times(edge=edge_of(part.labels, first), bounds=made.bounds)
        yield Counter(key=key, account=account, target=first.target, track=made.track)


def _without_le(labels: Mapping[str, str]) -> Mapping[str, str]:
    return {name: value for name, value in labels.items() if name != "le"}


def _bounded(latency: Latency, parts: Iterable[Placed]) -> Iterator[tuple[float, Series]]:
    """Series by their upper bound in milliseconds; a bound that is no number is none."""
    for each in parts:
        try:
            bound = float(each.series.labels.get("le", ""))
        except ValueError:
            continue
        yield (inf if bound == inf else round(bound * UNITS[latency.unit], 6)), each.series


def _odd_buckets(part: Part, found: Placed, what: str, remedy: str) -> Fault:
    service = found.version.service
    return Fault(gap=Gap.MALFORMED, part=part.name, what=what, remedy=remedy, service=service)


def _listed(bounds: Iterable[float]) -> str:
    return ", ".join(f"{bound:g} ms" for bound in bounds)
