"""Ways round a break that no order avoids, each one planned before it is shown.

Of releases that wait for each other in circles, every circle must lose one. A version in between takes its
service out of all of them (see `intermediate`), so the fewest such versions are a smallest set of services
that hits every circle: among the providers, which is the usual way, or among the consumers. A lane takes out
what one consumer and one provider ask of each other.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain

from tidegate.core import graph
from tidegate.core.catalog import Catalog
from tidegate.core.change import Change, Lane
from tidegate.core.contracts.pair import Pair, Side
from tidegate.core.feedback import fewest_to_break
from tidegate.core.hitting import Cause
from tidegate.core.ids import ServiceName
from tidegate.core.plan.asks import Differences, ask_of_consumer, ask_of_provider, asks_by_difference
from tidegate.core.plan.build import plan_from
from tidegate.core.plan.intermediate import in_between, in_two
from tidegate.core.plan.plan import Plan
from tidegate.core.plan.proposal import Ask, Move, Pin, Proposal, ProposedChange, Way
from tidegate.core.plan.steps import Expose, RunTask

NO_DIFFERENCES: Differences = {}
"""Where nothing is known of the specifications, asks are in words of what is needed."""


def propose(
    found: Sequence[Pair], catalog: Catalog, change: Change, differences: Differences = NO_DIFFERENCES
) -> tuple[Proposal, ...]:
    """Two changes in place of one, or lanes, for which there is a safe order; what they need is said."""
    tangle = _Tangle(found=found, change=change)
    return (*_in_two(tangle, catalog, differences), *_laned(tangle, catalog))


@dataclass(frozen=True, kw_only=True)
class _Tangle:
    """Which release or task must come before which, and the bad pairs that say so."""

    found: Sequence[Pair]
    change: Change

    @cached_property
    def mixtures(self) -> tuple[Pair, ...]:
        """Bad pairs of an old and a new version that this change could keep apart by order."""
        released = {release.service for release in self.change.releases}
        lanes = {(lane.consumer, lane.provider) for lane in self.change.lanes}
        return tuple(
            pair
            for pair in self.found
            if not pair.judgement.safe
            and pair.consumer.side is not pair.provider.side
            and {pair.consumer.service, pair.provider.service} <= released
            and (pair.consumer.service, pair.provider.service) not in lanes
        )

    @cached_property
    def edges(self) -> Mapping[tuple[str, str], tuple[Pair, ...]]:
        """What comes before what, with the pairs behind it; none where a person declared it."""
        edges: dict[tuple[str, str], tuple[Pair, ...]] = {}
        for pair in self.mixtures:
            new_first = (pair.provider.service, pair.consumer.service)
            edge = new_first if pair.consumer.side is Side.NEW else new_first[::-1]
            edges[edge] = (*edges.get(edge, ()), pair)
        for task in self.change.tasks:
            edges |= {(earlier, task.name): () for earlier in task.after}
            edges |= {(task.name, later): () for later in task.before}
        return edges

    def fewest(self, causes: Callable[[str, str], tuple[Cause, ...]]) -> tuple[Cause, ...]:
        """The fewest causes that leave no circle; none where the edges without a cause make one already."""
        after: dict[str, list[str]] = {name: [] for edge in self.edges for name in edge}
        fixed: dict[str, list[str]] = {name: [] for name in after}
        for before, later in self.edges:
            after[before].append(later)
            if not causes(before, later):
                fixed[before].append(later)
        return () if graph.cyclic_components(fixed) else fewest_to_break(after, causes).causes

    def fewest_of(self, services: AbstractSet[ServiceName]) -> frozenset[ServiceName]:
        """The fewest of some services that are on every circle."""
        return frozenset(self.fewest(lambda before, _: (ServiceName(before),) if before in services else ()))


# --- versions in between ------------------------------------------------------------------------------------


def _in_two(tangle: _Tangle, catalog: Catalog, differences: Differences) -> Iterator[Proposal]:
    """By the fewest versions in between, of providers rather than of consumers; both ways where equally few."""
    providers = tangle.fewest_of({pair.provider.service for pair in tangle.mixtures})
    consumers = tangle.fewest_of({pair.consumer.service for pair in tangle.mixtures})
    sets = dict.fromkeys(services for services in (providers, consumers) if services)
    for services in sets:
        halves = in_two(tangle.found, catalog, tangle.change, services)
        if halves and len(services) == min(map(len, sets)):
            releases = [release for release in tangle.change.releases if release.service in services]
            yield Proposal(
                way=Way.EXPAND_CONTRACT,
                changes=tuple(_proposed(half.change, half.plan) for half in halves),
                asks=tuple(
                    Ask(
                        service=release.service,
                        version=in_between(catalog, release).version,
                        owner=catalog.services[release.service].owner,
                        musts=tuple(_musts(tangle, release.service, differences)),
                    )
                    for release in releases
                ),
            )


def _musts(tangle: _Tangle, service: ServiceName, differences: Differences) -> Iterator[str]:
    """What a version in between must do: what is needed of it, then in detail, each thing once."""
    provided = [pair for pair in tangle.mixtures if pair.provider.service == service]
    consumed = [pair for pair in tangle.mixtures if pair.consumer.service == service]
    details = chain(
        *(asks_by_difference(pair, differences, provider=True) for pair in provided),
        *(asks_by_difference(pair, differences, provider=False) for pair in consumed),
    )
    yield from dict.fromkeys((*map(ask_of_provider, provided), *map(ask_of_consumer, consumed), *details))


def _proposed(change: Change, plan: Plan) -> ProposedChange:
    waves = ([plan.by_id[id_].action for id_ in wave] for wave in plan.waves)
    moves = (
        tuple(Move(service=a.service, old=a.old, new=a.new) for a in wave if isinstance(a, Expose))
        for wave in waves
    )
    tasks = (step.action.name for step in plan.steps if isinstance(step.action, RunTask))
    return ProposedChange(
        name=change.name,
        waves=tuple(filter(None, moves)),
        flags=change.flags,
        migrations=tuple(use.migration.name for use in change.migrations),
        tasks=tuple(tasks),
    )


# --- lanes --------------------------------------------------------------------------------------------------


def _laned(tangle: _Tangle, catalog: Catalog) -> Iterator[Proposal]:
    """By the fewest lanes."""
    pins = tangle.fewest(lambda *edge: tuple(dict.fromkeys(map(_pin, tangle.edges[edge]))))
    lanes = tuple(Lane(consumer=pin.consumer, provider=pin.provider) for pin in pins)
    change = replace(tangle.change, lanes=(*tangle.change.lanes, *lanes))
    plan = plan_from(tangle.found, catalog, change)
    if pins and isinstance(plan, Plan):
        yield Proposal(way=Way.LANE, changes=(_proposed(change, plan),), lanes=tuple(pins))


def _pin(pair: Pair) -> Pin:
    return Pin(consumer=pair.consumer.service, provider=pair.provider.service)
