"""A learned graph as a plan uses it: how much traffic each service of a catalog really gets."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from tidegate.core.catalog import Catalog, Service
from tidegate.core.ids import ServiceName
from tidegate.core.traces.learned import LearnedGraph

Rates = Mapping[ServiceName, float]
"""So many a second, by service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was learned within `seconds`, until `at` (seconds since 1970)."""

    graph: LearnedGraph
    at: float
    seconds: float

    @property
    def calls(self) -> Rates:
        """Calls to each service."""
        counted = ((edge.callee, float(edge.calls)) for edge in self.graph.edges)
        return self._a_second(counted)

    @property
    def journeys(self) -> Rates:
        """Journeys from outside through each service; of none, where only edges are known."""
        entered = {edge.callee: edge.calls for edge in self.graph.edges if edge.caller is None}
        counted = (
            (service, share * entered.get(entry, 0))
            for entry, shares in self.graph.shares.items()
            for service, share in shares.items()
        )
        return self._a_second(counted)

    def _a_second(self, counted: Iterable[tuple[ServiceName, float]]) -> Rates:
        rates: dict[ServiceName, float] = defaultdict(float)
        for service, count in counted:
            rates[service] += count / self.seconds
        return dict(rates)


def with_traffic(catalog: Catalog, measured: Measured) -> Catalog:
    """The catalog with measured traffic in place of what it declares; who was not seen keeps that."""
    calls, journeys = measured.calls, measured.journeys

    def updated(service: Service) -> Service:
        return replace(
            service,
            traffic=calls.get(service.name, service.traffic),
            journeys=journeys.get(service.name, service.journeys),
        )

    return replace(catalog, services={name: updated(service) for name, service in catalog.services.items()})
