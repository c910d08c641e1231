"""How early any schedule could possibly end, and what stands in the way of an earlier one.

Three relaxations, of which the tightest counts, each of them aware of the openings:

    chain      the longest chain of jobs, each begun as early as an opening allows
    work       what a set of jobs takes of one resource cannot be done faster than there is of it while time is
               open; the set begins with its earliest job, and the last of it still has its chain behind it
    count      an opening holds only whole jobs: so many of at least some length, one after the other, side by side

What is after a job or before it is reckoned without resources, and each resource by itself: the bound may be
below what can be reached, and is never above it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tidegate.core.adjacency import Numbers
from tidegate.core.schedule.greedy import precedence, remaining
from tidegate.core.schedule.openings import Openings
from tidegate.core.schedule.problem import Schedule, SchedulingProblem

CHAIN = "the longest chain of steps"
MOST_VALUES = 32
"""For how many lengths jobs are counted, and for how many limits amounts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """No schedule ends before so many seconds, because of `limit`: a chain of steps or a resource."""

    seconds: int
    limit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Certified:
    """A schedule with what is known of how much better another could be, and how it was found."""

    schedule: Schedule
    bound: Bound
    method: str

    @property
    def gap(self) -> float:
        """By which share of the bound the schedule is longer; the best one is at most that much shorter."""
        return self.schedule.makespan / self.bound.seconds - 1 if self.bound.seconds else 0.0


def lower_bound(problem: SchedulingProblem) -> Bound:
    """The tightest of the bounds; the problem must have a schedule."""
    return max(_bounds(problem), key=lambda bound: bound.seconds)


def _bounds(problem: SchedulingProblem) -> Iterator[Bound]:
    seconds = np.array([job.seconds for job in problem.jobs], dtype=np.int64)
    heads, tails = _heads(problem), remaining(problem) - seconds
    time = _OpenTime(problem.openings)
    yield Bound(seconds=int((heads + seconds).max(initial=0)), limit=CHAIN)
    for resource, (users, amounts) in _users(problem).items():
        if amounts.sum() > problem.capacities[resource]:
            use = _Use(
                capacity=problem.capacities[resource],
                amounts=amounts,
                seconds=seconds[users],
                heads=heads[users],
                tails=tails[users],
            )
            yield Bound(seconds=max(_by_work(use, time), _by_count(use, time)), limit=resource)


def _heads(problem: SchedulingProblem) -> Numbers:
    """When each job could begin if there were no limits but the openings."""
    graph = precedence(problem)
    heads = [0] * graph.count
    for layer in graph.layers():
        for job in layer.tolist():
            begin = problem.openings.earliest(heads[job], problem.jobs[job].seconds)
            heads[job] = heads[job] if begin is None else begin
            for after in graph.ends[graph.begins[job] : graph.begins[job + 1]].tolist():
                heads[after] = max(heads[after], heads[job] + problem.jobs[job].seconds)
    return np.array(heads, dtype=np.int64)


def _users(problem: SchedulingProblem) -> dict[str, tuple[Numbers, Numbers]]:
    """For each resource the jobs that take of it for any time, and how much."""
    found: dict[str, list[tuple[int, int]]] = {}
    for i, job in enumerate(problem.jobs):
        for resource, amount in job.demands.items():
            if amount and job.seconds:
                found.setdefault(resource, []).append((i, amount))
    return {
        resource: (np.array([i for i, _ in uses]), np.array([amount for _, amount in uses]))
        for resource, uses in found.items()
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Use:
    """The jobs that share one resource: what each takes of it, how long, and what is before and after it."""

    capacity: int
    amounts: Numbers
    seconds: Numbers
    heads: Numbers
    tails: Numbers


def _by_work(use: _Use, time: "_OpenTime") -> int:
    """Over the sets of jobs with the longest tails, and of those with the latest heads."""
    found = 0
    for key in (use.tails, use.heads):
        order = np.argsort(-key, kind="stable")
        heads, tails = (np.minimum.accumulate(each[order]) for each in (use.heads, use.tails))
        for amounts in _reckoned(use):
            work = -(-np.cumsum((amounts * use.seconds)[order]) // use.capacity)
            found = max(found, int(time.after(time.after(heads, work), tails).max()))
    return found


def _reckoned(use: _Use) -> Iterator[Numbers]:
    """The amounts, and how they may be counted instead: beside a large one there is no room but for small ones.

    So for any limit a job that leaves less than that free counts as if it took everything, and one that takes less
    than that as nothing (dual feasible functions, Fekete and Schepers 2001).
    """
    yield use.amounts
    for limit in _some(np.unique(use.amounts[2 * use.amounts <= use.capacity])):
        large, small = use.amounts > use.capacity - limit, use.amounts < limit
        if large.any():
            yield np.where(large, use.capacity, np.where(small, 0, use.amounts))


def _by_count(use: _Use, time: "_OpenTime") -> int:
    """Over the sets of jobs of at least some length."""
    return max(_count(use, time, int(length)) for length in _some(np.unique(use.seconds)))


def _some(values: Numbers) -> Numbers:
    """At most `MOST_VALUES` of sorted values, from all over them."""
    if len(values) <= MOST_VALUES:
        return values
    return values[np.linspace(0, len(values) - 1, MOST_VALUES).astype(np.int64)]


def _count(use: _Use, time: "_OpenTime", length: int) -> int:
    users = use.seconds >= length
    side_by_side = use.capacity // int(use.amounts[users].min())
    whole = np.cumsum((time.lasts - time.firsts) // length) * side_by_side
    last = int(np.searchsorted(whole, users.sum()))
    if last == len(whole):
        return 0
    left = int(users.sum()) - (int(whole[last - 1]) if last else 0)
    ended = time.firsts[last] + -(-left // side_by_side) * length
    return int(time.after(np.array([ended]), use.tails[users].min())[0])


class _OpenTime:
    """Reckons with the time in which anything may run."""

    def __init__(self, openings: Openings) -> None:
        runs = np.array(openings.runs, dtype=np.int64).reshape(-1, 2)
        self.firsts, self.lasts = runs[:, 0], runs[:, 1]
        self.totals = np.cumsum(self.lasts - self.firsts)

    def after(self, moments: Numbers, work: Numbers) -> Numbers:
        """When so much open time has passed after each moment; the very end where there is not so much."""
        wanted = self._before(moments) + work
        run = np.minimum(np.searchsorted(self.totals, wanted), len(self.totals) - 1)
        reached: Numbers = self.lasts[run] - np.maximum(self.totals[run] - wanted, 0)
        return np.maximum(reached, moments)

    def _before(self, moments: Numbers) -> Numbers:
        run = np.maximum(np.searchsorted(self.firsts, moments, side="right") - 1, 0)
        spent: Numbers = (
            self.totals[run] - self.lasts[run] + np.clip(moments, self.firsts[run], self.lasts[run])
        )
        return spent
