"""One graph of two sources: counters, which see every call, and journeys, which may be a sample."""

from collections.abc import Iterator
from dataclasses import replace

from tidegate.core.catalog import Catalog
from tidegate.core.ids import ServiceName
from tidegate.core.traces.drift import drifts
from tidegate.core.traces.learned import LearnedEdge, LearnedGraph

Ends = tuple[ServiceName | None, ServiceName]


def combined(counted: LearnedGraph, traced: LearnedGraph, catalog: Catalog) -> LearnedGraph:
    """How often is believed of whoever saw more of an edge; how calls hang together only journeys know."""
    edges = tuple(sorted(_edges(counted, traced), key=lambda edge: -edge.calls))
    return LearnedGraph(edges=edges, drifts=tuple(drifts(edges, catalog)), shares=traced.shares)


def _edges(counted: LearnedGraph, traced: LearnedGraph) -> Iterator[LearnedEdge]:
    by_counters = {_ends(edge): edge for edge in counted.edges}
    by_journeys = {_ends(edge): edge for edge in traced.edges}
    for ends in by_counters | by_journeys:
        one, other = by_counters.get(ends), by_journeys.get(ends)
        yield _both(one, other) if one and other else by_journeys.get(ends) or by_counters[ends]


def _ends(edge: LearnedEdge) -> Ends:
    return edge.caller, edge.callee


def _both(counted: LearnedEdge, traced: LearnedEdge) -> LearnedEdge:
    if traced.calls >= counted.calls:
        return traced
    return replace(
        counted, fan_out=traced.fan_out, retry_factor=traced.retry_factor, critical=traced.critical
    )
