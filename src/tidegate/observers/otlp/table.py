"""Everything that was pushed, reduced at once to what gates ask for, in bounded memory.

Counts are kept per version and grow by what each data point adds (`series`), so an instance may go without taking
its counts along. Who is silent for long is forgotten: a writer, whose return only begins counting anew, and a
version with its counts, which when it returns counts from zero, as readers do.

Visits of users are counted once each (`sessions`), if they began after we did: what older pages push may have been
counted before. Anyone may claim anything in a browser: nothing that browsers push makes evidence missing, or takes
the room of applications.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Final

from tidegate.core.gates.evidence import (
    NOTHING,
    CallEdge,
    Counts,
    Gap,
    Missing,
    Reading,
    Signal,
    Tally,
    VersionedService,
)
from tidegate.observers.otlp.lacks import Lacks
from tidegate.observers.otlp.levels import Height, Heights
from tidegate.observers.otlp.points import Point, Unused, told_of
from tidegate.observers.otlp.semantics import HTTP_SERVER_DURATION, SESSION, Wanted
from tidegate.observers.otlp.series import LATE, NANOSECONDS, Counted, Writers
from tidegate.observers.otlp.sessions import Sessions

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


@dataclass(slots=True, kw_only=True)
class _Known:
    """What is counted of one version, which was `heard` last at a second since 1970."""

    heard: float
    browser: bool
    counts: Counts = field(default_factory=Counts)
    ratios: dict[str, Tally] = field(default_factory=dict)

    def add(self, ratio: str, tally: Tally) -> None:
        self.ratios[ratio] = self.ratios.get(ratio, NOTHING) + tally


class Table:
    """What was pushed since `began`, a second since 1970. It reads no clock: every call says what time it is."""

    def __init__(self, wanted: Wanted, *, began: float, bounds: Bounds | None = None) -> None:
        self.wanted = wanted
        self._bounds = bounds or Bounds()
        self._began = began
        self._swept = began
        self._stale_seconds = MISSED_PUSHES * wanted.push_seconds
        self._forget_seconds = max(self._bounds.forget_seconds, 2 * self._stale_seconds)
        self._writers = Writers(began=began)
        self._heights = Heights()
        self._sessions = Sessions(self._bounds.sessions)
        self._versions: dict[VersionedService, _Known] = {}
        self._kept = Counter[bool]()  # versions, by whether browsers run them
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
            self._known(point, now).heard = now
        return unused

    def _unplaced(self, point: Point, now: float) -> Unused | None:
        """What keeps `point` out, whatever it says: its time, or that there is no room."""
        service = told_of(point.resource)
        if abs(point.time / NANOSECONDS - now) > self._bounds.skew_seconds:
            why = f"data points are more than {self._bounds.skew_seconds:g} s from the time here"
            return Unused(why=why, gap=Gap.CLOCK_SKEW, service=service)
        known = point.resource.version in self._versions
        if not known and self._kept[point.resource.browser] >= self._bounds.versions:
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
        series, version = (point.resource.id, point.series), point.resource.version
        if series not in self._heights and self._full:
            return self._no_room(point)
        signals = tuple(
            Signal(name=level.name, version=version)
            for level in self.wanted.levels
            if level.of.takes(point.metric, point.attributes)
        )
        height = Height(
            signals=signals, instance=point.resource.instance, time=point.time, heard=now, value=value
        )
        return None if self._heights.put(series, height) else Unused(why=LATE)

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
        known = self._known(point, now)
        if point.metric == HTTP_SERVER_DURATION:
            known.counts += added
            return None
        for ratio in self.wanted.ratios:
            tried = added.requests * ratio.requests.takes(point.metric, point.attributes)
            bad = added.requests * ratio.bad.takes(point.metric, point.attributes)
            known.add(ratio.name, Tally(requests=tried, bad=bad))
        return None

    def _visit(self, point: Point, counts: Counts, now: float) -> Unused | None:
        """Count a user's visit once as tried, and once as bad."""
        if not point.session:
            return Unused(why=f"front ends are counted per visit: {SESSION} is needed")
        if not counts.requests or point.start < self._began * NANOSECONDS:
            return None
        known, of = self._known(point, now), (str(point.resource.version), point.session)
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

    def _known(self, point: Point, now: float) -> _Known:
        version, browser = point.resource.version, point.resource.browser
        if version not in self._versions:
            self._versions[version] = _Known(heard=now, browser=browser)
            self._kept[browser] += 1
        return self._versions[version]

    def _sweep(self, now: float) -> None:
        """Forget who is silent, from time to time."""
        if now - self._swept < self._forget_seconds / _SWEEPS:
            return
        self._swept, since = now, now - self._forget_seconds
        self._writers.forget(since)
        self._heights.forget(since)
        self._versions = {version: known for version, known in self._versions.items() if known.heard >= since}
        self._kept = Counter(known.browser for known in self._versions.values())

    # What is read

    def reading(self, *, now: float) -> Reading:
        """Everything counted so far."""
        self._sweep(now)
        tallies = {
            Signal(name=name, version=version): tally
            for version, known in self._versions.items()
            for name, tally in known.ratios.items()
        }
        return Reading(
            at=now,
            epoch=f"otlp-{self._began}",
            edges={
                CallEdge(caller=None, callee=version): known.counts
                for version, known in self._versions.items()
                if known.counts.requests
            },
            ratios={signal: _at_most_all(tally) for signal, tally in tallies.items() if tally != NOTHING},
            levels=self._heights.levels(now - self._stale_seconds),
            missing=(
                *self._lacks.missing(now - self._stale_seconds),
                *_contradictions(tallies),
                *self._silent(now),
            ),
        )

    def _silent(self, now: float) -> Iterator[Missing]:
        """Versions that should push and do not; where users push, silence is that there are none."""
        for version, known in sorted(self._versions.items(), key=itemgetter(0)):
            if (seconds := now - known.heard) > self._stale_seconds and not known.browser:
                what = f"{version} has pushed nothing for {seconds:.0f} s: see whether its exporter is up"
                yield Missing(gap=Gap.STALE, what=what, service=version.service)


def _contradictions(tallies: Mapping[Signal, Tally]) -> Iterator[Missing]:
    for signal, tally in sorted(tallies.items(), key=itemgetter(0)):
        if tally.bad > tally.requests:
            what = f"{signal} has {tally.bad} bad of {tally.requests}: see whether all attempts are pushed"
            yield Missing(gap=Gap.PARTIAL, what=what, service=signal.version.service)


def _at_most_all(tally: Tally) -> Tally:
    """A tally that is one, and that still only grows."""
    return Tally(requests=max(tally.requests, tally.bad), bad=tally.bad)


def _told(refused: Counter[str]) -> str:
    """Why points were refused, most of them first."""
    told = "; ".join(f"{number} refused: {why}" for why, number in refused.most_common() if number)
    return told[:LONGEST_MESSAGE]
