"""What is wrong with a schedule: written without the code that makes schedules, from the definition alone."""

from collections.abc import Iterator
from itertools import accumulate

from tidegate.core.schedule.problem import Schedule, SchedulingProblem


def violations(problem: SchedulingProblem, schedule: Schedule) -> tuple[str, ...]:
    """Each rule that the schedule breaks, in words; none for one that holds."""
    return (
        *_closed(problem, schedule),
        *_too_early(problem, schedule),
        *_too_much(problem, schedule),
        *_misstated(problem, schedule),
    )


def _closed(problem: SchedulingProblem, schedule: Schedule) -> Iterator[str]:
    begins, runs = problem.openings.begins, problem.openings.runs
    for job, start in zip(problem.jobs, schedule.starts, strict=True):
        if not any(first <= start < last for first, last in begins):
            yield f"{job.id} begins at {start}, when nothing may"
        if not any(first <= start and start + job.seconds <= last for first, last in runs):
            yield f"{job.id} runs from {start} for {job.seconds} s, which no opening holds"


def _too_early(problem: SchedulingProblem, schedule: Schedule) -> Iterator[str]:
    for before, after in problem.precedence:
        if schedule.starts[before] + problem.jobs[before].seconds > schedule.starts[after]:
            yield f"{problem.jobs[after].id} begins before {problem.jobs[before].id} ends"


def _too_much(problem: SchedulingProblem, schedule: Schedule) -> Iterator[str]:
    for resource, capacity in problem.capacities.items():
        changes: dict[int, int] = {}
        for job, start in zip(problem.jobs, schedule.starts, strict=True):
            amount = job.demands.get(resource, 0)
            changes[start] = changes.get(start, 0) + amount
            changes[start + job.seconds] = changes.get(start + job.seconds, 0) - amount
        times = sorted(changes)
        for at, used in zip(times, accumulate(changes[at] for at in times), strict=True):
            if used > capacity:
                yield f"{used} of {resource} at {at}, where there are {capacity}"


def _misstated(problem: SchedulingProblem, schedule: Schedule) -> Iterator[str]:
    last = max(
        (start + job.seconds for job, start in zip(problem.jobs, schedule.starts, strict=True)), default=0
    )
    if last != schedule.makespan:
        yield f"the last job ends at {last}, not at {schedule.makespan}"
