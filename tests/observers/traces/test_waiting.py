"""When a trace is taken for complete, as a story of seconds."""

import pytest
from opentelemetry.proto.trace.v1 import trace_pb2
from tests.observers.traces.pushes import NOW, hop, push, span

from tidegate.core.traces.span import Span
from tidegate.observers.traces.losses import NotTaken
from tidegate.observers.traces.spans import spans_of
from tidegate.observers.traces.waiting import Patience, Waiting

PATIENCE = Patience(hops_quiet=2, quiet=7, longest=30)


def some(*messages: trace_pb2.Span) -> list[Span]:
    """Spans as they are read from `messages`."""
    return [each for each in spans_of(push(*messages), now=NOW) if isinstance(each, Span)]


(ENTRY,) = some(hop("-", "front@1", 1))
(INNER,) = some(hop("front@1", "cart@1", 2, parent=1))
(OTHER,) = some(hop("-", "front@1", 1, trace=2))
(SERVER,) = some(span(3, parent=2, trace=1))
(JOINED,) = some(hop("-", "front@1", 1, trace=3, parent=99))


def waiting(most: int = 100, longest: int = 100, closed: int = 100) -> Waiting:
    return Waiting(most=most, longest=longest, closed=closed, patience=PATIENCE)


@pytest.mark.parametrize(
    ("spans", "seconds"),
    [
        ([ENTRY, INNER], 2),
        ([INNER], 30),
        ([ENTRY, SERVER], 7),
        ([JOINED], 2),  # a client that says what trace its request belongs to enters by the ingress still
    ],
    ids=["hops", "no entry", "applications", "joined"],
)
def test_how_long_a_trace_waits(spans: list[Span], seconds: float) -> None:
    wait = waiting()
    assert [wait.put(each, now=NOW) for each in spans] == [None] * len(spans)
    assert wait.complete(now=NOW + seconds - 0.1) == []
    assert [trace.spans for trace in wait.complete(now=NOW + seconds)] == [spans]
    assert len(wait) == 0


def test_each_span_prolongs_the_wait_until_the_longest() -> None:
    wait = waiting()
    for second in range(30):
        wait.put(ENTRY if second % 2 else INNER, now=NOW + second)
        assert wait.complete(now=NOW + second) == []
    assert len(wait.complete(now=NOW + 30)) == 1


def test_every_trace_waits_for_applications_until_they_fall_silent() -> None:
    wait = waiting()
    wait.put(SERVER, now=NOW)
    wait.put(OTHER, now=NOW + 1)
    assert wait.complete(now=NOW + 4) == []
    assert [trace.spans for trace in wait.complete(now=NOW + 8)] == [[OTHER]]
    wait.put(JOINED, now=NOW + 29)
    assert [trace.spans for trace in wait.complete(now=NOW + 31)] == [[SERVER], [JOINED]]


def test_what_comes_after_a_trace_was_closed_is_late_as_long_as_that_is_remembered() -> None:
    wait = waiting(closed=1)
    wait.put(ENTRY, now=NOW)
    wait.complete(now=NOW + 2)
    assert wait.put(INNER, now=NOW + 2) is NotTaken.LATE
    wait.put(OTHER, now=NOW + 3)
    wait.complete(now=NOW + 5)
    assert wait.put(INNER, now=NOW + 5) is None


def test_a_trace_has_a_bounded_number_of_spans_and_is_marked() -> None:
    wait = waiting(longest=1)
    assert [wait.put(each, now=NOW) for each in (ENTRY, INNER, OTHER)] == [None, NotTaken.CROWDED, None]
    closed = {trace.spans[0].trace: trace.crowded for trace in wait.complete(now=NOW + 2)}
    assert closed == {ENTRY.trace: True, OTHER.trace: False}


def test_room() -> None:
    wait = waiting(most=2)
    wait.put(ENTRY, now=NOW)
    assert [wait.has_room(spans) for spans in (1, 2)] == [True, False]
    wait.complete(now=NOW + 2)
    assert wait.has_room(2)
