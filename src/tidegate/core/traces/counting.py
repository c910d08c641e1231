"""Journeys are counted here and then forgotten.

Of every journey its calls are counted. Only whole ones count as journeys, with how they ended, what they met and
where they failed: of another one nobody can say what is not in it, and what is not there must not look like a
version that was not met, or a failure like one that began where the record ends.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from tidegate.core.gates.evidence import CallEdge, VersionedService
from tidegate.core.ids import ServiceName
from tidegate.core.traces.bounded import Bounded
from tidegate.core.traces.critical import waited
from tidegate.core.traces.journey import Journey, Origin
from tidegate.core.traces.loss import Loss
from tidegate.core.traces.origins import Failure, failures
from tidegate.core.traces.reading import Cohort, TraceReading
from tidegate.core.traces.span import UNKNOWN_VERSION
from tidegate.core.traces.sums import FlowSums, OutcomeSums, ShareSums, SpreadSums


@dataclass(frozen=True, slots=True, kw_only=True)
class Most:
    """How many different ones are counted at once; beyond, those not seen for the longest give way."""

    cohorts: int = 5_000
    edges: int = 10_000
    origins: int = 2_000
    entries: int = 200
    flags: int = 2_000


MOST: Final = Most()


class JourneyCounter:
    """Counts journeys; what it counted until now is a reading of its `epoch`."""

    def __init__(self, epoch: str, most: Most = MOST) -> None:
        self._epoch = epoch
        self._wanted: frozenset[ServiceName] = frozenset()
        self._number = 0
        self._cohorts: Bounded[Cohort, OutcomeSums] = Bounded(most.cohorts, OutcomeSums)
        self._edges: Bounded[CallEdge, FlowSums] = Bounded(most.edges, FlowSums)
        self._origins: Bounded[Origin, SpreadSums] = Bounded(most.origins, SpreadSums)
        self._entries: Bounded[ServiceName, ShareSums] = Bounded(most.entries, ShareSums)
        self._flags: Bounded[VersionedService, OutcomeSums] = Bounded(most.flags, OutcomeSums)
        self._lost: Counter[str] = Counter()

    def want(self, services: Collection[ServiceName]) -> None:
        """From now on tell journeys apart by the versions of these services."""
        wanted = self._wanted = frozenset(services)
        self._cohorts.drop(lambda cohort: any(version.service not in wanted for version in cohort))

    def lose(self, reason: str, number: int = 1) -> None:
        """Count what could not be used."""
        self._lost[reason] += number

    def count(self, journey: Journey) -> None:
        """Count a journey."""
        self._number += 1
        if not journey.whole:
            self.lose(Loss.INCOMPLETE)
            self._count_calls(journey, {})
            return
        self._count_calls(journey, waited(journey.calls))
        self._count_cohort(journey)
        self._count_flags(journey)
        self._count_share(journey)
        self._count_origins(journey)

    def reading(self, at: float) -> TraceReading:
        """Everything counted until `at`, seconds since 1970."""
        return TraceReading(
            at=at,
            epoch=self._epoch,
            cohorts={cohort: sums.value() for cohort, sums in self._cohorts.items()},
            edges={edge: sums.value() for edge, sums in self._edges.items()},
            origins={origin: sums.value() for origin, sums in self._origins.items()},
            entries={service: sums.value() for service, sums in self._entries.items()},
            flags={variant: sums.value() for variant, sums in self._flags.items()},
            lost=self._losses(),
        )

    def _count_calls(self, journey: Journey, seconds: Mapping[int, float]) -> None:
        for number, call in enumerate(journey.calls):
            self._edges[call.edge].add(call, seconds.get(number, 0.0), self._number)

    def _count_cohort(self, journey: Journey) -> None:
        met = {**journey.met, **journey.flags}
        cohort = frozenset(met[service] for service in self._wanted & met.keys())
        if any(version.version == UNKNOWN_VERSION for version in cohort):
            self.lose(Loss.UNVERSIONED)
        else:
            self._cohorts[cohort].add(journey.entry)

    def _count_flags(self, journey: Journey) -> None:
        for variant in journey.flags.values():
            self._flags[variant].add(journey.entry)

    def _count_share(self, journey: Journey) -> None:
        share = self._entries[journey.entry.edge.callee.service]
        self._lost[Loss.FORGOTTEN] += share.add(journey.met)

    def _count_origins(self, journey: Journey) -> None:
        by_origin: dict[Origin, list[Failure]] = defaultdict(list)
        for failure in failures(journey.calls):
            by_origin[failure.origin].append(failure)
        for origin, of_origin in by_origin.items():
            self._lost[Loss.FORGOTTEN] += self._origins[origin].add(of_origin, journey.calls)

    def _losses(self) -> Mapping[str, int]:
        gone = (self._cohorts, self._edges, self._origins, self._entries, self._flags)
        lost = self._lost + Counter({Loss.FORGOTTEN: sum(table.forgotten for table in gone)})
        return {str(reason): number for reason, number in lost.items()}
