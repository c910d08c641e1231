"""A change: what someone wants, as one reviewed object (see `sources.change` for its file)."""

from dataclasses import dataclass, field
from enum import StrEnum

from tidegate.core.catalog import Provision, Requirement
from tidegate.core.errors import Location
from tidegate.core.ids import ServiceName, Version
from tidegate.core.schedule.policy import SchedulePolicy
from tidegate.core.strategy import Strategy


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A service moving to a new version; `provides` and `consumes` describe that version.

    `artifact` names what is deployed, `digest` (`sha256:…`) pins its content.
    """

    service: ServiceName
    version: Version
    artifact: str
    digest: str
    provides: tuple[Provision, ...]
    consumes: tuple[Requirement, ...]
    strategy: Strategy
    latency_ms: float | None = None
    location: Location | None = None


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
    """Releases, tasks and lanes that belong together, when they may run, and what to do when one of them fails."""

    name: str
    summary: str = ""
    releases: tuple[Release, ...] = ()
    tasks: tuple[Task, ...] = ()
    lanes: tuple[Lane, ...] = ()
    on_failure: OnFailure = OnFailure.AFFECTED
    schedule: SchedulePolicy = field(default_factory=SchedulePolicy)
