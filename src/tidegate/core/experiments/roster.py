"""Units of an experiment and what each did, in bounded memory.

    roster.serve(unit, "on", at)                 who was served what; the first time decides
    roster.add(unit, "purchase", 1.0, at)        what they did, which may be told first
    roster.census(now)                           what that comes to

A unit is a number of 64 bits, as likely one as another. Of more than `most` units half are forgotten, those with
the larger numbers, and only units with smaller numbers are counted from then on: a sample, which neither variant nor
outcome decides.
"""

from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Final

import numpy as np

from tidegate.core.experiments.census import Census, Columns, Fate, census
from tidegate.core.experiments.definition import Experiment, Kind, Period
from tidegate.core.experiments.early import Early, Outcome

MOST_UNITS: Final = 1_000_000
UNIT_BITS: Final = 64
MOST_VALUE: Final = 1e12
"""Of one outcome, so that the cubes of a million units can still be added up."""

_NO_VARIANT: Final = -1


class Loss(StrEnum):
    """Why something that was told is not counted."""

    UNKNOWN_VARIANT = "served a variant that had no share then"
    BEFORE_PERIODS = "served before the first shares"
    NOT_SERVED = "an outcome of a unit that was served no variant"
    BEFORE = "an outcome before its unit was served"
    AFTER = "an outcome after the window of its unit"


_ADDS: Final[Mapping[Kind, Callable[[float, float], float]]] = {
    Kind.CONVERSION: lambda _, __: 1.0,
    Kind.COUNT: lambda number, value: number + value,
    Kind.VALUE: lambda number, value: number + value,
}


class Roster:
    """The units of `experiment`, at most so many."""

    def __init__(self, experiment: Experiment, most: int = MOST_UNITS) -> None:
        self.experiment = experiment
        self._most = most
        self._ceiling = 1 << UNIT_BITS
        self._rows: dict[int, int] = {}
        self._at = array("d")
        self._variant = array("h")
        self._fate = array("b")
        self._numbers = {metric.name: array("d") for metric in experiment.measured}
        self._adds = {metric.name: _ADDS[metric.kind] for metric in experiment.measured}
        self._lost = Counter[Loss]()
        self._early = Early()
        self._periods: list[Period] = []
        self._variants: list[str] = []
        for period in experiment.periods:
            self.change(period)

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def periods(self) -> tuple[Period, ...]:
        """The shares so far."""
        return tuple(self._periods)

    def change(self, period: Period) -> None:
        """From then on shares are others; a period is not before those there are."""
        if not self._periods or self._periods[-1].shares != period.shares:
            self._periods.append(period)
            self._variants += [name for name in period.shares if name not in self._variants]

    # What is told

    def serve(self, unit: int, variant: str, at: float, *, by_lot: bool = True) -> None:
        """Note that a unit was served a variant at a second since 1970."""
        if unit >= self._ceiling:
            return
        row = self._rows.get(unit)
        if row is None:
            self._enrol(unit, variant, at, by_lot=by_lot)
        elif self._fate[row] == Fate.COUNTED:
            self._serve_again(row, variant, at)

    def _enrol(self, unit: int, variant: str, at: float, *, by_lot: bool) -> None:
        period = self._period(at)
        if period < 0:
            self._lost[Loss.BEFORE_PERIODS] += 1
        elif by_lot and not self._periods[period].shares.get(variant):
            self._lost[Loss.UNKNOWN_VARIANT] += 1
        else:
            self._rows[unit] = len(self._rows)
            self._at.append(at)
            self._variant.append(self._variants.index(variant) if by_lot else _NO_VARIANT)
            self._fate.append(Fate.COUNTED if by_lot else Fate.NOT_DRAWN)
            for numbers in self._numbers.values():
                numbers.append(0.0)
            while len(self._rows) > self._most:
                self._forget_half()
            self._add_early(unit)

    def _add_early(self, unit: int) -> None:
        for outcome in self._early.take(unit):
            self._lost[Loss.NOT_SERVED] -= 1
            self.add(unit, outcome.metric, outcome.value, outcome.at)

    def _serve_again(self, row: int, variant: str, at: float) -> None:
        first = self._at[row]
        if variant == self._variants[self._variant[row]]:
            self._at[row] = min(first, at)
        elif abs(at - first) <= self.experiment.window and self._period(at) == self._period(first):
            self._fate[row] = Fate.CROSSED

    def add(self, unit: int, metric: str, value: float, at: float) -> None:
        """Note what a unit did at a second since 1970."""
        if unit >= self._ceiling:
            return
        row = self._rows.get(unit)
        if row is None:
            self._lost[Loss.NOT_SERVED] += 1
            self._early.keep(unit, Outcome(metric=metric, value=value, at=at))
        elif at < self._at[row]:
            self._lost[Loss.BEFORE] += 1
        elif at > self._at[row] + self.experiment.window:
            self._lost[Loss.AFTER] += 1
        else:
            numbers = self._numbers[metric]
            numbers[row] = self._adds[metric](numbers[row], value)

    def _period(self, at: float) -> int:
        return bisect_right(self._periods, at, key=lambda period: period.since) - 1

    def _forget_half(self) -> None:
        self._ceiling //= 2
        kept = [(unit, row) for unit, row in self._rows.items() if unit < self._ceiling]
        rows = [row for _, row in kept]
        self._rows = {unit: number for number, (unit, _) in enumerate(kept)}
        self._at = array("d", (self._at[row] for row in rows))
        self._variant = array("h", (self._variant[row] for row in rows))
        self._fate = array("b", (self._fate[row] for row in rows))
        self._numbers = {
            name: array("d", (numbers[row] for row in rows)) for name, numbers in self._numbers.items()
        }

    # What it comes to

    def census(self, now: float) -> Census:
        """Who is counted at a second since 1970, and what they did."""
        columns = Columns(
            at=np.array(self._at, dtype=np.float64),
            variant=np.array(self._variant, dtype=np.int64),
            fate=np.array(self._fate, dtype=np.int64),
            numbers={name: np.array(numbers, dtype=np.float64) for name, numbers in self._numbers.items()},
        )
        found = census(self.experiment, self.periods, tuple(self._variants), columns, now)
        kept = self._ceiling / (1 << UNIT_BITS)
        return replace(
            found, kept=kept, lost={str(why): number for why, number in self._lost.items() if number}
        )
