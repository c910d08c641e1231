"""The service graph as it really is: what was seen, beside what the catalog declares."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tidegate.core.gates.evidence import CallEdge
from tidegate.core.ids import InterfaceName, ServiceName, Version


class DriftKind(StrEnum):
    """How what is declared and what is seen differ."""

    UNDECLARED = "undeclared"  # calls between services of the catalog, of which it does not know
    UNUSED = "declared but unused"
    NOT_IN_CATALOG = "not in the catalog"  # somebody calls, or is called, whom it does not know
    UNEXPECTED_VERSION = (
        "unexpected version"  # of the provider: one that nothing deployed, as far as is known
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One difference. `calls` speak for it: those that were seen, or those to the consumer of what is unused.

    `consumer` is absent where whoever calls makes no difference.
    """

    kind: DriftKind
    consumer: ServiceName | None
    provider: ServiceName
    interface: InterfaceName | None = None
    version: Version | None = None
    calls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedEdge:
    """Calls of one service to another; `caller` is absent for those from outside.

    Nobody waited for `asynchronous` ones. `versions` has the calls by the versions really met. `fan_out` is how many
    calls, retries not among them, one call to the caller makes; `retry_factor` how many tries a call takes; `critical`
    the share of the time waited at entries that was spent in the callee itself. Each is absent where the source cannot
    tell.
    """

    caller: ServiceName | None
    callee: ServiceName
    declared: bool
    calls: int
    bad: int  # errors, timeouts and unreached ones
    rejected: int
    timed_out: int | None = None
    asynchronous: int = 0
    versions: Mapping[CallEdge, int] = field(default_factory=dict)
    fan_out: float | None = None
    retry_factor: float | None = None
    critical: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedGraph:
    """Every edge seen, the busiest first, and how they differ from those declared.

    `shares` has for each entry service the share of its journeys that goes through each service.
    """

    edges: tuple[LearnedEdge, ...] = ()
    drifts: tuple[Drift, ...] = ()
    shares: Mapping[ServiceName, Mapping[ServiceName, float]] = field(default_factory=dict)
