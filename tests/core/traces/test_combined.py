"""Counters say how often, journeys how calls hang together; drift is that of both."""

from tests.core.worlds import catalog_of, service_of

from tidegate.core.ids import ServiceName
from tidegate.core.traces.combined import combined
from tidegate.core.traces.learned import Drift, DriftKind, LearnedEdge, LearnedGraph

WEB, CART, PRICES = map(ServiceName, ("web", "cart", "prices"))
CATALOG = catalog_of(service_of(WEB, needs={"cart": "^1.0.0"}), service_of(CART), service_of(PRICES))


def counted(caller: ServiceName | None, callee: ServiceName, calls: int, bad: int = 0) -> LearnedEdge:
    declared = (caller, callee) == (WEB, CART) or caller is None
    return LearnedEdge(caller=caller, callee=callee, declared=declared, calls=calls, bad=bad, rejected=0)


def traced(caller: ServiceName | None, callee: ServiceName, calls: int) -> LearnedEdge:
    declared = (caller, callee) == (WEB, CART) or caller is None
    return LearnedEdge(
        caller=caller,
        callee=callee,
        declared=declared,
        calls=calls,
        bad=0,
        rejected=0,
        timed_out=0,
        fan_out=2.0,
        retry_factor=1.5,
        critical=0.25,
    )


SHARES = {WEB: {CART: 0.5}}


def test_a_sample_of_journeys_says_how_and_counters_how_often() -> None:
    found = combined(
        LearnedGraph(edges=(counted(WEB, CART, 1000, bad=9), counted(None, WEB, 500))),
        LearnedGraph(edges=(traced(WEB, CART, 100),), shares=SHARES),
        CATALOG,
    )
    cart = LearnedEdge(
        caller=WEB,
        callee=CART,
        declared=True,
        calls=1000,
        bad=9,
        rejected=0,
        fan_out=2.0,
        retry_factor=1.5,
        critical=0.25,
    )
    assert found == LearnedGraph(edges=(cart, counted(None, WEB, 500)), shares=SHARES)


def test_whoever_saw_more_of_an_edge_is_believed() -> None:
    whole = traced(WEB, CART, 1001)
    found = combined(LearnedGraph(edges=(counted(WEB, CART, 1000),)), LearnedGraph(edges=(whole,)), CATALOG)
    assert found.edges == (whole,)


def test_an_edge_that_one_source_alone_sees_is_drift_all_the_same() -> None:
    seen, heard = counted(CART, PRICES, 5), traced(PRICES, CART, 7)
    found = combined(LearnedGraph(edges=(seen,)), LearnedGraph(edges=(heard,)), CATALOG)
    assert found.edges == (heard, seen)
    assert set(found.drifts) == {
        Drift(kind=DriftKind.UNDECLARED, consumer=CART, provider=PRICES, calls=5),
        Drift(kind=DriftKind.UNDECLARED, consumer=PRICES, provider=CART, calls=7),
    }
