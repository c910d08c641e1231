"""Imagined traffic, imagined journeys and imagined budgets.

Readings come from a script, else from what was counted so far; findings are what was said beforehand.
"""

import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping

from tidegate.core.errors import Problem, Unavailable
from tidegate.core.gates.evidence import CallEdge, Counts, Finding, Gap, Missing, Reading
from tidegate.core.gates.measures import Subject
from tidegate.core.ids import DatabaseName, MigrationName, ServiceName
from tidegate.core.strategy import SloLimit
from tidegate.core.traces.counting import JourneyCounter
from tidegate.core.traces.journey import Journey
from tidegate.core.traces.reading import TraceReading

Traffic = Callable[[float], Mapping[CallEdge, Counts]]
"""What happens on each edge within a span of so many seconds."""


class MemoryObserver:
    """Answers with the next item of its script while there is one, and with its own counters after that.

    An `Unavailable` in the script is raised. Each reading of the counters first adds what `traffic` says
    happened since the one before. `clock` gives seconds since 1970.
    """

    def __init__(
        self,
        script: Iterable[Reading | Unavailable] = (),
        *,
        traffic: Traffic | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._script = deque(script)
        self._traffic = traffic
        self._clock = clock
        self._last = clock()
        self._epoch = 1
        self._edges: dict[CallEdge, Counts] = {}

    def then(self, *items: Reading | Unavailable) -> None:
        """Add to the end of the script."""
        self._script.extend(items)

    def add(self, edge: CallEdge, counts: Counts) -> None:
        """Count requests of one edge."""
        self._edges[edge] = self._edges.get(edge, Counts()) + counts

    def restart(self) -> None:
        """Begin to count at zero again, in a new epoch, as a data plane does after its restart."""
        self._edges = {}
        self._epoch += 1

    async def read(self) -> Reading:
        """The next scripted reading, else the counts at this instant."""
        if self._script:
            item = self._script.popleft()
            if isinstance(item, Unavailable):
                raise item
            return item
        now = self._clock()
        if self._traffic is not None:
            for edge, counts in self._traffic(now - self._last).items():
                self.add(edge, counts)
        self._last = now
        return Reading(at=now, epoch=f"memory-{self._epoch}", edges=dict(self._edges))


class MemoryTraces:
    """Counts journeys that it is told of. While `unavailable` is set, it is raised. Remembers what was wanted."""

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self.wanted: list[frozenset[ServiceName]] = []
        self.unavailable: Unavailable | None = None
        self._clock = clock
        self._journeys: list[Journey] = []
        self._counter = JourneyCounter("memory-1")

    def add(self, *journeys: Journey) -> None:
        """Count journeys, and keep those that failed."""
        for journey in journeys:
            self._counter.count(journey)
            self._journeys.append(journey)

    def want(self, services: Collection[ServiceName]) -> None:
        """Tell journeys apart by the versions of these services, for ever."""
        self.wanted.append(frozenset(services))
        self._counter.want(frozenset[ServiceName]().union(*self.wanted))

    async def read(self) -> TraceReading:
        """The counts at this instant."""
        if self.unavailable is not None:
            raise self.unavailable
        return self._counter.reading(self._clock())

    def failing(self, service: ServiceName, since: float) -> tuple[Journey, ...]:
        """Failing journeys through a service that began at `since` or later, in the order they were told."""
        return tuple(
            journey
            for journey in self._journeys
            if journey.failed and journey.entry.start >= since and journey.passes(service)
        )


class MemoryContracts:
    """Has no contracts: gates that want answers held against one are refused. Remembers what was wanted."""

    def __init__(self) -> None:
        self.wanted: list[tuple[Subject, float]] = []

    def validate(self, subjects: Iterable[Subject]) -> tuple[Problem, ...]:
        """One problem for each of them."""
        return tuple(
            Problem(
                message=f"no contract of {subject.service} is known",
                hint="start tidegate up with --contracts DIR",
            )
            for subject in subjects
        )

    def want(self, subject: Subject, sample: float) -> None:
        """Note it."""
        self.wanted.append((subject, sample))


class MemoryBudgets:
    """Says of each SLO, by its name, what it was told to; others are unknown."""

    def __init__(self, findings: Mapping[str, tuple[Finding, ...]] | None = None) -> None:
        self.findings = dict(findings or {})

    def validate(self, limits: Iterable[SloLimit]) -> tuple[Problem, ...]:
        """The SLOs that are unknown."""
        return tuple(
            Problem(message=f"no SLO {limit.slo!r} is known", hint="start tidegate up with --slo DIR")
            for limit in limits
            if limit.slo not in self.findings
        )

    async def check(self, limit: SloLimit, since: float) -> tuple[Finding, ...]:  # noqa: ARG002 - the port's
        """What was said of it."""
        return self.findings.get(limit.slo, ())


class MemoryDataChecks:
    """Says of the data of each migration what it was told to; of others nothing is known."""

    def __init__(self, findings: Mapping[MigrationName, tuple[Finding, ...]] | None = None) -> None:
        self.findings = dict(findings or {})

    async def check(self, database: DatabaseName, migration: MigrationName) -> tuple[Finding, ...]:
        """What was said of it."""
        said = f"nobody compares the data of {migration} in {database}"
        unknown = Finding(
            name=f"data of {migration}", reason=said, missing=Missing(gap=Gap.NO_DATA, what=said)
        )
        return self.findings.get(migration, (unknown,))
