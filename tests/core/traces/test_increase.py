"""What happened between two readings, whatever the counters do."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from tests.core.traces.imagined import traces
from tests.core.traces.worlds import edge, journey, service

from tidegate.core.gates.evidence import Histogram
from tidegate.core.ids import ServiceName
from tidegate.core.traces.counting import JourneyCounter
from tidegate.core.traces.increase import increase
from tidegate.core.traces.journey import Origin
from tidegate.core.traces.reading import EdgeFlow, Outcomes, Share, Spread, TraceReading
from tidegate.core.traces.span import Ending, Span

A, B = ServiceName("a"), ServiceName("b")
COHORT = frozenset({service("a")})
EDGE = edge("a > b")
FLAG = service("flag/x@on")
ORIGIN = Origin(at_fault=service("b"), edge=EDGE, ending=Ending.ERROR)
FEW, MORE = Histogram(bounds=(5.0,), counts=(1, 2)), Histogram(bounds=(5.0,), counts=(3, 2))
BEFORE = TraceReading(
    at=1.0,
    epoch="e",
    cohorts={COHORT: Outcomes(journeys=5, failed=1, times=FEW)},
    edges={EDGE: EdgeFlow(calls=5, retries=1, waited_ms=10.0, times=FEW)},
    origins={ORIGIN: Spread(failures=2, hops=2, over={EDGE: 2})},
    entries={A: Share(journeys=5, through={A: 5})},
    flags={FLAG: Outcomes(journeys=2, failed=1)},
    lost={"late": 1},
)
AFTER = TraceReading(
    at=2.0,
    epoch="e",
    cohorts={COHORT: Outcomes(journeys=8, failed=2, times=MORE)},
    edges={EDGE: EdgeFlow(calls=9, retries=1, waited_ms=15.0, times=MORE)},
    origins={ORIGIN: Spread(failures=3, hops=4, over={EDGE: 3, edge("> a"): 1})},
    entries={A: Share(journeys=8, through={A: 8, B: 1})},
    flags={FLAG: Outcomes(journeys=6, failed=1)},
    lost={"late": 1, "early": 2},
)
TWO = Histogram(bounds=(5.0,), counts=(2, 0))


def test_every_sum_less_what_it_was() -> None:
    assert increase(BEFORE, AFTER) == TraceReading(
        at=2.0,
        epoch="e",
        cohorts={COHORT: Outcomes(journeys=3, failed=1, times=TWO)},
        edges={EDGE: EdgeFlow(calls=4, waited_ms=5.0, times=TWO)},
        origins={ORIGIN: Spread(failures=1, hops=2, over={EDGE: 1, edge("> a"): 1})},
        entries={A: Share(journeys=3, through={A: 3, B: 1})},
        flags={FLAG: Outcomes(journeys=4)},
        lost={"early": 2},
    )


def test_what_counted_nothing_is_left_out() -> None:
    assert increase(AFTER, AFTER) == TraceReading(at=2.0, epoch="e")


def test_a_new_epoch_counts_from_zero() -> None:
    anew = replace(AFTER, epoch="f")
    assert increase(BEFORE, anew) == anew


def test_what_was_never_seen_before_counts_all() -> None:
    assert increase(TraceReading(at=1.0, epoch="e"), AFTER) == AFTER


@pytest.mark.parametrize(
    ("part", "fallen"),
    [
        ("cohorts", {COHORT: Outcomes(journeys=4, failed=1, times=FEW)}),
        ("cohorts", {COHORT: Outcomes(journeys=6, failed=0, times=FEW)}),
        ("cohorts", {COHORT: Outcomes(journeys=6, failed=1, times=Histogram(bounds=(5.0,), counts=(0, 5)))}),
        ("cohorts", {COHORT: Outcomes(journeys=6, failed=1, times=Histogram(bounds=(7.0,), counts=(9, 9)))}),
        ("edges", {EDGE: EdgeFlow(calls=9, retries=1, waited_ms=9.0, times=MORE)}),
        ("origins", {ORIGIN: Spread(failures=3, hops=4, over={edge("> a"): 9})}),
        ("entries", {A: Share(journeys=8, through={A: 4})}),
    ],
)
def test_what_fell_began_anew(part: str, fallen: Any) -> None:
    change: dict[str, Any] = {part: fallen}
    assert getattr(increase(BEFORE, replace(AFTER, **change)), part) == fallen


def test_a_histogram_may_begin_later_than_its_counter() -> None:
    plain = replace(BEFORE, cohorts={COHORT: Outcomes(journeys=5, failed=1)}, edges={})
    assert increase(plain, AFTER).cohorts == {COHORT: Outcomes(journeys=3, failed=1, times=MORE)}


@settings(max_examples=30)
@given(traces(), traces())
def test_the_increase_is_what_was_counted_in_between(first: list[Span], second: list[Span]) -> None:
    both, later = JourneyCounter("e"), JourneyCounter("e")
    for counter in both, later:
        counter.want([A, B])
    both.count(journey(*first))
    before = both.reading(0.0)
    for counter in both, later:
        counter.count(journey(*second))
    between, expected = increase(before, both.reading(0.0)), later.reading(0.0)
    assert replace(between, edges={}, lost={}) == replace(expected, edges={}, lost={})
    assert {way: flow.calls for way, flow in between.edges.items()} == {
        way: flow.calls for way, flow in expected.edges.items()
    }
