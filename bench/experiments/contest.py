"""Our interval beside a z-test at every look, which is what is done and not valid, and one that waits for the end.

`exact` is the betting interval of the gates (`core/gates/effect.py`) on the same conversions, in batches.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf, sqrt
from statistics import median
from typing import Final

from bench.experiments.trials import Dice, Trial

from tidegate.core.experiments.lift import Arms, contrast
from tidegate.core.experiments.moments import Moments
from tidegate.core.gates.effect import spread
from tidegate.core.gates.evidence import Tally

ALPHA: Final = 0.05
EFFECT: Final = 0.1
QUANTILE: Final = 1.96

Contestant = Callable[[Sequence[Arms]], int | None]
"""The first look at which a difference is claimed, if there is one."""


def ours(looks: Sequence[Arms]) -> int | None:
    """Our interval at every look."""
    return _first(
        found is not None and found.excluded(0.0)
        for found in (contrast([arms], effect=EFFECT, alpha=ALPHA) for arms in looks)
    )


def repeated(looks: Sequence[Arms]) -> int | None:
    """A z-test at every look with enough units."""
    return _first(arms.enough and _differs(arms) for arms in looks)


def once(looks: Sequence[Arms]) -> int | None:
    """A z-test at the end alone."""
    return len(looks) - 1 if _differs(looks[-1]) else None


def exact(looks: Sequence[Arms]) -> int | None:
    """The betting interval, a batch between two looks."""
    state, before = spread(), looks[0]
    for number, arms in enumerate(looks[1:], start=1):
        batch = (_increase(arms.variant, before.variant), _increase(arms.control, before.control))
        state, before = state.with_batch(*batch), arms
        low, high = state.interval
        if low >= 0.0 or high <= 0.0:
            return number
    return None


def _increase(now: Moments, before: Moments) -> Tally:
    return Tally(requests=now.units - before.units, bad=round(now.total - before.total))


def _differs(arms: Arms) -> bool:
    return abs(arms.difference) > QUANTILE * sqrt(sum(arms.errors))


def _first(claims: Iterable[bool]) -> int | None:
    return next((number for number, claimed in enumerate(claims) if claimed), None)


VALUES: Final[Mapping[str, Contestant]] = {
    "tidegate": ours,
    "z-test at every look": repeated,
    "z-test at the end": once,
}
"""Those that take any numbers."""

WATCHED: Final[Mapping[str, Contestant]] = {
    "tidegate": ours,
    "exact, in batches": exact,
    "z-test at every look": repeated,
}
"""Those that may find a difference in conversions at any look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """Of many experiments: the part in which a contestant claims a difference, and the units it takes in the median.

    `units` is infinite where fewer than half claim any.
    """

    part: float
    units: float


def held(trial: Trial, runs: int, dice: Dice, contestants: Mapping[str, Contestant]) -> Mapping[str, Claims]:
    """What each contestant claims of the same experiments."""
    taken: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(runs):
        looks = list(trial.looks(dice))
        for name, contestant in contestants.items():
            first = contestant(looks)
            taken[name].append(inf if first is None else _units(looks[first]))
    return {
        name: Claims(part=sum(each < inf for each in units) / runs, units=median(units))
        for name, units in taken.items()
    }


def _units(arms: Arms) -> float:
    return arms.variant.units + arms.control.units
