"""A change in two: expand to versions in between, then contract to those that were wanted.

A version in between does all that the old and the new version do, as a provider and as a consumer: it works
with whatever one of them works with. So it never has to wait for anybody, and of a circle of releases that
wait for each other it is enough to give one such a version. What it works with is judged by what was judged
of the versions that exist, whatever the evidence. Flags belong to the second change: by then all that implements them
is out. So do migrations, with those who use the data.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import product

from tidegate.core.catalog import Catalog, Provision, Requirement, Service
from tidegate.core.change import Change, Release, Task
from tidegate.core.contracts.judgement import Judgement
from tidegate.core.contracts.pair import Live, Pair, Side
from tidegate.core.ids import InterfaceName, ServiceName, Version, migration_of
from tidegate.core.plan.build import plan_from
from tidegate.core.plan.flags import releases_without
from tidegate.core.plan.live import contracted
from tidegate.core.plan.plan import Plan

Judged = Mapping[tuple[ServiceName, ServiceName], Mapping[tuple[Side, Side], Judgement]]
Ends = Mapping[ServiceName, tuple[tuple[Live, AbstractSet[Side]], ...]]
"""Versions of a service, each with those that exist whose work it does."""

OLD, NEW, BOTH = frozenset({Side.OLD}), frozenset({Side.NEW}), frozenset(Side)


@dataclass(frozen=True, slots=True, kw_only=True)
class Half:
    """One of the two changes, the pairs that may be live in it, and a plan for it."""

    change: Change
    pairs: tuple[Pair, ...]
    plan: Plan


def in_two(
    found: Sequence[Pair], catalog: Catalog, change: Change, through: AbstractSet[ServiceName]
) -> tuple[Half, Half] | None:
    """The change in two, with versions in between of the services `through`; None if one has no safe order."""
    late = _late(catalog, change, through)
    first, second = _expand(catalog, change, through, late), _contract(change, through, late)
    early = {release.service for release in first.releases}
    between = _after(catalog, first)
    done = {name: BOTH if name in through else NEW for name in early}
    judged = _judged(found)
    halves = (
        _planned(judged, catalog, first, {}, {name: done[name] for name in early}),
        _planned(judged, between, second, done, {release.service: NEW for release in second.releases}),
    )
    return (halves[0], halves[1]) if halves[0] and halves[1] else None


def in_between(catalog: Catalog, release: Release) -> Release:
    """A version that does what the live one and the released one do."""
    live = catalog.services[release.service]
    return replace(
        release,
        version=Version(f"{release.version}-expand"),
        artifact="",
        digest="",
        provides=tuple(_both_provisions(live, release)),
        consumes=tuple(_both_requirements(live, release)),
        evaluates=tuple(dict.fromkeys((*live.flags, *release.evaluates))),
    )


def _both_provisions(live: Service, release: Release) -> Iterator[Provision]:
    versions: dict[InterfaceName, dict[str, None]] = {}
    for offer in (*live.provides, *release.provides):
        versions.setdefault(offer.interface, {}).update(dict.fromkeys(offer.versions))
    return (Provision(interface=name, versions=tuple(offered)) for name, offered in versions.items())


def _both_requirements(live: Service, release: Release) -> Iterator[Requirement]:
    ranges: dict[InterfaceName, dict[str, None]] = {}
    for need in (*live.consumes, *release.consumes):
        ranges.setdefault(need.interface, {})[need.range] = None
    return (Requirement(interface=name, range=" || ".join(wanted)) for name, wanted in ranges.items())


# --- the two changes ----------------------------------------------------------------------------------------


def _late(catalog: Catalog, change: Change, through: AbstractSet[ServiceName]) -> frozenset[str]:
    """Tasks and releases that wait for what only the second change does, and what waits for those."""
    waits: dict[str, set[str]] = {task.name: set(task.after) for task in change.tasks}
    for task in change.tasks:
        for later in task.before:
            waits.setdefault(later, set()).add(task.name)
    flags = [exposure.flag for exposure in change.exposures]
    outgrown = {release.service for flag in flags for release in releases_without(flag, catalog, change)}
    users = {service for use in change.migrations for service in use.users}
    late: set[str] = {*(outgrown | users) - through}
    while more := {name for name, others in waits.items() if others & (late | through)} - late - through:
        late |= more
    return frozenset(late)


def _expand(
    catalog: Catalog, change: Change, through: AbstractSet[ServiceName], late: AbstractSet[str]
) -> Change:
    releases = [
        in_between(catalog, release) if release.service in through else release
        for release in change.releases
        if release.service not in late
    ]
    tasks = [task for task in change.tasks if task.name not in late]
    return _part(replace(change, exposures=(), removals=(), migrations=()), "expand", releases, tasks)


def _contract(change: Change, through: AbstractSet[ServiceName], late: AbstractSet[str]) -> Change:
    releases = [release for release in change.releases if release.service in through | late]
    return _part(change, "contract", releases, [task for task in change.tasks if task.name in late])


def _part(change: Change, name: str, releases: Sequence[Release], tasks: Sequence[Task]) -> Change:
    """A change of some releases and tasks; what tasks and lanes say of the other half is left out."""
    services = {release.service for release in releases}
    steps = services | {task.name for task in tasks}
    return replace(
        change,
        name=f"{change.name}-{name}",
        releases=tuple(releases),
        tasks=tuple(
            replace(
                task,
                before=tuple(step for step in task.before if step in steps),
                after=tuple(step for step in task.after if step in steps),
            )
            for task in tasks
        ),
        lanes=tuple(lane for lane in change.lanes if {lane.consumer, lane.provider} <= services),
    )


def _after(catalog: Catalog, change: Change) -> Catalog:
    """The catalog once a change is through."""
    released = {
        release.service: replace(
            catalog.services[release.service],
            version=release.version,
            provides=release.provides,
            consumes=release.consumes,
            flags=release.evaluates,
        )
        for release in change.releases
    }
    return replace(catalog, services={**catalog.services, **released})


# --- their pairs --------------------------------------------------------------------------------------------


def _planned(
    judged: Judged,
    catalog: Catalog,
    change: Change,
    before: Mapping[ServiceName, AbstractSet[Side]],
    after: Mapping[ServiceName, AbstractSet[Side]],
) -> Half | None:
    """The plan of one half; `before` and `after` say whose work its live and its released versions do."""
    releases = {release.service: release for release in change.releases}
    names = {name for edge in judged for name in edge}
    ends = _of_data(names, change)
    for name in names - ends.keys():
        ends[name] = ((_live(catalog.services[name], Side.OLD), before.get(name, OLD)),)
        if name in releases:
            ends[name] += ((_live(releases[name], Side.NEW), after[name]),)
    pairs = tuple(_pairs(judged, ends))
    plan = plan_from(pairs, catalog, change)
    return Half(change=change, pairs=pairs, plan=plan) if isinstance(plan, Plan) else None


def _of_data(
    names: Iterable[ServiceName], change: Change
) -> dict[ServiceName, tuple[tuple[Live, AbstractSet[Side]], ...]]:
    """Migrations among the names; one that is not of this change is never contracted in it."""
    lives = {live.service: ((live, NEW),) for live in map(contracted, change.migrations)}
    return {name: lives.get(name, ()) for name in names if migration_of(name) is not None}


def _live(version: Service | Release, side: Side) -> Live:
    return Live(
        service=version.name if isinstance(version, Service) else version.service,
        version=version.version or Version("(live)"),
        side=side,
        provides=version.provides,
        consumes=version.consumes,
    )


def _judged(found: Sequence[Pair]) -> Judged:
    judged: dict[tuple[ServiceName, ServiceName], dict[tuple[Side, Side], Judgement]] = {}
    for pair in found:
        edge = judged.setdefault((pair.consumer.service, pair.provider.service), {})
        edge[pair.mixture] = pair.judgement
    return judged


def _pairs(judged: Judged, ends: Ends) -> Iterator[Pair]:
    for (consumer, provider), answers in judged.items():
        for (caller, callers), (callee, callees) in product(ends[consumer], ends[provider]):
            known = [answers[mixture] for mixture in product(callers, callees) if mixture in answers]
            if known:
                best = min(known, key=lambda judgement: not judgement.safe)
                yield Pair(consumer=caller, provider=callee, judgement=best)
