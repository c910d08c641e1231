"""Spans below their parents, whatever is missing, doubled or tangled."""

from dataclasses import replace

import pytest
from tests.core.traces.worlds import drawn, hop, journey, span

from tidegate.core.traces.assemble import journey_of
from tidegate.core.traces.forest import MOST_SPANS
from tidegate.core.traces.journey import Journey
from tidegate.core.traces.loss import Loss, Unusable
from tidegate.core.traces.span import Ending, Span

ERROR = Ending.ERROR
INCOMPLETE: list[tuple[str, list[Span], list[str]]] = [
    ("between two", [hop("1", "> a"), hop("1.1.1", "b > c")], ["> a", "b > c"]),
    ("the entry", [hop("1.1", "a > b"), hop("1.1.1", "b > c")], ["a > b", ".b > c"]),
    (
        "the entry, of two calls",
        [hop("1.1", "a > b"), hop("1.2", "a > c"), hop("1.2.1", "c > d")],
        ["a > c", ".c > d", "a > b"],
    ),
    ("who called a server", [span("1.1", "server", "a")], ["> a"]),
    (
        "what is around the inside of a service",
        [hop("1", "> a"), span("1.1.1", "internal", "b"), hop("1.1.1.1", "b > c")],
        ["> a", "b > c"],
    ),
    ("nothing, but there are two entries", [hop("1", "> a"), hop("2", "> a")], ["> a", "> a"]),
    (
        "the entry, though there is one from outside",
        [hop("1.1", "> b"), hop("2.2", "a > b"), hop("2.2.1", "b > c")],
        ["> b", "a > b", ".b > c"],
    ),
]


@pytest.mark.parametrize(("lacking", "spans", "expected"), INCOMPLETE, ids=[why for why, _, _ in INCOMPLETE])
def test_what_lacks_spans_is_not_whole_and_has_no_origins(
    lacking: str, spans: list[Span], expected: list[str]
) -> None:
    assert drawn(journey(*spans)) == expected, lacking
    failing = journey(*(replace(each, ending=ERROR) for each in spans))
    assert (failing.whole, failing.failed, failing.origins) == (False, True, ()), lacking


def test_an_entry_from_outside_may_have_a_parent_that_nobody_sent() -> None:
    assert journey(hop("1.1", "> a"), hop("1.1.1", "a > b")).whole


def test_a_span_sent_twice_counts_once() -> None:
    once = journey(hop("1", "> a"), hop("1.1", "a > b"))
    assert journey(hop("1", "> a"), hop("1.1", "a > b"), hop("1.1", "a > b"), hop("1", "> a")) == once


def test_of_two_spans_with_one_id_it_is_always_the_same_that_counts() -> None:
    first, second = hop("1", "> a"), hop("1", "> b")
    assert journey(first, second) == journey(second, first)


UNUSABLE: list[tuple[Loss, list[Span]]] = [
    (Loss.NO_CALL, []),
    (Loss.NO_CALL, [span("1.1", "internal", "a")]),
    (Loss.MIXED, [hop("1", "> a"), hop("1.1", "a > b", trace="u")]),
    (Loss.BACKWARDS, [hop("1", "> a", at=(1.0, 0.5))]),
    (Loss.BACKWARDS, [hop("1", "> a", at=(0.0, float("nan")))]),
    (Loss.BACKWARDS, [hop("1", "> a", at=(float("-inf"), 0.0))]),
    (Loss.CYCLE, [hop("1", "> a", parent="1")]),
    (Loss.CYCLE, [hop("0", "> a"), hop("1", "a > b", parent="2"), hop("2", "b > a", parent="1")]),
    (Loss.CYCLE, [span("1", "internal", "a", parent="2"), span("2", "internal", "a", parent="1")]),
]


@pytest.mark.parametrize(("loss", "spans"), UNUSABLE)
def test_what_is_no_journey_says_why(loss: Loss, spans: list[Span]) -> None:
    assert journey_of(spans) == Unusable(trace="t" if spans else "", loss=loss)


def test_a_trace_may_be_large_but_not_without_end() -> None:
    spans = [hop("1", "> a"), *(hop(f"1.{n}", "a > b") for n in range(MOST_SPANS))]
    assert isinstance(journey_of(spans[:-1]), Journey)
    assert isinstance(journey_of([*spans[:-1], spans[1]]), Journey), "a double one is no more"
    assert journey_of(spans) == Unusable(trace="t", loss=Loss.TOO_LARGE)
