"""The parts of a plan: steps, the edges between them and why each edge is there.

Everything here crosses Temporal as JSON, so each action carries its `kind` as its first field: a union of
same-shaped classes would otherwise come back as its first member.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from tidegate.core.change import Commands
from tidegate.core.ids import (
    DatabaseName,
    FlagKey,
    MigrationName,
    OwnerName,
    ServiceName,
    StepId,
    Version,
    flag_as_service,
)
from tidegate.core.migrations.operations import Migration
from tidegate.core.migrations.phases import Part
from tidegate.core.strategy import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Deploy:
    """Start a version beside the live one, without traffic. The way back: stop it again.

    `lanes` names consumers (and their new versions) whose new version reaches only the version deployed here,
    and whose every other version reaches only the live one, whatever the exposure. They hold from the moment
    this step is applied until it is reverted or the live version is retired.
    """

    kind: Literal["deploy"] = "deploy"
    service: ServiceName
    version: Version
    artifact: str
    digest: str
    latency_ms: float | None = None
    lanes: tuple[tuple[ServiceName, Version], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DataCheck:
    """Both shapes of a migration's data are to agree."""

    database: DatabaseName
    migration: MigrationName


@dataclass(frozen=True, slots=True, kw_only=True)
class Expose:
    """Move a service's traffic from the old version to the new. The way back: all of it to the old one.

    `laned` callers are not moved: each of their versions has its lane. `data` is what its new version writes or reads
    in a new shape.
    """

    kind: Literal["expose"] = "expose"
    service: ServiceName
    old: Version
    new: Version
    laned: tuple[ServiceName, ...] = ()
    data: tuple[DataCheck, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Retire:
    """Drain and stop the old version, after which going back starts it again from its artifact."""

    kind: Literal["retire"] = "retire"
    service: ServiceName
    version: Version


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposeFlag:
    """Move users of an audience from one variant of a flag to another. The way back: all of them to the first.

    The `audience` is a rule in JSONLogic as JSON text, named `audience_name`; without one it is everyone. `services`
    are those that implement the flag, `system` names the flag system that serves it; without a name it is tidegate.
    It is judged as a release of a service is: see `flag_as_service`.
    """

    kind: Literal["flag"] = "flag"
    flag: FlagKey
    off: str
    on: str
    audience_name: str = ""
    audience: str = ""
    services: tuple[ServiceName, ...] = ()
    system: str = ""

    @property
    def service(self) -> ServiceName:
        """The flag, where it stands beside services."""
        return flag_as_service(self.flag)

    @property
    def old(self) -> Version:
        """The variant that users are moved from; that of an audience is no control, since it is not drawn by lot."""
        return Version("" if self.audience else self.off)

    @property
    def new(self) -> Version:
        """The variant that users are moved to."""
        return Version(self.on)

    @property
    def laned(self) -> tuple[ServiceName, ...]:
        """No caller has a lane to a flag."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveFlag:
    """Remove a flag that no code asks for any more. The way back: it is served again as it was."""

    kind: Literal["flag-removal"] = "flag-removal"
    flag: FlagKey
    system: str = ""

    @property
    def service(self) -> ServiceName:
        """The flag, where it stands beside services."""
        return flag_as_service(self.flag)


@dataclass(frozen=True, slots=True, kw_only=True)
class Migrate:
    """Take a part of a migration forth. The way back, until contract: the old shape again, with every write since.

    `writers` and `readers` are the services of the change whose new versions write and read the new shape.
    """

    kind: Literal["migration"] = "migration"
    database: DatabaseName
    migration: Migration
    part: Part
    writers: tuple[ServiceName, ...] = ()
    readers: tuple[ServiceName, ...] = ()

    @property
    def data(self) -> tuple[DataCheck, ...]:
        """Its own, as long as there are two shapes."""
        if self.part is Part.CONTRACT:
            return ()
        return (DataCheck(database=self.database, migration=self.migration.name),)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTask:
    """Run a user's own commands."""

    kind: Literal["task"] = "task"
    name: str
    commands: Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone:
    """Nothing to do: a point that many steps wait for. Such a step has no stages."""

    kind: Literal["milestone"] = "milestone"
    name: str


Exposing = Expose | ExposeFlag
"""The actions that move users or traffic, are judged, and may be at fault."""

Effect = Deploy | Expose | Retire | ExposeFlag | RemoveFlag | Migrate | RunTask
Action = Effect | Milestone


def tidies(action: Action) -> bool:
    """Whether it only clears away what is old and unused, so that its failure harms nobody."""
    return isinstance(action, Retire) or (isinstance(action, Migrate) and action.part is Part.CONTRACT)


class Reversibility(StrEnum):
    """How a step can be undone: alone, only after the steps that build on it, or not at all."""

    FREE = "free"
    ORDERED = "ordered"
    IRREVERSIBLE = "irreversible"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One node of the plan: an action carried out in stages, and its way back.

    `serves` names the step for whose sake alone this one is done; it goes when that one goes. It does not begin before
    each of `approvals` has approved of it.
    """

    id: StepId
    action: Action
    stages: tuple[Stage, ...] = (Stage(),)
    reversibility: Reversibility = Reversibility.FREE
    way_back: str = ""
    serves: StepId | None = None
    approvals: tuple[OwnerName, ...] = ()


class EdgeKind(StrEnum):
    """`requires`: the later step builds on the earlier and must be undone first.

    `follows`: the later step waits until the earlier is settled, done or not, and does not build on it.
    """

    REQUIRES = "requires"
    FOLLOWS = "follows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """`before` comes before `after`, for a reason that a person can read."""

    before: StepId
    after: StepId
    kind: EdgeKind = EdgeKind.REQUIRES
    reason: str
