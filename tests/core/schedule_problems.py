"""Small scheduling problems, written as one would say them, and drawn at random."""

from itertools import product

from hypothesis import strategies as st

from tidegate.core.ids import StepId
from tidegate.core.schedule.check import violations
from tidegate.core.schedule.openings import HORIZON, Openings
from tidegate.core.schedule.problem import Job, Schedule, SchedulingProblem


def job(name: str, seconds: int, **demands: int) -> Job:
    return Job(id=StepId(name), seconds=seconds, demands=demands)


def opening(*stretches: tuple[int, int]) -> Openings:
    return Openings(begins=stretches, runs=stretches)


OPENINGS = (
    Openings(),
    opening((0, 4), (6, 10), (11, HORIZON)),
    Openings(begins=((1, 3), (8, 9), (12, HORIZON)), runs=((0, 5), (7, HORIZON))),
)


@st.composite
def problems(draw: st.DrawFn, most: int = 8) -> SchedulingProblem:
    """Each has a schedule: no job takes more than there is, and the last opening is long."""
    count = draw(st.integers(0, most))
    capacities = {"one": 1, "three": 3, "much": 10}
    jobs = tuple(
        job(f"j{i}", draw(st.integers(0, 4)), **{r: draw(st.integers(0, c)) for r, c in capacities.items()})
        for i in range(count)
    )
    pairs = [(a, b) for b in range(count) for a in range(b)]
    precedence = draw(st.lists(st.sampled_from(pairs), max_size=6, unique=True)) if pairs else []
    return SchedulingProblem(
        jobs=jobs,
        precedence=tuple(precedence),
        capacities=capacities,
        openings=draw(st.sampled_from(OPENINGS)),
    )


def shortest(problem: SchedulingProblem, latest: int) -> int:
    """The least makespan of all schedules that begin nothing after a moment; the horizon if there is none."""
    spans = (
        schedule.makespan
        for starts in product(range(latest + 1), repeat=len(problem.jobs))
        if not violations(problem, schedule := Schedule.of(problem, starts))
    )
    return min(spans, default=HORIZON)
