"""What the counters of both arms counted in each step of a past interval. Pure but for its own memory.

The interval is read piece by piece. Where every counter stood at the end of a piece is kept, so that nothing at a
seam is lost or counted twice, wherever it lies within a step.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import ceil, inf
from typing import Final

from tidegate.core.gates.analysis import Interval
from tidegate.core.gates.evidence import Tally, VersionedService
from tidegate.core.gates.measures import Subject
from tidegate.observers.prometheus.counters import Mark, increases
from tidegate.observers.prometheus.mapping import Answers, Counter
from tidegate.observers.prometheus.series import Series
from tidegate.observers.prometheus.targets import Target, target_of

_EPSILON: Final = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A past interval, from `began` to `ended` in seconds since 1970, in steps of `step` seconds."""

    began: float
    ended: float
    step: float

    @property
    def steps(self) -> int:
        """How many steps there are; the last may be shorter than the others."""
        return ceil((self.ended - self.began) / self.step - _EPSILON)

    @property
    def ends(self) -> list[float]:
        """When each step ends."""
        return [*(self.began + number * self.step for number in range(1, self.steps)), self.ended]


class Steps:
    """Sums by version and step."""

    def __init__(self, span: Span) -> None:
        self._ends = span.ends
        self._requests: dict[tuple[VersionedService, int], float] = {}
        self._bad: dict[tuple[VersionedService, int], float] = {}
        self._marks: dict[str, Mark] = {}
        self._scraped: dict[Target, float] = {}

    @property
    def series(self) -> int:
        """How many counters there have been."""
        return len(self._marks)

    def see_targets(self, up: Iterable[Series]) -> None:
        """Note since when targets are known to be scraped, from their `up` series."""
        for each in up:
            first = min((at for at, value in each.samples if value == 1.0), default=inf)
            target = target_of(each.labels)
            self._scraped[target] = min(first, self._scraped.get(target, inf))

    def add(self, counters: Iterable[Counter], begin: float, end: float) -> None:
        """Count what `counters` counted after `begin` and until `end`, both in seconds since 1970."""
        first = bisect_right(self._ends, begin)
        cuts = [at for at in self._ends[first:] if at < end]
        instants = [begin, *cuts, end]
        for counter in counters:
            mark, scraped = self._marks.get(counter.key), self._scraped.get(counter.target, inf)
            for step, values in enumerate(increases(counter.track, instants, mark, scraped=scraped), first):
                if values:
                    self._count(counter, step, values[0])
            if counter.track:
                at, values = counter.track[-1]
                self._marks[counter.key] = Mark(at=at, values=values)

    def _count(self, counter: Counter, step: int, more: float) -> None:
        assert isinstance(counter.account, Answers)
        key = (counter.account.edge.callee, step)
        if counter.account.kind != "failed":
            self._requests[key] = self._requests.get(key, 0.0) + more
        if counter.account.kind in ("bad", "failed"):
            self._bad[key] = self._bad.get(key, 0.0) + more

    def intervals(self, subject: Subject) -> Iterator[Interval]:
        """The counts of both arms, step after step."""
        for step, at in enumerate(self._ends):
            canary, control = self._tally(subject.canary, step), self._tally(subject.control, step)
            yield Interval(at=at, canary=canary, control=control)

    def _tally(self, version: VersionedService, step: int) -> Tally:
        key = (version, step)
        return Tally(requests=round(self._requests.get(key, 0.0)), bad=round(self._bad.get(key, 0.0)))
