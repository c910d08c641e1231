"""The live-versions rule: which mixtures of old and new may be live together, and what order follows.

For each service of a change the state is old, both or new. A state is safe if for every dependency every live
consumer version works against every live provider version. So, for an edge consumer → provider:

    (new consumer, old provider) breaks    the provider must be new before the consumer leaves old
    (old consumer, new provider) breaks    the consumer must be new before the provider leaves old
    (new consumer, new provider) breaks    no order helps: the goal itself is broken
    (old consumer, old provider) breaks    it is broken today; no order of ours makes it worse

A service outside the change has one version only, so whatever breaks against it cannot be ordered away.
A migration stands among the providers of its data: it leaves old when its old shape is given up (`contracted`).
Undoing the steps of such an order in reverse passes through the same mixtures, and is as safe.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from tidegate.core.catalog import Catalog, Requirement, Service
from tidegate.core.change import Change, MigrationUse, Release
from tidegate.core.contracts.compatibility import WORST_FIRST, Compatibility
from tidegate.core.contracts.judgement import Judgement
from tidegate.core.contracts.pair import Judge, Live, Pair, Side
from tidegate.core.contracts.versions import satisfies
from tidegate.core.ids import InterfaceName, ServiceName, Version, migration_as_service
from tidegate.core.migrations.phases import Part


def by_ranges(_: Live, need: Requirement, provider: Live) -> Judgement:
    """Judges by what the versions are called: all that is known where nothing is on record."""
    return satisfies(need, provider.provides)


def pairs(catalog: Catalog, change: Change, judge: Judge = by_ranges) -> tuple[Pair, ...]:
    """Every pair of versions that could be live together on an edge that the change touches."""
    return tuple(each_pair(catalog, change, judge))


def each_pair(catalog: Catalog, change: Change, judge: Judge = by_ranges) -> Iterator[Pair]:
    """The same one by one: of hundreds of thousands of pairs only a few are worth keeping.

    The catalog may be far larger than the change: only what the change touches is looked at closely.
    """
    releases = {release.service: release for release in change.releases}
    world = _World(catalog=catalog, releases=releases, judge=judge)
    for consumer, provider in world.edges():
        yield from _pairs_on(world, consumer, provider)
    for use in change.migrations:
        if Part.CONTRACT in use.parts:
            yield from _pairs_of_data(world, contracted(use))


def contracted(use: MigrationUse) -> Live:
    """The data of a migration whose old shape is gone, as a provider."""
    return Live(
        service=migration_as_service(use.migration.name),
        version=Version(Part.CONTRACT),
        side=Side.NEW,
        provides=use.provides,
        consumes=(),
    )


def _pairs_of_data(world: "_World", provider: Live) -> Iterator[Pair]:
    """Each version that reads the data as an interface."""
    for name in world.catalog.services if provider.provides else ():
        for caller in world.versions(name):
            needs = [need for need in caller.consumes if _offers(provider, need.interface)]
            judgement = _worst(world.judge(caller, need, provider) for need in needs)
            if judgement is not None:
                yield Pair(consumer=caller, provider=provider, judgement=judgement)


def _pairs_on(world: "_World", consumer: ServiceName, provider: ServiceName) -> Iterator[Pair]:
    """Each version of the consumer that needs anything of the provider, with each version of that."""
    providers = world.versions(provider)
    offered = {offer.interface for live in providers for offer in live.provides}
    for caller in world.versions(consumer):
        needs = [need for need in caller.consumes if need.interface in offered]
        for callee in providers:
            judgement = _judged(world, caller, needs, callee)
            if judgement is None and (consumer, provider) in world.bare:
                judgement = UNNAMED
            if judgement is not None:
                yield Pair(consumer=caller, provider=callee, judgement=judgement)


UNNAMED: Final = Judgement(answer=Compatibility.UNKNOWN, evidence="depends on it without naming an interface")


def _judged(
    world: "_World", consumer: Live, needs: Iterable[Requirement], provider: Live
) -> Judgement | None:
    """The worst answer over what is needed of a provider; None if that is nothing."""
    return _worst(
        world.judge(consumer, need, provider)
        for need in needs
        if _offers(provider, need.interface) or not world.provided_elsewhere(need.interface, provider)
    )


def _worst(judged: Iterable[Judgement]) -> Judgement | None:
    return min(judged, key=lambda each: WORST_FIRST.index(each.answer), default=None)


_Ends = tuple[ServiceName, ServiceName]
"""A consumer and a provider."""


@dataclass(frozen=True, kw_only=True)
class _World:
    """A catalog and the releases of a change: which versions may be live, and who needs whom."""

    catalog: Catalog
    releases: Mapping[ServiceName, Release]
    judge: Judge

    def edges(self) -> Iterator[_Ends]:
        """Every dependency that the change touches, each once, in a stable order."""
        declared = dict.fromkeys(edge for name in self._callers for edge in self._needs(name))
        yield from declared
        yield from sorted(self.bare - declared.keys())

    def versions(self, service: ServiceName) -> tuple[Live, ...]:
        """The version that is live, and the one that is to be."""
        return self._changed.get(service) or (_old(self.catalog.services[service]),)

    def provided_elsewhere(self, interface: InterfaceName, provider: Live) -> bool:
        """A version that does not offer the interface is no provider of it while another service is one."""
        others = (name for name in self.catalog.providers.get(interface, ()) if name != provider.service)
        return any(all(_offers(live, interface) for live in self.versions(name)) for name in others)

    @cached_property
    def bare(self) -> frozenset[_Ends]:
        """The touched dependencies that were declared without naming an interface."""
        named = (
            (service.name, other)
            for service in self.catalog.services.values()
            for other in service.depends_on
            if service.name in self._changed or other in self._changed
        )
        return frozenset(edge for edge in named if self._is_bare(*edge))

    def _is_bare(self, consumer: ServiceName, provider: ServiceName) -> bool:
        if consumer == provider or provider not in self.catalog.services:
            return False
        needs, offers = self.catalog.services[consumer].consumes, self.catalog.services[provider].provides
        return {need.interface for need in needs}.isdisjoint(offer.interface for offer in offers)

    @cached_property
    def _changed(self) -> Mapping[ServiceName, tuple[Live, ...]]:
        services = self.catalog.services
        changed = [name for name in services if name in self.releases]
        return {name: (_old(services[name]), _new(self.releases[name])) for name in changed}

    @cached_property
    def _changed_providers(self) -> Mapping[InterfaceName, list[ServiceName]]:
        found: dict[InterfaceName, list[ServiceName]] = {}
        for name, lives in self._changed.items():
            for interface in dict.fromkeys(offer.interface for live in lives for offer in live.provides):
                found.setdefault(interface, []).append(name)
        return found

    @cached_property
    def _callers(self) -> Iterable[ServiceName]:
        """The services that are released or need an interface of one that is."""
        offered = self._changed_providers.keys()
        return [
            name
            for name, service in self.catalog.services.items()
            if name in self._changed or not offered.isdisjoint([need.interface for need in service.consumes])
        ]

    def _needs(self, consumer: ServiceName) -> Iterator[_Ends]:
        known = self.catalog.providers if consumer in self._changed else {}
        for live in self.versions(consumer):
            for need in live.consumes:
                changed = self._changed_providers.get(need.interface, ())
                for provider in (*known.get(need.interface, ()), *changed):
                    if provider != consumer:
                        yield consumer, provider


def _offers(live: Live, interface: InterfaceName) -> bool:
    return interface in [offer.interface for offer in live.provides]


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
