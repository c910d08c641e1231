"""Any histogram as one of the kept bounds: never faster than it was."""

import pytest

from tidegate.core.gates.evidence import DURATIONS, Histogram
from tidegate.observers.otlp.buckets import MOST_BUCKETS, of_explicit, of_exponential


def kept(**counts: int) -> Histogram:
    """A histogram with these counts, by bounds such as `le100`; `more` is above all."""
    ends = [*(f"le{bound:g}" for bound in DURATIONS), "more"]
    assert counts.keys() <= set(ends)
    return Histogram(bounds=DURATIONS, counts=tuple(counts.get(end, 0) for end in ends))


def test_the_bounds_of_the_convention_lose_nothing() -> None:
    """In seconds, with the empty first bucket that SDKs put below zero."""
    bounds = (0, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
    counts = (0, *range(1, 16))
    assert of_explicit(bounds, counts, ms=1000) == Histogram(bounds=DURATIONS, counts=tuple(range(1, 16)))


@pytest.mark.parametrize(
    ("bounds", "counts", "spread"),
    [
        ((), (7,), kept(more=7)),
        ((0.1,), (3, 2), kept(le100=3, more=2)),
        ((0.11,), (3, 0), kept(le250=3)),
        ((0.001, 0.002, 20), (1, 2, 4, 8), kept(le5=3, more=12)),
        ((-1.0, 0.0), (1, 1, 1), kept(le5=2, more=1)),
    ],
)
def test_a_bucket_goes_where_its_upper_end_is(
    bounds: tuple[float, ...], counts: tuple[int, ...], spread: Histogram
) -> None:
    assert of_explicit(bounds, counts, ms=1000) == spread


@pytest.mark.parametrize(
    ("bounds", "counts"),
    [
        ((0.1,), (1,)),
        ((0.1,), (1, 2, 3)),
        ((0.2, 0.1), (1, 2, 3)),
        ((0.1, 0.1), (1, 2, 3)),
        ((float("nan"),), (1, 2)),
        (tuple(range(MOST_BUCKETS)), (1,) * (MOST_BUCKETS + 1)),
    ],
)
def test_what_contradicts_itself_is_none(bounds: tuple[float, ...], counts: tuple[int, ...]) -> None:
    assert of_explicit(bounds, counts, ms=1000) is None


@pytest.mark.parametrize(
    ("scale", "zeros", "offset", "counts", "spread"),
    [
        (0, 2, 0, (), kept(le5=2)),
        (0, 0, 0, (1,), kept(le2500=1)),  # up to 2 s
        (0, 0, -8, (1, 1, 1), kept(le10=1, le25=1, le50=1)),  # up to 7.8, 15.6 and 31.2 ms
        (1, 0, 0, (1, 1), kept(le2500=2)),  # up to 1.41 and 2 s
        (-1, 0, 0, (1, 1), kept(le5000=1, more=1)),  # up to 4 and 16 s
        (20, 0, 2**31 - 2, (1,), kept(more=1)),
        (-10, 0, 2**31 - 2, (1,), kept(more=1)),
        (-10, 0, -(2**31), (1,), kept(le5=1)),
    ],
)
def test_exponential_buckets(
    scale: int, zeros: int, offset: int, counts: tuple[int, ...], spread: Histogram
) -> None:
    assert of_exponential(scale=scale, zeros=zeros, offset=offset, counts=counts, ms=1000) == spread


@pytest.mark.parametrize(("scale", "counts"), [(21, (1,)), (-11, (1,)), (0, (0,) * (MOST_BUCKETS + 1))])
def test_what_no_sdk_sends_is_none(scale: int, counts: tuple[int, ...]) -> None:
    assert of_exponential(scale=scale, zeros=0, offset=0, counts=counts, ms=1000) is None
