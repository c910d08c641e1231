"""A scheduling problem: jobs that take time and share resources, some of them after others, within openings.

Known as the resource-constrained project scheduling problem with calendars; the least makespan is NP-hard.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tidegate.core.ids import StepId
from tidegate.core.schedule.openings import Openings


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A step of the plan: how many seconds it takes, and how much of which resources while it runs."""

    id: StepId
    seconds: int
    demands: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulingProblem:
    """Jobs, pairs of their positions of which the first must end before the second begins, and what there is.

    `capacities` names every resource that jobs demand, with how much of it there is at any moment.
    """

    jobs: tuple[Job, ...]
    precedence: tuple[tuple[int, int], ...] = ()
    capacities: Mapping[str, int] = field(default_factory=dict)
    openings: Openings = field(default_factory=Openings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When each job begins, in seconds since the moment from which is planned, beside the problem's jobs."""

    starts: tuple[int, ...]
    makespan: int

    @classmethod
    def of(cls, problem: SchedulingProblem, starts: tuple[int, ...]) -> "Schedule":
        """A schedule with these beginnings."""
        ends = (start + job.seconds for start, job in zip(starts, problem.jobs, strict=True))
        return cls(starts=starts, makespan=max(ends, default=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Unschedulable:
    """No schedule exists, or none within the years that are looked at: which job does not fit, why, what to do."""

    job: StepId
    reason: str
    hint: str
