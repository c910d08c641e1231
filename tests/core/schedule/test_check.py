"""The checker finds each rule that is broken, and only that."""

# ruff: noqa: E501 - each case stays on its row of the table

import pytest
from tests.core.schedule_problems import job

from tidegate.core.schedule.check import violations
from tidegate.core.schedule.openings import Openings
from tidegate.core.schedule.problem import Schedule, SchedulingProblem

PROBLEM = SchedulingProblem(
    jobs=(job("a", 3, team=1), job("b", 2, team=1)),
    precedence=((0, 1),),
    capacities={"team": 1},
    openings=Openings(begins=((0, 4), (6, 8)), runs=((0, 5), (6, 20))),
)


@pytest.mark.parametrize(
    ("starts", "expected"),
    [
        ((0, 3), ()),
        ((0, 7), ()),
        ((5, 9), ("a begins at 5, when nothing may", "a runs from 5 for 3 s, which no opening holds", "b begins at 9, when nothing may")),
        ((3, 7), ("a runs from 3 for 3 s, which no opening holds",)),
        ((6, 7), ("b begins before a ends", "2 of team at 7, where there are 1")),
        ((6, 0), ("b begins before a ends",)),
    ],
)  # fmt: skip
def test_what_is_wrong(starts: tuple[int, ...], expected: tuple[str, ...]) -> None:
    assert violations(PROBLEM, Schedule.of(PROBLEM, starts)) == expected


def test_a_makespan_that_is_not_the_last_end() -> None:
    wrong = Schedule(starts=(0, 3), makespan=4)
    assert violations(PROBLEM, wrong) == ("the last job ends at 5, not at 4",)
