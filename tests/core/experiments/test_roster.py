"""Who is counted in an experiment, and what they did."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.experiments.census import Census
from tidegate.core.experiments.definition import Experiment, Guard, Kind, Metric, Period
from tidegate.core.experiments.moments import Moments
from tidegate.core.experiments.roster import UNIT_BITS, Loss, Roster
from tidegate.core.ids import FlagKey

BOUGHT = Metric(name="bought", kind=Kind.CONVERSION)
CLICKS = Metric(name="clicks", kind=Kind.COUNT)
SPENT = Metric(name="spent", kind=Kind.VALUE, cap=100.0)
HALVES = Period(since=0.0, shares={"off": 0.5, "on": 0.5})
EXPERIMENT = Experiment(
    name="checkout",
    flag=FlagKey("checkout"),
    control="off",
    window=10.0,
    metrics=(BOUGHT, CLICKS),
    guards=(Guard(metric=SPENT, margin=0.02),),
    periods=(HALVES, Period(since=100.0, shares={"off": 0.2, "on": 0.8})),
)
END = 1_000.0


@pytest.fixture
def roster() -> Roster:
    return Roster(EXPERIMENT)


def totals(census: Census, metric: str) -> Mapping[str, tuple[int, float]]:
    """Units and total of the first period."""
    return {name: (each.units, each.total) for name, each in census.strata[0].outcomes[metric].items()}


def test_each_kind_makes_a_number_of_what_a_unit_did(roster: Roster) -> None:
    for unit, variant in enumerate(("off", "on", "on")):
        roster.serve(unit, variant, at=1.0)
    for value in (2.0, 3.0):
        for metric in ("bought", "clicks", "spent"):
            roster.add(1, metric, value, at=2.0)
    roster.add(2, "spent", 101.0, at=3.0)
    census = roster.census(END)
    assert totals(census, "bought") == {"off": (1, 0.0), "on": (2, 1.0)}
    assert totals(census, "clicks") == {"off": (1, 0.0), "on": (2, 5.0)}
    assert totals(census, "spent") == {"off": (1, 0.0), "on": (2, 105.0)}
    assert census.strata[0].outcomes["clicks"]["on"] == Moments(units=2, total=5.0, squares=25.0, cubes=125.0)


def test_units_are_compared_with_those_drawn_with_the_same_shares(roster: Roster) -> None:
    for unit, at in enumerate((1.0, 99.0 - 10.0, 100.0, 500.0)):
        roster.serve(unit, "on", at=at)
    census = roster.census(END)
    assert [stratum.period for stratum in census.strata] == list(EXPERIMENT.periods)
    assert [stratum.drawn for stratum in census.strata] == [{"off": 0, "on": 2}, {"off": 0, "on": 2}]


def test_a_unit_is_counted_once_its_window_is_over(roster: Roster) -> None:
    roster.serve(1, "on", at=1.0)
    roster.add(1, "bought", 1.0, at=2.0)
    before, after = roster.census(10.9), roster.census(11.0)
    assert (before.waiting, totals(before, "bought")["on"]) == (1, (0, 0.0))
    assert (after.waiting, totals(after, "bought")["on"]) == (0, (1, 1.0))
    assert before.strata[0].drawn == {"off": 0, "on": 1}


def test_a_window_that_a_change_of_shares_cuts_short_is_not_counted_whoever_was_served_what(
    roster: Roster,
) -> None:
    """Else those of the control who come again after the change, the busy ones, would be missing there only."""
    roster.serve(1, "off", at=95.0)
    roster.serve(1, "on", at=101.0)
    roster.serve(2, "on", at=95.0)
    census = roster.census(END)
    assert (census.cut_short, census.crossed) == (2, {})
    assert totals(census, "bought") == {"off": (0, 0.0), "on": (0, 0.0)}
    assert census.strata[0].drawn == {"off": 1, "on": 1}


def test_a_unit_that_is_served_two_variants_within_its_window_is_excluded_and_named(roster: Roster) -> None:
    roster.serve(1, "on", at=1.0)
    roster.serve(1, "off", at=5.0)
    roster.serve(1, "on", at=6.0)
    roster.serve(2, "off", at=1.0)
    roster.serve(2, "on", at=11.1)
    census = roster.census(END)
    assert census.crossed == {"on": 1}
    assert census.strata[0].drawn == {"off": 1, "on": 0}


def test_the_first_time_decides_even_if_it_is_told_later(roster: Roster) -> None:
    roster.serve(1, "on", at=5.0)
    roster.serve(1, "on", at=3.0)
    roster.serve(1, "on", at=8.0)
    roster.add(1, "bought", 1.0, at=4.0)
    assert roster.census(13.0).waiting == 0
    assert totals(roster.census(13.0), "bought")["on"] == (1, 1.0)


def test_who_was_not_drawn_by_lot_is_not_counted(roster: Roster) -> None:
    roster.serve(1, "on", at=1.0, by_lot=False)
    roster.serve(1, "off", at=2.0)
    census = roster.census(END)
    assert (census.not_drawn, census.crossed, census.strata[0].drawn) == (1, {}, {"off": 0, "on": 0})


def test_an_outcome_may_be_told_before_its_unit(roster: Roster) -> None:
    roster.add(1, "spent", 7.0, at=5.0)
    roster.add(1, "spent", 7.0, at=0.5)
    roster.add(2, "spent", 7.0, at=5.0)
    assert roster.census(END).lost == {Loss.NOT_SERVED: 3}
    roster.serve(1, "on", at=1.0)
    census = roster.census(END)
    assert totals(census, "spent")["on"] == (1, 7.0)
    assert census.lost == {Loss.NOT_SERVED: 1, Loss.BEFORE: 1}


def test_what_is_of_no_use_is_counted_by_reason(roster: Roster) -> None:
    roster.serve(1, "on", at=-1.0)
    roster.serve(2, "pink", at=1.0)
    roster.serve(3, "on", at=1.0)
    roster.add(9, "bought", 1.0, at=1.0)
    roster.add(3, "bought", 1.0, at=0.5)
    roster.add(3, "bought", 1.0, at=11.5)
    assert roster.census(END).lost == dict.fromkeys(
        [Loss.BEFORE_PERIODS, Loss.UNKNOWN_VARIANT, Loss.NOT_SERVED, Loss.BEFORE, Loss.AFTER], 1
    )


def test_shares_that_stay_as_they_are_begin_no_period(roster: Roster) -> None:
    roster.change(Period(since=200.0, shares={"off": 0.2, "on": 0.8}))
    roster.change(Period(since=300.0, shares={"off": 0.0, "new": 1.0}))
    assert [period.since for period in roster.periods] == [0.0, 100.0, 300.0]
    roster.serve(1, "new", at=301.0)
    assert roster.census(END).strata[2].drawn == {"off": 0, "on": 0, "new": 1}


def test_nothing_told_is_nothing_counted() -> None:
    assert Roster(EXPERIMENT).census(END).strata[0].drawn == {"off": 0, "on": 0}


UNITS = st.lists(st.integers(0, 2**UNIT_BITS - 1), unique=True, max_size=60)


@given(UNITS)
def test_beyond_the_bound_a_sample_is_kept_that_only_the_units_decide(units: list[int]) -> None:
    roster = Roster(EXPERIMENT, most=8)
    for unit in units:
        roster.serve(unit, "on", at=1.0)
        roster.add(unit, "bought", 1.0, at=2.0)
    census = roster.census(END)
    sample = [unit for unit in units if unit < census.kept * 2**UNIT_BITS]
    assert len(roster) == len(sample) <= 8
    assert totals(census, "bought")["on"] == (len(sample), len(sample))


def test_a_sample_keeps_what_was_known_of_its_units() -> None:
    roster = Roster(EXPERIMENT, most=2)
    roster.serve(1, "on", at=1.0)
    roster.add(1, "spent", 7.0, at=2.0)
    roster.serve(2**63, "off", at=1.0)
    roster.serve(2, "off", at=3.0)
    roster.add(2**63, "spent", 7.0, at=2.0)
    roster.serve(2**63, "off", at=4.0)
    census = roster.census(END)
    assert census.kept == 0.5
    assert totals(census, "spent") == {"off": (1, 0.0), "on": (1, 7.0)}
