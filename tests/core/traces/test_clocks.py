"""When calls began, though every service has a clock of its own."""

import pytest
from tests.core.traces.worlds import NOON, hop, journey, span

from tidegate.core.traces.clocks import TOLERANCE
from tidegate.core.traces.span import Ending, Span

LITTLE = TOLERANCE / 2


def starts(*spans: Span) -> list[tuple[float, bool]]:
    """When the calls within the entry began, seconds after it, and whether that is a guess."""
    entry, *others = journey(*spans).calls
    return [(round(call.start - entry.start, 6), call.skewed) for call in others]


PLACES: list[tuple[str, list[Span], list[tuple[float, bool]]]] = [
    ("all agree", [hop("1", "> a"), hop("1.1", "a > b", at=(0.2, 0.7))], [(0.2, False)]),
    ("nearly", [hop("1", "> a"), hop("1.1", "a > b", at=(-LITTLE, 1 + LITTLE))], [(-LITTLE, False)]),
    ("before the call around it", [hop("1", "> a"), hop("1.1", "a > b", at=(-5, -4.5))], [(0.0, True)]),
    ("after it", [hop("1", "> a"), hop("1.1", "a > b", at=(5, 5.25))], [(0.75, True)]),
    (
        "those of one clock together",
        [hop("1", "> a"), hop("1.1", "a > b", at=(-5, -4.75)), hop("1.2", "a > c", at=(-4.5, -4.25))],
        [(0.0, True), (0.5, True)],
    ),
    ("longer than the call around it", [hop("1", "> a"), hop("1.1", "a > b", at=(0.5, 3))], [(0.0, True)]),
    (
        "longer than a caller that gave up",
        [hop("1", "> a", ending=Ending.TIMED_OUT), hop("1.1", "a > b", at=(0.5, 3))],
        [(0.5, False)],
    ),
    (
        "begun after that caller gave up",
        [hop("1", "> a", ending=Ending.TIMED_OUT), hop("1.1", "a > b", at=(1.5, 3))],
        [(1.0, True)],
    ),
    ("not waited for", [hop("1", "> a"), span("1.1", "producer", "a > b", at=(0.5, 3))], [(0.5, False)]),
    (
        "by the record of the callee, an hour ahead",
        [
            hop("1", "> a"),
            span("1.1", "server", "a", at=(3600.0, 3600.5)),
            span("1.1.1", "client", "a > b", at=(3600.125, 3600.25)),
        ],
        [(0.375, False)],
    ),
    (
        "by a record longer than the call",
        [
            hop("1", "> a"),
            span("1.1", "server", "a", at=(60, 62)),
            span("1.1.1", "client", "a > b", at=(60.5, 61)),
        ],
        [(0.5, False)],
    ),
]


@pytest.mark.parametrize(("why", "spans", "expected"), PLACES, ids=[case[0] for case in PLACES])
def test_calls_lie_within_the_one_around_them(
    why: str, spans: list[Span], expected: list[tuple[float, bool]]
) -> None:
    assert starts(*spans) == expected, why


def test_a_skew_is_passed_on_to_what_is_within() -> None:
    spans = [hop("1", "> a"), hop("1.1", "a > b", at=(-9, -8.5)), hop("1.1.1", "b > c", at=(-8.75, -8.5))]
    assert starts(*spans) == [(0.0, True), (0.25, False)]
    assert journey(*spans).entry.start == NOON
