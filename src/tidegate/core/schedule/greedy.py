"""A schedule, always: list scheduling by the longest remaining path.

Time goes from event to event: a job ends, or an opening begins. At each, jobs whose predecessors have ended begin
in order of priority, as many as there is room for. A job that does not fit lets smaller ones go first.
"""

from collections.abc import Iterator, Sequence
from heapq import heappop, heappush
from typing import Final

import numpy as np

from tidegate.core.adjacency import Adjacency, Numbers
from tidegate.core.schedule.openings import HORIZON
from tidegate.core.schedule.problem import Job, Schedule, SchedulingProblem, Unschedulable

LOOKAHEAD: Final = 256
"""How many jobs are looked at, at each event, for one that fits."""


def greedy(problem: SchedulingProblem) -> Schedule | Unschedulable:
    """The shortest schedule by any of the `RULES`."""
    hopeless = next(_hopeless(problem), None)
    if hopeless is not None:
        return hopeless
    found = [listed(problem, rule(problem)) for rule in RULES]
    return min(found, key=lambda each: each.makespan if isinstance(each, Schedule) else HORIZON + 1)


def listed(problem: SchedulingProblem, order: Sequence[int] | Numbers) -> Schedule | Unschedulable:
    """The schedule by a list of jobs, the most urgent first, each of which can run alone."""
    return _Listing(problem, np.asarray(order, dtype=np.int64)).schedule()


def by_remaining_path(problem: SchedulingProblem) -> Numbers:
    """The longest first of what is to be done from a job's beginning to the end of everything."""
    return np.argsort(-remaining(problem), kind="stable")


def by_work(problem: SchedulingProblem) -> Numbers:
    """The largest first: length times the greatest share that a job takes of anything."""
    return np.argsort([-job.seconds * _greatest_share(job, problem) for job in problem.jobs], kind="stable")


def _greatest_share(job: Job, problem: SchedulingProblem) -> float:
    return max((amount / (problem.capacities[r] or 1) for r, amount in job.demands.items()), default=0.0)


RULES: Final = (by_remaining_path, by_work)


def remaining(problem: SchedulingProblem) -> Numbers:
    """For each job the seconds of the longest chain of jobs that begins with it."""
    seconds = np.array([job.seconds for job in problem.jobs], dtype=np.int64)
    return precedence(problem).longest(seconds)


def precedence(problem: SchedulingProblem) -> Adjacency:
    """The jobs as a graph."""
    starts, ends = [a for a, _ in problem.precedence], [b for _, b in problem.precedence]
    return Adjacency.of(len(problem.jobs), starts, ends)


def _hopeless(problem: SchedulingProblem) -> Iterator[Unschedulable]:
    """Jobs that could not run even alone."""
    fitting = {s: problem.openings.earliest(0, s) is not None for s in {j.seconds for j in problem.jobs}}
    for job in problem.jobs:
        if not fitting[job.seconds]:
            reason, hint = f"it takes {job.seconds} s, longer than any opening", "longer windows, or overrun"
            yield Unschedulable(job=job.id, reason=reason, hint=hint)
        for resource, amount in job.demands.items():
            if amount > problem.capacities[resource]:
                reason = f"alone it takes more than there may be of {resource}"
                yield Unschedulable(job=job.id, reason=reason, hint="raise the limit")


class _Listing:
    """One run of list scheduling; jobs are numbered by priority."""

    def __init__(self, problem: SchedulingProblem, order: Numbers) -> None:
        self.openings, self.order = problem.openings, order
        self.jobs = [problem.jobs[i] for i in order.tolist()]
        self.seconds = np.array([job.seconds for job in self.jobs], dtype=np.int64)
        self.free = np.array([*problem.capacities.values(), 0], dtype=np.int64)
        self.resources, self.amounts = self._demands(list(problem.capacities))
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(len(order))
        graph = precedence(problem)
        self.graph = Adjacency.of(graph.count, rank[graph.starts], rank[graph.ends])
        self.waiting = np.bincount(self.graph.ends, minlength=graph.count)
        self.ready = self.waiting == 0
        self.running: list[tuple[int, int]] = []
        self.starts = np.full(graph.count, -1, dtype=np.int64)

    def _demands(self, names: list[str]) -> tuple[Numbers, Numbers]:
        """For each job its resources by number and how much of each, padded with nothing of the last."""
        number = {name: i for i, name in enumerate(names)}
        width = max((len(job.demands) for job in self.jobs), default=0)
        resources = np.full((len(self.jobs), width), len(names), dtype=np.int64)
        amounts = np.zeros((len(self.jobs), width), dtype=np.int64)
        for i, job in enumerate(self.jobs):
            resources[i, : len(job.demands)] = [number[name] for name in job.demands]
            amounts[i, : len(job.demands)] = list(job.demands.values())
        return resources, amounts

    def schedule(self) -> Schedule | Unschedulable:
        at: int | None = 0
        while at is not None:
            self._end_jobs(at)
            self._begin_jobs(at)
            at = self._next_event(at)
        if (self.starts < 0).any():
            first = self.jobs[int(np.argmax(self.starts < 0))].id
            reason, hint = "the openings of the next five years are full", "more windows, or higher limits"
            return Unschedulable(job=first, reason=reason, hint=hint)
        starts = np.empty_like(self.starts)
        starts[self.order] = self.starts
        makespan = int((self.starts + self.seconds).max(initial=0))
        return Schedule(starts=tuple(starts.tolist()), makespan=makespan)

    def _end_jobs(self, at: int) -> None:
        while self.running and self.running[0][0] <= at:
            _, job = heappop(self.running)
            np.add.at(self.free, self.resources[job], self.amounts[job])
            after = self.graph.ends[self.graph.begins[job] : self.graph.begins[job + 1]]
            np.subtract.at(self.waiting, after, 1)
            self.ready[after[self.waiting[after] == 0]] = True

    def _begin_jobs(self, at: int) -> None:
        short_enough = self.seconds <= self.openings.longest_at(at)
        candidates = np.flatnonzero(self.ready & short_enough)[:LOOKAHEAD]
        fitting = (self.free[self.resources[candidates]] >= self.amounts[candidates]).all(axis=1)
        for job in candidates[fitting].tolist():
            resources, amounts = self.resources[job], self.amounts[job]
            if (self.free[resources] >= amounts).all():
                np.subtract.at(self.free, resources, amounts)
                self.ready[job], self.starts[job] = False, at
                heappush(self.running, (at + self.jobs[job].seconds, job))

    def _next_event(self, at: int) -> int | None:
        """When the next job ends or the next opening begins; None once neither comes, or is of use."""
        ending = self.running[0][0] if self.running else None
        opening = self.openings.opening_after(at) if self.ready.any() else None
        return min((event for event in (ending, opening) if event is not None), default=None)
