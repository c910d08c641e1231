"""What was seen of traffic takes the place of what is declared, and says nothing of who was not seen."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from tests.core.worlds import catalog_of, service_of

from tidegate.core.ids import ServiceName
from tidegate.core.traces.learned import LearnedEdge, LearnedGraph
from tidegate.core.traces.measured import Measured, with_traffic

WEB, CART, SEARCH, IDLE = map(ServiceName, ("web", "cart", "search", "idle"))


def edge(caller: ServiceName | None, callee: ServiceName, calls: int) -> LearnedEdge:
    return LearnedEdge(caller=caller, callee=callee, declared=True, calls=calls, bad=0, rejected=0)


def measured(*edges: LearnedEdge, **shares: dict[ServiceName, float]) -> Measured:
    graph = LearnedGraph(edges=edges, shares={ServiceName(entry): each for entry, each in shares.items()})
    return Measured(graph=graph, at=1000.0, seconds=10.0)


ENTRIES = measured(
    edge(None, WEB, 100),
    edge(None, SEARCH, 20),
    edge(WEB, CART, 150),
    edge(SEARCH, CART, 10),
    web={WEB: 1.0, CART: 0.5},
    search={SEARCH: 1.0, CART: 0.25},
)


def test_calls_count_at_whoever_answers_and_journeys_at_whoever_they_go_through() -> None:
    assert ENTRIES.calls == {WEB: 10.0, SEARCH: 2.0, CART: 16.0}
    assert ENTRIES.journeys == {WEB: 10.0, SEARCH: 2.0, CART: 5.5}


def test_what_was_measured_comes_before_what_is_declared() -> None:
    services = [replace(service_of(name), traffic=1.0) for name in (WEB, CART, IDLE)]
    found = with_traffic(catalog_of(*services), ENTRIES).services
    assert {name: (each.traffic, each.journeys) for name, each in found.items()} == {
        WEB: (10.0, 10.0),
        CART: (16.0, 5.5),
        IDLE: (1.0, None),
    }


def test_edges_alone_say_nothing_of_journeys() -> None:
    found = with_traffic(catalog_of(service_of(CART)), measured(edge(WEB, CART, 150))).services[CART]
    assert (found.traffic, found.journeys) == (15.0, None)


@given(st.lists(st.tuples(st.sampled_from([WEB, CART, SEARCH]), st.integers(1, 10**6)), max_size=8))
def test_no_call_is_lost_or_counted_twice(calls: list[tuple[ServiceName, int]]) -> None:
    found = measured(*(edge(WEB, callee, count) for callee, count in calls))
    assert round(sum(found.calls.values()) * 10.0) == sum(count for _, count in calls)
