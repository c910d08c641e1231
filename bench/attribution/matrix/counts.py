"""The same question without traces: calls counted on every edge, as a mesh has them anyway."""

from dataclasses import dataclass, field

from tidegate.core.attribution.answer import Attribution
from tidegate.core.attribution.edges.attribute import attribute_by_edges
from tidegate.core.attribution.edges.observed import Interval, Release, interval_of
from tidegate.core.gates.evidence import Reading, increase
from tidegate.observers.envoy import EnvoyObserver


@dataclass(slots=True, kw_only=True)
class Counts:
    """What was counted since the last reading, look after look."""

    observer: EnvoyObserver
    last: Reading
    intervals: list[Interval] = field(default_factory=list)

    async def look(self) -> None:
        """One more interval."""
        now = await self.observer.read()
        self.intervals.append(interval_of(increase(self.last, now), at=now.at))
        self.last = now

    def attribution(self, releases: list[Release]) -> Attribution:
        """Which release did it, by these counts and when each was made."""
        return attribute_by_edges(releases, self.intervals)


async def counting(observer: EnvoyObserver) -> Counts:
    """Counts from now on."""
    return Counts(observer=observer, last=await observer.read())
