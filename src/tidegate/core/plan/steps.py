"""The parts of a plan: steps, the edges between them and why each edge is there.

Everything here crosses Temporal as JSON, so each action carries its `kind` as its first field: a union of
same-shaped classes would otherwise come back as its first member.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from tidegate.core.change import Commands
from tidegate.core.ids import ServiceName, StepId, Version
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
class Expose:
    """Move a service's traffic from the old version to the new. The way back: all of it to the old one.

    `laned` callers are not moved: each of their versions has its lane.
    """

    kind: Literal["expose"] = "expose"
    service: ServiceName
    old: Version
    new: Version
    laned: tuple[ServiceName, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Retire:
    """Drain and stop the old version, after which going back starts it again from its artifact."""

    kind: Literal["retire"] = "retire"
    service: ServiceName
    version: Version


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


Effect = Deploy | Expose | Retire | RunTask
Action = Effect | Milestone


class Reversibility(StrEnum):
    """How a step can be undone: alone, only after the steps that build on it, or not at all."""

    FREE = "free"
    ORDERED = "ordered"
    IRREVERSIBLE = "irreversible"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One node of the plan: an action carried out in stages, and its way back.

    `serves` names the step for whose sake alone this one is done; it goes when that one goes.
    """

    id: StepId
    action: Action
    stages: tuple[Stage, ...] = (Stage(),)
    reversibility: Reversibility = Reversibility.FREE
    way_back: str = ""
    serves: StepId | None = None


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
