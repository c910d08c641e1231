"""The best schedule that is found within a budget of time: greedy always, improved by CP-SAT where that is installed.

CP-SAT is Google's solver (`ortools`, the extra `schedule`), so it is imported only where there is something to improve.
"""

from importlib import import_module
from importlib.util import find_spec

from tidegate.core.schedule.bound import Certified, lower_bound
from tidegate.core.schedule.greedy import greedy
from tidegate.core.schedule.problem import SchedulingProblem, Unschedulable

GREEDY = "greedy"
WITHOUT_SOLVER = "greedy only: ortools is not installed (install tidegate[schedule])"


def best_schedule(problem: SchedulingProblem, budget: float) -> Certified | Unschedulable:
    """A schedule with its certified gap, after at most about `budget` seconds of looking for a better one."""
    first = greedy(problem)
    if isinstance(first, Unschedulable):
        return first
    found = Certified(schedule=first, bound=lower_bound(problem), method=GREEDY)
    if found.gap == 0 or budget <= 0:
        return found
    if find_spec("ortools") is None:
        return Certified(schedule=first, bound=found.bound, method=WITHOUT_SOLVER)
    improved: Certified = import_module("tidegate.schedulers.cpsat").improved(problem, found, budget)
    return improved
