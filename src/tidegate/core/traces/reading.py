"""What many journeys come to: cumulative counts, as with any other source (`core.gates.evidence`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tidegate.core.gates.evidence import NO_HISTOGRAM, CallEdge, Histogram, VersionedService
from tidegate.core.ids import ServiceName
from tidegate.core.traces.journey import Origin

Cohort = frozenset[VersionedService]
"""The versions that a journey met, each service's first attempt: journeys of one cohort are alike to attribution."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """Journeys and how they ended for whoever waited at the entry; `times` has the answers that did not fail."""

    journeys: int = 0
    failed: int = 0
    times: Histogram = NO_HISTOGRAM


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeFlow:
    """What went over one edge: calls, those that were tried again, and how they ended.

    `journeys` made at least one of the calls; `asynchronous` calls were not waited for. `waited_ms` is the time that
    entries waited for the callee itself (critical path), in all; the clocks of `skewed` calls leave that a guess.
    `times` has the answers that were neither bad nor rejected.
    """

    calls: int = 0
    retries: int = 0
    errors: int = 0
    rejected: int = 0
    timed_out: int = 0
    unreached: int = 0
    journeys: int = 0
    asynchronous: int = 0
    skewed: int = 0
    waited_ms: float = 0.0
    times: Histogram = NO_HISTOGRAM


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How far failures of one origin came: how many there were, how many journeys they failed, over which edges.

    `hops` is the number of calls, in all, that failed on the way to the entries because of them, the origin not
    among them: none where somebody made up for it at once.
    """

    failures: int = 0
    journeys: int = 0
    hops: int = 0
    over: Mapping[CallEdge, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Journeys that began at one entry service: all, and those through each service."""

    journeys: int = 0
    through: Mapping[ServiceName, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceReading:
    """Everything counted until `at`, seconds since 1970; a new `epoch` means that it began at zero.

    `flags` are whole journeys by the variant of a feature flag that was evaluated on their way, so that one journey may
    count for several flags. `lost` counts by reason what could not be used: spans refused, capped, late, without a
    parent. Nothing is concluded from what was lost, and where much was, nothing at all.
    """

    at: float
    epoch: str
    cohorts: Mapping[Cohort, Outcomes] = field(default_factory=dict)
    edges: Mapping[CallEdge, EdgeFlow] = field(default_factory=dict)
    origins: Mapping[Origin, Spread] = field(default_factory=dict)
    entries: Mapping[ServiceName, Share] = field(default_factory=dict)
    flags: Mapping[VersionedService, Outcomes] = field(default_factory=dict)
    lost: Mapping[str, int] = field(default_factory=dict)
