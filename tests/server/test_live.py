"""`GET /v1/graph`: what every source counted so far, and which of them were silent."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import TypeAdapter

from tidegate.core.errors import Unavailable
from tidegate.core.gates.evidence import (
    CallEdge,
    Counts,
    Gap,
    Histogram,
    Missing,
    Reading,
    VersionedService,
)
from tidegate.core.ids import ServiceName, Version
from tidegate.core.traces.journey import Call, Journey
from tidegate.core.traces.span import Ending
from tidegate.observers.memory import MemoryObserver, MemoryTraces
from tidegate.server.graph_view import PATH, GraphView
from tidegate.server.live import LiveGraph

WEB, PAY = ServiceName("web"), ServiceName("pay")
TIMES = Histogram(bounds=(100.0,), counts=(3, 1))


def version(name: str) -> VersionedService:
    service, _, number = name.partition("@")
    return VersionedService(service=ServiceName(service), version=Version(number))


def edge(callee: str, caller: str = "") -> CallEdge:
    return CallEdge(caller=version(caller) if caller else None, callee=version(callee))


def reading(epoch: str, edges: Mapping[CallEdge, Counts], *missing: Missing) -> Reading:
    return Reading(at=1.0, epoch=epoch, edges=edges, missing=missing)


DOWN = Unavailable("Prometheus does not answer", "start it")
ENVOY = reading("e1", {edge("web@1"): Counts(requests=9, bad=1, times=TIMES)})
PROMETHEUS = reading(
    "p1",
    {edge("web@1"): Counts(requests=700), edge("pay@2", "web@1"): Counts(requests=5)},
    Missing(gap=Gap.STALE, what="the last sample is old"),
)


def journey() -> Journey:
    call = Call(edge=edge("web@1"), parent=None, start=1.0, seconds=0.02, ending=Ending.OK, name="GET /")
    return Journey(trace="a", calls=(call,), met={WEB: version("web@1")}, failed=False)


async def deployed() -> Mapping[ServiceName, frozenset[Version]]:
    return {PAY: frozenset({Version("2"), Version("1")})}


def live(*answers: Reading | Unavailable, traces: MemoryTraces | None = None) -> LiveGraph:
    observers = {f"source{number}": MemoryObserver([each]) for number, each in enumerate(answers)}
    return LiveGraph(
        observers=observers,
        traces=traces or MemoryTraces(clock=lambda: 50.0),
        deployed=deployed,
        clock=lambda: 100.0,
    )


async def test_calls_to_a_service_are_those_of_the_first_source_that_counts_any() -> None:
    view = await live(ENVOY, PROMETHEUS, DOWN).view()
    assert {each.edge: each.counts for each in view.counted} == {
        edge("web@1"): Counts(requests=9, bad=1),
        edge("pay@2", "web@1"): Counts(requests=5),
    }
    assert (view.at, view.epochs.counted) == (100.0, "source0:e1 source1:p1")
    assert view.deployed == {PAY: (Version("1"), Version("2"))}
    assert view.silent == ("Prometheus does not answer (start it)",)
    assert view.missing == ("stale: the last sample is old",)


async def test_a_flag_is_no_service_that_is_called() -> None:
    of_flags = Reading(at=1.0, epoch="f1", edges={edge("flag/x@on"): Counts(requests=9)})
    view = await live(of_flags).view()
    assert view.counted == ()


async def test_journeys_are_shown_beside_counters() -> None:
    traces = MemoryTraces(clock=lambda: 50.0)
    traces.add(journey())
    view = await live(ENVOY, traces=traces).view()
    assert [(each.edge, each.flow.calls, each.flow.times.bounds) for each in view.traced] == [
        (edge("web@1"), 1, ())
    ]
    assert view.entries[WEB].journeys == 1
    assert view.epochs.traced == (await traces.read()).epoch


async def test_what_nobody_answers_is_not_an_empty_graph() -> None:
    traces = MemoryTraces()
    traces.unavailable = Unavailable("no traces")
    with pytest.raises(Unavailable, match="nothing that was counted can be read: no traces; Prometheus"):
        await live(DOWN, traces=traces).view()
    assert (await live(ENVOY, traces=traces).view()).traced == ()


async def test_a_client_reads_what_the_api_answers() -> None:
    traces = MemoryTraces(clock=lambda: 50.0)
    traces.add(journey())
    app = FastAPI()
    app.include_router(live(ENVOY, traces=traces).router())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as http:
        answer: Any = (await http.get(PATH)).json()
    expected = await live(ENVOY, traces=traces).view()
    assert TypeAdapter(GraphView).validate_python(answer) == expected
    assert expected.reading.edges == {edge("web@1"): Counts(requests=9, bad=1)}
    assert list(expected.traces.edges) == [edge("web@1")]
