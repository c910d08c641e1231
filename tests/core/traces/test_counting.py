"""Journeys come to counts."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.traces.imagined import traces
from tests.core.traces.worlds import NOON, edge, hop, journey, service, span

from tidegate.core.gates.evidence import DURATIONS, Histogram
from tidegate.core.ids import ServiceName
from tidegate.core.traces.counting import JourneyCounter, Most
from tidegate.core.traces.journey import Journey, Origin
from tidegate.core.traces.loss import Loss
from tidegate.core.traces.reading import EdgeFlow, Outcomes, Share, Spread, TraceReading
from tidegate.core.traces.span import FAILED, Ending, Span
from tidegate.core.traces.sums import MOST_THROUGH

ERROR, REJECTED = Ending.ERROR, Ending.REJECTED
A, B, C = map(ServiceName, "abc")
UP_TO_250_MS = Histogram(bounds=DURATIONS, counts=tuple(int(bound == 250.0) for bound in (*DURATIONS, 0.0)))
UP_TO_1_S = Histogram(bounds=DURATIONS, counts=tuple(int(bound == 1000.0) for bound in (*DURATIONS, 0.0)))

GOOD = journey(hop("1", "> a"), hop("1.1", "a > b@2", at=(0.25, 0.5)))
FALLBACK = journey(hop("1", "> a"), hop("1.1", "a > b", at=(0.25, 0.5), ending=ERROR))
FAILING = journey(
    hop("1", "> a", ending=ERROR),
    hop("1.1", "a > b@2", at=(0, 0.25), ending=ERROR),
    hop("1.1.1", "b@2 > c", at=(0, 0.25), ending=REJECTED),
    hop("1.2", "a > b", at=(0.25, 0.5), ending=Ending.TIMED_OUT),
    hop("1.3", "a > b", at=(0.5, 0.75), ending=Ending.UNREACHED),
)
PARTIAL = journey(hop("1", "> a", ending=ERROR), hop("1.2.1", "b > c"))


def counted(*journeys: Journey, want: str = "", most: Most | None = None) -> TraceReading:
    counter = JourneyCounter("e", most) if most else JourneyCounter("e")
    counter.want([ServiceName(name) for name in want])
    for each in journeys:
        counter.count(each)
    return counter.reading(NOON)


def test_a_good_journey() -> None:
    assert counted(GOOD, want="bc") == TraceReading(
        at=NOON,
        epoch="e",
        cohorts={frozenset({service("b@2")}): Outcomes(journeys=1, times=UP_TO_1_S)},
        edges={
            edge("> a"): EdgeFlow(calls=1, journeys=1, waited_ms=750.0, times=UP_TO_1_S),
            edge("a > b@2"): EdgeFlow(calls=1, journeys=1, waited_ms=250.0, times=UP_TO_250_MS),
        },
        entries={A: Share(journeys=1, through={A: 1, B: 1})},
    )


def test_a_failing_journey() -> None:
    reading = counted(FAILING)
    assert reading.cohorts == {frozenset(): Outcomes(journeys=1, failed=1)}
    assert reading.edges == {
        edge("> a"): EdgeFlow(calls=1, errors=1, journeys=1, waited_ms=250.0),
        edge("a > b@2"): EdgeFlow(calls=1, errors=1, journeys=1),
        edge("a > b"): EdgeFlow(calls=2, retries=2, timed_out=1, unreached=1, journeys=1, waited_ms=500.0),
        edge("b@2 > c"): EdgeFlow(calls=1, rejected=1, journeys=1, waited_ms=250.0),
    }
    assert reading.origins == {
        Origin(at_fault=service("b@2"), edge=edge("b@2 > c"), ending=REJECTED): Spread(
            failures=1, journeys=1, hops=2, over={edge("a > b@2"): 1, edge("> a"): 1}
        ),
        Origin(at_fault=service("b"), edge=edge("a > b"), ending=Ending.TIMED_OUT): Spread(
            failures=1, journeys=1, hops=1, over={edge("> a"): 1}
        ),
        Origin(at_fault=service("b"), edge=edge("a > b"), ending=Ending.UNREACHED): Spread(
            failures=1, journeys=1, hops=1, over={edge("> a"): 1}
        ),
    }


def test_what_was_made_up_for_failed_no_journey() -> None:
    origin = Origin(at_fault=service("b"), edge=edge("a > b"), ending=ERROR)
    assert counted(FALLBACK, FALLBACK).origins == {origin: Spread(failures=2)}


def test_an_origin_that_fails_one_journey_twice_failed_one_journey() -> None:
    spans = (hop(f"1.{n}", "a > b", at=(n, n + 0.5), ending=ERROR) for n in range(2))
    twice = journey(hop("1", "> a", at=(0, 9), ending=ERROR), *spans)
    (spread,) = counted(twice, twice).origins.values()
    assert spread == Spread(failures=4, journeys=2, hops=4, over={edge("> a"): 4})


def test_of_a_journey_that_is_not_whole_only_its_calls_count() -> None:
    reading = counted(PARTIAL, want="ab")
    assert (reading.cohorts, reading.origins, reading.entries) == ({}, {}, {})
    assert reading.edges == {
        edge("> a"): EdgeFlow(calls=1, errors=1, journeys=1),
        edge("b > c"): EdgeFlow(calls=1, journeys=1, times=UP_TO_1_S),
    }
    assert reading.lost == {Loss.INCOMPLETE: 1}


def test_calls_that_are_skewed_or_not_waited_for_are_told() -> None:
    skewed = journey(hop("1", "> a"), hop("1.1", "a > b", at=(7, 7.25)), span("1.2", "consumer", "c"))
    edges = counted(skewed).edges
    assert (edges[edge("a > b")].skewed, edges[edge("a > c")].skewed) == (1, 0)
    assert (edges[edge("a > b")].asynchronous, edges[edge("a > c")].asynchronous) == (0, 1)


def test_an_unknown_version_of_a_wanted_service_makes_no_cohort() -> None:
    unknown = journey(hop("1", "> a@"), hop("1.1", "a@ > b"))
    assert counted(unknown, want="b").cohorts.keys() == {frozenset({service("b")})}
    reading = counted(unknown, want="ab")
    assert (reading.cohorts, reading.lost) == ({}, {Loss.UNVERSIONED: 1})


def test_cohorts_follow_what_is_wanted() -> None:
    counter = JourneyCounter("e")
    for wanted in (A, B), (B,), ():
        counter.want(wanted)
        counter.count(GOOD)
    assert {cohort: of.journeys for cohort, of in counter.reading(NOON).cohorts.items()} == {frozenset(): 1}
    counter.want([A])
    counter.count(GOOD)
    assert counter.reading(NOON).cohorts.keys() == {frozenset(), frozenset({service("a")})}


def test_losses_of_others_are_told_too() -> None:
    counter = JourneyCounter("e")
    counter.lose(Loss.FUTURE, 3)
    counter.lose("late")
    counter.lose(Loss.FUTURE)
    assert counter.reading(NOON).lost == {"a span from the future": 4, "late": 1}


@pytest.mark.parametrize("what", ["cohorts", "edges", "origins", "entries"])
def test_a_flood_of_new_names_is_bounded_and_told(what: str) -> None:
    flood = [
        journey(
            hop("1", f"> a{number}", ending=ERROR),
            hop("1.1", f"a{number} > b@{number}", ending=ERROR),
        )
        for number in range(20)
    ]
    most = replace(Most(cohorts=100, edges=100, origins=100, entries=100), **{what: 5})
    reading = counted(*flood, want="b", most=most)
    kept = getattr(reading, what)
    assert len(kept) <= 5
    assert reading.lost == {Loss.FORGOTTEN: (40 if what == "edges" else 20) - len(kept)}


def test_services_of_one_entry_are_bounded_and_told() -> None:
    wide = journey(hop("1", "> a"), *(hop(f"1.{number}", f"a > b{number}") for number in range(MOST_THROUGH)))
    reading = counted(wide)
    assert len(reading.entries[A].through) == MOST_THROUGH
    assert reading.lost == {Loss.FORGOTTEN: 1}


@settings(max_examples=40)
@given(st.lists(traces(), min_size=1, max_size=4))
def test_counts_add_up(spans: list[list[Span]]) -> None:
    journeys = [journey(*each) for each in spans]
    reading = counted(*journeys, want="abc")
    number = len(journeys)
    failed = sum(each.failed for each in journeys)
    assert sum(of.journeys for of in reading.cohorts.values()) == number
    assert sum(of.failed for of in reading.cohorts.values()) == failed
    assert sum(sum(of.times.counts) for of in reading.cohorts.values()) == number - failed
    assert reading.entries[A].journeys == reading.entries[A].through[A] == number
    assert sum(flow.calls for flow in reading.edges.values()) == sum(len(each.calls) for each in journeys)
    for way, flow in reading.edges.items():
        endings = [call.ending for each in journeys for call in each.calls if call.edge == way]
        assert flow.errors + flow.timed_out + flow.unreached == sum(ending in FAILED for ending in endings)
        assert flow.rejected == endings.count(REJECTED)
        assert sum(flow.times.counts) == endings.count(Ending.OK)
        assert flow.journeys == sum(any(call.edge == way for call in each.calls) for each in journeys)
    waited_ms = sum(flow.waited_ms for flow in reading.edges.values())
    assert waited_ms == pytest.approx(1000 * sum(each.entry.seconds for each in journeys))
    assert {*reading.origins} == {origin for each in journeys for origin in each.origins}
    for spread in reading.origins.values():
        assert spread.hops == sum(spread.over.values())
        assert spread.journeys <= min(spread.failures, failed)
