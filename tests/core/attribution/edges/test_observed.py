"""What attribution by edges is told: a gate's batch becomes an interval, and edges are those that anybody saw."""

from tests.core.attribution.edges.shop import CART, EDGES, FRONT, NEW, OLD, at, looks, minutes, release

from tidegate.core.attribution.edges.observed import Edge, edges_of, interval_of
from tidegate.core.gates.evidence import Batch, CallEdge, Counts


def test_a_batch_is_an_interval_that_ends_when_it_was_taken() -> None:
    edges = {CallEdge(caller=None, callee=at(FRONT)): Counts(requests=3)}
    interval = interval_of(Batch(edges=edges, seconds=5.0), at=100.0)
    assert (interval.since, interval.until) == (95.0, 100.0)
    assert interval.counts == edges
    assert not interval.instances


def test_edges_are_those_that_instances_or_counts_show() -> None:
    assert edges_of(minutes([release(CART)])) == EDGES
    assert edges_of(looks([release(CART)])) == EDGES
    assert edges_of([]) == frozenset()


def test_versions_of_one_service_are_one_end_of_an_edge() -> None:
    both = {
        CallEdge(caller=at(FRONT, one), callee=at(CART, other)): Counts()
        for one in (OLD, NEW)
        for other in (OLD, NEW)
    }
    assert edges_of([interval_of(Batch(edges=both, seconds=1.0), at=1.0)]) == {Edge(FRONT, CART)}


def test_arms_of_a_release_are_its_two_versions() -> None:
    assert (str(release(CART).control), str(release(CART).canary)) == ("cart@1", "cart@2")
