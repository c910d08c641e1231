"""A shop for tests of attribution by edges: front calls cart and pay, cart calls stock; minute by minute.

Releases are from version 1 to 2. Seen by instance or by counts, as the tests ask for.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from tidegate.core.attribution.edges.observed import Edge, Instance, Interval, Level, Release
from tidegate.core.gates.evidence import CallEdge, Counts, VersionedService
from tidegate.core.ids import ServiceName, Version

FRONT, CART, PAY, STOCK = (ServiceName(name) for name in ("front", "cart", "pay", "stock"))
EDGES = frozenset({Edge(None, FRONT), Edge(FRONT, CART), Edge(FRONT, PAY), Edge(CART, STOCK)})
OLD, NEW = Version("1"), Version("2")
BEGIN = 10
"""The minute in which releases begin, unless a test says otherwise."""
LAST = 30

Different = Callable[[int, str, Instance], Instance | None]
"""What is seen of an instance in a minute; none leaves it out."""
Counted = Callable[[int, CallEdge, Counts], Counts]


def release(service: ServiceName, began: float = BEGIN) -> Release:
    """A release that began in a minute and was exposed in the same."""
    return Release(service=service, old=OLD, new=NEW, began=60.0 * began, reached=60.0 * began)


def at(service: ServiceName, version: Version = NEW) -> VersionedService:
    return VersionedService(service=service, version=version)


def unchanged(_minute: int, _name: str, seen: Instance) -> Instance:
    return seen


# --- instances


def minutes(
    releases: Iterable[Release], different: Different = unchanged, last: int = LAST
) -> tuple[Interval, ...]:
    """What was seen of four old instances of each service and, once it is released, of a new one."""
    known = tuple(releases)
    return tuple(
        Interval(
            since=60.0 * minute, until=60.0 * minute + 60.0, instances=instances(known, minute, different)
        )
        for minute in range(last)
    )


def instances(releases: Iterable[Release], minute: int, different: Different) -> dict[str, Instance]:
    there = [(service, OLD, number) for service in (FRONT, CART, PAY, STOCK) for number in range(4)]
    there += [(each.service, NEW, 4) for each in releases if each.began <= 60.0 * minute]
    seen = {
        f"{service}-{version}-{number}": different(
            minute, f"{service}-{version}", healthy(service, version, number)
        )
        for service, version, number in there
    }
    return {name: instance for name, instance in seen.items() if instance is not None}


def healthy(service: ServiceName, version: Version, number: int) -> Instance:
    return Instance(
        version=at(service, version),
        answers={edge.caller: 1.0 for edge in EDGES if edge.callee == service},
        calls={edge.callee: 1.0 for edge in EDGES if edge.caller == service},
        levels={Level.LATENCY: 5.0 + number % 4, Level.CPU: 20.0 + number % 4, Level.MEMORY: 10.0},
    )


def of(name: str, changed: Callable[[int, Instance], Instance | None], since: int = BEGIN) -> Different:
    """A difference of the instances of one version, from a minute on."""
    return lambda minute, each, seen: changed(minute, seen) if each == name and minute >= since else seen


def failing(share: float) -> Callable[[int, Instance], Instance]:
    return lambda _, seen: replace(seen, answers=dict.fromkeys(seen.answers, share))


# --- counts


def looks(
    releases: Iterable[Release],
    counted: Counted = lambda _minute, _edge, seen: seen,
    *,
    share: float = 0.2,
    calls: int = 500,
    last: int = LAST,
) -> tuple[Interval, ...]:
    """What a mesh counted: each edge has so many calls a minute, dealt between versions independently."""
    known = {each.service: each for each in releases}
    return tuple(
        Interval(
            since=60.0 * minute,
            until=60.0 * minute + 60.0,
            counts={
                edge: counted(minute, edge, Counts(requests=number))
                for edge, number in dealt(known, minute, share, calls)
                if number
            },
        )
        for minute in range(last)
    )


def dealt(
    releases: Mapping[ServiceName, Release], minute: int, share: float, calls: int
) -> Iterable[tuple[CallEdge, int]]:
    def arms(service: ServiceName | None) -> list[tuple[VersionedService | None, float]]:
        if service is None:
            return [(None, 1.0)]
        each = releases.get(service)
        new = share if each and each.began <= 60.0 * minute else 0.0
        return [(at(service, OLD), 1.0 - new), (at(service), new)]

    for edge in sorted(EDGES, key=str):
        for caller, one in arms(edge.caller):
            for callee, other in arms(edge.callee):
                assert callee is not None
                yield CallEdge(caller=caller, callee=callee), round(calls * one * other)
