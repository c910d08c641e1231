"""The fewest causes with which every known cycle loses an edge: a hitting set, as an integer program for HiGHS."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import chain
from math import ceil
from typing import Final, Generic, TypeVar

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

Cause = TypeVar("Cause", bound=Hashable)
Cycle = tuple[tuple[Cause, ...], ...]
"""For each of its edges that can go, the causes that must all be given up for that."""

MOST_SECONDS: Final = 2.0
"""How long HiGHS may look for one set, by its own clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hitting(Generic[Cause]):
    """Causes that hit every cycle, how many are needed for that at least, and whether the search came to its end."""

    causes: tuple[Cause, ...]
    at_least: int
    finished: bool


def smallest_hitting_set(cycles: Sequence[Cycle[Cause]], at_least: int) -> Hitting[Cause]:
    """The fewest causes that hit every cycle, or few; `at_least` so many are known to be needed.

    A column says whether a cause is given up, or whether an edge with several causes goes. A row holds each
    cycle to one of its edges, and each such edge to each of its causes.
    """
    edges = dict.fromkeys(chain.from_iterable(cycles))
    causes = dict.fromkeys(chain.from_iterable(edges))
    shared = [edge for edge in edges if len(edge) > 1]
    column = {key: i for i, key in enumerate([*((cause,) for cause in causes), *shared])}
    rows = [[(column[edge], 1.0) for edge in cycle] for cycle in cycles]
    rows += [[(column[cause,], 1.0), (column[edge], -1.0)] for edge in shared for cause in edge]
    lower = [1.0] * len(cycles) + [0.0] * (len(rows) - len(cycles))
    answer = milp(
        np.array([1.0] * len(causes) + [0.0] * len(shared)),
        constraints=LinearConstraint(_matrix(rows, len(column)), lb=lower),
        integrality=np.ones(len(column)),
        bounds=Bounds(0, 1),
        options={"time_limit": MOST_SECONDS},
    )
    taken = np.ones(len(causes)) if answer.x is None else answer.x[: len(causes)]
    return Hitting(
        causes=tuple(cause for cause, value in zip(causes, taken, strict=True) if value > 0.5),
        at_least=max(at_least, ceil((answer.mip_dual_bound or 0.0) - 1e-4)),
        finished=answer.status == 0,
    )


def _matrix(rows: Sequence[Sequence[tuple[int, float]]], columns: int) -> csr_array:
    """The rows as a sparse matrix."""
    entries = list(chain.from_iterable(rows))
    ends = np.cumsum([0, *map(len, rows)])
    values, places = [value for _, value in entries], [place for place, _ in entries]
    return csr_array((values, places, ends), shape=(len(rows), columns))
