"""Outcomes that are told before their unit, in bounded memory."""

from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.experiments.early import Early, Outcome


def outcome(at: float) -> Outcome:
    return Outcome(metric="bought", value=1.0, at=at)


def test_what_a_unit_did_is_taken_once_and_in_order() -> None:
    early = Early()
    for at in (1.0, 2.0):
        early.keep(7, outcome(at))
    assert early.take(7) == [outcome(1.0), outcome(2.0)]
    assert early.take(7) == []


@given(st.lists(st.integers(0, 9), max_size=60))
def test_never_more_is_kept_than_there_is_room_for_and_of_a_unit_the_newest(units: list[int]) -> None:
    early = Early(most=5)
    for at, unit in enumerate(units):
        early.keep(unit, outcome(at))
    kept = {unit: early.take(unit) for unit in range(10)}
    assert sum(map(len, kept.values())) <= 5
    for unit, found in kept.items():
        told = [outcome(at) for at, each in enumerate(units) if each == unit]
        assert found == told[len(told) - len(found) :]


def test_who_came_first_is_forgotten_first() -> None:
    early = Early(most=2)
    for unit in (1, 2, 3):
        early.keep(unit, outcome(float(unit)))
    assert [early.take(unit) for unit in (1, 2, 3)] == [[], [outcome(2.0)], [outcome(3.0)]]
