"""What ought to be there and is not: parts without samples, targets that are down or silent, versions unheard of.

Nothing says which instances and versions there should be. They are taken from what was seen within `LOOKBACK`,
Prometheus' own measure of how long a sample stands for the present, and from the requests of the moment.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from tidegate.core.gates.evidence import Gap, VersionedService
from tidegate.core.ids import ServiceName
from tidegate.core.telemetry import Metric
from tidegate.observers.prometheus.mapping import Placed
from tidegate.observers.prometheus.missing import Fault, Faults
from tidegate.observers.prometheus.questions import Asked, Part
from tidegate.observers.prometheus.series import Answer
from tidegate.observers.prometheus.targets import STALE_INTERVALS, Target

LOOKBACK = 300.0


class Seen(NamedTuple):
    """That a part had samples of a version from a target, and when the newest was taken."""

    version: VersionedService
    target: Target
    at: float


@dataclass(slots=True)
class Sightings:
    """When each part last had a sample of each version from each target."""

    _last: dict[str, dict[tuple[VersionedService, Target], float]] = field(default_factory=dict)

    def add(self, part: str, found: Iterable[Placed]) -> None:
        """Note what was seen."""
        last = self._last.setdefault(part, {})
        for each in found:
            key = (each.version, each.target)
            last[key] = max(each.series.last, last.get(key, 0.0))

    def forget(self, before: float) -> None:
        """Let go of what was last seen before then."""
        for part, last in self._last.items():
            self._last[part] = {key: at for key, at in last.items() if at >= before}

    def of(self, part: str) -> list[Seen]:
        """Everything that a part has had."""
        return [Seen(version, target, at) for (version, target), at in self._last.get(part, {}).items()]

    def services(self) -> Mapping[Target, set[ServiceName]]:
        """The services that each target had samples of."""
        services: dict[Target, set[ServiceName]] = {}
        for last in self._last.values():
            for version, target in last:
                services.setdefault(target, set()).add(version.service)
        return services


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Compares what was asked with what was seen; `interval` is how often Prometheus scrapes, in seconds."""

    asked: Asked
    sightings: Sightings
    interval: float
    url: str

    def fresh(self, seen: Seen) -> bool:
        """Whether the newest sample stands for the present."""
        return self.asked.now - seen.at <= STALE_INTERVALS * self.interval

    def note(self, parts: Iterable[Part], faults: Faults) -> None:
        """Add everything that is lacking."""
        parts = tuple(parts)
        self._down(parts, faults)
        entered = {each.version for each in self._seen("requests") if self.fresh(each)}
        for part in parts:
            if isinstance(self.asked.answers[part.name], Answer):
                for fault in self._lacking(part, entered):
                    faults.add(fault)

    def _seen(self, part: str) -> list[Seen]:
        """What a part can be expected to have."""
        return [each for each in self.sightings.of(part) if not self.asked.targets.silent(each.target)]

    def _down(self, parts: Iterable[Part], faults: Faults) -> None:
        """Targets whose last scrape failed, of jobs that evidence comes from."""
        targets, services = self.asked.targets, self.sightings.services()
        jobs = {target.job for target in services}
        for target in sorted(target for target, up in targets.up.items() if not up and target.job in jobs):
            known = services.get(target) or _services(parts, targets.labels[target])
            whose: list[ServiceName | None] = [*sorted(known)]
            for service in whose or [None]:
                fault = Fault(
                    gap=Gap.PARTIAL,
                    part="targets",
                    what=f"the last scrape of job {target.job} failed",
                    remedy=f"see {self.url}/targets",
                    service=service,
                )
                faults.add(fault, targets.labels[target])

    def _lacking(self, part: Part, entered: set[VersionedService]) -> Iterator[Fault]:
        if part.optional and not self._unknown(part):
            return
        seen = self._seen(part.name)
        if not any(map(self.fresh, seen)):
            yield from self._absent(part)
            return
        yield from self._silent(part, seen)
        if isinstance(part.source, Metric):
            yield from self._unheard(part, seen, entered)

    def _absent(self, part: Part) -> Iterator[Fault]:
        """Of a part without any sample that is fresh."""
        if seen := self.sightings.of(part.name):
            age = self.asked.now - max(each.at for each in seen)
            what = f"the last sample of {part.source} is {age:.0f} s old"
            remedy = self._near(part) or "is spec.prometheus.interval the scrape interval?"
            yield Fault(gap=Gap.STALE, part=part.name, what=what, remedy=remedy)
        elif self._unknown(part) and isinstance(part.source, Metric):
            what = f"Prometheus knows no metric {part.source.name}"
            remedy = self._near(part) or f"correct {part.path}, or export it from the start, as 0"
            yield Fault(gap=Gap.RENAMED, part=part.name, what=what, remedy=remedy)
        elif not self._answered(part):
            what = f"{part.source} gives nothing at {self.url}"
            yield Fault(gap=Gap.NO_DATA, part=part.name, what=what, remedy="is it exported and scraped?")

    def _answered(self, part: Part) -> bool:
        """Whether there was something, if only of no use; the mapping has said why."""
        answer = self.asked.answers[part.name]
        return isinstance(answer, Answer) and (bool(answer.series) or answer.kind == "string")

    def _unknown(self, part: Part) -> bool:
        return part.name in self.asked.lookups and not self.asked.lookups[part.name].known

    def _near(self, part: Part) -> str:
        lookup = self.asked.lookups.get(part.name)
        return lookup.near if lookup else ""

    def _silent(self, part: Part, seen: Iterable[Seen]) -> Iterator[Fault]:
        """Of targets that reported a version until lately and do not any more, while others do."""
        seen = list(seen)
        reporting = {(each.version.service, each.target) for each in seen if self.fresh(each)}
        lost = [each for each in seen if (each.version.service, each.target) not in reporting]
        for version in sorted({each.version for each in lost}):
            targets = [each.target.instance for each in seen if each.version == version]
            still = [each.target.instance for each in lost if each.version == version]
            what = (
                f"{part.source} no longer comes from {len(still)} of {len(targets)} targets of {version}, "
                f"such as {min(still)}"
            )
            remedy = f"see {self.url}/targets"
            yield Fault(gap=Gap.PARTIAL, part=part.name, what=what, remedy=remedy, service=version.service)

    def _unheard(self, part: Part, seen: Iterable[Seen], entered: set[VersionedService]) -> Iterator[Fault]:
        """Of versions that get requests and lack what another version of their service has."""
        have = {each.version for each in seen if self.fresh(each)}
        services = {version.service for version in have}
        for version in sorted(entered - have):
            if version.service in services:
                yield Fault(
                    gap=Gap.NO_DATA,
                    part=part.name,
                    what=f"{part.source} has nothing of {version}, though other versions have it",
                    remedy="does this version still export it, under that name?",
                    service=version.service,
                )


def _services(parts: Iterable[Part], labels: Mapping[str, str]) -> set[ServiceName]:
    """The services that the labels of a target name."""
    names = {part.labels.service for part in parts}
    return {ServiceName(labels[name]) for name in names if labels.get(name)}
