"""What attribution by edges is told: releases with their times, and what was seen, interval after interval.

A source tells instances apart (rates and levels of each), or counts calls per edge and version, or both.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain
from math import inf
from typing import NamedTuple

from tidegate.core.gates.evidence import Batch, CallEdge, Counts, VersionedService
from tidegate.core.ids import ServiceName, Version


class Edge(NamedTuple):
    """A service that calls another; no caller is outside of the mesh."""

    caller: ServiceName | None
    callee: ServiceName


def edge_of(edge: CallEdge) -> Edge:
    """The services of an edge between versions."""
    return Edge(edge.caller.service if edge.caller else None, edge.callee.service)


class Level(StrEnum):
    """What is measured of an instance beside its calls."""

    LATENCY = "latency"  # milliseconds
    CPU = "CPU"  # per cent of what it may use
    MEMORY = "memory"  # per cent of what it may use


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One release in progress; times are seconds since 1970.

    Its first step began at `began` and was done at `reached`; somewhere between them its new version was exposed for
    the first time. `ended` is when nothing of it was exposed any more.
    """

    service: ServiceName
    old: Version
    new: Version
    began: float
    reached: float
    ended: float = inf

    @property
    def canary(self) -> VersionedService:
        return VersionedService(service=self.service, version=self.new)

    @property
    def control(self) -> VersionedService:
        return VersionedService(service=self.service, version=self.old)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One instance in one interval; what was not measured is left out.

    `answers` is the share of calls that it answered well, by caller; `calls` the share of its own calls that
    succeeded, by callee. One that should be there and of which nothing was measured is empty. It is `warm` once its
    start no longer shows in what is measured.
    """

    version: VersionedService
    answers: Mapping[ServiceName | None, float] = field(default_factory=dict)
    calls: Mapping[ServiceName, float] = field(default_factory=dict)
    levels: Mapping[Level, float] = field(default_factory=dict)
    warm: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """What was seen from `since` to `until`, seconds since 1970: instances by name, and counts by edge."""

    since: float
    until: float
    instances: Mapping[str, Instance] = field(default_factory=dict)
    counts: Mapping[CallEdge, Counts] = field(default_factory=dict)


def interval_of(batch: Batch, *, at: float) -> Interval:
    """What a gate's source counted until `at`, as attribution reads it."""
    return Interval(since=at - batch.seconds, until=at, counts=batch.edges)


def edges_of(intervals: Iterable[Interval]) -> frozenset[Edge]:
    """Who was seen to call whom."""
    return frozenset(chain.from_iterable(map(_seen, intervals)))


def _seen(interval: Interval) -> Iterable[Edge]:
    yield from map(edge_of, interval.counts)
    for instance in interval.instances.values():
        service = instance.version.service
        yield from (Edge(caller, service) for caller in instance.answers)
        yield from (Edge(service, callee) for callee in instance.calls)
