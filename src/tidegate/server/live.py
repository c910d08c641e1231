"""Who calls whom at this moment, by every source there is: `GET /v1/graph`."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from fastapi import APIRouter

from tidegate.core.errors import Unavailable
from tidegate.core.gates.evidence import CallEdge, Counts, Reading
from tidegate.core.ids import ServiceName, Version, flag_of
from tidegate.core.traces.reading import TraceReading
from tidegate.ports import Observer, Traces
from tidegate.server.graph_view import (
    PATH,
    Epochs,
    GraphView,
    counted_edges,
    sorted_versions,
    traced_edges,
)

NO_TRACES = TraceReading(at=0.0, epoch="")
_Reading_co = TypeVar("_Reading_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveGraph:
    """Asks the `observers`, the one that is believed first coming first, and `traces`, each time it is asked.

    `deployed` says which versions of a service were deployed; `clock` gives seconds since 1970.
    """

    observers: Mapping[str, Observer]
    traces: Traces
    deployed: Callable[[], Awaitable[Mapping[ServiceName, Iterable[Version]]]]
    clock: Callable[[], float]

    def router(self) -> APIRouter:
        """The path on which it is shown."""
        router = APIRouter()
        router.add_api_route(PATH, self.view, methods=["GET"])
        return router

    async def view(self) -> GraphView:
        """Everything counted so far; raises `Unavailable` when no source answers."""
        answers = dict(
            zip(self.observers, await asyncio.gather(*map(_asked, self.observers.values())), strict=True)
        )
        traced = await _asked(self.traces)
        silent = [str(each) for each in (traced, *answers.values()) if isinstance(each, Unavailable)]
        if len(silent) == 1 + len(answers):
            raise Unavailable(f"nothing that was counted can be read: {'; '.join(silent)}")
        counted = {name: each for name, each in answers.items() if not isinstance(each, Unavailable)}
        journeys = NO_TRACES if isinstance(traced, Unavailable) else traced
        return GraphView(
            at=self.clock(),
            epochs=Epochs(counted=_epoch(counted), traced=journeys.epoch),
            counted=counted_edges(_first_to_count(counted.values())),
            traced=traced_edges(journeys.edges),
            entries=journeys.entries,
            deployed=sorted_versions(await self.deployed()),
            lost=journeys.lost,
            silent=tuple(silent),
            missing=tuple(str(gap) for reading in counted.values() for gap in reading.missing),
        )


class _Source(Protocol[_Reading_co]):
    async def read(self) -> _Reading_co: ...


async def _asked(source: _Source[_Reading_co]) -> _Reading_co | Unavailable:
    try:
        return await source.read()
    except Unavailable as error:
        return error


def _epoch(readings: Mapping[str, Reading]) -> str:
    """Another one as soon as any source began anew, or is not among them any more."""
    return " ".join(f"{name}:{reading.epoch}" for name, reading in readings.items())


def _first_to_count(readings: Iterable[Reading]) -> Mapping[CallEdge, Counts]:
    """Calls to a service are taken from the first source that counts any; a flag is none that is called."""
    edges: dict[CallEdge, Counts] = {}
    for reading in readings:
        counted = {edge.callee.service for edge in edges}
        edges |= {
            edge: counts
            for edge, counts in reading.edges.items()
            if edge.callee.service not in counted and flag_of(edge.callee.service) is None
        }
    return edges
