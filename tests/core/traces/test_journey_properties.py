"""What holds of every trace, however it was recorded."""

from collections import Counter
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.traces.imagined import NAMES, Happened, Style, happened, spans_of, styles, traces
from tests.core.traces.worlds import journey

from tidegate.core.traces.critical import waited
from tidegate.core.traces.journey import Call, Journey
from tidegate.core.traces.origins import failures
from tidegate.core.traces.span import FAILED, Ending, Span

Trace = list[Span]
FEW = settings(max_examples=60)  # each is several spans a call, seven calls a trace


@FEW
@given(happened(), styles())
def test_however_it_was_recorded_what_happened_is_found(calls: list[Happened], how: list[Style]) -> None:
    found = journey(*spans_of(calls, how))
    assert found.whole
    assert Counter(map(_place, found.calls, [found] * len(found.calls))) == Counter(_true_places(calls))


def _place(call: Call, of: Journey) -> tuple[object, ...]:
    caller = None if call.parent is None else of.calls[call.parent].edge.callee
    assert call.edge.caller == caller
    return caller, call.edge.callee, call.ending, call.seconds


def _true_places(calls: list[Happened]) -> list[tuple[object, ...]]:
    callers = [None if call.parent is None else calls[call.parent].callee for call in calls]
    return [
        (caller, call.callee, call.ending, (call.end - call.start) / 1024)
        for caller, call in zip(callers, calls, strict=True)
    ]


@FEW
@given(traces(), st.randoms(use_true_random=False))
def test_the_order_of_spans_does_not_matter(spans: Trace, random: Random) -> None:
    shuffled = [*spans, spans[0]]
    random.shuffle(shuffled)
    assert journey(*shuffled) == journey(*spans)


@FEW
@given(happened(), styles(), st.dictionaries(st.sampled_from(NAMES), st.integers(-10_000, 10_000)))
def test_a_clock_that_is_wrong_changes_nothing_but_times(
    calls: list[Happened], how: list[Style], skews: dict[str, int]
) -> None:
    right, wrong = journey(*spans_of(calls, how)), journey(*spans_of(calls, how, skews))
    assert _timeless(wrong) == _timeless(right)


def _timeless(of: Journey) -> Journey:
    return replace(of, calls=tuple(replace(call, start=0.0, skewed=False) for call in of.calls))


@FEW
@given(traces())
def test_every_failed_call_is_explained_and_no_victim_is_an_origin(spans: Trace) -> None:
    found = journey(*spans)
    of = failures(found.calls)
    explained = {number for failure in of for number in (failure.at, *failure.path)}
    failed = {number for number, call in enumerate(found.calls) if call.ending in FAILED}
    assert failed <= explained
    assert not {failure.at for failure in of} & {number for number in failed if _is_victim(found, number)}
    assert found.failed == any(failure.reached_entry for failure in of)
    assert bool(found.origins) == bool(failed)


def _is_victim(of: Journey, number: int) -> bool:
    """Whether a call within it failed which nobody tried again."""
    tried_again = {call.retry_of for call in of.calls}
    return any(
        call.parent == number and call.ending in FAILED and index not in tried_again
        for index, call in enumerate(of.calls)
    )


@FEW
@given(traces())
def test_every_version_at_fault_is_on_the_edge_or_nobody(spans: Trace) -> None:
    for origin in journey(*spans).origins:
        rejected = origin.ending is Ending.REJECTED
        assert origin.at_fault == (origin.edge.caller if rejected else origin.edge.callee)


@FEW
@given(traces())
def test_what_an_entry_waits_for_is_what_it_takes(spans: Trace) -> None:
    found = journey(*spans)
    seconds = waited(found.calls)
    assert sum(seconds.values()) == pytest.approx(found.entry.seconds)
    assert all(0 <= seconds[number] <= found.calls[number].seconds for number in seconds)


@FEW
@given(traces(), st.integers(0, 30))
def test_whatever_is_missing_no_failure_is_told_to_begin_where_spans_end(spans: Trace, which: int) -> None:
    """A span that others lie below cannot be lost unnoticed."""
    parents = {span.parent for span in spans}
    inner = [span for span in spans if span.id in parents and span.parent]
    if inner:
        lost = inner[which % len(inner)]
        found = journey(*(span for span in spans if span is not lost))
        assert (found.whole, found.origins) == (False, ())
