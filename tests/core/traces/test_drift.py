"""What is seen beside what is declared."""

from dataclasses import replace

import pytest
from tests.core.worlds import catalog_of, provisions, service_of

from tidegate.core.catalog import Catalog, Interface
from tidegate.core.ids import InterfaceName, ServiceName
from tidegate.core.traces.drift import ENOUGH, declared, declares_edge, drifts
from tidegate.core.traces.learned import Drift, DriftKind, LearnedEdge

A_NEEDS_B = catalog_of(service_of("a", needs={"b": "^1"}), service_of("b"), service_of("c"))
A_DEPENDS_ON_B = catalog_of(service_of("a", depends_on=["b"]), service_of("b"))
EITHER = catalog_of(
    service_of("a", needs={"b": "^1"}),
    service_of("b"),
    replace(service_of("c"), provides=provisions({"b-api": ["1.0.0"]})),
)
EVENTS = replace(
    A_NEEDS_B,
    interfaces={InterfaceName("b-api"): Interface(name=InterfaceName("b-api"), type="asyncapi")},
)
OPENAPI = replace(
    A_NEEDS_B,
    interfaces={InterfaceName("b-api"): Interface(name=InterfaceName("b-api"), type="openapi")},
)
WITH_DATABASE = catalog_of(replace(service_of("a"), resources=("orders-db",)))


def seen(text: str, *, calls: int = 1, asynchronous: int = 0) -> LearnedEdge:
    """An edge such as `a > b`."""
    caller, _, callee = (part.strip() for part in text.partition(">"))
    return LearnedEdge(
        caller=ServiceName(caller) if caller else None,
        callee=ServiceName(callee),
        declared=False,
        calls=calls,
        bad=0,
        rejected=0,
        asynchronous=asynchronous,
    )


def told(catalog: Catalog, *edges: LearnedEdge) -> list[str]:
    """Drifts of edges as the catalog declares them."""
    pairs = declared(catalog)
    known = (replace(edge, declared=declares_edge(pairs, edge)) for edge in edges)
    return [written(drift) for drift in drifts(tuple(known), catalog)]


def written(drift: Drift) -> str:
    through = f" ({drift.interface})" if drift.interface else ""
    return f"{drift.kind}: {drift.consumer} > {drift.provider}{through}, {drift.calls}"


BUSY = seen("> a", calls=ENOUGH)
UNUSED = f"{DriftKind.UNUSED}: a > b (b-api), {ENOUGH}"
CASES: list[tuple[str, Catalog, list[LearnedEdge], list[str]]] = [
    ("declared", A_NEEDS_B, [seen("> a"), seen("a > b")], []),
    ("not declared", A_NEEDS_B, [seen("a > c", calls=7)], ["undeclared: a > c, 7"]),
    ("the other way round", A_NEEDS_B, [seen("b > a", calls=7)], ["undeclared: b > a, 7"]),
    ("called by who provides its events", A_NEEDS_B, [seen("b > a", asynchronous=1)], []),
    ("and also called", A_NEEDS_B, [seen("b > a", calls=2, asynchronous=1)], ["undeclared: b > a, 2"]),
    ("called by whom nobody knows", A_NEEDS_B, [seen("x > a")], ["not in the catalog: x > a, 1"]),
    ("calls whom nobody knows", A_NEEDS_B, [seen("a > x")], ["not in the catalog: a > x, 1"]),
    ("calls whom no span names", A_NEEDS_B, [seen("a > unknown")], []),
    ("a resource of its own", WITH_DATABASE, [seen("a > orders-db")], []),
    ("one of nobody's", WITH_DATABASE, [seen("a > stock-db")], ["not in the catalog: a > stock-db, 1"]),
    ("from outside", A_NEEDS_B, [seen("> x")], []),
    ("unused", A_NEEDS_B, [BUSY], [UNUSED]),
    ("too few calls to say so", A_NEEDS_B, [seen("> a", calls=ENOUGH - 1)], []),
    (
        "unused by a job that nobody calls",
        A_NEEDS_B,
        [seen("a > c", calls=ENOUGH)],
        [f"undeclared: a > c, {ENOUGH}", UNUSED],
    ),
    (
        "too few calls, though it makes many",
        A_NEEDS_B,
        [seen("> a"), seen("a > c", calls=ENOUGH)],
        [f"undeclared: a > c, {ENOUGH}"],
    ),
    ("used", A_NEEDS_B, [BUSY, seen("a > b")], []),
    ("another provider is used", EITHER, [BUSY, seen("a > c")], []),
    ("no provider is used", EITHER, [BUSY], [UNUSED, UNUSED.replace("a > b", "a > c")]),
    ("events are read, not called", EVENTS, [BUSY], []),
    ("an interface of another type", OPENAPI, [BUSY], [UNUSED]),
    ("without an interface", A_DEPENDS_ON_B, [BUSY], [f"declared but unused: a > b, {ENOUGH}"]),
    ("without an interface, sent to", A_DEPENDS_ON_B, [BUSY, seen("b > a", asynchronous=1)], []),
]


@pytest.mark.parametrize(("why", "catalog", "edges", "expected"), CASES, ids=[case[0] for case in CASES])
def test_drifts(why: str, catalog: Catalog, edges: list[LearnedEdge], expected: list[str]) -> None:
    assert told(catalog, *edges) == expected, why


def test_nothing_seen_proves_nothing() -> None:
    assert told(A_NEEDS_B) == []
