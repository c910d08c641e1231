"""What counters counted, whatever became of them in between."""

from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.observers.prometheus.counters import (
    Buckets,
    Ledger,
    Mark,
    Track,
    Values,
    buckets,
    grown,
    increases,
    plain,
)
from tidegate.observers.prometheus.series import Series


def track(*values: float, start: float = 1.0) -> Track:
    """One sample a second from `start` on."""
    return [(start + at, (value,)) for at, value in enumerate(values)]


def mark(at: float, *values: float) -> Mark:
    return Mark(at=at, values=values)


@pytest.mark.parametrize(
    ("why", "samples", "before", "until", "counted", "after"),
    [
        ("the difference", track(5, 7, 9), mark(1, 5), 9, (4,), mark(3, 9)),
        ("samples after the end wait", track(5, 7, 9), mark(1, 5), 2.5, (2,), mark(2, 7)),
        ("a sample at the end counts", track(5, 7, 9), mark(1, 5), 2, (2,), mark(2, 7)),
        ("a fall counts from zero", track(5, 7, 2, 3), mark(1, 5), 9, (2 + 2 + 1,), mark(4, 3)),
        ("twice", track(5, 1, 0, 4), mark(1, 5), 9, (1 + 0 + 4,), mark(4, 4)),
        ("what came late is counted", track(6, 9), mark(0.5, 5), 9, (4,), mark(2, 9)),
        ("what was counted is not again", track(5, 7), mark(2, 7), 9, (), mark(2, 7)),
        ("nothing yet", [], mark(1, 5), 9, (), mark(1, 5)),
        ("a new one from its first sample", track(5, 7), None, 9, (2,), mark(2, 7)),
        ("all in the future", track(5, 7), None, 0.5, (), None),
        ("other parts than before", [(2.0, (1.0, 2.0))], mark(1, 5), 9, (1, 2), mark(2, 1, 2)),
        (
            "all parts began anew if one did",
            [(1.0, (5.0, 1.0)), (2.0, (2.0, 3.0))],
            mark(1, 5, 1),
            9,
            (2, 3),
            mark(2, 2, 3),
        ),
    ],
)
def test_growth(
    *, why: str, samples: Track, before: Mark | None, until: float, counted: Values, after: Mark | None
) -> None:
    assert grown(samples, before, until) == (counted, after), why


@pytest.mark.parametrize(
    ("why", "scraped", "counted"),
    [
        ("a scrape before did not have it", 0.5, (5 + 2,)),
        ("it came with the first scrape", 1.0, (2,)),
        ("no scrape is known", inf, (2,)),
    ],
)
def test_a_counter_born_between_two_scrapes_counts_from_zero(
    why: str, scraped: float, counted: Values
) -> None:
    assert grown(track(5, 7), None, 9, scraped=scraped) == (counted, mark(2, 7)), why


def test_where_nobody_knows_why_it_fell_a_fall_counts_nothing() -> None:
    assert grown(track(5, 7, 3, 4), mark(1, 5), 9, resets=False) == ((2 + 1,), mark(4, 4))


def test_increases_of_a_past_interval() -> None:
    samples = track(10, 15, 2, 4, 4, start=0.0)
    assert list(increases(samples, [0.5, 1.5, 2.0, 4.0, 9.0])) == [(5,), (2,), (2,), ()]


def test_increases_go_on_from_a_mark() -> None:
    samples = track(15, 2, start=1.0)
    assert list(increases(samples, [0.5, 1.5, 2.0], mark(0.4, 10))) == [(5,), (2,)]


def test_increases_of_a_counter_that_was_born_in_between() -> None:
    assert list(increases(track(4, 6), [0.5, 1.0, 2.0], scraped=0.2)) == [(4,), (2,)]
    assert list(increases(track(4, 6), [1.0, 2.0], scraped=0.2)) == [(2,)]


def test_what_is_no_number_is_no_sample() -> None:
    series = Series(labels={}, samples=((1.0, 5.0), (2.0, nan), (3.0, inf), (4.0, 8.0)))
    assert plain(series) == [(1.0, (5.0,)), (4.0, (8.0,))]


