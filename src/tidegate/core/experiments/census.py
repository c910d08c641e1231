"""Who is counted, and what they did.

A unit is counted once its window is over, so that its outcome is final and units are independent. Not counted is
who was not drawn by lot; whose window was cut short by a change of the shares, because then who had been served the
control may be served the variant, and who that happens to are those who come often; and who was served another variant
within the window while the shares were the same, which nobody intended.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from tidegate.core.experiments.definition import Experiment, Period
from tidegate.core.experiments.moments import Moments

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Numbers = NDArray[np.int64]


class Fate(IntEnum):
    """Whether a unit is counted."""

    COUNTED = 0
    CROSSED = 1
    NOT_DRAWN = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum:
    """Units that were drawn with the shares of a period: `drawn` by variant, of them those with final `outcomes`.

    The latter are by metric and variant.
    """

    period: Period
    drawn: Mapping[str, int]
    outcomes: Mapping[str, Mapping[str, Moments]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """What an experiment has at a moment, by period, and how many units are not among its outcomes.

    They are `waiting` for the end of their window, `crossed` from the variant that they are listed under, `cut_short`,
    or `not_drawn`. `kept` is the share of units that is sampled; `lost` is by reason.
    """

    strata: tuple[Stratum, ...]
    waiting: int = 0
    crossed: Mapping[str, int] = field(default_factory=dict)
    cut_short: int = 0
    not_drawn: int = 0
    kept: float = 1.0
    lost: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Columns:
    """Units, a row each: when first served, which variant by number, their fate, and a number for each metric."""

    at: Floats
    variant: Numbers
    fate: Numbers
    numbers: Mapping[str, Floats]


def census(
    experiment: Experiment, periods: Sequence[Period], variants: Sequence[str], units: Columns, now: float
) -> Census:
    """What `units` come to at a second since 1970."""
    since = np.array([period.since for period in periods], dtype=np.float64)
    period = np.searchsorted(since, units.at, side="right") - 1
    closes = units.at + experiment.window
    counted = units.fate == Fate.COUNTED
    cut = counted & (closes > np.append(since[1:], np.inf)[period])
    final = counted & ~cut & (closes <= now)
    tables = _Tables(period=period, variant=units.variant, shape=(len(periods), len(variants)))
    drawn, outcomes = tables.sums(counted), _outcomes(experiment, tables, units, final)
    crossed = tables.sums(units.fate == Fate.CROSSED).sum(axis=0)
    return Census(
        strata=tuple(
            Stratum(
                period=each,
                drawn={name: int(drawn[number, place]) for place, name in enumerate(variants)},
                outcomes={
                    metric: {name: moments[number][place] for place, name in enumerate(variants)}
                    for metric, moments in outcomes.items()
                },
            )
            for number, each in enumerate(periods)
        ),
        waiting=int((counted & ~cut & ~final).sum()),
        crossed={name: int(crossed[place]) for place, name in enumerate(variants) if crossed[place]},
        cut_short=int(cut.sum()),
        not_drawn=int((units.fate == Fate.NOT_DRAWN).sum()),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Tables:
    """Adds rows up by period and variant."""

    period: Numbers
    variant: Numbers
    shape: tuple[int, int]

    def sums(self, rows: Flags, numbers: Floats | None = None) -> Floats:
        """Of the numbers of some rows, or how many rows there are."""
        cells = (self.period * self.shape[1] + self.variant)[rows]
        weights = None if numbers is None else numbers[rows]
        least = self.shape[0] * self.shape[1]
        return np.bincount(cells, weights, minlength=least).astype(np.float64).reshape(self.shape)

    def moments(self, rows: Flags, numbers: Floats) -> list[list[Moments]]:
        """Of the numbers of some rows."""
        tables = (self.sums(rows), *(self.sums(rows, numbers**power) for power in (1, 2, 3)))
        return [
            [
                Moments(units=int(units), total=float(total), squares=float(squares), cubes=float(cubes))
                for units, total, squares, cubes in zip(*cells, strict=True)
            ]
            for cells in zip(*tables, strict=True)
        ]


def _outcomes(
    experiment: Experiment, tables: _Tables, units: Columns, final: Flags
) -> Mapping[str, list[list[Moments]]]:
    """By metric, period and variant."""
    return {
        metric.name: tables.moments(final, np.minimum(units.numbers[metric.name], metric.cap))
        for metric in experiment.measured
    }
