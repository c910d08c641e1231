"""Improves a schedule by CP-SAT, starting from it. Needs ortools.

Up to `MOST_AT_ONCE` jobs are given to it as a whole. Of more, the jobs of a slice of time move at once: those before
stay, those after are moved up by list scheduling, then comes the next slice. What CP-SAT proves of a slice says
nothing of the whole, so the bound stays as it was.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, takewhile
from math import ceil, gcd
from typing import Final

import numpy as np
from ortools.sat.python import cp_model

from tidegate.core.schedule.bound import Bound, Certified
from tidegate.core.schedule.greedy import listed
from tidegate.core.schedule.openings import Openings
from tidegate.core.schedule.problem import Schedule, SchedulingProblem

MOST_AT_ONCE: Final = 2000
SLICE: Final = 500
WORKERS: Final = 2
METHOD: Final = "greedy, improved by CP-SAT"
SEARCH: Final = "all limits together"


def improved(problem: SchedulingProblem, found: Certified, budget: float) -> Certified:
    """The same schedule or a shorter one, with the higher of both bounds."""
    unit = _unit(problem)
    coarse = _in_units(problem, unit)
    first = Schedule.of(coarse, tuple(start // unit for start in found.schedule.starts))
    if len(problem.jobs) > MOST_AT_ONCE:
        schedule, proven, method = (
            _by_slices(coarse, first, time.monotonic() + budget),
            0,
            f"{METHOD} in slices",
        )
    else:
        schedule, proven = _solved(_Model(coarse, first, range(len(problem.jobs))), budget)
        method = METHOD
    return Certified(
        schedule=Schedule.of(problem, tuple(start * unit for start in schedule.starts)),
        bound=max(found.bound, Bound(seconds=proven * unit, limit=SEARCH), key=lambda bound: bound.seconds),
        method=method,
    )


def _unit(problem: SchedulingProblem) -> int:
    """The seconds of which every time is a multiple: CP-SAT searches far better with minutes than with seconds."""
    stretches = (*problem.openings.begins, *problem.openings.runs)
    return gcd(*(job.seconds for job in problem.jobs), *chain.from_iterable(stretches)) or 1


def _in_units(problem: SchedulingProblem, unit: int) -> SchedulingProblem:
    begins, runs = (
        tuple((begin // unit, end // unit) for begin, end in stretches)
        for stretches in (problem.openings.begins, problem.openings.runs)
    )
    jobs = tuple(replace(job, seconds=job.seconds // unit) for job in problem.jobs)
    return replace(problem, jobs=jobs, openings=Openings(begins=begins, runs=runs))


def _by_slices(problem: SchedulingProblem, schedule: Schedule, deadline: float) -> Schedule:
    best = schedule
    for begin in range(0, len(problem.jobs), SLICE):
        order = _order(best.starts)
        left = (len(order) - begin + SLICE - 1) // SLICE
        budget = (deadline - time.monotonic()) / left
        if budget <= 0:
            break
        moved, _ = _solved(_Model(problem, best, order[begin : begin + SLICE], order[:begin]), budget)
        again = listed(problem, _order(moved.starts))
        if isinstance(again, Schedule) and again.makespan <= best.makespan:
            best = again
    return best


def _order(starts: Sequence[int]) -> list[int]:
    order: list[int] = np.argsort(np.array(starts), kind="stable").tolist()
    return order


class _Model:
    """The jobs that may move as variables, those that stay as what they take; others do not exist.

    What moves begins no earlier than the first of it does now, and ends no later than the last.
    """

    def __init__(
        self,
        problem: SchedulingProblem,
        schedule: Schedule,
        moving: Sequence[int],
        staying: Sequence[int] = (),
    ) -> None:
        self.problem, self.schedule, self.moving = problem, schedule, moving
        self.model = cp_model.CpModel()
        self.first = min(schedule.starts[job] for job in moving)
        self.last = max(self.end(job) for job in moving)
        self.staying = [job for job in staying if self.end(job) > self.first]
        self.domains: dict[int, cp_model.Domain] = {}
        self.variables = {job: self._variable(job) for job in moving}
        self._add_precedence(frozenset(staying))
        self._add_capacities()
        self._add_makespan()

    def end(self, job: int) -> int:
        """Where a job ends as it is scheduled now."""
        return self.schedule.starts[job] + self.problem.jobs[job].seconds

    def _variable(self, job: int) -> cp_model.IntVar:
        seconds = self.problem.jobs[job].seconds
        if seconds not in self.domains:
            openings = takewhile(lambda each: each[0] <= self.last, self.problem.openings.starts(seconds))
            starts = [[begin, end - 1] for begin, end in openings]
            inside = cp_model.Domain(self.first, self.last - seconds)
            self.domains[seconds] = cp_model.Domain.from_intervals(starts).intersection_with(inside)
        variable = self.model.new_int_var_from_domain(self.domains[seconds], f"start {job}")
        self.model.add_hint(variable, self.schedule.starts[job])
        return variable

    def _add_precedence(self, staying: frozenset[int]) -> None:
        for before, after in self.problem.precedence:
            if after in self.variables:
                if before in self.variables:
                    ends = self.variables[before] + self.problem.jobs[before].seconds
                    self.model.add(ends <= self.variables[after])
                elif before in staying:
                    self.model.add(self.variables[after] >= self.end(before))

    def _add_capacities(self) -> None:
        for resource, capacity in self.problem.capacities.items():
            users = [job for job in (*self.moving, *self.staying) if self._takes(job, resource)]
            demands = [self.problem.jobs[job].demands[resource] for job in users]
            if sum(demands) > capacity:
                self.model.add_cumulative(map(self._interval, users), demands, capacity)

    def _takes(self, job: int, resource: str) -> bool:
        return self.problem.jobs[job].seconds > 0 and self.problem.jobs[job].demands.get(resource, 0) > 0

    def _interval(self, job: int) -> cp_model.IntervalVar:
        start = self.variables.get(job, self.schedule.starts[job])
        return self.model.new_fixed_size_interval_var(start, self.problem.jobs[job].seconds, f"job {job}")

    def _add_makespan(self) -> None:
        makespan = self.model.new_int_var(self.first, self.last, "makespan")
        for job, variable in self.variables.items():
            self.model.add(variable + self.problem.jobs[job].seconds <= makespan)
        self.model.add_hint(makespan, self.last)
        self.model.minimize(makespan)


def _solved(model: _Model, budget: float) -> tuple[Schedule, int]:
    """The schedule with what moved, and the least end of what moved that is proven."""
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = budget
    solver.parameters.num_workers = WORKERS
    status = solver.solve(model.model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return model.schedule, 0
    moved = {job: solver.value(variable) for job, variable in model.variables.items()}
    starts = tuple(moved.get(job, start) for job, start in enumerate(model.schedule.starts))
    return Schedule.of(model.problem, starts), ceil(solver.best_objective_bound)
