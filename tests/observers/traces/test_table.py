"""Traces as they come in, and what they come to: everything is counted once, or lost with a reason."""

import threading
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1 import trace_pb2
from tests.observers.traces.pushes import NOW, batch, hop, push, shop, span, version

from tidegate.core.gates.evidence import CallEdge
from tidegate.core.ids import ServiceName
from tidegate.core.traces.journey import Origin
from tidegate.core.traces.loss import Loss
from tidegate.core.traces.span import Ending
from tidegate.observers.traces.losses import NotTaken
from tidegate.observers.traces.names import MANY_OPERATIONS
from tidegate.observers.traces.spans import spans_of
from tidegate.observers.traces.table import Account, Bounds, Full, Outcome, TraceTable
from tidegate.observers.traces.waiting import Patience

PATIENCE = Patience(hops_quiet=2, quiet=7, longest=30)
CALLED = CallEdge(caller=version("cart@1.0.0"), callee=version("pay@2.0.0"))


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


class World:
    """A table with a clock of its own."""

    def __init__(self, bounds: Bounds | None = None) -> None:
        self.clock = Clock()
        self.table = TraceTable(self.clock, bounds or Bounds(patience=PATIENCE))

    def pushed(self, *spans: trace_pb2.Span) -> Outcome:
        return self.table.accept(tuple(spans_of(push(*spans), now=self.clock.now)))

    def after(self, seconds: float) -> "World":
        self.clock.now += seconds
        return self


def test_journeys_are_counted_when_they_are_complete() -> None:
    world = World()
    assert world.pushed(*shop(1), *shop(2, status=500)) == Outcome()
    assert world.table.reading().edges == {}
    reading = world.after(2).table.reading()
    assert (reading.at, reading.epoch) == (NOW + 2, f"traces-{NOW}")
    assert (reading.edges[CALLED].calls, reading.edges[CALLED].errors) == (2, 1)
    assert {service: share.journeys for service, share in reading.entries.items()} == {"front": 2}
    origin = Origin(at_fault=CALLED.callee, edge=CALLED, ending=Ending.ERROR)
    assert {found: spread.journeys for found, spread in reading.origins.items()} == {origin: 1}
    assert reading.lost == {}
    assert world.table.account() == Account(received=8, counted=8, waiting=0, lost={})


def test_pieces_of_a_trace_may_come_in_any_order_and_pushes() -> None:
    whole, pieces = World(), World()
    whole.pushed(*shop(1, status=500))
    for each in reversed(shop(1, status=500)):
        pieces.pushed(each)
    assert whole.after(3).table.reading() == pieces.after(3).table.reading()


async def test_journeys_are_told_apart_by_what_is_wanted_until_that_is_forgotten() -> None:
    world = World(Bounds(patience=PATIENCE, forget_seconds=60))
    world.table.want([ServiceName("pay")])
    world.pushed(*shop(1), *shop(2))
    cohorts = (await world.after(2).table.read()).cohorts
    assert {cohort: outcomes.journeys for cohort, outcomes in cohorts.items()} == {
        frozenset({version("pay@2.0.0")}): 2
    }
    world.after(60).pushed(*shop(3, start=world.clock.now))
    cohorts = (await world.after(2).table.read()).cohorts
    assert {cohort: outcomes.journeys for cohort, outcomes in cohorts.items()} == {frozenset(): 1}


def test_failing_journeys_are_kept() -> None:
    world = World()
    world.pushed(*shop(1), *shop(2, status=500), *shop(3, status=500, start=NOW - 0.5))
    table = world.after(2).table
    table.reading()
    pay = ServiceName("pay")
    assert [journey.entry.start for journey in table.failing(pay, NOW - 1)] == [NOW - 1, NOW - 0.5]
    assert [journey.entry.start for journey in table.failing(pay, NOW - 0.7)] == [NOW - 0.5]
    assert table.failing(ServiceName("nobody"), 0) == ()


# What is lost


def test_a_late_span_is_refused_and_counted() -> None:
    world = World()
    *early, late = shop(1)
    world.pushed(*early)
    told = world.after(2).pushed(late)
    assert told == Outcome(refused=1, why=f"1 refused: {NotTaken.LATE}")
    assert world.table.reading().lost == {NotTaken.LATE: 1}
    assert world.table.account() == Account(received=4, counted=3, waiting=0, lost={NotTaken.LATE: 1})


def test_what_is_wrong_with_spans_is_told_the_most_frequent_first() -> None:
    world = World()
    future = [span(number, start=NOW + 3600) for number in (1, 2)]
    outcome = world.pushed(*shop(1), span(3, seconds=-1), *future)
    assert outcome == Outcome(refused=3, why=f"2 refused: {Loss.FUTURE}; 1 refused: {Loss.BACKWARDS}")
    assert world.table.account().lost == {Loss.FUTURE: 2, Loss.BACKWARDS: 1}


def test_a_trace_without_its_entry_is_given_up_and_makes_nobody_an_origin() -> None:
    world = World()
    world.pushed(*shop(1, status=500)[1:])
    assert world.after(29).table.reading().edges == {}
    reading = world.after(1).table.reading()
    assert (reading.origins, reading.cohorts) == ({}, {})
    assert reading.lost == {Loss.INCOMPLETE: 1}


