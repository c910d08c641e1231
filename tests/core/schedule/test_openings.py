"""Stretches of time, against counting second by second."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from tests.core.schedule_problems import OPENINGS

from tidegate.core.schedule.openings import Openings, Stretch, merged, without

END = 30
stretches = st.lists(st.tuples(st.integers(0, END), st.integers(0, END)).map(sorted).map(tuple), max_size=6)


def seconds(found: list[Stretch]) -> set[int]:
    return {at for begin, end in found for at in range(begin, end)}


def may_begin(openings: Openings, at: int, length: int) -> bool:
    begins = any(first <= at < last for first, last in openings.begins)
    return begins and any(first <= at and at + length <= last for first, last in openings.runs)


@given(stretches)
def test_merging_keeps_the_time_and_leaves_gaps_between(found: list[Stretch]) -> None:
    one = list(merged(found))
    assert seconds(one) == seconds(found)
    assert all(earlier[1] < later[0] for earlier, later in pairwise(one))


@given(stretches, stretches)
def test_taking_out_leaves_the_rest(found: list[Stretch], closed: list[Stretch]) -> None:
    rest = list(without(merged(found), merged(closed)))
    assert seconds(rest) == seconds(found) - seconds(closed)
    assert all(begin < end for begin, end in rest)


@given(st.sampled_from(OPENINGS), st.integers(0, END), st.integers(0, 6))
def test_the_answers_are_those_of_the_definition(openings: Openings, at: int, length: int) -> None:
    fits = [start for start in range(END) if may_begin(openings, start, length)]
    assert (openings.longest_at(at) >= length) == may_begin(openings, at, length)
    assert openings.earliest(at, length) == next((start for start in fits if start >= at), at)
    starts = seconds([(begin, min(end, END)) for begin, end in openings.starts(length)])
    assert sorted(starts) == fits


def test_after_the_last_opening_there_is_none() -> None:
    openings = Openings(begins=((0, 5),), runs=((0, 5),))
    assert openings.opening_after(0) is None
    assert openings.earliest(6, 1) is None
    assert openings.earliest(0, 6) is None
    assert openings.longest_at(5) == -1
    assert Openings(begins=((3, 5),), runs=((3, 5),)).longest_at(0) == -1
