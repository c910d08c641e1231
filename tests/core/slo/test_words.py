"""Times and counts as people read them."""

import pytest

from tidegate.core.slo.words import amount, span


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0s"),
        (59.6, "1m"),
        (300, "5m"),
        (3600, "1h"),
        (5400, "1h30m"),
        (4417, "1h13m"),
        (86460, "1d"),
        (90061, "1d1h"),
        (259200, "3d"),
    ],
)
def test_a_span_has_its_two_largest_units(seconds: float, expected: str) -> None:
    assert span(seconds) == expected


@pytest.mark.parametrize(
    ("number", "expected"), [(0, "0"), (1200, "1,200"), (1199.7, "1,200"), (3.14159, "3.14"), (0.001234, "0.00123")]
)  # fmt: skip
def test_small_amounts_may_have_fractions(number: float, expected: str) -> None:
    assert amount(number) == expected
