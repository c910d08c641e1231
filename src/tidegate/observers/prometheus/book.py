"""Keeps totals from one asking to the next, and makes a reading of them. Pure but for its own memory.

    asked ─► placed (by version) ─► counters ─► ledger (until the watermark) ─► edges, ratios
                                 └► levels         faults from everywhere ─► missing

The first reading counts nothing: another observer may have read what came before it. From then on a total never
falls, because a fall would look like a restart and count everything again. So where a side of a ratio cannot be
read, all its sides stand still until they can be, and go on from where they stood.
"""

from collections.abc import Iterable, Iterator, Mapping
from math import inf
from typing import Final, Literal
from uuid import uuid4

from tidegate.core.gates.evidence import (
    CallEdge,
    Counts,
    Gap,
    Histogram,
    Levels,
    Reading,
    Signal,
    Tally,
)
from tidegate.core.telemetry import Metric, RatioSource, Requests, Telemetry
from tidegate.observers.prometheus.api import BadQuery
from tidegate.observers.prometheus.calls import requests_of, times_of
from tidegate.observers.prometheus.counters import Ledger, Values
from tidegate.observers.prometheus.coverage import LOOKBACK, Coverage, Sightings
from tidegate.observers.prometheus.mapping import (
    Account,
    Answers,
    Counter,
    Placed,
    Share,
    Times,
    levels_of,
    owner,
    placed,
    share_of,
)
from tidegate.observers.prometheus.missing import Fault, Faults
from tidegate.observers.prometheus.questions import (
    LONGEST_SECONDS,
    Asked,
    Part,
    level_part,
    parts_of,
    ratio_part,
    request_parts,
)
from tidegate.observers.prometheus.targets import STALE_INTERVALS, Target, watermark

SIDES: Final[tuple[Literal["total", "bad", "good"], ...]] = ("total", "bad", "good")

Found = Mapping[str, list[Placed] | None]
"""The series of each part; none (not even an empty list) where the part could not be read."""