@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=30),
    st.lists(st.integers(0, 30), max_size=5),
    st.sets(st.integers(0, 30), max_size=3),
)
def test_however_it_is_cut_the_whole_is_the_same(
    steps: list[int], looks: list[int], restarts: set[int]
) -> None:
    """A process counts, is restarted now and then and scraped before each step; looks fall anywhere."""
    value, true, samples = 0, 0, [(0.0, (0.0,))]
    for at, more in enumerate(steps, start=1):
        value = more if at in restarts else value + more
        fell = value < samples[-1][1][0]
        true += value if fell else value - int(samples[-1][1][0])
        samples.append((float(at), (float(value),)))
    instants = [0.0, *map(float, sorted(looks)), float(len(steps) + 30)]
    assert sum(values[0] for values in increases(samples, instants) if values) == true


# -- histograms ----------------------------------------------------------------------------------------------


def bucket(bound: float, *values: float) -> tuple[float, Series]:
    samples = tuple((float(at), value) for at, value in enumerate(values, start=1))
    return bound, Series(labels={}, samples=samples)


@pytest.mark.parametrize(
    ("why", "series", "expected"),
    [
        (
            "each bucket counts what is between its bounds",
            [bucket(0.5, 1, 2), bucket(inf, 4, 9), bucket(2.0, 3, 3)],
            Buckets(bounds=(0.5, 2.0), track=[(1.0, (1, 2, 1)), (2.0, (2, 1, 6))]),
        ),
        ("none above all bounds", [bucket(0.5, 1), bucket(2.0, 3)], None),
        ("no bounds", [bucket(inf, 4)], None),
        ("a bound twice", [bucket(0.5, 1), bucket(0.5, 1), bucket(inf, 4)], None),
        ("nothing", [], None),
        (
            "a part is missing at the second",
            [bucket(0.5, 1), bucket(inf, 4, 9)],
            Buckets(bounds=(0.5,), track=[(1.0, (1, 3))]),
        ),
        (
            "a part is no number, or more than a larger one",
            [bucket(0.5, nan, 5, 6), bucket(inf, 4, 4, 8)],
            Buckets(bounds=(0.5,), track=[(3.0, (6, 2))]),
        ),
    ],
)
def test_buckets(why: str, series: list[tuple[float, Series]], expected: Buckets | None) -> None:
    assert buckets(series) == expected, why


# -- totals --------------------------------------------------------------------------------------------------


def totals(ledger: Ledger[str]) -> dict[str, Values]:
    return {account: total.values for account, total in ledger.totals.items()}


def test_counters_of_one_account_add_up_and_go_on_when_others_are_gone() -> None:
    ledger: Ledger[str] = Ledger()
    ledger.count("pod a", "good", track(5, 7), 9)
    ledger.count("pod b", "good", track(1, 4), 9)
    assert totals(ledger) == {"good": (2 + 3,)}
    ledger.count("pod b", "good", track(4, 6, start=2.0), 9)
    assert totals(ledger) == {"good": (2 + 3 + 2,)}


def test_what_is_cleared_goes_on_from_where_it_stood() -> None:
    ledger: Ledger[str] = Ledger()
    ledger.count("pod a", "good", track(5, 7), 9)
    ledger.clear()
    ledger.count("pod a", "good", track(5, 7, 8), 9)
    assert totals(ledger) == {"good": (1,)}


def test_what_is_forgotten_begins_anew() -> None:
    ledger: Ledger[str] = Ledger()
    ledger.count("pod a", "good of 1", track(5, 7), 9)
    ledger.count("pod b", "bad of 2", track(5, 7), 9)
    ledger.count("pod c", "good of 2", track(5, 7, start=8.0), 9)
    ledger.forget(5.0, lambda account: account[-1])
    assert totals(ledger) == {"bad of 2": (2,), "good of 2": (2,)}
    ledger.count("pod a", "good of 1", track(20, 21, start=20.0), 99)
    assert totals(ledger) == {"bad of 2": (2,), "good of 2": (2,), "good of 1": (1,)}
