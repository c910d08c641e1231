"""Callers of a changed service that the catalog does not know as its consumers.

A plan keeps declared consumers and their providers compatible. Who calls undeclared has no place in its order.
"""

from collections.abc import Iterator

from tidegate.core.catalog import Catalog
from tidegate.core.change import Change
from tidegate.core.gates.words import percent
from tidegate.core.ids import ServiceName, Version
from tidegate.core.traces.drift import declared, declares_edge
from tidegate.core.traces.learned import LearnedEdge
from tidegate.core.traces.measured import Measured


def undeclared_callers(catalog: Catalog, change: Change, measured: Measured) -> Iterator[str]:
    """A warning for each service that was seen to call one of the change's, and is not declared to."""
    pairs = declared(catalog)
    released = {release.service: release.version for release in change.releases}
    calls = measured.calls
    for edge in measured.graph.edges:
        if edge.callee in released and edge.caller != edge.callee and not declares_edge(pairs, edge):
            yield _warning(catalog, edge, released[edge.callee], calls[edge.callee] * measured.seconds)


def _warning(catalog: Catalog, edge: LearnedEdge, version: Version, calls: float) -> str:
    share = percent(edge.calls / calls)
    return (
        f"{edge.caller} calls {edge.callee} ({share} of its calls), which the catalog does not declare: nothing says "
        f"whether it works with {edge.callee} {version}; {_remedy(catalog, edge.caller)}"
    )


def _remedy(catalog: Catalog, caller: ServiceName | None) -> str:
    service = catalog.services.get(caller) if caller else None
    if service is None:
        return f"declare {caller} in the catalog"
    return f"declare it at {service.location}" if service.location else "declare it"
