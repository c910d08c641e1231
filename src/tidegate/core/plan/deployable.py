"""Can this version be live in an environment, beside everything that is live there?

Asked before a deployment, and before going back to a version that was there earlier: others may have moved on
since, and need what the earlier version does not offer.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tidegate.core.catalog import Catalog, Service
from tidegate.core.change import Change, Release
from tidegate.core.contracts.compatibility import Compatibility, worst
from tidegate.core.contracts.pair import Judge, Live, Pair, Side
from tidegate.core.contracts.records import Deployment, Party, Records
from tidegate.core.ids import ServiceName, Version
from tidegate.core.plan.live import pairs
from tidegate.core.strategy import Strategy, StrategyKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Whether `party` can be live in `environment`; `unmet` says what nobody there provides."""

    party: Party
    environment: str
    pairs: tuple[Pair, ...]
    unmet: tuple[str, ...] = ()

    @property
    def answer(self) -> Compatibility:
        """The worst over all pairs; what nobody provides breaks."""
        unmet = (Compatibility.BREAKING for _ in self.unmet)
        return worst([*unmet, *(pair.judgement.answer for pair in self.pairs)])


def environment_of(catalog: Catalog, records: Records, environment: str) -> Catalog:
    """The catalog as it is deployed in an environment; services that are not there are left out."""
    live = {
        service: deployed(catalog, records, deployments[-1].party)
        for service, deployments in records.deployments.get(environment, {}).items()
    }
    return replace(catalog, services={name: found for name, found in live.items() if found})


def deployed(catalog: Catalog, records: Records, party: Party) -> Service | None:
    """A version of a service with what it offers and needs; None where nothing is known of it."""
    known = catalog.services.get(party.service)
    recorded = records.versions.get(party)
    if recorded is not None:
        service = known or Service(name=party.service)
        return replace(service, version=party.version, provides=recorded.provides, consumes=recorded.consumes)
    return known if known is not None and known.version == party.version else None


def earlier(records: Records, environment: str, service: ServiceName) -> tuple[Version, ...]:
    """Versions that were live in an environment before the present one, the latest first."""
    history: tuple[Deployment, ...] = records.deployments.get(environment, {}).get(service, ())
    present = history[-1].party.version if history else None
    versions = (deployment.party.version for deployment in reversed(history))
    return tuple(version for version in dict.fromkeys(versions) if version != present)


def can_be_live(there: Catalog, environment: str, wanted: Service, judge: Judge) -> Answer:
    """Judge a version of a service against everything that is live in an environment."""
    version = wanted.version or Version("")
    party = Party(wanted.name, version)
    present = there.services.get(wanted.name, replace(wanted, provides=(), consumes=(), depends_on=()))
    world = replace(there, services={**there.services, wanted.name: present})
    release = Release(
        service=wanted.name,
        version=version,
        artifact="",
        digest="",
        provides=wanted.provides,
        consumes=wanted.consumes,
        strategy=Strategy(kind=StrategyKind.CANARY, stages=()),
    )
    found = pairs(world, Change(name=str(party), releases=(release,)), judge)
    concerned = (pair for pair in found if any(_is_new(live, wanted.name) for live in _ends(pair)))
    unmet = tuple(_unmet(world, wanted, environment))
    return Answer(party=party, environment=environment, pairs=tuple(concerned), unmet=unmet)


def _ends(pair: Pair) -> tuple[Live, Live]:
    return pair.consumer, pair.provider


def _is_new(live: Live, service: ServiceName) -> bool:
    return live.side is Side.NEW and live.service == service


def _unmet(world: Catalog, wanted: Service, environment: str) -> Iterator[str]:
    own = {offer.interface for offer in wanted.provides}
    for need in wanted.consumes:
        others = [name for name in world.providers.get(need.interface, ()) if name != wanted.name]
        if not others and need.interface not in own:
            yield f"{wanted.name} needs {need.interface}, which nobody provides in {environment}"
