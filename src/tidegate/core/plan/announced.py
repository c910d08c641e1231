"""What specifications on record say of what a change takes away: since when that was announced, and who uses it."""

from collections.abc import Iterator
from typing import NamedTuple

from tidegate.core.catalog import Catalog
from tidegate.core.change import Change
from tidegate.core.contracts.differences import Comparison, Difference
from tidegate.core.contracts.evidence import Evidence
from tidegate.core.contracts.records import Party
from tidegate.core.ids import InterfaceName, ServiceName
from tidegate.core.plan.retirement import Specifications, Specified


class Replaced(NamedTuple):
    """A version of an interface that a release no longer offers, and the one that takes its place."""

    service: ServiceName
    interface: InterfaceName
    old: str
    new: str


def announced(evidence: Evidence, catalog: Catalog, change: Change) -> Specifications:
    """Of each interface version that goes: how it differs from its successor, what it announced, who uses it."""
    live = _live(catalog, change)
    return {
        (gone.service, gone.interface): Specified(
            comparison=comparison,
            retirements=evidence.library.retirements(gone.interface, gone.old),
            users=_users(evidence, gone, live, comparison),
        )
        for gone in _replaced(catalog, change)
        if (comparison := evidence.library.compare(gone.interface, gone.old, gone.new)) is not None
    }


def _replaced(catalog: Catalog, change: Change) -> Iterator[Replaced]:
    """The first version of each interface that goes, and the last of those that come."""
    for release in change.releases:
        coming = {offer.interface: offer.versions for offer in release.provides}
        for offer in catalog.services[release.service].provides:
            versions = coming.get(offer.interface, ())
            gone = [version for version in offer.versions if version not in versions]
            if gone and versions:
                yield Replaced(release.service, offer.interface, gone[0], versions[-1])


def _live(catalog: Catalog, change: Change) -> frozenset[Party]:
    """What is live once the change is through."""
    releases = {release.service: release.version for release in change.releases}
    versions = ((name, releases.get(name) or service.version) for name, service in catalog.services.items())
    return frozenset(Party(name, version) for name, version in versions if version)


def _users(
    evidence: Evidence, gone: Replaced, live: frozenset[Party], comparison: Comparison
) -> dict[Difference, tuple[ServiceName, ...]]:
    """For each difference the consumers that will be live and, by their contracts, use what it touches."""
    users = [party for party, of in evidence.records.contracts if of == gone.interface and party in live]
    counting = {
        party.service: evidence.library.counting(party, gone.interface, gone.old, gone.new) for party in users
    }
    used = {
        difference: tuple(service for service, counts in counting.items() if difference in counts)
        for difference in comparison.differences
    }
    return {difference: services for difference, services in used.items() if services}
