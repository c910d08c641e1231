"""Journeys come back as they were stored, a look but once, and of failing ones a bounded number."""

import json
from contextlib import closing
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from tests.store.examples import NOON, R1, R2, sqlite_url

from tidegate.core.gates.evidence import CallEdge, Histogram, VersionedService
from tidegate.core.ids import ServiceName, Version
from tidegate.core.traces.journey import Call, Journey, Origin
from tidegate.core.traces.reading import EdgeFlow, Outcomes, Share, Spread, TraceReading
from tidegate.core.traces.span import Ending
from tidegate.store.database import Store
from tidegate.store.journeys import decoded_journey, decoded_reading, encoded_journey, encoded_reading
from tidegate.store.records import FailingRecord, JourneysRecord

WEB = VersionedService(service=ServiceName("web"), version=Version("2.0.0"))
CART = VersionedService(service=ServiceName("cart"), version=Version("1.0.0"))
ENTRY, EDGE = CallEdge(caller=None, callee=WEB), CallEdge(caller=WEB, callee=CART)
ORIGIN = Origin(at_fault=WEB, edge=EDGE, ending=Ending.REJECTED)
READING = TraceReading(
    at=12.5,
    epoch="e",
    cohorts={
        frozenset({WEB, CART}): Outcomes(journeys=7, failed=2, times=Histogram(bounds=(5.0,), counts=(4, 1))),
        frozenset(): Outcomes(journeys=1),
    },
    edges={EDGE: EdgeFlow(calls=9, retries=1, waited_ms=3.5)},
    origins={ORIGIN: Spread(failures=2, journeys=2, hops=3, over={EDGE: 2, ENTRY: 1})},
    entries={ServiceName("web"): Share(journeys=7)},
    flags={VersionedService(service=ServiceName("flag/x"), version=Version("on")): Outcomes(journeys=7)},
    lost={"late": 3},
)
JOURNEY = Journey(
    trace="4bf9",
    calls=(
        Call(edge=ENTRY, parent=None, start=1.0, seconds=0.5, ending=Ending.ERROR, status=500, name="GET /"),
        Call(edge=EDGE, parent=0, start=1.1, seconds=0.2, ending=Ending.REJECTED, status=400, attempt=2),
    ),
    met={ServiceName("web"): WEB, ServiceName("cart"): CART},
    failed=True,
    origins=(ORIGIN,),
)


def test_a_reading_and_a_journey_come_back_as_they_were() -> None:
    """But for where journeys began and for flags apart from cohorts, which attribution has no use for."""
    stored = json.loads(json.dumps(encoded_reading(READING)))
    back = decoded_reading(stored)
    assert (back.entries, back.flags, back.cohorts, back.edges) == ({}, {}, READING.cohorts, READING.edges)
    assert (back.at, back.epoch, back.origins, back.lost) == (12.5, "e", READING.origins, {"late": 3})
    assert decoded_journey(json.loads(json.dumps(encoded_journey(JOURNEY)))) == JOURNEY


@given(st.dictionaries(st.frozensets(st.sampled_from([WEB, CART])), st.integers(0, 10**12)))
def test_any_cohorts_come_back(counted: dict[frozenset[VersionedService], int]) -> None:
    reading = TraceReading(
        at=0.0,
        epoch="",
        cohorts={cohort: Outcomes(journeys=n, failed=n // 2) for cohort, n in counted.items()},
    )
    assert decoded_reading(json.loads(json.dumps(encoded_reading(reading)))) == reading


def test_a_look_is_kept_once_and_in_order(tmp_path: Path) -> None:
    with closing(Store.open(sqlite_url(tmp_path))) as store:
        looks = [JourneysRecord(rollout=R1, sequence=n, at=NOON, batch={"n": n}) for n in (2, 1)]
        assert all(map(store.append_journeys, looks))
        assert not store.append_journeys(JourneysRecord(rollout=R1, sequence=2, at=NOON, batch={"n": 9}))
        assert [record.batch["n"] for record in store.journeys_of(R1)] == [1, 2]
        assert store.journeys_of(R2) == ()


def test_no_more_failing_journeys_are_kept_than_fit_and_each_but_once(tmp_path: Path) -> None:
    with closing(Store.open(sqlite_url(tmp_path))) as store:
        records = [FailingRecord(rollout=R1, trace=name, at=NOON, journey={"of": name}) for name in "abc"]
        store.keep_failing([*records[:1], *records[:1]], most=2)
        store.keep_failing(records, most=2)
        assert store.failing_of(R1) == tuple(records[:2])
        store.keep_failing([FailingRecord(rollout=R2, trace="a", at=NOON, journey={})], most=2)
        assert len(store.failing_of(R2)) == 1
