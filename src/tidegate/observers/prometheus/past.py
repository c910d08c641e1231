"""The requests of both arms in a past interval, step by step, from raw samples.

    async with Prometheus.of(telemetry.prometheus) as client:
        found = await read_past(client, telemetry, subject, Span(began=…, ended=…, step=15.0))

Prometheus is asked piece by piece, `PIECE` seconds at most; where an answer would be too large, for half as much.
Before the interval it is asked for `LOOKBACK` more, to know where the counters stood. What is lacking is told as
missing, each absence by its name, and never taken for calm.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from tidegate.core.errors import Problem, Refused, Unavailable
from tidegate.core.gates.analysis import Interval
from tidegate.core.gates.evidence import Gap, Missing, VersionedService
from tidegate.core.gates.measures import Subject
from tidegate.core.telemetry import Metric, Requests, Telemetry
from tidegate.observers.prometheus.api import BadQuery, Prometheus
from tidegate.observers.prometheus.calls import requests_of
from tidegate.observers.prometheus.coverage import LOOKBACK
from tidegate.observers.prometheus.holes import Holes
from tidegate.observers.prometheus.mapping import Placed, placed
from tidegate.observers.prometheus.missing import Fault, Faults
from tidegate.observers.prometheus.observer import SERIES
from tidegate.observers.prometheus.questions import (
    LEAST_INTERVALS,
    Part,
    lookup,
    ranged,
    remarks,
    request_parts,
)
from tidegate.observers.prometheus.series import Answer, Series
from tidegate.observers.prometheus.steps import Span, Steps
from tidegate.sources.words import utc

PIECE: Final = 3600.0
REPLICAS: Final = ("job", "prometheus", "prometheus_replica", "replica")
"""Series that differ in one of these alone are the same counter, scraped twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRequests:
    """What was counted, in the order of time, and what could not be read."""

    intervals: tuple[Interval, ...]
    missing: tuple[Missing, ...]


