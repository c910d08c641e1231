"""A change: what someone wants, as one reviewed object (see `sources.change` for its file)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tidegate.core.catalog import Provision, Requirement
from tidegate.core.errors import Location
from tidegate.core.ids import DatabaseName, FlagKey, OwnerName, ServiceName, Version
from tidegate.core.migrations.operations import Migration
from tidegate.core.migrations.phases import Part
from tidegate.core.schedule.policy import SchedulePolicy
from tidegate.core.strategy import Strategy


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A service moving to a new version; `provides`, `consumes` and `evaluates` (flags) describe that version.

    `artifact` names what is deployed, `digest` (`sha256:…`) pins its content.
    """

    service: ServiceName
    version: Version
    artifact: str
    digest: str
    provides: tuple[Provision, ...]
    consumes: tuple[Requirement, ...]
    strategy: Strategy
    evaluates: tuple[FlagKey, ...] = ()
    latency_ms: float | None = None
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Users to whom a flag is exposed before everyone: whom a `rule` holds for, in JSONLogic as JSON text."""

    name: str
    rule: str
    strategy: Strategy


@dataclass(frozen=True, slots=True, kw_only=True)
class Implementation:
    """A service implements a flag from a version on."""

    service: ServiceName
    version: Version


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagExposure:
    """Users of a flag move from its variant `off` to `on`: its audiences one after the other, then everyone.

    Before, what implements it is fully out, and the flags that it requires are fully on. `system` names the flag
    system that serves it; without a name it is tidegate.
    """

    flag: FlagKey
    off: str
    on: str
    strategy: Strategy
    audiences: tuple[Audience, ...] = ()
    implemented_by: tuple[Implementation, ...] = ()
    requires: tuple[FlagKey, ...] = ()
    system: str = ""
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagRemoval:
    """A flag that is on for everyone goes, once no version asks for it any more."""

    flag: FlagKey
    system: str = ""
    location: Location | None = None


class Contract(StrEnum):
    """Whether a change gives up the old shape of a migration: at its end, not at all, or as all that it does of it."""

    NOW = "now"
    LATER = "later"
    ONLY = "only"


PARTS_OF: Mapping[Contract, tuple[Part, ...]] = {
    Contract.NOW: tuple(Part),
    Contract.LATER: (Part.EXPAND, Part.BACKFILL, Part.SWITCH),
    Contract.ONLY: (Part.CONTRACT,),
}
"""The parts of a migration that a change carries out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationUse:
    """A migration that a change carries out, and the services of the change whose new versions need it.

    `writers` write its new shape, `readers` read it. Once switched it soaks for `soak` seconds. Each of `approvals`
    must have approved before anything that cannot be undone. `provides` is what others get to see of the data as an
    interface once the old shape is gone.
    """

    migration: Migration
    database: DatabaseName
    writers: tuple[ServiceName, ...] = ()
    readers: tuple[ServiceName, ...] = ()
    soak: float = 0.0
    approvals: tuple[OwnerName, ...] = ()
    provides: tuple[Provision, ...] = ()
    contract: Contract = Contract.NOW
    location: Location | None = None

    @property
    def users(self) -> tuple[ServiceName, ...]:
        """Its writers and readers, each once."""
        return tuple(dict.fromkeys((*self.writers, *self.readers)))

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts of it that are steps of the change."""
        return PARTS_OF[self.contract]


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """A user's own argument lists behind the four verbs; `validate` and `verify` may be absent."""

    apply: tuple[str, ...]
    revert: tuple[str, ...] = ()
    validate: tuple[str, ...] = ()
    verify: tuple[str, ...] = ()
    timeout: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A step carried out by commands: configuration, infrastructure, another deployer.

    It runs after the releases and tasks named in `after` are through and before those in `before` begin.
    Without a `revert` command it cannot be undone.
    """

    name: str
    commands: Commands
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """Pins an edge: the consumer's new version reaches only the provider's new one, the old only the old."""

    consumer: ServiceName
    provider: ServiceName
    location: Location | None = None


class OnFailure(StrEnum):
    """What is undone when a release is at fault: everything, or only what must be for it to be undone."""

    ALL = "all"
    AFFECTED = "affected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Releases, flags, migrations, tasks and lanes that belong together, when they may run, what a failure undoes."""

    name: str
    summary: str = ""
    releases: tuple[Release, ...] = ()
    exposures: tuple[FlagExposure, ...] = ()
    removals: tuple[FlagRemoval, ...] = ()
    migrations: tuple[MigrationUse, ...] = ()
    tasks: tuple[Task, ...] = ()
    lanes: tuple[Lane, ...] = ()
    on_failure: OnFailure = OnFailure.AFFECTED
    schedule: SchedulePolicy = field(default_factory=SchedulePolicy)

    @property
    def flags(self) -> tuple[FlagKey, ...]:
        """The flags that are exposed or removed, each once."""
        exposed = [exposure.flag for exposure in self.exposures]
        return tuple(dict.fromkeys((*exposed, *(removal.flag for removal in self.removals))))
