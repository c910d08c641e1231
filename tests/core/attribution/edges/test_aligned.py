"""Intervals of several gates are one row: nothing is lost, nothing is counted twice, and there are not too many."""

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.attribution.edges.shop import CART, FRONT, PAY, at, minutes, release

from tidegate.core.attribution.edges.aligned import aligned
from tidegate.core.attribution.edges.observed import Interval
from tidegate.core.gates.evidence import CallEdge, Counts
from tidegate.core.ids import ServiceName


def look(until: float, service: ServiceName, requests: int = 1, seconds: float = 5.0) -> Interval:
    edge = CallEdge(caller=at(FRONT), callee=at(service))
    return Interval(since=until - seconds, until=until, counts={edge: Counts(requests=requests)})


def requests(intervals: tuple[Interval, ...]) -> int:
    return sum(counts.requests for interval in intervals for counts in interval.counts.values())


def test_a_row_stays_as_it_is() -> None:
    row = minutes([release(CART)])
    assert aligned(row) == row
    assert aligned(()) == ()


def test_looks_that_touch_are_not_put_together() -> None:
    row = tuple(look(5.0 * number + (number % 2), CART) for number in range(1, 9))
    assert aligned(row) == row


def test_two_gates_that_look_in_turn_make_one_row_in_which_both_are_seen() -> None:
    looks = sorted(
        [look(5.0 * number, CART) for number in range(1, 21)]
        + [look(5.0 * number + 2.0, PAY) for number in range(1, 21)],
        key=lambda each: each.until,
    )
    row = aligned(looks)
    assert requests(row) == 40
    assert len(row) == 21
    assert all(len(interval.counts) == 2 for interval in row[1:-1])


def test_instances_of_looks_that_are_put_together_are_as_last_seen() -> None:
    row = minutes([release(CART)], last=1) * 2
    assert aligned(row) == row[:1]


@settings(max_examples=30)
@given(st.lists(st.tuples(st.floats(0.0, 1e6), st.floats(0.0, 60.0)), max_size=400))
def test_whatever_the_looks_nothing_is_lost_and_the_row_is_short(ends: list[tuple[float, float]]) -> None:
    looks = [look(until, CART, requests=2, seconds=seconds) for until, seconds in sorted(ends)]
    row = aligned(looks)
    assert requests(row) == 2 * len(looks)
    assert len(row) <= 242
    assert list(row) == sorted(row, key=lambda interval: interval.until)