class Book:
    """The totals of everything that `telemetry` counts, from at most `series` series each; `url` is for messages."""

    def __init__(self, telemetry: Telemetry, url: str, series: int) -> None:
        self._telemetry = telemetry
        self._url = url
        self._series = series
        self._parts = {part.name: part for part in parts_of(telemetry)}
        self._epoch = f"prometheus-{uuid4().hex}"
        self._ledger: Ledger[Account] = Ledger()
        self._bad: Mapping[Signal, int] = {}
        self._sightings = Sightings()
        self.until: float | None = None

    def reading(self, asked: Asked) -> Reading:
        """The reading after one more asking."""
        faults = Faults()
        self._source_faults(asked, faults)
        found = {part.name: self._found(part, asked, faults) for part in self._parts.values()}
        self._look(found, asked)
        counters = list(self._counters(found, faults))
        first, self.until = self.until is None, self._watermark(counters, asked)
        self._count(counters, asked, self.until)
        if first:
            self._ledger.clear()
        levels = self._levels(found, asked, faults)
        self._coverage(asked).note(self._parts.values(), faults)
        edges = self._edges(faults)
        return Reading(
            at=self.until,
            epoch=self._epoch,
            edges=edges,
            ratios=self._ratios(),
            levels=levels,
            missing=faults.told(),
        )

    @property
    def _interval(self) -> float:
        return self._telemetry.prometheus.interval

    def _coverage(self, asked: Asked) -> Coverage:
        return Coverage(asked=asked, sightings=self._sightings, interval=self._interval, url=self._url)

    # -- what was answered -----------------------------------------------------------------------------------

    def _source_faults(self, asked: Asked, faults: Faults) -> None:
        if abs(asked.skew) > self._interval:
            way = "ahead of" if asked.skew > 0 else "behind"
            what = f"the clock of {self._url} is {abs(asked.skew):.1f} s {way} ours"
            fault = Fault(gap=Gap.CLOCK_SKEW, part="clock", what=what, remedy="synchronise both with NTP")
            faults.add(fault)
        for words in asked.warnings:
            what = f"{self._url} warns: {words[:500]}"
            remedy = "an answer may lack a part of the series"
            faults.add(Fault(gap=Gap.PARTIAL, part="answers", what=what, remedy=remedy))

    def _found(self, part: Part, asked: Asked, faults: Faults) -> list[Placed] | None:
        answer = asked.answers[part.name]
        if isinstance(answer, BadQuery):
            remedy = f"{answer.hint}, at {part.path}"
            faults.add(Fault(gap=Gap.MALFORMED, part=part.name, what=answer.message, remedy=remedy))
            return None
        lookup = asked.lookups.get(part.name)
        if lookup and not lookup.known:
            return None
        found = placed(part, answer, faults)
        return None if found is None else self._bounded(part, found, faults)

    def _bounded(self, part: Part, found: list[Placed], faults: Faults) -> list[Placed]:
        """As many series as there is room for, the same ones every time."""
        if len(found) <= self._series:
            return found
        what = f"{part.source} has {len(found)} series, of which {self._series} are read"
        remedy = f"narrow {part.path} with matchers"
        faults.add(Fault(gap=Gap.PARTIAL, part=part.name, what=what, remedy=remedy))
        return sorted(found, key=lambda each: sorted(each.series.labels.items()))[: self._series]

    def _look(self, found: Found, asked: Asked) -> None:
        for name, placed_ in found.items():
            self._sightings.add(name, placed_ or ())
        self._sightings.forget(asked.now - LOOKBACK)

    # -- counting --------------------------------------------------------------------------------------------

    def _counters(self, found: Found, faults: Faults) -> Iterator[Counter]:
        requests, latency = self._telemetry.requests, self._telemetry.latency
        if requests:
            yield from self._requests(requests, found, faults)
        if requests and latency:
            yield from times_of(requests, latency, self._parts["latency"], found["latency"] or (), faults)
        for ratio in self._telemetry.ratios:
            yield from self._sides(ratio, found, faults)

    def _requests(self, requests: Requests, found: Found, faults: Faults) -> Iterator[Counter]:
        """All counters of requests, or none of them while failures cannot be read: they would seem good."""
        parts = list(request_parts(requests))
        if all(found[part.name] is not None for part in parts):
            for part in parts:
                yield from requests_of(requests, part, found[part.name] or (), faults)

    def _sides(self, ratio: RatioSource, found: Found, faults: Faults) -> Iterator[Counter]:
        """All counters of a ratio, or none of them while one of its sides cannot be read."""
        sides = [side for side in SIDES if ratio_part(ratio.name, side) in self._parts]
        if any(found[ratio_part(ratio.name, side)] is None for side in sides):
            return
        for side in sides:
            part = self._parts[ratio_part(ratio.name, side)]
            yield from share_of(ratio, side, part, self._told(ratio, side, found, faults), faults)

    def _told(self, ratio: RatioSource, side: str, found: Found, faults: Faults) -> Iterator[Placed]:
        """The series of a side. Without its good ones an attempt is not bad but unknown, and waits."""
        good = {each.version for each in found.get(ratio_part(ratio.name, "good")) or ()}
        for each in found[ratio_part(ratio.name, side)] or ():
            if ratio.good is None or each.version in good:
                yield each
                continue
            fault = Fault(
                gap=Gap.NO_DATA,
                part=ratio_part(ratio.name, "good"),
                what=f"{ratio.good} has nothing of {each.version}, which has attempts",
                remedy="export it from the start, as 0",
                service=each.version.service,
            )
            faults.add(fault)

    def _watermark(self, counters: Iterable[Counter], asked: Asked) -> float:
        """Until when this reading counts; never before the one before it."""
        newest: dict[Target, float] = {}
        for counter in counters:
            if counter.resets and counter.track:
                at = counter.track[-1][0]
                newest[counter.target] = max(at, newest.get(counter.target, at))
        mark = watermark(newest, asked.targets, now=asked.now, interval=self._interval)
        if mark is None:
            return self.until or asked.now if self._scraped else asked.now
        return max(mark, self.until or mark)

    @property
    def _scraped(self) -> bool:
        """Whether anything is counted by scrapes, so that there is something to wait for."""
        return any(
            part.sort == "counter" and isinstance(part.source, Metric) for part in self._parts.values()
        )

    def _count(self, counters: Iterable[Counter], asked: Asked, until: float) -> None:
        for counter in counters:
            self._ledger.count(
                counter.key,
                counter.account,
                counter.track,
                until if counter.resets else asked.now,
                scraped=asked.targets.scraped(counter.target) if counter.resets else inf,
                resets=counter.resets,
            )
        self._ledger.forget(until - LONGEST_SECONDS, owner)

    # -- the reading -----------------------------------------------------------------------------------------

    def _edges(self, faults: Faults) -> Mapping[CallEdge, Counts]:
        edges: dict[CallEdge, Counts] = {}
        for account, total in self._ledger.totals.items():
            if isinstance(account, Answers):
                edges[account.edge] = edges.get(account.edge, Counts()) + _answers(account, total.values)
        for account, total in self._ledger.totals.items():
            if isinstance(account, Times):
                self._add_times(edges, account, total.values, faults)
        return edges

    def _add_times(
        self, edges: dict[CallEdge, Counts], account: Times, values: Values, faults: Faults
    ) -> None:
        known = edges.get(account.edge, Counts())
        if known.times.bounds:
            version = account.edge.callee
            what = f"the instances of {version} have different buckets"
            remedy = "give all instances of a version the same"
            faults.add(
                Fault(gap=Gap.MALFORMED, part="latency", what=what, remedy=remedy, service=version.service)
            )
            return
        edges[account.edge] = known + self._times(account, values)

    def _times(self, account: Times, values: Values) -> Counts:
        counts = tuple(map(round, values))
        latency = self._telemetry.latency
        above = [*account.bounds, inf]
        times = Histogram(bounds=account.bounds, counts=counts)
        threshold = latency.threshold_ms if latency else None
        if threshold is None or threshold not in account.bounds:
            return Counts(times=times)
        slow = sum(count for bound, count in zip(above, counts, strict=True) if bound > threshold)
        return Counts(slow=slow, threshold_ms=threshold, times=times)

    def _ratios(self) -> Mapping[Signal, Tally]:
        sides: dict[Signal, dict[str, int]] = {}
        for account, total in self._ledger.totals.items():
            if isinstance(account, Share):
                sides.setdefault(account.signal, {})[account.side] = round(total.values[0])
        tallies = {signal: self._tally(signal, counted) for signal, counted in sides.items()}
        self._bad = {signal: tally.bad for signal, tally in tallies.items()}
        return tallies

    def _tally(self, signal: Signal, counted: Mapping[str, int]) -> Tally:
        """Attempts under way are not good yet: where only good ones are counted, `bad` stays at its highest."""
        total = counted.get("total", 0)
        if "good" not in counted:
            return Tally(requests=total, bad=min(counted.get("bad", 0), total))
        return Tally(requests=total, bad=max(total - counted["good"], self._bad.get(signal, 0)))

    def _levels(self, found: Found, asked: Asked, faults: Faults) -> Mapping[Signal, Levels]:
        levels: dict[Signal, Levels] = {}
        for level in self._telemetry.levels:
            part = self._parts[level_part(level.name)]
            fresh = [each for each in found[part.name] or () if self._is_fresh(each, asked)]
            levels |= levels_of(level, part, fresh, faults)
        return levels

    def _is_fresh(self, found: Placed, asked: Asked) -> bool:
        """Whether a level stands for the present; the coverage tells of those that do not."""
        return asked.now - found.series.last <= STALE_INTERVALS * self._interval


def _answers(account: Answers, values: Values) -> Counts:
    count = round(values[0])
    return Counts(
        requests=0 if account.kind == "failed" else count,
        bad=count if account.kind in ("bad", "failed") else 0,
        rejected=count if account.kind == "rejected" else 0,
    )