async def read_past(
    client: Prometheus,
    telemetry: Telemetry,
    subject: Subject,
    span: Span,
    progress: Callable[[float], None] = lambda _: None,
) -> PastRequests:
    """The counts of a past interval; `progress` hears until when it was read, in seconds since 1970.

    Raises `Unavailable` when Prometheus does not answer, `Refused` when this interval or metric cannot be judged.
    """
    if telemetry.requests is None:
        hint = "give spec.requests: they are what is judged"
        raise Refused([Problem(message=f"telemetry {telemetry.name} measures no requests", hint=hint)])
    now = await client.now()
    if span.ended > now:
        message = f"the interval ends at {utc(span.ended)}, and at {client.url} it is {utc(now)}"
        raise Refused([Problem(message=message, hint="end it in the past")])
    reader = _Reader(client, telemetry, telemetry.requests, subject, span)
    await reader.read(progress)
    return await reader.found()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """The answers about one piece of the interval."""

    up: Answer
    arms: tuple[tuple[Part, Answer], ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        return remarks([self.up, *(answer for _, answer in self.arms)])


class _Reader:
    """Asks for piece after piece and adds it to what is known."""

    def __init__(
        self, client: Prometheus, telemetry: Telemetry, requests: Requests, subject: Subject, span: Span
    ) -> None:
        self._client = client
        self._server = telemetry.prometheus
        self._requests = requests
        self._subject = subject
        self._span = span
        self._parts = tuple(request_parts(requests))
        self._part = self._parts[0]
        self._steps = Steps(span)
        self._holes = Holes(part=self._part, span=span, interval=self._server.interval)
        self._faults = Faults()

    @property
    def _arms(self) -> tuple[VersionedService, VersionedService]:
        return self._subject.canary, self._subject.control

    async def read(self, progress: Callable[[float], None]) -> None:
        """Read the whole interval."""
        begin, size = self._span.began, PIECE
        while begin < self._span.ended:
            end = min(begin + size, self._span.ended)
            try:
                piece = await self._piece(begin, end)
            except BadQuery:
                size /= 2
                if size < self._server.interval:
                    raise
                continue
            self._add(piece, begin, end)
            progress(end)
            begin = end

    async def _piece(self, begin: float, end: float) -> _Piece:
        window = end - begin + self._before(begin)
        up = await self._client.query(ranged(self._server.targets, window), at=end)
        arms = [
            (part, await self._client.query(ranged(_narrowed(part, version), window), at=end))
            for part in self._parts
            for version in self._arms
        ]
        return _Piece(up=up, arms=tuple(arms))

    def _before(self, begin: float) -> float:
        """How many seconds before a piece are asked for: at a seam so many that no rounding loses a sample."""
        if begin > self._span.began:
            return self._server.interval
        return max(LOOKBACK, LEAST_INTERVALS * self._server.interval)

    def _add(self, piece: _Piece, begin: float, end: float) -> None:
        self._warn(piece.warnings)
        self._steps.see_targets(piece.up.series)
        self._holes.see_targets(piece.up.series)
        for part, answer in piece.arms:
            found = placed(part, answer, self._faults) or []
            _refuse_copies(part, found)
            self._steps.add(requests_of(self._requests, part, found, self._faults), begin, end)
            if part is self._part:
                self._holes.see(found)
        if self._steps.series > SERIES:
            message = f"{self._part.source} has more than {SERIES:,} series of {self._subject.service}"
            raise Unavailable(message, f"narrow {self._part.path} with matchers, or shorten the interval")

    def _warn(self, warnings: Iterable[str]) -> None:
        for words in warnings:
            what = f"{self._client.url} warns: {words[:500]}"
            remedy = "an answer may lack a part of the series"
            self._faults.add(Fault(gap=Gap.PARTIAL, part="answers", what=what, remedy=remedy))

    async def found(self) -> PastRequests:
        """Everything that was read, and what is missing."""
        for version in self._arms:
            if self._holes.known(version):
                self._holes.note(version, self._faults)
            else:
                self._faults.add(await self._absent(version))
        intervals = tuple(self._steps.intervals(self._subject))
        return PastRequests(intervals=intervals, missing=self._faults.told())

    async def _absent(self, version: VersionedService) -> Fault:
        """Why there is no sample of a version, as far as Prometheus can tell."""
        metric, service = self._part.source, version.service
        assert isinstance(metric, Metric)
        gap, what = Gap.NO_DATA, f"{metric} has no samples of {version} in this interval"
        remedy = "was it running, and did it export the metric under this name?"
        if not any(map(self._holes.known, self._arms)):
            asked = await lookup(self._client, metric.name)
            if asked is not None and not asked.known:
                gap, what = Gap.RENAMED, f"Prometheus knows no metric {metric.name}"
                remedy = asked.near or f"correct {self._part.path}"
        return Fault(gap=gap, part=self._part.name, what=what, remedy=remedy, service=service)


def _narrowed(part: Part, version: VersionedService) -> str:
    """The selector of the series of one version."""
    assert isinstance(part.source, Metric)
    own = {part.labels.service: version.service, part.labels.version: version.version}
    added = (f"{label}={json.dumps(value, ensure_ascii=False)}" for label, value in own.items())
    return part.source.narrowed(*added).selector


def _refuse_copies(part: Part, found: Iterable[Placed]) -> None:
    """Raise `Refused` if a counter is there twice: every request would count twice."""
    first: dict[frozenset[tuple[str, str]], Series] = {}
    for each in sorted((each.series for each in found), key=lambda series: series.samples[0][0]):
        key = frozenset(item for item in each.labels.items() if item[0] not in REPLICAS)
        other = first.get(key)
        if other is not None and each.samples[0][0] <= other.last:
            raise Refused([_copy(part, other, each)])
        first[key] = each


def _copy(part: Part, one: Series, other: Series) -> Problem:
    name = next(name for name in REPLICAS if one.labels.get(name) != other.labels.get(name))
    ways = " and ".join(f'{name}="{each.labels.get(name, "")[:80]}"' for each in (one, other))
    message = f"{part.source} has the same counter several times, as {ways}"
    return Problem(message=message, hint=f"narrow {part.path} with matchers, so that a request counts once")
