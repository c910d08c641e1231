"""What the journeys of one rollout come to, on its way from a source to attribution, in a form that survives a crash.

Each look is stored with the reading that it ended on, and the number of a look is its fence, as with the evidence of
gates (`case_file`): whoever finds it taken reads again and goes on from there. Journeys are told apart by the versions
of `services` only from the first reading after somebody wanted that; so when more are wanted, counting begins anew.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from tidegate.core.ids import RolloutId, ServiceName
from tidegate.core.traces.increase import increase
from tidegate.core.traces.reading import TraceReading
from tidegate.store.database import Store
from tidegate.store.journeys import decoded_reading, encoded_reading
from tidegate.store.records import JourneysRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyLook:
    """What journeys came to between two moments, in seconds since 1970."""

    since: float
    found: TraceReading


class JourneyFile:
    """The only place that writes what journeys come to. It begins with what is stored."""

    _last: TraceReading | None
    _sequence: int

    def __init__(self, store: Store, rollout: RolloutId) -> None:
        self._store = store
        self._rollout = rollout
        self._services: frozenset[ServiceName] = frozenset()
        self._read()

    def _read(self) -> None:
        stored = self._store.journeys_of(self._rollout)
        self._sequence = stored[-1].sequence if stored else 0
        self._last = None
        if stored and self._services == _services(stored[-1]):
            self._last = decoded_reading(stored[-1].batch["until"])

    def tell_apart(self, services: Collection[ServiceName]) -> frozenset[ServiceName]:
        """The services by which journeys are told apart from now on: these besides all earlier ones."""
        wanted = self._services.union(services)
        if wanted != self._services:
            self._services = wanted
            self._read()
        return wanted

    def add(self, reading: TraceReading) -> None:
        """One more look; not at all if another was quicker, or if nothing happened."""
        relevant = _concerning(reading, self._services)
        grown = increase(self._last, relevant) if self._last else replace(_NOTHING, at=reading.at)
        if self._last and not (grown.cohorts or grown.origins or grown.lost):
            return
        since = self._last.at if self._last else reading.at
        record = JourneysRecord(
            rollout=self._rollout,
            sequence=self._sequence + 1,
            at=datetime.fromtimestamp(reading.at, UTC),
            batch={
                "since": since,
                "services": sorted(self._services),
                "batch": encoded_reading(grown),
                "until": encoded_reading(relevant),
            },
        )
        if not self._store.append_journeys(record):
            self._read()
            return
        self._sequence, self._last = record.sequence, relevant


_NOTHING = TraceReading(at=0.0, epoch="")


def looks_of(store: Store, rollout: RolloutId, since: float = 0.0) -> tuple[JourneyLook, ...]:
    """The stored looks that began at `since` or later."""
    looks = (
        JourneyLook(since=record.batch["since"], found=decoded_reading(record.batch["batch"]))
        for record in store.journeys_of(rollout)
    )
    return tuple(look for look in looks if look.since >= since)


def _services(record: JourneysRecord) -> frozenset[ServiceName]:
    return frozenset(ServiceName(name) for name in record.batch["services"])


def _concerning(reading: TraceReading, services: Collection[ServiceName]) -> TraceReading:
    """Without what is of no use to attribution: edges to other services, and where journeys began."""
    edges = {
        edge: flow
        for edge, flow in reading.edges.items()
        if edge.caller is not None and edge.caller.service in services and edge.callee.service in services
    }
    return replace(reading, edges=edges, entries={}, flags={})
