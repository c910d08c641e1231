"""Journeys that met nothing new fail more than before, or they do not."""

from math import log

import pytest

from tidegate.core.attribution.journeys.rise import Rise, baseline
from tidegate.core.gates.eprocess import Worse
from tidegate.core.gates.evidence import NOTHING, Tally

MARGIN = Worse(1.5, 0.005)


def after(before: Tally, *batches: tuple[int, int], temper: float = 1.0) -> Rise:
    rise = baseline(MARGIN, before)
    for requests, bad in batches:
        rise = rise.with_batch(Tally(requests=requests, bad=bad), temper)
    return rise


@pytest.mark.parametrize(
    ("why", "before", "batches", "risen"),
    [
        ("as before", Tally(requests=5000, bad=50), [(1000, 10)] * 20, False),
        ("a little more", Tally(requests=5000, bad=50), [(1000, 14)] * 20, False),
        ("ten times", Tally(requests=5000, bad=50), [(1000, 100)], True),
        ("after a calm day", Tally(requests=5000, bad=50), [(1000, 10)] * 100 + [(1000, 100)] * 2, True),
        ("everything always failed", Tally(requests=5000, bad=5000), [(1000, 1000)], False),
        ("the first journeys are the baseline", NOTHING, [(600, 6), (600, 6), (1000, 100)], True),
        ("too few before", Tally(requests=10, bad=0), [(500, 250)], False),
    ],
)
def test_risen(why: str, before: Tally, batches: list[tuple[int, int]], risen: bool) -> None:
    assert (after(before, *batches).log_e >= log(100.0)) == risen, why


def test_what_was_before_and_since_is_told() -> None:
    rise = after(NOTHING, (600, 6), (600, 6), (1000, 100))
    assert (rise.before, rise.since) == (Tally(requests=1200, bad=12), Tally(requests=1000, bad=100))


def test_bursts_are_no_rise() -> None:
    before = Tally(requests=5000, bad=50)
    assert after(before, (1000, 40), temper=20.0).log_e < log(100.0) <= after(before, (1000, 40)).log_e
