"""The bound is never above what can be reached, and says what stands in the way."""

import pytest
from hypothesis import given, settings
from tests.core.schedule_problems import job, opening, problems, shortest

from tidegate.core.schedule import bound as bound_module
from tidegate.core.schedule.bound import CHAIN, Bound, Certified, lower_bound
from tidegate.core.schedule.greedy import greedy
from tidegate.core.schedule.openings import HORIZON, Openings
from tidegate.core.schedule.problem import Schedule, SchedulingProblem


@given(problems())
def test_no_schedule_is_shorter_than_the_bound(problem: SchedulingProblem) -> None:
    found = greedy(problem)
    assert isinstance(found, Schedule)
    assert lower_bound(problem).seconds <= found.makespan


@settings(max_examples=30)
@given(problems(most=3))
def test_nor_is_the_shortest_of_all(problem: SchedulingProblem) -> None:
    assert lower_bound(problem).seconds <= shortest(problem, 10)


THREE = (job("a", 4, team=1), job("b", 4, team=1), job("c", 4, team=1))
BOUNDS = [
    ("nothing to do", SchedulingProblem(jobs=()), Bound(seconds=0, limit=CHAIN)),
    (
        "a chain",
        SchedulingProblem(jobs=THREE, precedence=((0, 1), (1, 2)), capacities={"team": 3}),
        Bound(seconds=12, limit=CHAIN),
    ),
    (
        "a chain through openings",
        SchedulingProblem(
            jobs=(job("a", 4), job("b", 4)), precedence=((0, 1),), openings=opening((1, 7), (9, 20))
        ),
        Bound(seconds=13, limit=CHAIN),
    ),
    ("one team", SchedulingProblem(jobs=THREE, capacities={"team": 1}), Bound(seconds=12, limit="team")),
    (
        "one team, and what comes before and after it",
        SchedulingProblem(
            jobs=(*THREE, job("head", 3), job("tail", 5)),
            precedence=((3, 0), (3, 1), (3, 2), (0, 4), (1, 4), (2, 4)),
            capacities={"team": 1},
        ),
        Bound(seconds=20, limit="team"),
    ),
    (
        "one team, in openings of which each holds one job, the last not from its beginning on",
        SchedulingProblem(jobs=THREE, capacities={"team": 1}, openings=opening((0, 7), (10, 17), (20, 27))),
        Bound(seconds=24, limit="team"),
    ),
    (
        "of a large and a middling job no two fit together",
        SchedulingProblem(
            jobs=(job("large", 5, blast=7), job("middling", 5, blast=4), job("another", 5, blast=4)),
            capacities={"blast": 10},
        ),
        Bound(seconds=10, limit="blast"),
    ),
    (
        "work that outlasts the openings",
        SchedulingProblem(jobs=THREE, capacities={"team": 1}, openings=opening((0, 5))),
        Bound(seconds=5, limit="team"),
    ),
    (
        "time in which nothing may begin counts where releases may overrun",
        SchedulingProblem(
            jobs=THREE,
            capacities={"team": 1},
            openings=Openings(begins=((0, 1), (4, 5), (8, 9)), runs=((0, HORIZON),)),
        ),
        Bound(seconds=12, limit="team"),
    ),
]


@pytest.mark.parametrize(("case", "problem", "expected"), BOUNDS)
def test_bounds(case: str, problem: SchedulingProblem, expected: Bound) -> None:
    assert lower_bound(problem) == expected, case


def test_of_many_lengths_and_amounts_some_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bound_module, "MOST_VALUES", 2)
    jobs = tuple(job(f"j{i}", i, blast=i) for i in range(1, 9))
    problem = SchedulingProblem(jobs=jobs, capacities={"blast": 8}, openings=opening((0, 9), (10, HORIZON)))
    found = greedy(problem)
    assert isinstance(found, Schedule)
    assert 26 <= lower_bound(problem).seconds <= found.makespan


def test_the_gap_is_a_share_of_the_bound() -> None:
    def gap(makespan: int, seconds: int) -> float:
        schedule, bound = Schedule(starts=(), makespan=makespan), Bound(seconds=seconds, limit=CHAIN)
        return Certified(schedule=schedule, bound=bound, method="greedy").gap

    assert gap(15, 12) == 0.25
    assert gap(0, 0) == 0
