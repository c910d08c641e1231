"""The graph as it really is, from journeys and from counts per edge."""

import pytest
from tests.core.traces.worlds import edge, hop, journey, span
from tests.core.worlds import catalog_of, service_of

from tidegate.core.gates.evidence import Counts
from tidegate.core.ids import ServiceName
from tidegate.core.traces.counting import JourneyCounter
from tidegate.core.traces.journey import Journey
from tidegate.core.traces.learned import Drift, DriftKind, LearnedEdge, LearnedGraph
from tidegate.core.traces.learning import learned_of_edges, learned_of_traces
from tidegate.core.traces.span import Ending

A, B, C = map(ServiceName, "abc")
CATALOG = catalog_of(service_of("a", needs={"b": "^1"}), service_of("b"), service_of("c"))
UNDECLARED = Drift(kind=DriftKind.UNDECLARED, consumer=B, provider=C, calls=1)

RETRIED = journey(
    hop("1", "> a"),
    hop("1.1", "a > b@2", at=(0, 0.25), ending=Ending.TIMED_OUT),
    hop("1.2", "a > b", at=(0.25, 0.5)),
)
ON_TO_C = journey(
    hop("1", "> a", ending=Ending.ERROR),
    hop("1.1", "a > b", at=(0, 0.5), ending=Ending.ERROR),
    hop("1.1.1", "b > c", at=(0, 0.25), ending=Ending.REJECTED),
)


def learned(*journeys: Journey) -> LearnedGraph:
    counter = JourneyCounter("e")
    for each in journeys:
        counter.count(each)
    return learned_of_traces(counter.reading(0.0), CATALOG)


def test_the_graph_of_journeys() -> None:
    assert learned(RETRIED, ON_TO_C) == LearnedGraph(
        edges=(
            LearnedEdge(
                caller=A,
                callee=B,
                declared=True,
                calls=3,
                bad=2,
                rejected=0,
                timed_out=1,
                versions={edge("a > b@2"): 1, edge("a > b"): 2},
                fan_out=1.0,
                retry_factor=1.5,
                critical=0.375,
            ),
            LearnedEdge(
                caller=None,
                callee=A,
                declared=True,
                calls=2,
                bad=1,
                rejected=0,
                timed_out=0,
                versions={edge("> a"): 2},
                retry_factor=1.0,
                critical=0.5,
            ),
            LearnedEdge(
                caller=B,
                callee=C,
                declared=False,
                calls=1,
                bad=0,
                rejected=1,
                timed_out=0,
                versions={edge("b > c"): 1},
                fan_out=1 / 3,
                retry_factor=1.0,
                critical=0.125,
            ),
        ),
        drifts=(UNDECLARED,),
        shares={A: {A: 1.0, B: 1.0, C: 0.5}},
    )


def test_the_graph_of_counts_says_nothing_of_what_needs_journeys() -> None:
    counts = {
        edge("> a"): Counts(requests=4),
        edge("a > b"): Counts(requests=6, bad=1, rejected=2),
        edge("a > b@2"): Counts(requests=2, bad=1),
        edge("b > c"): Counts(requests=1),
    }
    assert learned_of_edges(counts, CATALOG) == LearnedGraph(
        edges=(
            LearnedEdge(
                caller=A,
                callee=B,
                declared=True,
                calls=8,
                bad=2,
                rejected=2,
                versions={edge("a > b"): 6, edge("a > b@2"): 2},
                fan_out=2.0,
            ),
            LearnedEdge(
                caller=None,
                callee=A,
                declared=True,
                calls=4,
                bad=0,
                rejected=0,
                versions={edge("> a"): 4},
            ),
            LearnedEdge(
                caller=B,
                callee=C,
                declared=False,
                calls=1,
                bad=0,
                rejected=0,
                versions={edge("b > c"): 1},
                fan_out=0.125,
            ),
        ),
        drifts=(UNDECLARED,),
    )


def test_nothing_seen_is_an_empty_graph() -> None:
    assert learned() == learned_of_edges({}, CATALOG) == LearnedGraph()


def test_a_caller_that_nobody_calls_has_no_fan_out() -> None:
    (only,) = learned(journey(hop("1", "a > b"))).edges
    assert (only.fan_out, only.retry_factor, only.critical) == (None, 1.0, 1.0)


@pytest.mark.parametrize(("seconds", "critical"), [(0.0, None), (1.0, 0.0)])
def test_messages_take_nothing_of_the_time_waited(seconds: float, critical: float | None) -> None:
    sent = journey(hop("1", "> a", at=(0, seconds)), span("1.1", "consumer", "b"))
    message = next(each for each in learned(sent).edges if each.callee == B)
    assert (message.asynchronous, message.critical) == (1, critical)
