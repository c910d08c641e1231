"""The best schedule of small problems is the best there is; of every problem it breaks no rule and is certified."""

from random import Random

import pytest
from hypothesis import given, settings
from tests.core.schedule_problems import job, problems, shortest

from tidegate import schedulers
from tidegate.core.schedule.bound import Bound, Certified, lower_bound
from tidegate.core.schedule.check import violations
from tidegate.core.schedule.greedy import greedy
from tidegate.core.schedule.problem import Schedule, SchedulingProblem, Unschedulable
from tidegate.schedulers import GREEDY, WITHOUT_SOLVER, best_schedule, cpsat

AMPLE = 20.0
"""Seconds, far more than such problems take."""

TRAP = SchedulingProblem(
    jobs=(job("a", 3, room=2), job("b", 1, room=1), job("c", 6, room=3)),
    precedence=((0, 1),),
    capacities={"room": 4},
)
"""Either list begins with the large job or with the chain and ends after 10; b beside c ends after 9."""


def best(problem: SchedulingProblem, budget: float = AMPLE) -> Certified:
    found = best_schedule(problem, budget)
    assert isinstance(found, Certified)
    assert violations(problem, found.schedule) == ()
    assert found.bound.seconds <= found.schedule.makespan
    return found


def by_list(problem: SchedulingProblem) -> int:
    found = greedy(problem)
    assert isinstance(found, Schedule)
    return found.makespan


@settings(max_examples=30)
@given(problems(most=3))
def test_of_a_small_problem_no_schedule_is_shorter(problem: SchedulingProblem) -> None:
    found = best(problem)
    assert found.gap == 0
    assert shortest(problem, 10) >= found.schedule.makespan


def test_what_list_scheduling_misses_is_found_and_proven() -> None:
    found = best(TRAP)
    assert found.schedule.makespan < by_list(TRAP)
    assert found.gap == 0
    assert found.method == cpsat.METHOD


def test_a_bound_that_only_the_search_sees_is_named_so() -> None:
    """Beside the first job there is no room for another, and the others are not of one length."""
    jobs = (job("a", 5, room=3), job("b", 2, room=2), job("c", 6, room=2))
    problem = SchedulingProblem(jobs=jobs, capacities={"room": 4})
    assert lower_bound(problem) == Bound(seconds=9, limit="room")
    assert best(problem).bound == Bound(seconds=11, limit=cpsat.SEARCH)


def crowd(count: int) -> SchedulingProblem:
    dice = Random(1)
    jobs = tuple(job(f"j{i}", dice.randint(1, 9), blast=dice.randint(1, 7)) for i in range(count))
    precedence = tuple((i - dice.randint(1, 5), i) for i in range(5, count))
    return SchedulingProblem(jobs=jobs, precedence=precedence, capacities={"blast": 10})


def test_many_jobs_are_improved_slice_by_slice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpsat, "MOST_AT_ONCE", 10)
    monkeypatch.setattr(cpsat, "SLICE", 12)
    problem = crowd(30)
    found = best(problem)
    assert found.schedule.makespan < by_list(problem)
    assert found.method == f"{cpsat.METHOD} in slices"


@pytest.mark.parametrize("most_at_once", [10, 100])
def test_without_time_to_search_the_greedy_schedule_stays(
    most_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cpsat, "MOST_AT_ONCE", most_at_once)
    problem = crowd(30)
    assert best(problem, 1e-9).schedule.makespan <= by_list(problem)
    assert best(problem, 0.0).method == GREEDY


def test_what_is_surely_best_is_not_searched_for() -> None:
    found = best(SchedulingProblem(jobs=(job("a", 3), job("b", 4)), precedence=((0, 1),)))
    assert (found.method, found.gap) == (GREEDY, 0)


def test_without_the_solver_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedulers, "find_spec", lambda _: None)
    found = best(TRAP)
    assert found.schedule.makespan == by_list(TRAP)
    assert found.method == WITHOUT_SOLVER


def test_what_has_no_place_is_said() -> None:
    found = best_schedule(SchedulingProblem(jobs=(job("a", 2, x=2),), capacities={"x": 1}), AMPLE)
    assert isinstance(found, Unschedulable)
