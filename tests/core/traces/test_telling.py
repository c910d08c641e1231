"""What several records of one call tell together."""

import pytest
from tests.core.traces.worlds import hop, journey, said, service, span

from tidegate.core.traces.journey import Call
from tidegate.core.traces.span import Ending, Span

OK, ERROR, REJECTED = Ending.OK, Ending.ERROR, Ending.REJECTED
TIMED_OUT, UNREACHED = Ending.TIMED_OUT, Ending.UNREACHED
LONGER = (0.0, 2.0)


def call(*records: Span) -> Call:
    """The call that a makes."""
    entry = span("1", "server", "a", at=(0, 3))
    return journey(entry, *records).calls[1]


def client(ending: Ending, *, status: int | None = None, at: tuple[float, float] = (0.0, 1.0)) -> Span:
    return span("1.1", "client", "a", ending=ending, status=status, at=at)


def server(ending: Ending, *, status: int | None = None, at: tuple[float, float] = (0.0, 1.0)) -> Span:
    return span("1.1.1", "server", "b", ending=ending, status=status, at=at)


ENDINGS: list[tuple[str, Span, Span, Ending]] = [
    ("both well", client(OK), server(OK), OK),
    ("both bad", client(ERROR, status=500), server(ERROR, status=500), ERROR),
    ("the caller did not look", client(OK), server(ERROR), ERROR),
    ("the caller did", client(OK, status=200), server(ERROR), OK),
    ("the callee does not know", client(UNREACHED), server(OK), UNREACHED),
    ("given up", client(TIMED_OUT), server(OK, at=LONGER), TIMED_OUT),
    ("given up, as a library says it", client(ERROR), server(OK, at=LONGER), TIMED_OUT),
    ("an answer that the caller could not read", client(ERROR), server(OK), ERROR),
    ("an error with a status says all", client(ERROR, status=503), server(REJECTED, status=429), ERROR),
    ("one without does not", client(ERROR), server(REJECTED, status=400), REJECTED),
]


@pytest.mark.parametrize(("why", "outer", "inner", "expected"), ENDINGS, ids=[case[0] for case in ENDINGS])
def test_how_a_call_ended_is_what_its_caller_saw(
    why: str, outer: Span, inner: Span, expected: Ending
) -> None:
    assert call(outer, inner).ending is expected, why


CALLEES: list[tuple[str, list[Span], str]] = [
    ("a mesh knows better", [hop("1.1", "a > b@2"), span("1.1.1", "server", "b@two")], "a > b@2"),
    ("unless it knows no version", [hop("1.1", "a > b@"), span("1.1.1", "server", "b@2")], "a > b@2"),
    ("nobody knows it", [hop("1.1", "a > b@"), span("1.1.1", "server", "b@")], "a > b@unknown"),
    ("who was called knows its name", [client(OK), span("1.1.1", "server", "b@2")], "a > b@2"),
    (
        "what it calls tells",
        [span("1.1", "client", "a > b.local@"), span("1.1.1", "client", "b@2")],
        "a > b@2",
    ),
    ("a client's word is better than none", [span("1.1", "client", "a > b.local@")], "a > b.local@unknown"),
    ("nobody says who", [span("1.1", "server", "a", service=None), client(OK)], "a > unknown@unknown"),
]


@pytest.mark.parametrize(("why", "records", "expected"), CALLEES, ids=[case[0] for case in CALLEES])
def test_who_was_called_is_told_by_who_knows_best(why: str, records: list[Span], expected: str) -> None:
    assert said(call(*records)) == expected, why


def test_the_caller_is_whoever_the_call_around_was_sent_to() -> None:
    spans = [hop("1", "> a@2"), span("1.1", "client", "a@two"), span("1.1.1", "server", "b")]
    assert said(journey(*spans).calls[1]) == "a@2 > b"


def test_status_is_of_the_caller_and_words_are_of_the_callee() -> None:
    found = call(
        span("1.1", "client", "a", ending=ERROR, status=502, name="POST", said="bad gateway"),
        span("1.1.1", "server", "b", ending=ERROR, status=500, name="POST /pay", said="KeyError"),
    )
    assert (found.status, found.name, found.said) == (502, "POST /pay", "KeyError")
    hidden = call(client(ERROR), server(OK))
    assert (hidden.status, hidden.name, hidden.said) == (None, "", "")


def test_a_hop_alone_tells_everything() -> None:
    only = hop("1.1", "a > b@2", ending=ERROR, status=503, name="POST /pay", said="overflow", at=(0.5, 0.75))
    found = call(only)
    assert found.edge.callee == service("b@2")
    assert (found.ending, found.status, found.name, found.said) == (ERROR, 503, "POST /pay", "overflow")
    assert (found.start, found.seconds) == (only.start, 0.25)
