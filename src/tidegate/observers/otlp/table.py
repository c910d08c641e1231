"""Everything that was pushed, reduced at once to what gates ask for, in bounded memory.

Counts are kept per version and grow by what each data point adds (`series`), so an instance may go without taking
its counts along. Who is silent for long is forgotten: a writer, whose return only begins counting anew, and a
version with its counts, which when it returns counts from zero, as readers do.

Requests also count for the variants of feature flags that they say they were answered with, of which as many are kept
as of versions. A variant that is silent is only not served.

Visits of users are counted once each (`sessions`), if they began after we did: what older pages push may have been
counted before. Anyone may claim anything in a browser: nothing that browsers push makes evidence missing, or takes
the room of applications.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tidegate.core.gates.evidence import Counts, Gap, Reading, Signal, Tally
from tidegate.core.telemetry import Otlp
from tidegate.observers.otlp.flags import variants_of
from tidegate.observers.otlp.lacks import Lacks
from tidegate.observers.otlp.levels import Height, Heights
from tidegate.observers.otlp.points import Point, Unused, told_of
from tidegate.observers.otlp.semantics import HTTP_SERVER_DURATION, SESSION
from tidegate.observers.otlp.series import LATE, NANOSECONDS, Counted, Writers
from tidegate.observers.otlp.sessions import Sessions
from tidegate.observers.otlp.versions import Known, Versions

MISSED_PUSHES: Final = 3
"""How many make a version stale."""

_SWEEPS: Final = 15
"""Within the time after which who is silent is forgotten."""

LONGEST_MESSAGE: Final = 1_000
"""Characters of what is told of a push."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much is kept, for how long, and how far the clock of who pushes may be from ours.

    `versions` are those of applications, and as many of front ends.
    """

    series: int = 20_000
    versions: int = 2_000
    sessions: int = 100_000
    forget_seconds: float = 900.0
    skew_seconds: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a push: how many data points were refused, and why."""

    refused: int = 0
    why: str = ""


