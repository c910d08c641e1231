"""Journeys as the rows of an experiment, and the arms that each hypothesis compares.

A row is what journeys of one cohort have in common: which suspects' services they met, in the new version or in
the old. One that met neither says nothing of that suspect, and one that met no suspect is no row.

MAINS. The arms of suspect j are journeys that met its service at all, new against old. Which one a journey met was
drawn for that hop alone, so nothing else differs between the arms: not the route, the hour, the other canaries. There
are several such comparisons, all of which must speak before j is blamed:

    (j, j)   all of these journeys
    (j, k)   those that did not meet the new k, and no other new version that is drawn together with j

Were it k that is at fault, or j only where it meets k, (j, k) would be silent. Journeys drawn together are left out at
once rather than one suspect at a time, since two of them may be guilty.

PAIRS. Of journeys that met both services, those with both new are compared to those with one of them new, once each
way; so whatever one of the two does by itself, it does in both arms.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tidegate.core.attribution.journeys.suspects import Suspect
from tidegate.core.gates.eprocess import Arm, Flags, Floats
from tidegate.core.traces.reading import Cohort, Outcomes

Places = tuple[NDArray[np.intp], NDArray[np.intp]]
"""Where the members of each pair stand among the suspects."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """Which suspects each row met: `new` and `old` are ones and zeros, (rows, suspects)."""

    new: Floats
    old: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arms:
    """The canary and the control of many comparisons, arrays of one shape."""

    canary: Arm
    control: Arm

    def __add__(self, other: "Arms") -> "Arms":
        return Arms(canary=self.canary + other.canary, control=self.control + other.control)


def rows_of(
    suspects: Iterable[Suspect], cohorts: Mapping[Cohort, Outcomes]
) -> tuple[Rows, tuple[Outcomes, ...]]:
    """The cohorts that met a suspect's service, and how their journeys ended."""
    tried = tuple(suspects)
    new, old = (
        {getattr(each, arm): place for place, each in enumerate(tried)} for arm in ("canary", "control")
    )
    concerned = {*new, *old}
    met = [(cohort, ended) for cohort, ended in cohorts.items() if not cohort.isdisjoint(concerned)]
    names = [cohort for cohort, _ in met]
    return Rows(new=_marked(names, new), old=_marked(names, old)), tuple(ended for _, ended in met)


def _marked(cohorts: list[Cohort], places: Mapping[object, int]) -> Floats:
    marked = np.zeros((len(cohorts), len(places)))
    for row, cohort in enumerate(cohorts):
        marked[row, [places[version] for version in cohort if version in places]] = 1.0
    return marked


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Crossed:
    """Rows, what was counted of each, (rows, outcomes), and how much of it met both services of any two suspects.

    The three tables are (outcomes, suspects, suspects), by the versions met; on the diagonal is what met one.
    """

    rows: Rows
    counts: Arm
    new_new: Arm
    new_old: Arm
    old_old: Arm


def crossed(rows: Rows, counts: Arm) -> Crossed:
    """Every suspect by every other."""
    return Crossed(
        rows=rows,
        counts=counts,
        new_new=_both(rows.new, rows.new, counts),
        new_old=_both(rows.new, rows.old, counts),
        old_old=_both(rows.old, rows.old, counts),
    )


def _both(one: Floats, other: Floats, counts: Arm) -> Arm:
    return Arm(_marked_in_both(one, other, counts.requests), _marked_in_both(one, other, counts.bad))


def _marked_in_both(one: Floats, other: Floats, amounts: Floats) -> Floats:
    held = amounts.any(axis=1)
    if not held.all():
        one, other, amounts = one[held], other[held], amounts[held]
    outcomes, suspects = amounts.shape[1], one.shape[1]
    marked = (amounts[:, :, None] * one[:, None, :]).reshape(len(one), outcomes * suspects)
    together: Floats = (marked.T @ other).reshape(outcomes, suspects, suspects)
    return together


def main_arms(journeys: Crossed, tangled: Flags) -> Arms:
    """The comparisons (j, k) of every suspect, (outcomes, suspects, suspects)."""
    rows = journeys.rows
    alone = rows.new @ tangled == 0.0
    return Arms(
        canary=_apart(rows.new * alone, journeys, journeys.new_new),
        control=_apart(rows.old * alone, journeys, journeys.old_old),
    )


def _apart(alone: Floats, journeys: Crossed, all_: Arm) -> Arm:
    counts, with_other = journeys.counts, _both(alone, journeys.rows.new, journeys.counts)
    return Arm(
        _without(counts.requests.T @ alone, with_other.requests, all_.requests),
        _without(counts.bad.T @ alone, with_other.bad, all_.bad),
    )


def _without(alone: Floats, with_other: Floats, all_: Floats) -> Floats:
    diagonal = np.eye(all_.shape[1], dtype=bool)
    return np.where(diagonal, all_, alone[:, :, None] - with_other)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cells:
    """Journeys that met both services of a pair, by the versions met, (outcomes, pairs)."""

    new_new: Arm
    new_old: Arm
    old_new: Arm
    old_old: Arm


def cells_of(journeys: Crossed, pairs: Places, tangled: Flags) -> Cells:
    """The four cells of every pair; those of a pair that a third suspect is drawn together with stay empty."""
    one, other = pairs
    clear = _clear(pairs, tangled)

    def cell(table: Arm, first: NDArray[np.intp], second: NDArray[np.intp]) -> Arm:
        return Arm(table.requests[:, first, second], table.bad[:, first, second]).scaled(clear)

    return Cells(
        new_new=cell(journeys.new_new, one, other),
        new_old=cell(journeys.new_old, one, other),
        old_new=cell(journeys.new_old, other, one),
        old_old=cell(journeys.old_old, one, other),
    )


def _clear(pairs: Places, tangled: Flags) -> Flags:
    one, other = pairs
    with_others = tangled.sum(axis=1)
    clear: Flags = with_others[one] + with_others[other] == 2 * tangled[one, other]
    return clear


def pair_arms(cells: Cells) -> Arms:
    """Both new against each of the two alone, (outcomes, 2, pairs)."""
    return Arms(
        canary=_joined(np.stack, cells.new_new, cells.new_new),
        control=_joined(np.stack, cells.new_old, cells.old_new),
    )


def whole_arms(mains: Arms, cells: Cells) -> Arms:
    """One comparison for each hypothesis, suspects before pairs, (outcomes, hypotheses): it, against whatever else."""
    rest = cells.new_old + cells.old_new + cells.old_old
    return Arms(
        canary=_joined(np.concatenate, _first(mains.canary), cells.new_new),
        control=_joined(np.concatenate, _first(mains.control), rest),
    )


def _first(arm: Arm) -> Arm:
    """The comparisons (j, j)."""
    return Arm(*(np.diagonal(amounts, axis1=1, axis2=2) for amounts in (arm.requests, arm.bad)))


def _joined(join: Callable[..., Floats], one: Arm, other: Arm) -> Arm:
    return Arm(join((one.requests, other.requests), axis=1), join((one.bad, other.bad), axis=1))
