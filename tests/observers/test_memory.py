"""Imagined traffic is read like real: cumulative, scripted, silent when told to be."""

from dataclasses import replace

import pytest

from tidegate.core.errors import Unavailable
from tidegate.core.gates.evidence import CallEdge, Counts, Finding, Reading, VersionedService, increase
from tidegate.core.gates.measures import Subject
from tidegate.core.ids import DatabaseName, MigrationName, ServiceName, Version
from tidegate.core.traces.journey import Call, Journey, Origin
from tidegate.core.traces.span import Ending
from tidegate.observers.memory import MemoryContracts, MemoryDataChecks, MemoryObserver, MemoryTraces

EDGE = CallEdge(caller=None, callee=VersionedService(service=ServiceName("cart"), version=Version("1.0.0")))


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


async def test_counts_accumulate_and_a_reading_stays_as_it_was() -> None:
    observer = MemoryObserver(clock=Clock())
    observer.add(EDGE, Counts(requests=10, bad=1))
    first = await observer.read()
    observer.add(EDGE, Counts(requests=5))
    second = await observer.read()
    assert first == Reading(at=100.0, epoch="memory-1", edges={EDGE: Counts(requests=10, bad=1)})
    assert increase(first, second).edges == {EDGE: Counts(requests=5)}


async def test_a_restart_begins_a_new_epoch_at_zero() -> None:
    observer = MemoryObserver(clock=Clock())
    observer.add(EDGE, Counts(requests=10))
    observer.restart()
    assert await observer.read() == Reading(at=100.0, epoch="memory-2")


def test_contracts_in_memory_are_none_and_note_what_was_wanted() -> None:
    contracts = MemoryContracts()
    subject = Subject(service=ServiceName("cart"), old=Version("1.0.0"), new=Version("2.0.0"))
    contracts.want(subject, 0.05)
    assert contracts.wanted == [(subject, 0.05)]
    assert list(map(str, contracts.validate([subject]))) == [
        "no contract of cart is known (start tidegate up with --contracts DIR)"
    ]


async def test_traffic_flows_with_time() -> None:
    clock = Clock()
    observer = MemoryObserver(traffic=lambda span: {EDGE: Counts(requests=int(span * 10))}, clock=clock)
    readings = []
    for now in (101.0, 103.0):
        clock.now = now
        readings.append((await observer.read()).edges[EDGE].requests)
    assert readings == [10, 30]


async def test_a_script_comes_first_item_by_item() -> None:
    scripted = Reading(at=1.0, epoch="x")
    observer = MemoryObserver([scripted], clock=Clock())
    observer.then(Unavailable("the source does not answer"))
    assert await observer.read() == scripted
    with pytest.raises(Unavailable, match="the source does not answer"):
        await observer.read()
    assert (await observer.read()).epoch == "memory-1"


FAILING = Journey(
    trace="1",
    calls=(Call(edge=EDGE, parent=None, start=100.0, seconds=0.1, ending=Ending.ERROR),),
    met={EDGE.callee.service: EDGE.callee},
    failed=True,
    origins=(Origin(at_fault=EDGE.callee, edge=EDGE, ending=Ending.ERROR),),
)
FINE = replace(FAILING, calls=(replace(FAILING.entry, ending=Ending.OK),), failed=False, origins=())


async def test_imagined_journeys_are_counted_and_failing_ones_kept() -> None:
    traces = MemoryTraces(clock=Clock())
    traces.want([EDGE.callee.service])
    traces.add(FAILING, FINE)
    reading = await traces.read()
    assert (reading.at, reading.epoch, reading.edges[EDGE].calls) == (100.0, "memory-1", 2)
    assert reading.cohorts[frozenset({EDGE.callee})].failed == 1
    assert traces.wanted == [frozenset({EDGE.callee.service})]
    assert traces.failing(EDGE.callee.service, since=100.0) == (FAILING,)
    assert traces.failing(EDGE.callee.service, since=100.1) == ()
    assert traces.failing(ServiceName("pay"), since=0) == ()


async def test_traces_that_are_not_to_be_had() -> None:
    traces = MemoryTraces()
    traces.unavailable = Unavailable("no traces")
    with pytest.raises(Unavailable, match="no traces"):
        await traces.read()


async def test_data_that_nothing_was_said_of_is_not_known_to_agree() -> None:
    agrees = Finding(name="rows", reason="all agree")
    checks, books = MemoryDataChecks({MigrationName("m"): (agrees,)}), DatabaseName("books")
    assert await checks.check(books, MigrationName("m")) == (agrees,)
    (unknown,) = await checks.check(books, MigrationName("n"))
    assert (unknown.broken, unknown.missing is None) == (False, False)
    assert unknown.reason == "nobody compares the data of n in books"
