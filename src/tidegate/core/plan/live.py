"""The live-versions rule: which mixtures of old and new may be live together, and what order follows.

For each service of a change the state is old, both or new. A state is safe if for every dependency every live
consumer version works against every live provider version. So, for an edge consumer → provider:

    (new consumer, old provider) breaks    the provider must be new before the consumer leaves old
    (old consumer, new provider) breaks    the consumer must be new before the provider leaves old
    (new consumer, new provider) breaks    no order helps: the goal itself is broken
    (old consumer, old provider) breaks    it is broken today; no order of ours makes it worse

A service outside the change has one version only, so whatever breaks against it cannot be ordered away.
Undoing the steps of such an order in reverse passes through the same mixtures, and is as safe.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from tidegate.core.catalog import Catalog, Provision, Requirement, Service
from tidegate.core.change import Change, Release
from tidegate.core.contracts.compatibility import WORST_FIRST, Compatibility
from tidegate.core.contracts.judgement import Judgement
from tidegate.core.contracts.versions import satisfies
from tidegate.core.ids import InterfaceName, ServiceName, Version


class Side(StrEnum):
    """Which of the two versions of a service in a change is meant."""

    OLD = "old"
    NEW = "new"


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """One version of a service as far as contracts see it."""

    service: ServiceName
    version: Version
    side: Side
    provides: tuple[Provision, ...]
    consumes: tuple[Requirement, ...]

    def __str__(self) -> str:
        return f"{self.service} {self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A consumer version against a provider version, and whether they may be live together."""

    consumer: Live
    provider: Live
    judgement: Judgement

    @property
    def mixture(self) -> tuple[Side, Side]:
        """Which sides meet: (consumer's, provider's)."""
        return self.consumer.side, self.provider.side

    def __str__(self) -> str:
        verb = "is not known to work" if self.judgement.answer is Compatibility.UNKNOWN else "does not work"
        if self.judgement.safe:
            verb = "works"
        return f"{self.consumer} {verb} with {self.provider}: it {self.judgement.evidence}"


Judge = Callable[[Live, Requirement, Live], Judgement]
"""Does the first get what it needs of the second? See `core.contracts.evidence`."""


def by_ranges(_: Live, need: Requirement, provider: Live) -> Judgement:
    """Judges by what the versions are called: all that is known where nothing is on record."""
    return satisfies(need, provider.provides)


def pairs(catalog: Catalog, change: Change, judge: Judge = by_ranges) -> tuple[Pair, ...]:
    """Every pair of versions that could be live together on an edge that the change touches."""
    world = _World.of(catalog, change)
    return tuple(
        Pair(consumer=consumer, provider=provider, judgement=judgement)
        for edge in world.edges()
        for consumer in world.versions[edge[0]]
        for provider in world.versions[edge[1]]
        if (judgement := world.judged(consumer, provider, judge)) is not None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _World:
    """Every version that may be live, and who offers which interface in some or in all of its versions."""

    changed: frozenset[ServiceName]
    versions: Mapping[ServiceName, tuple[Live, ...]]
    sometimes: Mapping[InterfaceName, tuple[ServiceName, ...]]
    always: Mapping[InterfaceName, tuple[ServiceName, ...]]
    bare: frozenset[tuple[ServiceName, ServiceName]]

    @classmethod
    def of(cls, catalog: Catalog, change: Change) -> "_World":
        releases = {release.service: release for release in change.releases}
        versions = {
            name: (_old(service), *([_new(releases[name])] if name in releases else ()))
            for name, service in catalog.services.items()
        }
        return cls(
            changed=frozenset(releases),
            versions=versions,
            sometimes=_offering(versions, any),
            always=_offering(versions, all),
            bare=frozenset((e.consumer, e.provider) for e in catalog.dependencies if e.interface is None),
        )

    def edges(self) -> Iterable[tuple[ServiceName, ServiceName]]:
        """(consumer, provider) of every dependency that the change touches, each once, in a stable order."""
        declared = dict.fromkeys(
            (name, provider)
            for name, lives in self.versions.items()
            for live in lives
            for need in live.consumes
            for provider in self.sometimes.get(need.interface, ())
        )
        touched = [*declared, *sorted(self.bare - set(declared))]
        return [edge for edge in touched if edge[0] != edge[1] and not self.changed.isdisjoint(edge)]

    def judged(self, consumer: Live, provider: Live, judge: Judge) -> Judgement | None:
        """The worst answer over everything the consumer needs of this provider; None if it needs nothing."""
        answers = [
            judge(consumer, need, provider)
            for need in consumer.consumes
            if provider.service in self.sometimes.get(need.interface, ())
            and not self._provided_elsewhere(need.interface, provider)
        ]
        if not answers and (consumer.service, provider.service) in self.bare:
            return Judgement(
                answer=Compatibility.UNKNOWN, evidence="depends on it without naming an interface"
            )
        return min(answers, key=lambda judged: WORST_FIRST.index(judged.answer), default=None)

    def _provided_elsewhere(self, interface: InterfaceName, provider: Live) -> bool:
        """A version that does not offer the interface is no provider of it while another service is one."""
        others = [name for name in self.always.get(interface, ()) if name != provider.service]
        return bool(others) and all(offer.interface != interface for offer in provider.provides)


def _old(service: Service) -> Live:
    return Live(
        service=service.name,
        version=service.version or Version("(live)"),
        side=Side.OLD,
        provides=service.provides,
        consumes=service.consumes,
    )


def _new(release: Release) -> Live:
    return Live(
        service=release.service,
        version=release.version,
        side=Side.NEW,
        provides=release.provides,
        consumes=release.consumes,
    )


def _offering(
    versions: Mapping[ServiceName, tuple[Live, ...]], quantifier: Callable[[Iterable[bool]], bool]
) -> Mapping[InterfaceName, tuple[ServiceName, ...]]:
    """Which services offer an interface in any, or in all, of their versions."""
    found: dict[InterfaceName, list[ServiceName]] = {}
    for name, lives in versions.items():
        offers = [{offer.interface for offer in live.provides} for live in lives]
        for interface in sorted(set().union(*offers)):
            if quantifier(interface in offered for offered in offers):
                found.setdefault(interface, []).append(name)
    return {interface: tuple(names) for interface, names in found.items()}
