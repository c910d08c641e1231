"""List scheduling: always a schedule that breaks no rule, or why there is none."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.schedule_problems import job, opening, problems

from tidegate.core.schedule.check import violations
from tidegate.core.schedule.greedy import RULES, greedy, listed
from tidegate.core.schedule.openings import HORIZON, Openings
from tidegate.core.schedule.problem import Job, Schedule, SchedulingProblem, Unschedulable


@given(problems())
def test_a_schedule_breaks_no_rule(problem: SchedulingProblem) -> None:
    found = greedy(problem)
    assert isinstance(found, Schedule)
    assert violations(problem, found) == ()


@given(problems(), st.randoms(use_true_random=False))
def test_so_it_is_whatever_the_order(problem: SchedulingProblem, dice: Random) -> None:
    order = list(range(len(problem.jobs)))
    dice.shuffle(order)
    found = listed(problem, order)
    assert isinstance(found, Schedule)
    assert violations(problem, found) == ()


def starts(problem: SchedulingProblem) -> tuple[int, ...]:
    found = greedy(problem)
    assert isinstance(found, Schedule)
    return found.starts


def test_the_longest_chain_goes_first() -> None:
    jobs = (job("short", 3, team=1), job("a", 2, team=1), job("b", 4))
    assert starts(SchedulingProblem(jobs=jobs, precedence=((1, 2),), capacities={"team": 1})) == (2, 0, 2)


def test_what_does_not_fit_lets_smaller_ones_go_first() -> None:
    jobs = (job("large", 5, blast=6), job("larger", 4, blast=7), job("small", 1, blast=4))
    assert starts(SchedulingProblem(jobs=jobs, capacities={"blast": 10})) == (0, 5, 0)


@pytest.mark.parametrize(
    ("jobs", "by_path", "by_work"),
    [
        ((job("a", 5, room=1), job("b", 4, room=2), job("c", 4, room=2)), 8, 9),
        ((job("a", 6, room=1), job("b", 5, room=1), job("c", 1, room=3), job("d", 5, room=3)), 11, 10),
    ],
)
def test_the_better_rule_counts(jobs: tuple[Job, ...], by_path: int, by_work: int) -> None:
    problem = SchedulingProblem(jobs=jobs, capacities={"room": 4})
    spans = [
        found.makespan for rule in RULES if isinstance(found := listed(problem, rule(problem)), Schedule)
    ]
    assert spans == [by_path, by_work]
    best = greedy(problem)
    assert isinstance(best, Schedule)
    assert best.makespan == min(spans)


def test_a_release_waits_for_an_opening_that_holds_it() -> None:
    assert starts(SchedulingProblem(jobs=(job("a", 3),), openings=opening((0, 2), (5, 9)))) == (5,)


def test_one_that_may_overrun_waits_for_the_end_of_a_freeze_only() -> None:
    openings = Openings(begins=((0, 2), (5, 7)), runs=((0, 4), (5, HORIZON)))
    jobs = (job("short", 4), job("long", 9))
    assert starts(SchedulingProblem(jobs=jobs, openings=openings)) == (0, 5)


def test_an_opening_that_nothing_fits_is_passed_over_while_something_runs() -> None:
    openings = Openings(begins=((0, 1), (2, 3), (8, 9)), runs=((0, 5), (6, 20)))
    jobs = (job("a", 5), job("b", 4))
    assert starts(SchedulingProblem(jobs=jobs, precedence=((0, 1),), openings=openings)) == (0, 8)


def test_nothing_to_do() -> None:
    assert greedy(SchedulingProblem(jobs=())) == Schedule(starts=(), makespan=0)


@pytest.mark.parametrize(
    ("jobs", "reason"),
    [
        ((job("a", 1), job("b", 9)), "it takes 9 s, longer than any opening"),
        ((job("b", 1, team=3),), "alone it takes more than there may be of team"),
        ((job("a", 4, team=2), job("b", 3, team=2)), "the openings of the next five years are full"),
    ],
)
def test_what_never_fits_is_said(jobs: tuple[Job, ...], reason: str) -> None:
    found = greedy(SchedulingProblem(jobs=jobs, capacities={"team": 2}, openings=opening((0, 5))))
    assert isinstance(found, Unschedulable)
    assert (found.job, found.reason) == ("b", reason)
