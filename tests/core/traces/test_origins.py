"""Where failures begin: not at the victims."""

import pytest
from tests.core.traces.worlds import hop, journey, span, written

from tidegate.core.traces.origins import Failure, failures
from tidegate.core.traces.span import Ending, Span

OK, ERROR, REJECTED = Ending.OK, Ending.ERROR, Ending.REJECTED
TIMED_OUT, UNREACHED = Ending.TIMED_OUT, Ending.UNREACHED


def told(failure: Failure) -> str:
    """`who: on which edge, how, over how many calls`, and whether the journey failed of it."""
    origin = failure.origin
    end = "up to the entry" if failure.reached_entry else "made up for"
    return f"{origin.at_fault}: {written(origin.edge)}, {origin.ending}, over {len(failure.path)}, {end}"


BAD_B = [hop("1", "> a", ending=ERROR), hop("1.1", "a > b@2", ending=ERROR)]
STORIES: list[tuple[str, list[Span], list[str]]] = [
    ("all is well", [hop("1", "> a"), hop("1.1", "a > b")], []),
    (
        "the deepest that failed",
        [*BAD_B, hop("1.1.1", "b@2 > c@3", ending=ERROR)],
        ["c@3: b@2 > c@3, error, over 2, up to the entry"],
    ),
    (
        "failed though all within it were well",
        [*BAD_B, hop("1.1.1", "b@2 > c")],
        ["b@2: a > b@2, error, over 1, up to the entry"],
    ),
    (
        "made up for by a fallback",
        [hop("1", "> a"), hop("1.1", "a > b", ending=ERROR)],
        ["b@1: a > b, error, over 0, made up for"],
    ),
    (
        "made up for on the way",
        [hop("1", "> a"), hop("1.1", "a > b", ending=ERROR), hop("1.1.1", "b > c", ending=ERROR)],
        ["c@1: b > c, error, over 1, made up for"],
    ),
    (
        "made up for by another try, and then failed by itself",
        [
            hop("1", "> a@2", ending=ERROR),
            hop("1.1", "a@2 > b", at=(0, 0.1), ending=ERROR),
            hop("1.2", "a@2 > b", at=(0.2, 0.3)),
        ],
        ["a@2: > a@2, error, over 0, up to the entry", "b@1: a@2 > b, error, over 0, made up for"],
    ),
    (
        "tries in vain",
        [
            hop("1", "> a", ending=ERROR),
            hop("1.1", "a > b", at=(0, 0.1), ending=ERROR),
            hop("1.2", "a > b@2", at=(0.2, 0.3), ending=UNREACHED),
        ],
        ["b@1: a > b, error, over 1, up to the entry", "b@2: a > b@2, unreached, over 1, up to the entry"],
    ),
    (
        "both of two at once",
        [
            hop("1", "> a", ending=ERROR),
            hop("1.1", "a > b", ending=ERROR),
            hop("1.2", "a > c", ending=TIMED_OUT),
        ],
        ["b@1: a > b, error, over 1, up to the entry", "c@1: a > c, timed out, over 1, up to the entry"],
    ),
    (
        "rejected: the caller",
        [*BAD_B, hop("1.1.1", "b@2 > c", ending=REJECTED)],
        ["b@2: b@2 > c, rejected, over 2, up to the entry"],
    ),
    ("rejected, which is normal", [hop("1", "> a"), hop("1.1", "a > b", ending=REJECTED)], []),
    (
        "rejected long before, which is normal",
        [
            *BAD_B,
            hop("1.1.1", "b@2 > c", at=(0, 0.1), ending=REJECTED),
            hop("1.1.2", "b@2 > c", at=(0.2, 0.3)),
        ],
        ["b@2: a > b@2, error, over 1, up to the entry"],
    ),
    (
        "rejected, and something else failed",
        [*BAD_B, hop("1.1.1", "b@2 > c", ending=ERROR), hop("1.1.2", "b@2 > d", ending=REJECTED)],
        ["c@1: b@2 > c, error, over 2, up to the entry"],
    ),
    (
        "rejected through one that passes it on",
        [
            hop("1", "> a@2", ending=ERROR),
            hop("1.1", "a@2 > b", ending=REJECTED),
            hop("1.1.1", "b > c", ending=REJECTED),
        ],
        ["a@2: a@2 > b, rejected, over 1, up to the entry"],
    ),
    (
        "a rejection that comes after another try",
        [
            hop("1", "> a@2", ending=ERROR),
            hop("1.1", "a@2 > b", at=(0, 0.1), ending=UNREACHED),
            hop("1.2", "a@2 > b", at=(0.2, 0.3), ending=REJECTED),
        ],
        ["b@1: a@2 > b, unreached, over 0, made up for", "a@2: a@2 > b, rejected, over 1, up to the entry"],
    ),
    (
        "timed out: the deepest that was slow",
        [
            hop("1", "> a", ending=TIMED_OUT),
            hop("1.1", "a > b", at=(0.1, 3.0)),
            hop("1.1.1", "b > c@2", at=(0.2, 2.9)),
            hop("1.1.1.1", "c@2 > d", at=(0.2, 0.3)),
        ],
        ["c@2: b > c@2, timed out, over 2, up to the entry"],
    ),
    (
        "timed out over many short calls",
        [
            hop("1", "> a@2", ending=TIMED_OUT),
            *(hop(f"1.{n}", "a@2 > b", at=(n / 10, n / 10 + 0.1)) for n in range(1, 9)),
        ],
        ["a@2: > a@2, timed out, over 0, up to the entry"],
    ),
    (
        "timed out over a try that was made up for too late",
        [
            hop("1", "> a", ending=TIMED_OUT),
            hop("1.1", "a > b@2", at=(0, 0.9), ending=TIMED_OUT),
            hop("1.2", "a > b", at=(0.9, 1.0)),
        ],
        ["b@2: a > b@2, timed out, over 1, up to the entry"],
    ),
    (
        "slow, and rejected in the end",
        [hop("1", "> a", ending=TIMED_OUT), hop("1.1", "a > b", at=(0, 0.9), ending=REJECTED)],
        ["b@1: a > b, timed out, over 1, up to the entry"],
    ),
    (
        "timed out by itself",
        [hop("1", "> a", ending=ERROR), hop("1.1", "a > b", ending=TIMED_OUT)],
        ["b@1: a > b, timed out, over 1, up to the entry"],
    ),
    (
        "nobody there",
        [*BAD_B, hop("1.1.1", "b@2 > c@3", ending=UNREACHED)],
        ["c@3: b@2 > c@3, unreached, over 2, up to the entry"],
    ),
    (
        "somebody whom no span names",
        [hop("1", "> a", ending=ERROR), span("1.1", "client", "a", ending=ERROR)],
        ["unknown@unknown: a > unknown@unknown, error, over 1, up to the entry"],
    ),
    (
        "not waited for",
        [hop("1", "> a"), span("1.1", "producer", "a"), span("1.1.1", "consumer", "b", ending=ERROR)],
        ["b@1: a > b, error, over 0, made up for"],
    ),
    (
        "a caller that failed while nobody waited for the other",
        [hop("1", "> a@2", ending=ERROR), span("1.1", "consumer", "b", ending=ERROR)],
        ["a@2: > a@2, error, over 0, up to the entry", "b@1: a@2 > b, error, over 0, made up for"],
    ),
    ("the entry was rejected", [hop("1", "> a", ending=REJECTED), hop("1.1", "a > b", ending=REJECTED)], []),
]


@pytest.mark.parametrize(("why", "spans", "expected"), STORIES, ids=[case[0] for case in STORIES])
def test_failures(why: str, spans: list[Span], expected: list[str]) -> None:
    assert [told(failure) for failure in failures(journey(*spans).calls)] == expected, why


def test_a_journey_has_each_origin_once() -> None:
    entry = hop("1", "> a", ending=ERROR, at=(0, 9))
    of = journey(entry, *(hop(f"1.{n}", "a > b", ending=ERROR, at=(n, n + 0.5)) for n in range(3)))
    assert len(failures(of.calls)) == 3
    assert [str(origin.at_fault) for origin in of.origins] == ["b@1"]
