"""The steps that the migrations of a change become, and what they wait for.

    expand → deploy of every writer and reader      a version may use the new shape as it starts
    backfill → expose of every reader               it must find every row in the new shape
    backfill, expose of every writer → switch       the new shape is believed once all that is written comes in it
    switch, retire of every writer and reader → contract

The backfill runs while writers bake. Contract comes last of all and cannot be undone: until then everything of the
change is its way back. Whoever reads the data as an interface is a consumer of the migration, judged as consumers of
services are (`live`): its old version must be gone before contract, or there is no plan.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from tidegate.core.catalog import Catalog
from tidegate.core.change import Change, MigrationUse
from tidegate.core.contracts.pair import Pair
from tidegate.core.ids import ServiceName, StepId, migration_of
from tidegate.core.migrations.operations import RawSql
from tidegate.core.migrations.phases import Part
from tidegate.core.plan.blame import Blame, Constraint, blame_contract
from tidegate.core.plan.flags import exposing_flags
from tidegate.core.plan.step_ids import deploy_id, expose_id, migration_id, removal_id, retire_id, task_id
from tidegate.core.plan.steps import DataCheck, Edge, EdgeKind, Migrate, Reversibility, Step
from tidegate.core.strategy import Stage

PATIENCE: Final = 600.0
"""How long, in seconds, beyond the soak it is waited for a comparison of both shapes."""


def migration_steps(change: Change) -> Iterator[Step]:
    """A step for each part of each migration."""
    for use in change.migrations:
        yield from (_step(use, part) for part in use.parts)


def data_of(service: ServiceName, change: Change) -> tuple[DataCheck, ...]:
    """The data that the new version of a service writes or reads in a new shape."""
    return tuple(
        DataCheck(database=use.database, migration=use.migration.name)
        for use in change.migrations
        if service in use.users
    )


def switching(change: Change) -> Iterator[StepId]:
    """The steps after which a new shape is believed."""
    for use in change.migrations:
        if Part.SWITCH in use.parts:
            yield migration_id(use.migration.name, Part.SWITCH)


# --- steps --------------------------------------------------------------------------------------------------


def _step(use: MigrationUse, part: Part) -> Step:
    irreversible = for_good(use, part)
    return Step(
        id=migration_id(use.migration.name, part),
        action=Migrate(
            database=use.database,
            migration=use.migration,
            part=part,
            writers=use.writers,
            readers=use.readers,
        ),
        stages=(Stage(bake=use.soak, wait=use.soak + PATIENCE) if part is Part.SWITCH else Stage(),),
        reversibility=Reversibility.IRREVERSIBLE if irreversible else Reversibility.FREE,
        way_back=f"none: {irreversible}" if irreversible else WAYS_BACK[part],
        approvals=use.approvals if irreversible else (),
    )


WAYS_BACK: Final[Mapping[Part, str]] = {
    Part.EXPAND: "take the new shape away; what only it has room for is kept aside",
    Part.BACKFILL: "forget how far it came; the new shape stays beside the old one",
    Part.SWITCH: "believe the old shape again, which has every write made since",
}


def for_good(use: MigrationUse, part: Part) -> str:
    """Why there is no way back from a part; empty where there is one."""
    if part is Part.EXPAND:
        return "; ".join(
            each.irreversible
            for each in use.migration.operations
            if isinstance(each, RawSql) and not each.on_contract and each.irreversible
        )
    if part is Part.CONTRACT:
        taken = use.migration.restore_point
        restore = "" if taken == "none" else f", but for the {taken} that is taken and checked before"
        return f"the old shape goes for good{restore}"
    return ""


# --- edges --------------------------------------------------------------------------------------------------

REASONS: Final[Mapping[Part, str]] = {
    Part.BACKFILL: "rows get their new shape once there is one",
    Part.SWITCH: "the new shape is believed once every row has it and both shapes agree",
    Part.CONTRACT: "the old shape goes once the new one is believed and has soaked",
}
"""Why each part comes after the one before."""


def migration_edges(change: Change) -> Iterator[Edge]:
    """The order of one migration's own steps, contract after everything else of the change."""
    for use in change.migrations:
        name = use.migration.name
        for earlier, later in pairwise(use.parts):
            yield Edge(
                before=migration_id(name, earlier), after=migration_id(name, later), reason=REASONS[later]
            )
        if Part.CONTRACT in use.parts:
            yield from (_last(use, step) for step in _others(use, change))


