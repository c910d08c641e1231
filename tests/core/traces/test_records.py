"""Whoever recorded a call, and however often: it is one call."""

import pytest
from tests.core.traces.worlds import drawn, hop, journey, span

from tidegate.core.traces.assemble import journey_of
from tidegate.core.traces.loss import Loss, Unusable
from tidegate.core.traces.records import MOST_DEEP
from tidegate.core.traces.span import Ending, Span

A = span("1", "server", "a")
ERROR = Ending.ERROR
CALLS: list[tuple[str, list[Span], list[str]]] = [
    ("hops", [hop("1", "> a"), hop("1.1", "a > b"), hop("1.1.1", "b > c")], ["> a", ".a > b", "..b > c"]),
    ("client and server", [A, span("1.1", "client", "a"), span("1.1.1", "server", "b")], ["> a", ".a > b"]),
    (
        "client, hop and server",
        [A, span("1.1", "client", "a"), hop("1.1.1", "a > b"), span("1.1.1.1", "server", "b")],
        ["> a", ".a > b"],
    ),
    ("hop and server", [hop("1", "> a"), span("1.1", "server", "a")], ["> a"]),
    (
        "the proxies of both ends",
        [hop("1", "> a"), hop("1.1", "> a"), hop("1.1.1", "a > b"), hop("1.1.1.1", "a > b")],
        ["> a", ".a > b"],
    ),
    (
        "a proxy that does not know who calls",
        [A, hop("1.1", "> b"), hop("1.1.1", "> c")],
        ["> a", ".a > b", "..b > c"],
    ),
    (
        "clients within clients",
        [A, span("1.1", "client", "a"), span("1.1.1", "client", "a > b"), span("1.1.1.1", "server", "b")],
        ["> a", ".a > b"],
    ),
    (
        "frameworks within frameworks",
        [A, span("1.1", "server", "a"), hop("1.1.1", "a > b")],
        ["> a", ".a > b"],
    ),
    (
        "what happens inside of a service",
        [A, span("1.1", "internal", "a"), span("1.1.1", "internal", "a"), hop("1.1.1.1", "a > b")],
        ["> a", ".a > b"],
    ),
    ("a client that knows its peer", [A, span("1.1", "client", "a > db@")], ["> a", ".a > db@unknown"]),
    ("a client that does not", [A, span("1.1", "client", "a")], ["> a", ".a > unknown@unknown"]),
    (
        "a callee without a record of its own",
        [A, span("1.1", "client", "a"), hop("1.1.1", "b > c")],
        ["> a", ".a > b", "..b > c"],
    ),
    (
        "the same below a hop",
        [A, hop("1.1", "a > b"), span("1.1.1", "client", "b > c")],
        ["> a", ".a > b", "..b > c"],
    ),
    ("a server below a server", [A, span("1.1", "server", "b")], ["> a", ".a > b"]),
    ("a server below a hop to another", [hop("1", "> a"), span("1.1", "server", "b")], ["> a", ".a > b"]),
    (
        "a hop below a hop to another",
        [hop("1", "> a"), hop("1.1", "a > b"), hop("1.1.1", "a > c")],
        ["> a", ".a > b", "..a > c"],
    ),
    (
        "a service that calls itself",
        [hop("1", "> a"), hop("1.1", "a > a@2"), hop("1.1.1", "a@2 > a")],
        ["> a", ".a > a@2", "..a@2 > a"],
    ),
    (
        "a message",
        [A, span("1.1", "producer", "a"), span("1.1.1", "consumer", "b")],
        ["> a", ".a > b asynchronous"],
    ),
    (
        "a message whose producer calls a broker",
        [
            A,
            span("1.1", "producer", "a"),
            span("1.1.1", "client", "a > broker"),
            span("1.1.2", "consumer", "b"),
        ],
        ["> a", ".a > b asynchronous", ".a > broker"],
    ),
    (
        "a message of which only the consumer tells",
        [A, span("1.1", "consumer", "b")],
        ["> a", ".a > b asynchronous"],
    ),
    (
        "a message that begins it all",
        [span("1", "producer", "a"), span("1.1", "client", "a > broker"), span("1.2", "consumer", "b")],
        ["a > b asynchronous", ".a > broker"],
    ),
    (
        "work that a service began by itself",
        [span("1", "internal", "job"), hop("1.1", "job > a"), hop("1.2", "job > b")],
        ["> job", ".job > a", ".job > b"],
    ),
    (
        "a browser that tries again is one entry",
        [
            span("1", "client", "web"),
            span("1.1", "server", "a@2", at=(0, 0.4), ending=ERROR),
            hop("1.1.1", "a@2 > b", at=(0.1, 0.2)),
            span("1.2", "server", "a", at=(0.5, 0.9)),
        ],
        ["web > a@2", ".a@2 > b"],
    ),
    (
        "a browser that tries in vain",
        [
            span("1", "client", "web"),
            span("1.1", "server", "a@2", at=(0, 0.4), ending=ERROR),
            span("1.2", "server", "a", at=(0.5, 0.9), ending=Ending.TIMED_OUT),
        ],
        ["web > a@2 timed out"],
    ),
    (
        "tries that a client makes within one of its own",
        [
            A,
            span("1.1", "client", "a", status=200),
            hop("1.1.1", "a > b@2", at=(0.1, 0.3), ending=ERROR),
            span("1.1.1.1", "server", "b@2", at=(0.1, 0.3), ending=ERROR),
            hop("1.1.1.1.1", "b@2 > c", at=(0.1, 0.2)),
            hop("1.1.2", "a > b", at=(0.4, 0.6)),
        ],
        ["> a", ".a > b@2 error", ".a > b try 2", "..b@2 > c"],
    ),
    (
        "tries of a proxy within tries of a client",
        [
            A,
            span("1.1", "client", "a", status=200),
            hop("1.1.1", "a > b", at=(0, 0.4), ending=ERROR),
            span("1.1.1.1", "server", "b", at=(0, 0.1), ending=ERROR),
            span("1.1.1.2", "server", "b", at=(0.2, 0.3), ending=ERROR),
            hop("1.1.2", "a > b", at=(0.5, 0.6)),
        ],
        ["> a", ".a > b", ".a > b error", ".a > b error try 2"],
    ),
    (
        "tries that a proxy makes",
        [
            hop("1", "> a", at=(0, 2)),
            hop("1.1", "a > b", ending=Ending.TIMED_OUT),
            span("1.1.1", "server", "b", at=(0.1, 0.3), ending=ERROR),
            span("1.1.2", "server", "b", at=(0.4, 1.6)),
        ],
        ["> a", ".a > b error", ".a > b timed out try 2"],
    ),
]


@pytest.mark.parametrize(("why", "spans", "expected"), CALLS, ids=[why for why, _, _ in CALLS])
def test_calls_of_spans(why: str, spans: list[Span], expected: list[str]) -> None:
    assert drawn(journey(*spans)) == expected, why
    assert drawn(journey(*reversed(spans))) == expected, why


def test_calls_may_be_deep_but_not_without_end() -> None:
    def chain(length: int) -> list[Span]:
        return [
            hop(".".join(["1"] * n), f"s{n - 1} > s{n}" if n > 1 else "> s1") for n in range(1, length + 1)
        ]

    assert len(journey(*chain(MOST_DEEP)).calls) == MOST_DEEP
    assert journey_of(chain(MOST_DEEP + 1)) == Unusable(trace="t", loss=Loss.TOO_DEEP)
