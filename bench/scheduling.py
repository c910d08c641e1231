"""`python -m bench.scheduling`: how good schedules are that greedy finds, and CP-SAT within ten seconds.

Random changes of 50 to 10,000 releases, each after up to two of the fifty before it, ten minutes to four hours
long, with limits on releases at once, per owner, per system and on the blast radius; once with all time open, once
with windows of seven hours on four days of the week. The gap is what is certified: the optimum is unknown.
"""

import argparse
import random
import time

from tidegate.core.ids import StepId
from tidegate.core.schedule.bound import Certified, lower_bound
from tidegate.core.schedule.check import violations
from tidegate.core.schedule.greedy import greedy
from tidegate.core.schedule.openings import DAY, Openings
from tidegate.core.schedule.problem import Job, Schedule, SchedulingProblem
from tidegate.schedulers import GREEDY, best_schedule

SIZES = (50, 200, 1000, 10_000)
WEIGHTS = (1, 1, 2, 4, 8)
"""Of tiers, as in `core.schedule.jobs`; most services are of the lower ones."""
HOURS = tuple((day * DAY + 9 * 3600, day * DAY + 16 * 3600) for day in range(1800) if day % 7 < 4)
CALENDARS = {"always open": Openings(), "windows": Openings(begins=HOURS, runs=HOURS)}


def made(count: int, openings: Openings) -> SchedulingProblem:
    """A random change of so many releases."""
    dice = random.Random(count)
    side_by_side = max(4, count // 50)
    jobs = tuple(
        Job(
            id=StepId(f"expose/s{number}"),
            seconds=60 * dice.randint(10, 240),
            demands={
                "releases at once": 1,
                f"owner {dice.randrange(max(3, count // 20))}": 1,
                f"system {dice.randrange(max(2, count // 100))}": 1,
                "blast radius": dice.choice(WEIGHTS),
            },
        )
        for number in range(count)
    )
    limits = {
        "releases": side_by_side,
        "owner": 2,
        "system": max(3, side_by_side // 2),
        "blast": 3 * side_by_side,
    }
    precedence = {
        (dice.randrange(max(0, number - 50), number), number)
        for number in range(1, count)
        for _ in range(dice.choice((0, 0, 1, 1, 2)))
    }
    return SchedulingProblem(
        jobs=jobs,
        precedence=tuple(sorted(precedence)),
        capacities={name: limits[name.split(" ", maxsplit=1)[0]] for job in jobs for name in job.demands},
        openings=openings,
    )


def measure(count: int, calendar: str, budget: float) -> None:
    """A line for greedy and one for CP-SAT: makespan, certified gap, what limits it, wall seconds."""
    problem = made(count, CALENDARS[calendar])
    began = time.perf_counter()
    first = greedy(problem)
    assert isinstance(first, Schedule)
    bound = lower_bound(problem)
    certified = Certified(schedule=first, bound=bound, method=GREEDY)
    _tell(count, calendar, problem, certified, time.perf_counter() - began)
    began = time.perf_counter()
    best = best_schedule(problem, budget)
    assert isinstance(best, Certified)
    _tell(count, calendar, problem, best, time.perf_counter() - began)


def _tell(count: int, calendar: str, problem: SchedulingProblem, found: Certified, seconds: float) -> None:
    assert violations(problem, found.schedule) == ()
    hours = found.schedule.makespan / 3600
    print(
        f"  {count:6,d} {calendar:<11} {hours:8.1f} h  gap {100 * found.gap:5.1f} %  {seconds:6.1f} s"
        f"  {found.bound.limit}; {found.method}"
    )


def main() -> None:
    """Measure every size with both calendars."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.scheduling", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--budget", type=float, default=10.0, help="seconds for CP-SAT")
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES, help="how many releases")
    given = parser.parse_args()
    print("makespan, certified gap and wall seconds of random changes")
    for size in given.sizes:
        for calendar in CALENDARS:
            measure(size, calendar, given.budget)


if __name__ == "__main__":
    main()
