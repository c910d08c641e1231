"""A way to the goal of a change for which a safe order exists, where the change itself has none.

Expand and contract: first a version in between that works with both sides, then the version that was wanted.
Or a lane, which keeps the two mixtures apart. Nothing is proposed that was not planned (see `propose`).
"""

from dataclasses import dataclass
from enum import StrEnum

from tidegate.core.ids import FlagKey, MigrationName, OwnerName, ServiceName, Version


class Way(StrEnum):
    """How a proposal gets round the break."""

    EXPAND_CONTRACT = "expand-contract"
    LANE = "lane"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A service that goes from one version to another in a proposed change."""

    service: ServiceName
    old: Version
    new: Version

    def __str__(self) -> str:
        return f"{self.service} {self.old} → {self.new}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedChange:
    """One of the changes of a proposal: its releases in waves that are safe in this order, and what belongs to them."""

    name: str
    waves: tuple[tuple[Move, ...], ...]
    flags: tuple[FlagKey, ...] = ()
    migrations: tuple[MigrationName, ...] = ()
    tasks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What somebody has to make: a version of a service, who answers for it, and what it must do."""

    service: ServiceName
    version: Version
    owner: OwnerName | None
    musts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A lane to add to the change."""

    consumer: ServiceName
    provider: ServiceName


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Changes that follow each other, each with a safe order, and what must be made for them."""

    way: Way
    changes: tuple[ProposedChange, ...]
    asks: tuple[Ask, ...] = ()
    lanes: tuple[Pin, ...] = ()
