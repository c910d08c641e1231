"""How many answers came late, by what was usual before."""

from itertools import pairwise

import pytest

from tidegate.core.attribution.journeys.latency import past_after, slow
from tidegate.core.gates.evidence import NO_HISTOGRAM, Histogram
from tidegate.core.gates.shift import QUANTILES

PAST = Histogram(bounds=(10.0, 20.0, 50.0, 100.0), counts=(50, 30, 15, 4, 1))
COARSE = Histogram(bounds=(20.0, 100.0), counts=(8, 1, 1))


def test_late_is_beyond_the_usual_quantiles() -> None:
    """A quarter and half were within 10, three quarters within 20, 90 and 95 % within 50, 99 % within 100."""
    late = slow(PAST, [Histogram(bounds=PAST.bounds, counts=(1, 2, 3, 4, 5)), NO_HISTOGRAM])
    assert late.requests.tolist() == [[15.0] * len(QUANTILES), [0.0] * len(QUANTILES)]
    assert late.bad[0].tolist() == [14.0, 14.0, 12.0, 9.0, 9.0, 5.0, 5.0]
    assert all(more >= less for more, less in pairwise(late.bad[0]))


@pytest.mark.parametrize("past", [NO_HISTOGRAM, Histogram(bounds=(10.0,), counts=(98, 1))])
def test_too_little_of_the_past_tells_nothing(past: Histogram) -> None:
    assert slow(past, [PAST]).requests.tolist() == [[0.0] * len(QUANTILES)]


def test_only_buckets_that_all_have_count() -> None:
    assert slow(PAST, [COARSE]).bad.tolist() == [[2.0, 2.0, 2.0, 1.0, 1.0, 1.0, 1.0]]
    assert past_after(PAST, [COARSE]) == Histogram(bounds=(20.0, 100.0), counts=(88, 20, 2))


def test_times_in_other_buckets_begin_anew() -> None:
    other = Histogram(bounds=(15.0,), counts=(1, 2))
    assert past_after(PAST, [other]) == other
    assert not slow(PAST, [other]).requests.any()
