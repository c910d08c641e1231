"""Everything told of the experiments there are, in bounded memory.

Pushes come from threads, so that whoever serves stays free; the lock is held for some hundred events at a time. Units
are kept as keyed digests, with a key that is drawn at each start: nobody can tell from them who was served what.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import islice
from threading import Lock
from typing import Final

from tidegate.core.experiments.definition import Experiment, Period
from tidegate.core.experiments.report import Report, reported
from tidegate.core.experiments.roster import MOST_UNITS, UNIT_BITS, Roster
from tidegate.core.ids import FlagKey
from tidegate.observers.experiments.events import Evaluated, Happened, NotTaken, Told, Unused, Wanted

AT_ONCE: Final = 256
"""Events for which the lock is held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a push: how many events were refused, and why."""

    refused: int = 0
    why: str = ""


class ExperimentTable:
    """Experiments since it was made, at most so many units of each.

    `clock` gives seconds since 1970, `key` is secret.
    """

    def __init__(
        self,
        experiments: Iterable[Experiment],
        clock: Callable[[], float],
        key: bytes,
        most: int = MOST_UNITS,
    ) -> None:
        self._rosters = {each.flag: Roster(each, most) for each in experiments}
        self._clock = clock
        self._key = key
        self._lock = Lock()
        self._refused = Counter[NotTaken]()
        self.wanted = Wanted.of(roster.experiment for roster in self._rosters.values())
        self._by_metric = {
            name: [roster for roster in self._rosters.values() if _measures(roster.experiment, name)]
            for name in self.wanted.metrics
        }

    @property
    def flags(self) -> tuple[FlagKey, ...]:
        """The flags that there are experiments on."""
        return tuple(self._rosters)

    # What is told

    def accept(self, told: Iterable[Told]) -> Outcome:
        """Take what a push tells, each event that cannot be used being refused alone."""
        refused, rest = Counter[NotTaken](), iter(told)
        while some := list(islice(rest, AT_ONCE)):
            with self._lock:
                refused.update(each.why for each in some if isinstance(each, Unused))
                for each in some:
                    self._take(each)
        with self._lock:
            self._refused += refused
        why = "; ".join(f"{number} refused: {reason}" for reason, number in refused.most_common())
        return Outcome(refused=refused.total(), why=why)

    def _take(self, told: Told) -> None:
        match told:
            case Evaluated():
                roster = self._rosters[told.flag]
                roster.serve(self._unit(told.unit), told.variant, told.at, by_lot=told.by_lot)
            case Happened():
                unit = self._unit(told.unit)
                for roster in self._by_metric[told.metric]:
                    roster.add(unit, told.metric, told.value, told.at)
            case Unused():
                pass

    def _unit(self, name: str) -> int:
        return int.from_bytes(blake2b(name.encode(), digest_size=UNIT_BITS // 8, key=self._key).digest())

    def expose(self, flag: FlagKey, shares: Mapping[str, float]) -> None:
        """From now on a flag is served with these shares, where its experiment does not say so itself."""
        roster = self._rosters.get(flag)
        if roster is not None and not roster.experiment.periods:
            with self._lock:
                roster.change(Period(since=self._clock(), shares=shares))

    # What is read

    def report(self, flag: FlagKey) -> Report | None:
        """What the experiment on a flag has shown so far; absent where there is none."""
        roster = self._rosters.get(flag)
        if roster is None:
            return None
        now = self._clock()
        with self._lock:
            found, refused = roster.census(now), {str(why): number for why, number in self._refused.items()}
        return reported(roster.experiment, replace(found, lost={**found.lost, **refused}), now)


def _measures(experiment: Experiment, name: str) -> bool:
    return any(metric.name == name for metric in experiment.measured)