def _others(use: MigrationUse, change: Change) -> Iterator[StepId]:
    """What else of a change comes before contract; some of it by other edges besides."""
    yield from (retire_id(release.service) for release in change.releases if release.service not in use.users)
    yield from exposing_flags(change)
    yield from (removal_id(removal.flag) for removal in change.removals)
    yield from (task_id(task.name) for task in change.tasks)
    yield from (step for step in switching(change) if step != migration_id(use.migration.name, Part.SWITCH))


def _last(use: MigrationUse, step: StepId) -> Edge:
    return Edge(
        before=step,
        after=migration_id(use.migration.name, Part.CONTRACT),
        kind=EdgeKind.FOLLOWS,
        reason="what cannot be undone comes last: until then everything can go back",
    )


def migration_constraints(catalog: Catalog, change: Change) -> Iterator[Constraint]:
    """What services of the change wait for, and what waits for them."""
    versions = {release.service: release.version for release in change.releases}
    for use in change.migrations:
        for service in use.users:
            old = catalog.services[service].version or "(live)"
            user = _User(
                use=use, service=service, new=f"{service} {versions[service]}", old=f"{service} {old}"
            )
            for part in use.parts:
                step = migration_id(use.migration.name, part)
                yield from (user.constraint(edge) for edge in _OF_USERS[part](user, step))


@dataclass(frozen=True, slots=True, kw_only=True)
class _User:
    """A service whose new version writes or reads a new shape; `new` and `old` name its versions."""

    use: MigrationUse
    service: ServiceName
    new: str
    old: str

    @property
    def name(self) -> str:
        return self.use.migration.name

    @property
    def does(self) -> str:
        does = {"writes": self.use.writers, "reads": self.use.readers}
        return " and ".join(verb for verb, services in does.items() if self.service in services)

    def constraint(self, edge: Edge) -> Constraint:
        """What is to blame if the edge closes a circle."""
        resolution = f"drop {self.service} from the services of migration {self.name}, or what makes it wait"
        return Constraint(edge=edge, blame=Blame(subject=edge.reason, resolution=resolution))


def _starts(user: _User, expand: StepId) -> Iterator[Edge]:
    reason = f"{user.new} {user.does} the new shape of {user.name}, which must be there as it starts"
    yield Edge(before=expand, after=deploy_id(user.service), reason=reason)


def _reads(user: _User, backfill: StepId) -> Iterator[Edge]:
    if user.service in user.use.readers:
        reason = f"{user.new} reads the new shape of {user.name}, which every row must have by then"
        yield Edge(before=backfill, after=expose_id(user.service), reason=reason)


def _is_out(user: _User, switch: StepId) -> Iterator[Edge]:
    """The soak is of everyone, so readers are awaited; but without one of them the new shape may be believed."""
    if user.service in user.use.writers:
        reason = (
            f"{user.new} writes the new shape of {user.name} and must be fully out before that is believed"
        )
        yield Edge(before=expose_id(user.service), after=switch, reason=reason)
    else:
        reason = f"{user.name} soaks once {user.new} reads the new shape"
        yield Edge(before=expose_id(user.service), after=switch, kind=EdgeKind.FOLLOWS, reason=reason)


def _is_gone(user: _User, contract: StepId) -> Iterator[Edge]:
    reason = f"{user.old} works with the old shape of {user.name} and must be gone first"
    yield Edge(before=retire_id(user.service), after=contract, reason=reason)


_OF_USERS: Final[Mapping[Part, Callable[[_User, StepId], Iterator[Edge]]]] = {
    Part.EXPAND: _starts,
    Part.BACKFILL: _reads,
    Part.SWITCH: _is_out,
    Part.CONTRACT: _is_gone,
}
"""The edges between a part and a service that uses the data."""


def contract_constraint(pair: Pair) -> Constraint:
    """An old consumer of the data that cannot do without the old shape is gone before that is."""
    name = migration_of(pair.provider.service)
    assert name is not None, "only of migrations"
    edge = Edge(
        before=retire_id(pair.consumer.service), after=migration_id(name, Part.CONTRACT), reason=str(pair)
    )
    return Constraint(edge=edge, blame=blame_contract(pair))
