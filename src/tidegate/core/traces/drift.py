"""How the edges seen and the edges declared differ."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from tidegate.core.catalog import Catalog, Dependency
from tidegate.core.contracts.specification import Kind
from tidegate.core.ids import ServiceName
from tidegate.core.traces.learned import Drift, DriftKind, LearnedEdge
from tidegate.core.traces.span import UNKNOWN

ENOUGH: Final = 300
"""Calls to a consumer after which a dependency never seen is used, at 95 % confidence, by less than one in a hundred
(the rule of three: 3 / 300).
"""


Pairs = frozenset[tuple[ServiceName, ServiceName]]


def declared(catalog: Catalog) -> Pairs:
    """Who may call whom: services those that they depend on, and their resources."""
    resources = (
        (service.name, ServiceName(name))
        for service in catalog.services.values()
        for name in service.resources
    )
    return frozenset((*((edge.consumer, edge.provider) for edge in catalog.dependencies), *resources))


def declares(pairs: Pairs, caller: ServiceName | None, callee: ServiceName, *, asynchronous: bool) -> bool:
    """Whether it is declared that `caller` calls `callee`; calls from outside need not be.

    Who consumes an event stream is called by who provides it.
    """
    return caller is None or (caller, callee) in pairs or (asynchronous and (callee, caller) in pairs)


def declares_edge(pairs: Pairs, edge: LearnedEdge) -> bool:
    """Whether an edge that was seen is declared."""
    return declares(pairs, edge.caller, edge.callee, asynchronous=edge.asynchronous == edge.calls)


def drifts(edges: Sequence[LearnedEdge], catalog: Catalog) -> Iterator[Drift]:
    """Every difference; what is not used is told only where enough calls came to its consumer."""
    for edge in edges:
        if not edge.declared and edge.caller is not None and UNKNOWN.service != edge.callee:
            known = {edge.caller, edge.callee} <= catalog.services.keys()
            kind = DriftKind.UNDECLARED if known else DriftKind.NOT_IN_CATALOG
            yield Drift(kind=kind, consumer=edge.caller, provider=edge.callee, calls=edge.calls)
    yield from _unused(edges, catalog)


def _unused(edges: Sequence[LearnedEdge], catalog: Catalog) -> Iterator[Drift]:
    calls = _calls(edges)
    called = {(edge.caller, edge.callee) for edge in edges}
    called |= {(edge.callee, edge.caller) for edge in edges if edge.asynchronous and edge.caller}
    for dependency in catalog.dependencies:
        enough = calls[dependency.consumer] >= ENOUGH
        if enough and _visible(dependency, catalog) and not called & _would_do(dependency, catalog):
            yield Drift(
                kind=DriftKind.UNUSED,
                consumer=dependency.consumer,
                provider=dependency.provider,
                interface=dependency.interface,
                calls=calls[dependency.consumer],
            )


def _calls(edges: Sequence[LearnedEdge]) -> Mapping[ServiceName, int]:
    """How many calls came to each service; of one that nobody calls, such as a job, how many it made."""
    into: Counter[ServiceName] = Counter()
    made: Counter[ServiceName] = Counter()
    for edge in edges:
        into[edge.callee] += edge.calls
        if edge.caller is not None:
            made[edge.caller] += edge.calls
    return Counter({**made, **into})


def _visible(dependency: Dependency, catalog: Catalog) -> bool:
    """Whether calls would show its use; who reads an event stream calls nobody."""
    interface = catalog.interfaces.get(dependency.interface) if dependency.interface else None
    return interface is None or interface.type != Kind.ASYNCAPI


def _would_do(dependency: Dependency, catalog: Catalog) -> Pairs:
    """Calls that would use it: to any provider of its interface."""
    providers = catalog.providers[dependency.interface] if dependency.interface else (dependency.provider,)
    return frozenset((dependency.consumer, provider) for provider in providers)
