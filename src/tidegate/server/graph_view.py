"""What the API shows of who calls whom: cumulative counts, and which versions were deployed.

A client takes two views and asks what was counted between them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from tidegate.core.gates.evidence import NO_HISTOGRAM, CallEdge, Counts, Reading
from tidegate.core.ids import ServiceName, Version
from tidegate.core.traces.reading import EdgeFlow, Share, TraceReading

PATH: Final = "/v1/graph"


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedEdge:
    """What counters have of one edge."""

    edge: CallEdge
    counts: Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedEdge:
    """What journeys have of one edge."""

    edge: CallEdge
    flow: EdgeFlow


@dataclass(frozen=True, slots=True, kw_only=True)
class Epochs:
    """A new one says that its counts began at zero."""

    counted: str
    traced: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphView:
    """Everything counted until `at`, seconds since 1970, without durations.

    `entries` are shares of journeys by where they entered. `deployed` has the versions in which each service that was
    ever released may be live. `lost` counts traces that were of no use, by reason; `silent` are sources that did not
    answer, `missing` is what the others could not read.
    """

    at: float
    epochs: Epochs
    counted: tuple[CountedEdge, ...] = ()
    traced: tuple[TracedEdge, ...] = ()
    entries: Mapping[ServiceName, Share] = field(default_factory=dict)
    deployed: Mapping[ServiceName, tuple[Version, ...]] = field(default_factory=dict)
    lost: Mapping[str, int] = field(default_factory=dict)
    silent: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def reading(self) -> Reading:
        """What counters have, as a reading."""
        edges = {each.edge: each.counts for each in self.counted}
        return Reading(at=self.at, epoch=self.epochs.counted, edges=edges)

    @property
    def traces(self) -> TraceReading:
        """What journeys have, as a reading."""
        edges = {each.edge: each.flow for each in self.traced}
        return TraceReading(
            at=self.at, epoch=self.epochs.traced, edges=edges, entries=self.entries, lost=self.lost
        )


def counted_edges(edges: Mapping[CallEdge, Counts]) -> tuple[CountedEdge, ...]:
    """Counts without durations."""
    return tuple(
        CountedEdge(edge=edge, counts=replace(counts, times=NO_HISTOGRAM)) for edge, counts in edges.items()
    )


def traced_edges(edges: Mapping[CallEdge, EdgeFlow]) -> tuple[TracedEdge, ...]:
    """Flows without durations."""
    return tuple(
        TracedEdge(edge=edge, flow=replace(flow, times=NO_HISTOGRAM)) for edge, flow in edges.items()
    )


def sorted_versions(
    deployed: Mapping[ServiceName, Iterable[Version]],
) -> Mapping[ServiceName, tuple[Version, ...]]:
    """Versions in an order that does not change from one view to the next."""
    return {service: tuple(sorted(versions)) for service, versions in deployed.items()}
