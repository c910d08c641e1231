"""An imagined world: what runs in it, who gets which share of what, and a log of what changed it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from tidegate.core.ids import FlagKey, MigrationName, RolloutId, ServiceName, Version
from tidegate.core.migrations.phases import Part
from tidegate.core.plan.steps import Action
from tidegate.ports import Receipt, Token


class Verb(StrEnum):
    """The four things an actuator can be asked."""

    VALIDATE = "validate"
    APPLY = "apply"
    VERIFY = "verify"
    REVERT = "revert"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One real change of the world, and which versions had traffic by weight after it."""

    verb: Verb
    action: Action
    exposure: float
    token: Token
    summary: str
    live: Mapping[ServiceName, frozenset[Version]]


Asked = tuple[Verb, Action, float]
"""What a token stands for: the verb, its action and the exposure (0 for a revert)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """The newest command obeyed for a subject; `receipt` once it is done."""

    token: Token
    asked: Asked
    receipt: Receipt | None = None


@dataclass(slots=True)
class MemoryWorld:
    """Everything there is: which versions run, who gets which share of traffic, lanes and tasks done.

    `flags` has which share of which audience is served what a flag is exposed for, everyone being the audience
    without a name; `removed` are flags that are not served any more; `migrated` are parts of migrations that are done.
    """

    deployed: dict[ServiceName, set[Version]] = field(default_factory=dict)
    weights: dict[ServiceName, dict[Version, float]] = field(default_factory=dict)
    lanes: dict[ServiceName, tuple[tuple[ServiceName, Version], ...]] = field(default_factory=dict)
    tasks: set[str] = field(default_factory=set)
    flags: dict[FlagKey, dict[str, float]] = field(default_factory=dict)
    removed: set[FlagKey] = field(default_factory=set)
    migrated: dict[MigrationName, list[Part]] = field(default_factory=dict)
    log: list[Deed] = field(default_factory=list)
    fences: dict[tuple[RolloutId, bool, str], Fence] = field(default_factory=dict)

    @classmethod
    def of(cls, live: Mapping[str, str]) -> "MemoryWorld":
        """A world at rest, where each service runs one version and sends it everything."""
        pairs = [(ServiceName(service), Version(version)) for service, version in live.items()]
        return cls(
            deployed={service: {version} for service, version in pairs},
            weights={service: {version: 1.0} for service, version in pairs},
        )

    def share(self, service: ServiceName, version: Version) -> float:
        """The share of a service's traffic that goes to a version, lanes aside."""
        return self.weights.get(service, {}).get(version, 0.0)

    def runs(self, service: ServiceName, version: Version) -> bool:
        """Whether that version is deployed."""
        return version in self.deployed.get(service, set())

    def live(self) -> Mapping[ServiceName, frozenset[Version]]:
        """The versions of each service that have traffic by weight."""
        return MappingProxyType(
            {
                service: frozenset(version for version, share in shares.items() if share > 0)
                for service, shares in self.weights.items()
            }
        )
