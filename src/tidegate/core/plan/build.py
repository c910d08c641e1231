"""From a catalog and a change to a plan, or to the smallest set of pairs that stands in its way.

Each release becomes three steps, deploy → expose → retire. The live-versions rule (`live`) says which release
must be through before another begins; "begins" means before its new version runs at all, because a program
may call others as it starts. Flags go after what they need (`flags`), and versions that need a new shape of data after
it is there (`migrations`). Old versions stay, without traffic, until every release and flag is through and every new
shape believed: they are the way back.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain

from tidegate.core.catalog import Catalog
from tidegate.core.change import Change, Lane, Release, Task
from tidegate.core.contracts.pair import Judge, Pair, Side
from tidegate.core.ids import ServiceName, StepId, Version, migration_of
from tidegate.core.plan.blame import (
    Blame,
    Constraint,
    Infeasible,
    beyond_order,
    blame_broken,
    blame_mixture,
    knots,
)
from tidegate.core.plan.flags import audience_edges, exposing_flags, flag_constraints, flag_steps
from tidegate.core.plan.live import by_ranges, each_pair
from tidegate.core.plan.migrations import (
    contract_constraint,
    data_of,
    migration_constraints,
    migration_edges,
    migration_steps,
    switching,
)
from tidegate.core.plan.plan import Plan
from tidegate.core.plan.step_ids import deploy_id, expose_id, retire_id, task_id
from tidegate.core.plan.steps import (
    Deploy,
    Edge,
    EdgeKind,
    Expose,
    Milestone,
    Retire,
    Reversibility,
    RunTask,
    Step,
)

Lanes = tuple[tuple[ServiceName, Version], ...]
THROUGH = StepId("milestone/exposed")
"""The point at which every release and flag of a change is out, or undone: old versions may go."""


def make_plan(catalog: Catalog, change: Change, judge: Judge = by_ranges) -> Plan | Infeasible:
    """The plan for `change`: its steps in a safe order, each edge with its reason."""
    return plan_from(each_pair(catalog, change, judge), catalog, change)


def plan_from(found: Iterable[Pair], catalog: Catalog, change: Change) -> Plan | Infeasible:
    """The plan for `change` where these are all the pairs that may be live together."""
    unsafe = [pair for pair in found if not pair.judgement.safe]
    released = {release.service: release.version for release in change.releases}
    lanes = {(lane.consumer, lane.provider) for lane in change.lanes}
    broken = [pair for pair in unsafe if beyond_order(pair, released)]
    orderable = [p for p in unsafe if not beyond_order(p, released) and not _in_lane(p, lanes)]
    constraints = [
        *chain.from_iterable(map(_constraints, orderable)),
        *chain.from_iterable(_laned_constraints(pair) for pair in unsafe if _in_lane(pair, lanes)),
        *chain.from_iterable(_lane_constraints(lane) for lane in change.lanes),
        *chain.from_iterable(_task_constraints(task, released) for task in change.tasks),
        *flag_constraints(catalog, change),
        *migration_constraints(catalog, change),
    ]
    steps = tuple(_steps(catalog, change))
    fixed = [*_own_edges(change), *audience_edges(change), *migration_edges(change)]
    tangle = knots(steps, fixed, constraints)
    if broken or tangle.blames:
        blames = dict.fromkeys((*map(blame_broken, broken), *tangle.blames))
        others = len(blames) - len(tangle.blames)
        return replace(tangle, blames=tuple(blames), at_least=others + tangle.at_least)
    edges = tuple(_merged([*fixed, *(constraint.edge for constraint in constraints)]))
    plan = Plan(
        change=change.name,
        on_failure=change.on_failure,
        steps=steps,
        edges=edges,
        warnings=tuple(_warnings(unsafe)),
    )
    return replace(plan, steps=tuple(_with_reversibility(step, plan) for step in steps))


def _steps(catalog: Catalog, change: Change) -> Iterator[Step]:
    for task in change.tasks:
        yield Step(
            id=task_id(task.name),
            action=RunTask(name=task.name, commands=task.commands),
            way_back=f"run {' '.join(task.commands.revert)}" if task.commands.revert else "none was given",
        )
    lanes = _lanes(change)
    for release in change.releases:
        yield from _release_steps(catalog, change, release, tuple(lanes.get(release.service, ())))
    yield from flag_steps(change)
    yield from migration_steps(change)
    if change.releases:
        yield Step(id=THROUGH, action=Milestone(name=_through(change)), stages=())


def _through(change: Change) -> str:
    what = "every release and flag" if change.exposures else "every release"
    switched = " and every migration switched" if any(switching(change)) else ""
    return f"{what} is exposed{switched}"


def _release_steps(catalog: Catalog, change: Change, release: Release, lanes: Lanes) -> Iterator[Step]:
    service, new = release.service, release.version
    old = catalog.services[service].version or Version("(live)")
    yield Step(
        id=deploy_id(service),
        action=Deploy(
            service=service,
            version=new,
            artifact=release.artifact,
            digest=release.digest,
            latency_ms=release.latency_ms,
            lanes=lanes,
        ),
        way_back=f"stop {service} {new}",
        serves=expose_id(service),
    )
    yield Step(
        id=expose_id(service),
        action=Expose(
            service=service,
            old=old,
            new=new,
            laned=tuple(lane for lane, _ in lanes),
            data=data_of(service, change),
        ),
        stages=release.strategy.stages,
        way_back=f"all traffic of {service} back to {old}, drain {new}",
    )
    yield Step(
        id=retire_id(service),
        action=Retire(service=service, version=old),
        way_back=f"start {service} {old} again",
    )


def _lanes(change: Change) -> Mapping[ServiceName, list[tuple[ServiceName, Version]]]:
    """For each provider at the end of a lane, who comes along one, with its new version."""
    versions = {release.service: release.version for release in change.releases}
    found: dict[ServiceName, list[tuple[ServiceName, Version]]] = {}
    for lane in change.lanes:
        found.setdefault(lane.provider, []).append((lane.consumer, versions[lane.consumer]))
    return found


def _with_reversibility(step: Step, plan: Plan) -> Step:
    if isinstance(step.action, RunTask) and not step.action.commands.revert:
        return replace(step, reversibility=Reversibility.IRREVERSIBLE)
    if step.reversibility is Reversibility.FREE and plan.required_by[step.id]:
        return replace(step, reversibility=Reversibility.ORDERED)
    return step


def _own_edges(change: Change) -> Iterator[Edge]:
    for release in change.releases:
        name, new = release.service, release.version
        yield Edge(
            before=deploy_id(name),
            after=expose_id(name),
            reason=f"{name} {new} must answer before it gets traffic",
        )
        yield Edge(
            before=expose_id(name),
            after=retire_id(name),
            reason=f"{name} gives up its old version only once unused",
        )
        yield _old_stay(expose_id(name), THROUGH)
        yield _old_stay(THROUGH, retire_id(name))
    if change.releases:
        yield from (_old_stay(step, THROUGH, "flag") for step in exposing_flags(change))
        yield from (_old_stay(step, THROUGH, "migration") for step in switching(change))


def _old_stay(before: StepId, after: StepId, what: str = "release") -> Edge:
    reason = f"old versions stay until every {what} is through: they are the way back"
    return Edge(before=before, after=after, kind=EdgeKind.FOLLOWS, reason=reason)


def _constraints(pair: Pair) -> Iterator[Constraint]:
    if migration_of(pair.provider.service) is not None:
        yield contract_constraint(pair)
        return
    first_by_mixture = {(Side.NEW, Side.OLD): pair.provider, (Side.OLD, Side.NEW): pair.consumer}
    first = first_by_mixture.get(pair.mixture)
    if first is None:
        return
    second = pair.consumer if first is pair.provider else pair.provider
    edge = Edge(before=expose_id(first.service), after=deploy_id(second.service), reason=str(pair))
    yield Constraint(edge=edge, blame=blame_mixture(pair))


def _lane_constraints(lane: Lane) -> Iterator[Constraint]:
    consumer, provider = lane.consumer, lane.provider
    blame = Blame(
        subject=f"the lane {consumer} → {provider}",
        resolution="drop the lane, or what is declared against it",
    )
    yield Constraint(
        edge=Edge(
            before=deploy_id(provider),
            after=expose_id(consumer),
            reason=f"lane: the new {consumer} reaches only the new {provider}, which must run first",
        ),
        blame=blame,
    )
    yield Constraint(
        edge=Edge(
            before=expose_id(consumer),
            after=retire_id(provider),
            reason=f"lane: the old {consumer} reaches only the old {provider}, which must stay till then",
        ),
        blame=blame,
    )


def _laned_constraints(pair: Pair) -> Iterator[Constraint]:
    """A new consumer may call as it starts: by then its lane must lead to the new provider."""
    consumer, provider = pair.consumer, pair.provider
    if pair.mixture == (Side.NEW, Side.OLD) and not pair.judgement.safe:
        yield Constraint(
            edge=Edge(
                before=deploy_id(provider.service),
                after=deploy_id(consumer.service),
                reason=f"the lane to the new {provider.service} must be there as {consumer} starts: {pair}",
            ),
            blame=Blame(
                subject=f"the lane {consumer.service} → {provider.service}",
                resolution="drop the lane, or what is declared against it",
            ),
        )


def _task_constraints(task: Task, released: Collection[str]) -> Iterator[Constraint]:
    for earlier in task.after:
        before = expose_id(earlier) if earlier in released else task_id(earlier)
        yield _declared(before, task_id(task.name), f"task {task.name} is declared after {earlier}")
    for later in task.before:
        after = deploy_id(later) if later in released else task_id(later)
        yield _declared(task_id(task.name), after, f"task {task.name} is declared before {later}")


def _declared(before: StepId, after: StepId, reason: str) -> Constraint:
    return Constraint(
        edge=Edge(before=before, after=after, reason=reason),
        blame=Blame(subject=reason, resolution="drop or turn round this declaration"),
    )


def _merged(edges: Iterable[Edge]) -> Iterator[Edge]:
    """One edge between two steps, with every reason for it."""
    together: dict[tuple[StepId, StepId, EdgeKind], list[Edge]] = {}
    for edge in edges:
        together.setdefault((edge.before, edge.after, edge.kind), []).append(edge)
    for parallel in together.values():
        yield replace(parallel[0], reason="; ".join(dict.fromkeys(edge.reason for edge in parallel)))


def _in_lane(pair: Pair, lanes: set[tuple[ServiceName, ServiceName]]) -> bool:
    return (
        pair.consumer.service,
        pair.provider.service,
    ) in lanes and pair.consumer.side != pair.provider.side


def _warnings(unsafe: Iterable[Pair]) -> Iterator[str]:
    for pair in unsafe:
        if pair.mixture == (Side.OLD, Side.OLD):
            yield f"already so today: {pair}"
