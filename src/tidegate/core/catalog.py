"""The catalog: which services exist, who answers for them, what they offer and what they need, and which flags.

Read from Backstage entities (see `sources.backstage`) and flagd files (see `sources.flags`); here it is only values
and questions about them.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from tidegate.core.errors import Location
from tidegate.core.flags.definitions import FlagSet
from tidegate.core.ids import FlagKey, InterfaceName, OwnerName, ServiceName, Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The team that answers for services (a Backstage Group)."""

    name: OwnerName
    title: str = ""
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Provision:
    """An interface as one service version offers it; during an expand phase several versions at once."""

    interface: InterfaceName
    versions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What a service version needs of an interface: an npm-style range of its versions.

    `declared` is false where the range was not written down but follows from semantic versioning: what runs
    against 1.4.0 today works with ^1.4.0. An empty range means that nothing is known.
    """

    interface: InterfaceName
    range: str
    declared: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Sunset:
    """Versions of an interface (an npm-style range) that are announced to go, and until when they stay."""

    range: str
    on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """What a service offers (a Backstage API), with the version of the specification in force."""

    name: InterfaceName
    version: str = ""
    type: str = ""
    owner: OwnerName | None = None
    sunsets: tuple[Sunset, ...] = ()
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A deployable unit (a Backstage Component) in the version that is live.

    `traffic` is how many requests a second it gets, where somebody has said so or it was measured, `journeys` through
    how many journeys from outside a second it was seen; `flags` are those that this version evaluates.
    """

    name: ServiceName
    owner: OwnerName | None = None
    system: str = ""
    lifecycle: str = ""
    tier: int | None = None
    version: Version | None = None
    traffic: float | None = None
    journeys: float | None = None
    provides: tuple[Provision, ...] = ()
    consumes: tuple[Requirement, ...] = ()
    depends_on: tuple[ServiceName, ...] = ()
    resources: tuple[str, ...] = ()
    flags: tuple[FlagKey, ...] = ()
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """An edge of the service graph; `interface` is absent where only `dependsOn` declares it."""

    consumer: ServiceName
    provider: ServiceName
    interface: InterfaceName | None = None


@dataclass(frozen=True, kw_only=True)
class Catalog:
    """All services, interfaces, owners and flags of one place, with the graph that follows from them."""

    services: Mapping[ServiceName, Service] = field(default_factory=dict)
    interfaces: Mapping[InterfaceName, Interface] = field(default_factory=dict)
    owners: Mapping[OwnerName, Owner] = field(default_factory=dict)
    flags: FlagSet = field(default_factory=FlagSet)

    @cached_property
    def providers(self) -> Mapping[InterfaceName, tuple[ServiceName, ...]]:
        """Which services offer an interface."""
        found: dict[InterfaceName, list[ServiceName]] = defaultdict(list)
        for service in self.services.values():
            for provision in service.provides:
                found[provision.interface].append(service.name)
        return {interface: tuple(services) for interface, services in found.items()}

    @cached_property
    def dependencies(self) -> tuple[Dependency, ...]:
        """Every edge consumer → provider, by interface, or by `dependsOn` where no interface says so."""
        edges = [
            Dependency(consumer=service.name, provider=provider, interface=need.interface)
            for service in self.services.values()
            for need in service.consumes
            for provider in self.providers.get(need.interface, ())
            if provider != service.name
        ]
        covered = {(edge.consumer, edge.provider) for edge in edges}
        bare = [
            Dependency(consumer=service.name, provider=provider)
            for service in self.services.values()
            for provider in service.depends_on
            if provider in self.services and (service.name, provider) not in covered
        ]
        return tuple(edges + bare)
