"""The graph of what was called between two views of a running tidegate, beside what the catalog declares."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from tidegate.client import Client
from tidegate.core.catalog import Catalog
from tidegate.core.errors import Unavailable
from tidegate.core.gates import evidence
from tidegate.core.ids import ServiceName, Version
from tidegate.core.traces.combined import combined
from tidegate.core.traces.increase import increase
from tidegate.core.traces.learned import LearnedGraph
from tidegate.core.traces.learning import learned_of_edges, learned_of_traces
from tidegate.core.traces.measured import Measured
from tidegate.core.traces.unexpected import unexpected_versions
from tidegate.server.graph_view import GraphView


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was learned; sources that were `silent`, and what else is `missing` of it, in words."""

    measured: Measured
    silent: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def watched(client: Client, catalog: Catalog, seconds: float) -> Seen:
    """What is called within so many seconds from now; raises `Unavailable` where that cannot be counted."""
    before = client.graph()
    time.sleep(seconds)
    return seen_between(before, client.graph(), catalog)


def seen_between(before: GraphView, after: GraphView, catalog: Catalog) -> Seen:
    """What was called between two views."""
    if before.epochs != after.epochs or after.at <= before.at:
        raise Unavailable("a source began to count anew meanwhile", "ask again")
    graph = _graph(before, after, catalog)
    expected = _expected(catalog, before, after)
    graph = replace(graph, drifts=(*graph.drifts, *unexpected_versions(graph, expected)))
    measured = Measured(graph=graph, at=after.at, seconds=round(after.at - before.at, 3))
    lost = (f"{reason}: {count:,}" for reason, count in _lost(before, after).items())
    return Seen(measured=measured, silent=after.silent, missing=(*after.missing, *lost))


def _graph(before: GraphView, after: GraphView, catalog: Catalog) -> LearnedGraph:
    counted = learned_of_edges(evidence.increase(before.reading, after.reading).edges, catalog)
    traced = learned_of_traces(increase(before.traces, after.traces), catalog)
    return combined(counted, traced, catalog)


def _expected(catalog: Catalog, *views: GraphView) -> Mapping[ServiceName, frozenset[Version]]:
    """The versions that rollouts deployed; of what was never released the one that the catalog says is live."""
    expected = {
        service.name: frozenset({service.version}) for service in catalog.services.values() if service.version
    }
    deployed: dict[ServiceName, frozenset[Version]] = {}
    for view in views:
        for service, versions in view.deployed.items():
            deployed[service] = deployed.get(service, frozenset()) | frozenset(versions)
    return {**expected, **deployed}


def _lost(before: GraphView, after: GraphView) -> Mapping[str, int]:
    grown = {reason: count - before.lost.get(reason, 0) for reason, count in after.lost.items()}
    return {reason: count for reason, count in grown.items() if count > 0}
