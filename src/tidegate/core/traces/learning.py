"""The learned graph is made of what any source counted per edge, and of the catalog."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from tidegate.core.catalog import Catalog
from tidegate.core.gates.evidence import CallEdge, Counts
from tidegate.core.ids import ServiceName
from tidegate.core.traces.drift import Pairs, declared, declares, drifts
from tidegate.core.traces.learned import LearnedEdge, LearnedGraph
from tidegate.core.traces.reading import EdgeFlow, TraceReading

Flows = Mapping[CallEdge, EdgeFlow]


def learned_of_traces(reading: TraceReading, catalog: Catalog) -> LearnedGraph:
    """What journeys show: all of them, or an increase."""
    edges = _edges(reading.edges, catalog)
    shares = {
        entry: {service: number / share.journeys for service, number in share.through.items()}
        for entry, share in reading.entries.items()
    }
    return LearnedGraph(edges=edges, drifts=tuple(drifts(edges, catalog)), shares=shares)


def learned_of_edges(counted: Mapping[CallEdge, Counts], catalog: Catalog) -> LearnedGraph:
    """What counts per edge show, of a `Reading` or a `Batch`, where there are no traces."""
    flows = {
        edge: EdgeFlow(calls=counts.requests, errors=counts.bad, rejected=counts.rejected)
        for edge, counts in counted.items()
    }
    edges = tuple(
        replace(edge, timed_out=None, retry_factor=None, critical=None) for edge in _edges(flows, catalog)
    )
    return LearnedGraph(edges=edges, drifts=tuple(drifts(edges, catalog)))


def _edges(flows: Flows, catalog: Catalog) -> tuple[LearnedEdge, ...]:
    """The edges between services, the busiest first."""
    totals = _Totals.of(flows)
    between: dict[tuple[ServiceName | None, ServiceName], dict[CallEdge, EdgeFlow]] = defaultdict(dict)
    for edge, flow in flows.items():
        caller = edge.caller.service if edge.caller else None
        between[caller, edge.callee.service][edge] = flow
    pairs = declared(catalog)
    edges = [_edge(ends, parts, totals, pairs) for ends, parts in between.items()]
    return tuple(sorted(edges, key=lambda edge: (-edge.calls, edge.caller or "", edge.callee)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Totals:
    """The calls to each service, and the time waited for all."""

    into: Mapping[ServiceName, int]
    waited_ms: float

    @classmethod
    def of(cls, flows: Flows) -> "_Totals":
        into: Counter[ServiceName] = Counter()
        for edge, flow in flows.items():
            into[edge.callee.service] += flow.calls
        return cls(into=into, waited_ms=sum(flow.waited_ms for flow in flows.values()))


def _edge(
    ends: tuple[ServiceName | None, ServiceName], parts: Flows, totals: _Totals, pairs: Pairs
) -> LearnedEdge:
    caller, callee = ends
    flow = _together(parts)
    made = flow.calls - flow.retries
    to_caller = totals.into.get(caller, 0) if caller else 0
    return LearnedEdge(
        caller=caller,
        callee=callee,
        declared=declares(pairs, caller, callee, asynchronous=flow.asynchronous == flow.calls),
        calls=flow.calls,
        bad=flow.errors + flow.timed_out + flow.unreached,
        rejected=flow.rejected,
        timed_out=flow.timed_out,
        asynchronous=flow.asynchronous,
        versions={edge: part.calls for edge, part in parts.items()},
        fan_out=made / to_caller if to_caller else None,
        retry_factor=flow.calls / made if made else None,
        critical=flow.waited_ms / totals.waited_ms if totals.waited_ms else None,
    )


def _together(parts: Flows) -> EdgeFlow:
    flows = parts.values()
    return EdgeFlow(
        calls=sum(flow.calls for flow in flows),
        retries=sum(flow.retries for flow in flows),
        errors=sum(flow.errors for flow in flows),
        rejected=sum(flow.rejected for flow in flows),
        timed_out=sum(flow.timed_out for flow in flows),
        unreached=sum(flow.unreached for flow in flows),
        asynchronous=sum(flow.asynchronous for flow in flows),
        waited_ms=sum(flow.waited_ms for flow in flows),
    )
