"""Where in a past interval samples of a version are lacking. Pure but for its own memory.

A version must have samples from the beginning to the end, and each of its targets for as long as it was there: a
pod may come and go. Three scrape intervals without a sample are a hole: more than a scrape that failed or came late.
Counters make up for a hole, but for what a process counted that began or ended in it, and that may be the harm.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from typing import Final, Self

from tidegate.core.gates.evidence import Gap, VersionedService
from tidegate.observers.prometheus.mapping import Placed, version_of
from tidegate.observers.prometheus.missing import Fault, Faults
from tidegate.observers.prometheus.questions import Part
from tidegate.observers.prometheus.series import Series
from tidegate.observers.prometheus.steps import Span
from tidegate.observers.prometheus.targets import STALE_INTERVALS, Target, target_of
from tidegate.sources.words import utc


@dataclass(slots=True)
class _Sightings:
    """When something was seen first and last, and its holes: how many, and the first."""

    first: float
    last: float
    holes: int = 0
    hole: tuple[float, float] = (0.0, 0.0)

    def see(self, times: Iterable[float], began: float, longest: float) -> None:
        """Note more of it, in the order of time; what lies before `began` is no hole."""
        later = [at for at in times if at > self.last]
        for before, after in pairwise([max(self.last, began), *later]):
            if after - before > longest:
                self.hole = self.hole if self.holes else (before, after)
                self.holes += 1
        self.last = later[-1] if later else self.last

    @classmethod
    def begun(cls, at: float) -> Self:
        """Of what is seen for the first time."""
        return cls(at, at)


@dataclass(slots=True, kw_only=True)
class Holes:
    """Gathers what was seen of `part` within `span`; `interval` is how often Prometheus scrapes, in seconds."""

    part: Part
    span: Span
    interval: float
    _versions: dict[VersionedService, _Sightings] = field(default_factory=dict)
    _targets: dict[tuple[VersionedService, Target], _Sightings] = field(default_factory=dict)
    _scrapes: dict[Target, tuple[VersionedService | None, bool, float]] = field(default_factory=dict)

    @property
    def _longest(self) -> float:
        return STALE_INTERVALS * self.interval

    def see_targets(self, up: Iterable[Series]) -> None:
        """Note when targets were scraped, and whether that ever succeeded, from their `up` series."""
        for each in up:
            target = target_of(each.labels)
            _, ever, _ = self._scrapes.get(target, (None, False, 0.0))
            ever = ever or any(value == 1.0 for _, value in each.samples)
            self._scrapes[target] = (version_of(self.part.labels, each.labels), ever, each.last)

    def see(self, found: Iterable[Placed]) -> None:
        """Note the samples of a piece of the interval."""
        versions: dict[VersionedService, set[float]] = {}
        targets: dict[tuple[VersionedService, Target], set[float]] = {}
        for each in found:
            times = [at for at, _ in each.series.samples]
            versions.setdefault(each.version, set()).update(times)
            targets.setdefault((each.version, each.target), set()).update(times)
        for version, taken in versions.items():
            self._see(self._versions.setdefault(version, _Sightings.begun(min(taken))), taken)
        for key, taken in targets.items():
            self._see(self._targets.setdefault(key, _Sightings.begun(min(taken))), taken)

    def _see(self, seen: _Sightings, taken: set[float]) -> None:
        seen.see(sorted(taken), self.span.began, self._longest)

    def known(self, version: VersionedService) -> bool:
        """Whether there was any sample of a version."""
        return version in self._versions

    def note(self, version: VersionedService, faults: Faults) -> None:
        """Add what is lacking of a version that is known."""
        for what, remedy in self._of_version(version, self._versions[version]):
            faults.add(self._fault(version, what, remedy))
        for what, target in self._of_targets(version):
            labels = {"instance": target.instance, "job": target.job}
            faults.add(self._fault(version, what, _WITHOUT), labels)

    def _of_version(self, version: VersionedService, seen: _Sightings) -> Iterator[tuple[str, str]]:
        metric = self.part.source
        if seen.first > self.span.began + self._longest:
            yield f"{metric} has no samples of {version} before {utc(seen.first)}", "begin there"
        if seen.last < self.span.ended - self._longest:
            yield f"{metric} has no samples of {version} after {utc(seen.last)}", "end there"
        if seen.holes:
            begin, end = map(utc, seen.hole)
            count = f"{seen.holes} hole{'' if seen.holes == 1 else 's'}"
            yield f"{metric} has {count} for {version}, the first from {begin} to {end}", _WITHOUT

    def _of_targets(self, version: VersionedService) -> Iterator[tuple[str, Target]]:
        """Targets that were there and had no samples, or were never scraped with success."""
        metric, ended = self.part.source, self._ended()
        own = {target: seen for (whose, target), seen in self._targets.items() if whose == version}
        for target, seen in sorted(own.items()):
            if seen.holes and not self._versions[version].holes:
                yield f"{metric} has holes for single targets of {version}", target
            if ended[target] < self._scraped_until(target) - self._longest:
                yield f"{metric} ends for targets of {version} that were there still", target
        for target in sorted(self._scrapes):
            whose, ever, _ = self._scrapes[target]
            if whose == version and not ever:
                yield f"no scrape succeeded of targets of {version}", target

    def _ended(self) -> Mapping[Target, float]:
        """When each target had its last sample, of whichever version."""
        ended: dict[Target, float] = {}
        for (_, target), seen in self._targets.items():
            ended[target] = max(seen.last, ended.get(target, seen.last))
        return ended

    def _scraped_until(self, target: Target) -> float:
        return self._scrapes[target][2] if target in self._scrapes else -inf

    def _fault(self, version: VersionedService, what: str, remedy: str) -> Fault:
        return Fault(gap=Gap.PARTIAL, part=self.part.name, what=what, remedy=remedy, service=version.service)


_WITHOUT: Final = "choose an interval without; or is spec.prometheus.interval not the scrape interval?"
