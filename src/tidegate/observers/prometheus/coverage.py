"""What ought to be there and is not: parts without samples, targets that are down or silent, versions unheard of.

Nothing says which instances and versions there should be. They are taken from what was seen within `LOOKBACK`,
Prometheus' own measure of how long a sample stands for the present, and from the requests of the moment.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from tidegate.core.gates.evidence import Gap, VersionedService
from tidegate.core.ids import ServiceName
from tidegate.core.telemetry import Metric
from tidegate.observers.prometheus.mapping import Seen
from tidegate.observers.prometheus.missing import Fault, Faults
from tidegate.observers.prometheus.questions import Asked, Part
from tidegate.observers.prometheus.series import Answer
from tidegate.observers.prometheus.targets import STALE_INTERVALS, Target

LOOKBACK = 300.0


@dataclass(slots=True)
class Sightings:
    """When each part last had a sample of each version from each target."""

    _last: dict[tuple[str, VersionedService, Target], float] = field(default_factory=dict)

    def add(self, seen: Iterable[Seen]) -> None:
        """Note what was seen."""
        for each in seen:
            key = (each.part, each.version, each.target)
            self._last[key] = max(each.at, self._last.get(key, each.at))

    def forget(self, asked: Asked) -> None:
        """Let go of targets that are gone, and of what was last seen too long ago."""
        self._last = {
            key: at
            for key, at in self._last.items()
            if asked.now - at <= LOOKBACK and not asked.targets.gone(key[2])
        }

    def of(self, part: str) -> list[Seen]:
        """Everything that a part has had."""
        return [
            Seen(part=name, version=version, target=target, at=at)
            for (name, version, target), at in self._last.items()
            if name == part
        ]

    def jobs(self) -> set[str]:
        """The jobs that any sample came from."""
        return {target.job for _, _, target in self._last}

    def services(self, target: Target) -> set[ServiceName]:
        """The services that a target had samples of."""
        return {version.service for _, version, at in self._last if at == target}


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

    def live(self, part: str) -> list[Seen]:
        """What a part has now."""
        silent = self.asked.targets.silent
        return [each for each in self.sightings.of(part) if self.fresh(each) and not silent(each.target)]

    def note(self, parts: Iterable[Part], faults: Faults) -> None:
        """Add everything that is lacking."""
        parts = tuple(parts)
        self._down(parts, faults)
        entered = {each.version for each in self.live("requests")}
        for part in parts:
            if not isinstance(self.asked.answers[part.name], Answer):
                continue
            for found in (*self._absent(part), *self._silent(part), *self._unheard(part, entered)):
                faults.add(found)

    def _down(self, parts: Iterable[Part], faults: Faults) -> None:
        """Targets whose last scrape failed, of jobs that evidence comes from."""
        targets, jobs = self.asked.targets, self.sightings.jobs()
        for target in sorted(target for target, up in targets.up.items() if not up and target.job in jobs):
            known = self.sightings.services(target) or _services(parts, targets.labels[target])
            services: list[ServiceName | None] = [*sorted(known)]
            for service in services or [None]:
                fault = Fault(
                    gap=Gap.PARTIAL,
                    part="targets",
                    what=f"the last scrape of job {target.job} failed",
                    remedy=f"see {self.url}/targets",
                    service=service,
                )
                faults.add(fault, targets.labels[target])

    def _absent(self, part: Part) -> Iterator[Fault]:
        """A part without any sample, or with none that is fresh."""
        seen = self.sightings.of(part.name)
        if any(map(self.fresh, seen)) or self._may_be_absent(part):
            return
        if seen:
            age = self.asked.now - max(each.at for each in seen)
            what = f"the last sample of {part.source} is {age:.0f} s old"
            remedy = self._near(part) or "is spec.prometheus.interval the scrape interval?"
            yield Fault(gap=Gap.STALE, part=part.name, what=what, remedy=remedy)
        elif self._unknown(part):
            what = f"Prometheus knows no metric {part.source.name}" if isinstance(part.source, Metric) else ""
            remedy = self._near(part) or f"correct {part.path}, or export it from the start, as 0"
            yield Fault(gap=Gap.RENAMED, part=part.name, what=what, remedy=remedy)
        elif not self._answered(part):
            what = f"{part.source} gives nothing at {self.url}"
            yield Fault(gap=Gap.NO_DATA, part=part.name, what=what, remedy="is it exported and scraped?")

    def _answered(self, part: Part) -> bool:
        """Whether there was something, if only of no use; the mapping has said why."""
        answer = self.asked.answers[part.name]
        return isinstance(answer, Answer) and (bool(answer.series) or answer.kind == "string")

    def _may_be_absent(self, part: Part) -> bool:
        return part.optional and not self._unknown(part)

    def _unknown(self, part: Part) -> bool:
        return part.name in self.asked.lookups and not self.asked.lookups[part.name].known

    def _near(self, part: Part) -> str:
        lookup = self.asked.lookups.get(part.name)
        return lookup.near if lookup else ""

    def _silent(self, part: Part) -> Iterator[Fault]:
        """Instances that reported a version until lately and do not any more, while others do."""
        seen = [each for each in self.sightings.of(part.name) if not self.asked.targets.silent(each.target)]
        if part.optional or not any(map(self.fresh, seen)):
            return
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

    def _unheard(self, part: Part, entered: set[VersionedService]) -> Iterator[Fault]:
        """Versions that get requests and lack what another version of their service has."""
        if part.optional or not isinstance(part.source, Metric):
            return
        have = {each.version for each in self.live(part.name)}
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
