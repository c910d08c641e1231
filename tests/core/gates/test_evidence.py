"""Readings become batches, whatever the counters do."""

import pytest

from tidegate.core.gates.evidence import (
    NO_HISTOGRAM,
    NOTHING,
    Batch,
    CallEdge,
    Counts,
    Gap,
    Histogram,
    Levels,
    Missing,
    Reading,
    Remark,
    Signal,
    Tally,
    VersionedService,
    increase,
    together,
)
from tidegate.core.ids import ServiceName, Version

PAYMENTS = VersionedService(service=ServiceName("payments"), version=Version("2.0.0"))
EDGE = CallEdge(caller=None, callee=PAYMENTS)

SEEN = Counts(requests=100, bad=5, rejected=3, slow=2)
MORE = Counts(requests=130, bad=6, rejected=3, slow=4)


@pytest.mark.parametrize(
    ("why", "before", "after", "expected"),
    [
        ("the difference", SEEN, MORE, Counts(requests=30, bad=1, slow=2)),
        ("an edge never seen before", None, SEEN, SEEN),
        ("requests fell", MORE, SEEN, SEEN),
        ("only failures fell", SEEN, Counts(requests=120, bad=4), Counts(requests=120, bad=4)),
        (
            "only rejections fell",
            SEEN,
            Counts(requests=120, bad=5, slow=2),
            Counts(requests=120, bad=5, slow=2),
        ),
        ("nothing happened", SEEN, SEEN, None),
        ("an edge is gone", SEEN, None, None),
    ],
)
def test_increase_within_an_epoch(
    why: str, before: Counts | None, after: Counts | None, expected: Counts | None
) -> None:
    grown = increase(_reading(before, "a"), _reading(after, "a"))
    assert grown == Batch(edges={EDGE: expected} if expected else {}), why


def test_a_new_epoch_counts_from_zero() -> None:
    assert increase(_reading(SEEN, "a"), _reading(MORE, "b")) == Batch(edges={EDGE: MORE})


def test_versions_are_written_as_people_write_them() -> None:
    assert str(PAYMENTS) == "payments@2.0.0"


def timed(requests: int, *counts: int, bounds: tuple[float, ...] = (10.0, 100.0)) -> Counts:
    return Counts(requests=requests, times=Histogram(bounds=bounds, counts=counts))


@pytest.mark.parametrize(
    ("why", "before", "after", "expected"),
    [
        ("bucket by bucket", timed(6, 3, 2, 1), timed(10, 4, 5, 1), timed(4, 1, 3, 0)),
        ("none before", Counts(requests=6), timed(10, 4, 5, 1), timed(4, 4, 5, 1)),
        (
            "other buckets count from zero",
            timed(6, 3, 2, 1),
            timed(9, 4, 5, bounds=(7.0,)),
            timed(9, 4, 5, bounds=(7.0,)),
        ),
        ("a bucket fell", timed(6, 3, 2, 1), timed(10, 2, 7, 1), timed(10, 2, 7, 1)),
    ],
)
def test_durations_grow_with_their_edge(why: str, before: Counts, after: Counts, expected: Counts) -> None:
    assert after.since(before) == expected, why


@pytest.mark.parametrize(
    ("why", "one", "other", "expected"),
    [
        ("the same buckets", ((1.0, 5.0), (1, 2, 3)), ((1.0, 5.0), (4, 5, 6)), ((1.0, 5.0), (5, 7, 9))),
        ("some in common", ((1.0, 5.0, 9.0), (1, 2, 3, 4)), ((2.0, 5.0), (1, 1, 1)), ((5.0,), (5, 8))),
        ("none in common", ((1.0,), (1, 2)), ((2.0,), (3, 4)), ((), ())),
        ("nothing on one side", ((), ()), ((2.0,), (3, 4)), ((2.0,), (3, 4))),
    ],
)
def test_histograms_add_in_the_buckets_that_both_have(
    why: str,
    one: tuple[tuple[float, ...], tuple[int, ...]],
    other: tuple[tuple[float, ...], tuple[int, ...]],
    expected: tuple[tuple[float, ...], tuple[int, ...]],
) -> None:
    first, second = (Histogram(bounds=bounds, counts=counts) for bounds, counts in (one, other))
    assert first + second == second + first == Histogram(bounds=expected[0], counts=expected[1]), why
    assert first + NO_HISTOGRAM == first


ORDERS = Signal(name="orders", version=PAYMENTS)


@pytest.mark.parametrize(
    ("why", "before", "after", "expected"),
    [
        ("the difference", Tally(requests=5, bad=1), Tally(requests=9, bad=1), {ORDERS: Tally(requests=4)}),
        ("began anew", Tally(requests=5, bad=1), Tally(requests=3), {ORDERS: Tally(requests=3)}),
        ("nothing", Tally(requests=5), Tally(requests=5), {}),
    ],
)
def test_ratios_grow_as_counters_do(
    why: str, before: Tally, after: Tally, expected: dict[Signal, Tally]
) -> None:
    readings = [
        Reading(at=at, epoch="a", ratios={ORDERS: tally}) for at, tally in ((1.0, before), (3.0, after))
    ]
    assert increase(*readings) == Batch(ratios=expected, seconds=2.0), why


def test_levels_count_once_however_often_they_are_read() -> None:
    old, new = (Levels(at=at, values={"pod": 1.0}) for at in (1.0, 2.0))
    first, again, later = (
        Reading(at=at, epoch="a", levels={ORDERS: levels}) for at, levels in ((1, old), (2, old), (3, new))
    )
    assert increase(first, again).levels == {}
    assert increase(again, later).levels == {ORDERS: new}
    assert increase(Reading(at=0, epoch="a"), first).levels == {ORDERS: old}


def test_examples_come_with_what_got_worse() -> None:
    said = {ORDERS: "an order without a price"}
    first, same, worse = (
        Reading(at=at, epoch="a", ratios={ORDERS: Tally(requests=at, bad=bad)}, examples=said)
        for at, bad in ((1, 1), (2, 1), (3, 2))
    )
    assert increase(first, same).examples == {}
    assert increase(same, worse).examples == said
    assert together([Batch(), increase(same, worse)]).examples == said


def test_a_remark_concerns_both_ends_of_its_edge() -> None:
    cart = VersionedService(service=ServiceName("cart"), version=Version("1.0.0"))
    remarks = [Remark(edge=CallEdge(caller=caller, callee=PAYMENTS), said="") for caller in (cart, None)]
    concerned = [
        [remark.concerns(ServiceName(name)) for name in ("payments", "cart", "web")] for remark in remarks
    ]
    assert concerned == [[True, True, False], [True, False, False]]


def test_what_is_missing_comes_with_the_later_reading() -> None:
    gone = Missing(gap=Gap.PARTIAL, what="1 of 3 pods of payments did not answer")
    found = increase(Reading(at=0, epoch="a"), Reading(at=1, epoch="a", missing=(gone,)))
    assert [str(each) for each in found.missing] == ["partial: 1 of 3 pods of payments did not answer"]


def test_words() -> None:
    assert str(ORDERS) == "orders of payments@2.0.0"
    assert (NOTHING.rate, Tally(requests=4, bad=1).rate) == (None, 0.25)


def _reading(counts: Counts | None, epoch: str) -> Reading:
    return Reading(at=0.0, epoch=epoch, edges={EDGE: counts} if counts else {})