def test_a_trace_that_is_none_is_lost() -> None:
    world = World()
    world.pushed(hop("a@1", "b@1", 1, parent=2), hop("b@1", "a@1", 2, parent=1))
    reading = world.after(30).table.reading()
    assert (reading.edges, reading.lost) == ({}, {Loss.CYCLE: 2})


def test_a_trace_with_too_many_spans_is_lost_whole() -> None:
    world = World(Bounds(patience=PATIENCE, spans_of_trace=3))
    outcome = world.pushed(*shop(1, status=500))
    assert outcome == Outcome(refused=1, why=f"1 refused: {NotTaken.CROWDED}")
    reading = world.after(2).table.reading()
    assert (reading.edges, reading.origins, reading.lost) == ({}, {}, {NotTaken.CROWDED: 4})
    assert world.table.account().lost == {NotTaken.CROWDED: 4}


def test_versions_and_operations_are_capped_until_others_are_forgotten() -> None:
    world = World(Bounds(patience=PATIENCE, versions=1, operations=1, forget_seconds=60))
    first, second = hop("-", "a@1", 1), hop("-", "a@2", 2, trace=2)
    other = span(3, trace=3, name="something else")
    assert world.pushed(first, second).why == f"1 refused: {NotTaken.VERSIONS}"
    request = push(other, of={"service.name": "a", "service.version": "1"})
    assert world.table.accept(tuple(spans_of(request, now=NOW))) == Outcome()
    assert world.table.reading().lost == {NotTaken.VERSIONS: 1, MANY_OPERATIONS: 1}
    assert world.after(60).pushed(hop("-", "a@2", 4, trace=4)) == Outcome()


# Room


def test_what_does_not_fit_is_turned_away_whole_and_fits_later() -> None:
    world = World(Bounds(spans=6, patience=PATIENCE))
    world.pushed(*shop(1))
    with pytest.raises(Full, match="as many spans wait for their traces as are kept, 6") as full:
        world.pushed(*shop(2))
    assert full.value.seconds == PATIENCE.quiet
    assert world.table.account() == Account(received=4, counted=0, waiting=4, lost={})
    assert world.after(2).pushed(*shop(2)) == Outcome()


def test_useless_spans_need_no_room() -> None:
    world = World(Bounds(spans=0, patience=PATIENCE))
    assert world.pushed(span(1, seconds=-1)).refused == 1


# Whatever comes


SPANS = st.builds(
    hop,
    st.sampled_from(["-", "a@1", "b@1", "b@2", "nobody"]),
    st.sampled_from(["a@1", "b@1", "b@2", "", "c@"]),
    st.integers(0, 6),
    trace=st.integers(0, 3),
    parent=st.integers(0, 6),
    status=st.sampled_from([0, 200, 404, 503]),
    start=st.sampled_from([NOW - 5000, NOW - 1, NOW, NOW + 5000]),
    seconds=st.sampled_from([-1.0, 0.0, 0.5, 100.0]),
) | st.builds(
    span,
    st.integers(0, 6),
    trace=st.integers(0, 3),
    parent=st.integers(0, 6),
    kind=st.sampled_from(["client", "server", "internal", "producer", "consumer"]),
    error=st.booleans(),
)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.lists(SPANS, max_size=6), st.sampled_from([0.0, 1.0, 3.0, 31.0])), max_size=6))
def test_every_span_is_counted_or_waits_or_is_lost(pushes: list[tuple[list[trace_pb2.Span], float]]) -> None:
    world = World(Bounds(spans=12, spans_of_trace=4, versions=3, patience=PATIENCE))
    sent = turned_away = 0
    for spans, seconds in pushes:
        sent += len(spans)
        try:
            world.pushed(*spans)
        except Full:
            turned_away += len(spans)
        world.after(seconds).table.reading()
    account = world.table.account()
    assert account.received == sent - turned_away
    assert account.received == account.counted + account.waiting + sum(account.lost.values())


def test_threads_push_and_read_side_by_side() -> None:
    world = World()
    edges: set[int] = set()

    def pushing(numbers: Iterable[int]) -> None:
        for number in numbers:
            world.pushed(*shop(number))
            world.table.want([ServiceName("pay")])
            edges.add(len(world.table.reading().edges))

    threads = [threading.Thread(target=pushing, args=(range(1 + n, 101, 4),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert edges == {0}
    assert world.after(2).table.reading().edges[CALLED].calls == 100
    assert world.table.account() == Account(received=400, counted=400, waiting=0, lost={})


def test_a_collector_sends_what_many_services_recorded() -> None:
    """A front end calls the cart; each records its side, and the mesh the call between."""
    resources = {
        "front": (
            {"service.name": "front", "service.version": "1"},
            [span(1, name="GET /"), span(2, parent=1, kind="client", seconds=0.4)],
        ),
        "mesh": ({"service.name": "envoy"}, [hop("front@1", "cart@2", 3, parent=2, status=500, seconds=0.3)]),
        "cart": (
            {"service.name": "cart", "service.version": "2"},
            [span(4, parent=3, error=True, attributes={"http.response.status_code": 500}, seconds=0.2)],
        ),
    }
    world = World()
    world.table.accept(tuple(spans_of(batch(resources), now=NOW)))
    reading = world.after(7).table.reading()
    calls = {(str(edge.caller), str(edge.callee)): flow.calls for edge, flow in reading.edges.items()}
    assert calls == {("None", "front@1"): 1, ("front@1", "cart@2"): 1}
    assert [str(origin.at_fault) for origin in reading.origins] == ["cart@2"]
