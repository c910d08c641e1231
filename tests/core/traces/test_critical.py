"""What the entry waited for."""

import pytest
from tests.core.traces.worlds import hop, journey, span, written

from tidegate.core.traces.critical import waited
from tidegate.core.traces.span import Ending, Span

Waits = dict[str, float]
PATHS: list[tuple[str, list[Span], Waits]] = [
    (
        "one after the other",
        [hop("1", "> a"), hop("1.1", "a > b", at=(0.125, 0.25)), hop("1.2", "a > c", at=(0.5, 0.75))],
        {"> a": 0.625, "a > b": 0.125, "a > c": 0.25},
    ),
    (
        "side by side: only the last to end",
        [hop("1", "> a"), hop("1.1", "a > b", at=(0.125, 0.5)), hop("1.2", "a > c", at=(0.25, 0.75))],
        {"> a": 0.5, "a > c": 0.5},
    ),
    (
        "within each other",
        [hop("1", "> a"), hop("1.1", "a > b", at=(0.25, 0.75)), hop("1.1.1", "b > c", at=(0.5, 0.625))],
        {"> a": 0.5, "a > b": 0.375, "b > c": 0.125},
    ),
    (
        "no longer than the entry waited",
        [
            hop("1", "> a", ending=Ending.TIMED_OUT),
            hop("1.1", "a > b", at=(0.25, 9)),
            hop("1.1.1", "b > c", at=(0.5, 9)),
        ],
        {"> a": 0.25, "a > b": 0.25, "b > c": 0.5},
    ),
    ("not for messages", [hop("1", "> a"), span("1.1", "consumer", "b", at=(0, 1))], {"> a": 1.0}),
    (
        "for all that a clock ahead hides",
        [hop("1", "> a"), hop("1.1", "a > b", at=(77.0, 77.5))],
        {"> a": 0.5, "a > b": 0.5},
    ),
    ("what takes no time", [hop("1", "> a"), hop("1.1", "a > b", at=(0.5, 0.5))], {"> a": 1.0}),
]


@pytest.mark.parametrize(("why", "spans", "expected"), PATHS, ids=[case[0] for case in PATHS])
def test_every_moment_belongs_to_one_callee(why: str, spans: list[Span], expected: Waits) -> None:
    calls = journey(*spans).calls
    assert {written(calls[number].edge): seconds for number, seconds in waited(calls).items()} == expected, (
        why
    )
