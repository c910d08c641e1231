"""Spans that cannot be used."""

import pytest
from tests.core.traces.worlds import NOON, hop

from tidegate.core.traces.loss import MOST_AHEAD, MOST_BEHIND, Loss, flaw_of

SECOND = 1.0


@pytest.mark.parametrize(
    ("at", "flaw"),
    [
        ((-1.0, 0.0), None),
        ((0.0, 0.0), None),
        ((0.0, MOST_AHEAD), None),
        ((0.0, MOST_AHEAD + SECOND), Loss.FUTURE),
        ((-MOST_BEHIND, -MOST_BEHIND), None),
        ((-2 * MOST_BEHIND, -MOST_BEHIND - SECOND), Loss.PAST),
        ((1.0, 0.0), Loss.BACKWARDS),
        ((float("nan"), 0.0), Loss.BACKWARDS),
        ((0.0, float("nan")), Loss.BACKWARDS),
        ((0.0, float("inf")), Loss.BACKWARDS),
        ((float("-inf"), 0.0), Loss.BACKWARDS),
        ((float("inf"), float("inf")), Loss.BACKWARDS),
    ],
)
def test_a_span_is_judged_by_when_it_comes(at: tuple[float, float], flaw: Loss | None) -> None:
    assert flaw_of(hop("1", "> a", at=at), NOON) is flaw
