"""What is another try, and what runs side by side."""

import pytest
from tests.core.traces.worlds import drawn, hop, journey, span

from tidegate.core.traces.span import Ending, Span

ERROR, REJECTED = Ending.ERROR, Ending.REJECTED
TIMED_OUT, UNREACHED = Ending.TIMED_OUT, Ending.UNREACHED


def calls(*of: Span) -> list[str]:
    return drawn(journey(hop("1", "> a", at=(0, 10)), *of))[1:]


def call(number: int, to: str, *at: float, ending: Ending = Ending.OK, name: str = "") -> Span:
    return hop(f"1.{number}", f"a > {to}", at=(at[0], at[1]), ending=ending, name=name)


TRIES: list[tuple[str, list[Span], list[str]]] = [
    (
        "one after the other",
        [call(1, "b", 0, 1, ending=TIMED_OUT), call(2, "b@2", 1, 2, ending=UNREACHED), call(3, "b", 2, 3)],
        [".a > b timed out", ".a > b@2 unreached try 2", ".a > b try 3"],
    ),
    ("nothing was bad", [call(1, "b", 0, 1), call(2, "b", 1, 2)], [".a > b", ".a > b"]),
    (
        "a rejection is an answer",
        [call(1, "b", 0, 1, ending=REJECTED), call(2, "b", 1, 2)],
        [".a > b rejected", ".a > b"],
    ),
    ("side by side", [call(1, "b", 0, 1, ending=ERROR), call(2, "b", 0.9, 2)], [".a > b error", ".a > b"]),
    (
        "of another service",
        [call(1, "b", 0, 1, ending=ERROR), call(2, "c", 1, 2)],
        [".a > b error", ".a > c"],
    ),
    (
        "of another operation",
        [call(1, "b", 0, 1, ending=ERROR, name="GET /x"), call(2, "b", 1, 2, name="GET /y")],
        [".a > b error", ".a > b"],
    ),
    (
        "fan-out, each tried again",
        [
            call(1, "b", 0, 1, ending=ERROR),
            call(2, "b", 0, 2, ending=ERROR),
            call(3, "b", 1, 3, ending=ERROR),
            call(4, "b", 2, 3),
            call(5, "b", 3, 4),
        ],
        [".a > b error", ".a > b error", ".a > b error try 2", ".a > b try 2", ".a > b try 3"],
    ),
    (
        "a message is sent, not called",
        [
            span("1.1", "producer", "a > b", at=(0, 1), ending=ERROR),
            span("1.2", "producer", "a > b", at=(1, 2)),
        ],
        [".a > b error asynchronous", ".a > b asynchronous"],
    ),
]


@pytest.mark.parametrize(("why", "spans", "expected"), TRIES, ids=[case[0] for case in TRIES])
def test_tries(why: str, spans: list[Span], expected: list[str]) -> None:
    assert calls(*spans) == expected, why


def test_each_try_knows_the_one_before() -> None:
    found = journey(
        hop("1", "> a", at=(0, 10)),
        *(call(number, "b", number, number + 0.5, ending=ERROR) for number in range(1, 4)),
    )
    assert [each.retry_of for each in found.calls] == [None, None, 1, 2]


def test_a_service_is_met_in_the_version_of_its_first_try() -> None:
    found = journey(
        hop("1", "> a", at=(0, 10)),
        call(1, "b@2", 0, 1, ending=ERROR),
        call(2, "b@1", 1, 2),
        hop("1.2.1", "b > c@3", at=(1, 2)),
        span("1.3", "client", "a", at=(3, 4)),
    )
    assert {name: str(version) for name, version in found.met.items()} == {"a": "a@1", "b": "b@2", "c": "c@3"}
