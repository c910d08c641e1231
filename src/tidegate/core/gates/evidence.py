"""Evidence as a data plane gives it: counts of requests per edge, never averages.

A `Reading` is cumulative, as counters are; the increase between two readings of the same source epoch is the
batch that a gate judges. One logical request counts once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tidegate.core.ids import ServiceName, Version


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class VersionedService:
    """One version of one service, written `payments@2.0.0`."""

    service: ServiceName
    version: Version

    def __str__(self) -> str:
        return f"{self.service}@{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class CallEdge:
    """Who called whom; `caller` is absent for requests that enter the mesh from outside."""

    caller: VersionedService | None
    callee: VersionedService


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Requests of one edge and how they went.

    `bad`: no answer, or a status of 500 and above. `rejected`: a status of 400 to 499, which points at the
    caller. `slow`: answers that were neither, but took longer than the callee's latency threshold.
    """

    requests: int = 0
    bad: int = 0
    rejected: int = 0
    slow: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            requests=self.requests + other.requests,
            bad=self.bad + other.bad,
            rejected=self.rejected + other.rejected,
            slow=self.slow + other.slow,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Cumulative counts at one instant (`at`, seconds since 1970). A new `epoch` means they began at zero."""

    at: float
    epoch: str
    edges: Mapping[CallEdge, Counts] = field(default_factory=dict)


Batch = Mapping[CallEdge, Counts]
"""What happened between two readings, edges without a request left out."""


def increase(before: Reading, after: Reading) -> Batch:
    """The batch between two readings.

    An edge whose counters began anew, because the epoch is another or because one of them fell, counts from
    zero: what it had counted before it began anew and after the first reading is lost, nothing is counted
    twice.
    """
    known = before.edges if before.epoch == after.epoch else {}
    grown = {edge: _grown(known.get(edge, _NONE), counts) for edge, counts in after.edges.items()}
    return {edge: counts for edge, counts in grown.items() if counts.requests > 0}


_NONE = Counts()


def _grown(before: Counts, after: Counts) -> Counts:
    difference = Counts(
        requests=after.requests - before.requests,
        bad=after.bad - before.bad,
        rejected=after.rejected - before.rejected,
        slow=after.slow - before.slow,
    )
    fell = min(difference.requests, difference.bad, difference.rejected, difference.slow) < 0
    return after if fell else difference