class Table:
    """What was pushed since `began`, a second since 1970. It reads no clock: every call says what time it is."""

    def __init__(self, wanted: Otlp, *, began: float, bounds: Bounds | None = None) -> None:
        self.wanted = wanted
        self._bounds = bounds or Bounds()
        self._began = began
        self._swept = began
        self._stale_seconds = MISSED_PUSHES * wanted.interval
        self._forget_seconds = max(self._bounds.forget_seconds, 2 * self._stale_seconds)
        self._writers = Writers(began=began)
        self._heights = Heights()
        self._sessions = Sessions(self._bounds.sessions)
        self._versions = Versions(self._bounds.versions)
        self._variants = Versions(self._bounds.versions)
        self._lacks = Lacks(self._bounds.versions)

    # What is pushed

    def accept(self, points: Iterable[Point | Unused], *, now: float) -> Outcome:
        """Count what a push has; a data point that cannot be counted is refused alone."""
        self._sweep(now)
        refused = Counter[str]()
        for point in points:
            unused = point if isinstance(point, Unused) else self._accept(point, now)
            if unused is not None:
                refused[unused.why] += unused.points
                self._lacks.note(unused, now=now)
        return Outcome(refused=refused.total(), why=_told(refused))

    def _accept(self, point: Point, now: float) -> Unused | None:
        unused = self._unplaced(point, now) or self._take(point, now)
        if unused is None:
            self._heard(point, now)
        return unused

    def _unplaced(self, point: Point, now: float) -> Unused | None:
        """What keeps `point` out, whatever it says: its time, or that there is no room."""
        service = told_of(point.resource)
        if abs(point.time / NANOSECONDS - now) > self._bounds.skew_seconds:
            why = f"data points are more than {self._bounds.skew_seconds:g} s from the time here"
            return Unused(why=why, gap=Gap.CLOCK_SKEW, service=service)
        if not self._versions.have_room(point.resource.version, browser=point.resource.browser):
            why = f"no more than {self._bounds.versions} versions are kept"
            return Unused(why=why, gap=Gap.PARTIAL, service=service)
        return None

    def _take(self, point: Point, now: float) -> Unused | None:
        if isinstance(point.value, float):
            return self._raise(point, point.value, now)
        if point.metric != HTTP_SERVER_DURATION and (point.session or point.resource.browser):
            return self._visit(point, point.value, now)
        return self._count(point, point.value, now)

    def _raise(self, point: Point, value: float, now: float) -> Unused | None:
        """Keep a level."""
        version, series = point.resource.version, (point.resource.id, point.series)
        takes = [level for level in self.wanted.levels if level.of.takes(point.metric, point.attributes)]
        if takes and self._full and series not in self._heights:
            return self._no_room(point)
        height = Height(
            signals=tuple(Signal(name=level.name, version=version) for level in takes),
            instance=point.resource.instance,
            time=point.time,
            heard=now,
            value=value,
        )
        return None if not takes or self._heights.put(series, height) else Unused(why=LATE)

    def _count(self, point: Point, counts: Counts, now: float) -> Unused | None:
        """Add to what is counted of a version."""
        counted = Counted(
            series=point.series, start=point.start, time=point.time, counts=counts, delta=point.delta
        )
        if self._full and not self._writers.knows(point.resource.id, counted):
            return self._no_room(point)
        added = self._writers.add(point.resource.id, counted, now=now)
        if isinstance(added, str):
            service = None if added is LATE else told_of(point.resource)  # a newer total has what is late
            return Unused(why=added, gap=Gap.PARTIAL, service=service)
        known = self._heard(point, now)
        if point.metric == HTTP_SERVER_DURATION:
            known.counts += added
            self._count_flags(point, added, now)
            return None
        for ratio in self.wanted.ratios:
            tried = added.requests * ratio.requests.takes(point.metric, point.attributes)
            bad = added.requests * ratio.bad.takes(point.metric, point.attributes)
            known.add(ratio.name, Tally(requests=tried, bad=bad))
        return None

    def _count_flags(self, point: Point, counts: Counts, now: float) -> None:
        """Count the same requests for the variants of flags that they were answered with."""
        for variant in variants_of(point.attributes):
            if self._variants.have_room(variant, browser=False):
                self._variants.heard(variant, browser=False, now=now).counts += counts
            else:
                why = f"no more than {self._bounds.versions} variants of flags are kept"
                self._lacks.note(Unused(why=why, gap=Gap.PARTIAL, service=variant.service), now=now)

    def _visit(self, point: Point, counts: Counts, now: float) -> Unused | None:
        """Count a user's visit once as tried, and once as bad."""
        if not point.session:
            return Unused(why=f"front ends are counted per visit: {SESSION} is needed")
        if not counts.requests or point.start < self._began * NANOSECONDS:
            return None
        known, of = self._heard(point, now), (str(point.resource.version), point.session)
        for ratio in self.wanted.ratios:
            bad = ratio.bad.takes(point.metric, point.attributes)
            if bad or ratio.requests.takes(point.metric, point.attributes):
                tried = self._sessions.first(ratio.name, "tried", *of)
                failed = bad and self._sessions.first(ratio.name, "bad", *of)
                known.add(ratio.name, Tally(requests=tried, bad=failed))
        return None

    @property
    def _full(self) -> bool:
        return len(self._writers) + len(self._heights) >= self._bounds.series

    def _no_room(self, point: Point) -> Unused:
        why = f"no more than {self._bounds.series} series are kept: push fewer attributes"
        return Unused(why=why, gap=Gap.PARTIAL, service=told_of(point.resource))

    def _heard(self, point: Point, now: float) -> Known:
        return self._versions.heard(point.resource.version, browser=point.resource.browser, now=now)

    def _sweep(self, now: float) -> None:
        """Forget who is silent, from time to time."""
        if now - self._swept < self._forget_seconds / _SWEEPS:
            return
        self._swept, since = now, now - self._forget_seconds
        self._writers.forget(since)
        self._heights.forget(since)
        self._versions.forget(since)
        self._variants.forget(since)

    # What is read

    def reading(self, *, now: float) -> Reading:
        """Everything counted so far."""
        self._sweep(now)
        stale = self._stale_seconds
        return Reading(
            at=now,
            epoch=f"otlp-{self._began}",
            edges=self._versions.edges() | self._variants.edges(),
            ratios=self._versions.ratios(),
            levels=self._heights.levels(now - stale),
            missing=(
                *self._lacks.missing(now - stale),
                *self._versions.contradictions(),
                *self._versions.silent(now=now, longest=stale),
            ),
        )


def _told(refused: Counter[str]) -> str:
    """Why points were refused, most of them first."""
    told = "; ".join(f"{number} refused: {why}" for why, number in refused.most_common() if number)
    return told[:LONGEST_MESSAGE]
