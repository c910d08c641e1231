"""Who is at fault is asked of what is stored: over crashes, without journeys, and with patience but not for ever."""

import asyncio
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from math import inf
from pathlib import Path

import pytest
from tests.store.test_journeys import JOURNEY
from tests.temporal.harness import version_of

from tidegate.core.attribution.answer import Answer, Attribution, Basis, Suspicion
from tidegate.core.errors import Unavailable
from tidegate.core.gates.evidence import Batch, CallEdge, Counts, VersionedService
from tidegate.core.ids import FlagKey, RolloutId, ServiceName, StepId, Version
from tidegate.core.plan.steps import Expose, ExposeFlag
from tidegate.core.traces.journey import Journey
from tidegate.core.traces.reading import EdgeFlow, Outcomes, TraceReading
from tidegate.store.batches import BATCHES
from tidegate.store.database import Store
from tidegate.store.records import EvidenceRecord
from tidegate.temporal import attributing, witness
from tidegate.temporal.attributing import Attributor, finite
from tidegate.temporal.journey_file import JourneyFile, looks_of
from tidegate.temporal.messages import AttributeOrder, Exposed
from tidegate.temporal.methods import by_journeys
from tidegate.temporal.witness import MOST_CALLS, MOST_KEPT, Witness

R = RolloutId("r")
NAMES = ("cart", "web")
SERVICES = frozenset(map(ServiceName, NAMES))


def exposed(name: str) -> Exposed:
    action = Expose(service=ServiceName(name), old=Version("1.0.0"), new=Version("2.0.0"))
    return Exposed(step=StepId(f"expose/{name}"), action=action, exposure=0.5, since=1000.0)


ORDER = AttributeOrder(
    rollout=R,
    step=StepId("expose/web"),
    suspects=tuple(map(exposed, NAMES)),
    evidence_from=1000.0,
    failed_at=1010.0,
    patience=5.0,
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store.open(f"sqlite:///{tmp_path}/store.sqlite")) as opened:
        yield opened


@dataclass
class Clock:
    now: float = 1010.0
    meanwhile: Callable[[], None] = lambda: None

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.meanwhile()


@dataclass
class Road:
    """Journeys through both services, as counted so far; `failing` are the guilty versions."""

    clock: Clock
    cohorts: dict[frozenset[VersionedService], Outcomes] = field(default_factory=dict)
    away: bool = False
    kept: tuple[Journey, ...] = ()
    wanted: list[frozenset[ServiceName]] = field(default_factory=list)

    def want(self, services: Collection[ServiceName]) -> None:
        self.wanted.append(frozenset(services))

    def travel(self, journeys: int, *, guilty: str = "") -> None:
        for cart in ("1.0.0", "2.0.0"):
            for web in ("1.0.0", "2.0.0"):
                cohort = frozenset({version_of("cart", cart), version_of("web", web)})
                failed = journeys // 2 if guilty and version_of(guilty) in cohort else 0
                before = self.cohorts.get(cohort, Outcomes())
                self.cohorts[cohort] = Outcomes(
                    journeys=before.journeys + journeys, failed=before.failed + failed
                )

    async def read(self) -> TraceReading:
        if self.away:
            raise Unavailable("no traces")
        entry = CallEdge(caller=None, callee=version_of("web"))
        edge = CallEdge(caller=version_of("web"), callee=version_of("cart"))
        return TraceReading(
            at=self.clock(),
            epoch="1",
            cohorts=dict(self.cohorts),
            edges={
                edge: EdgeFlow(calls=9, asynchronous=0),
                entry: EdgeFlow(calls=9),
            },
        )

    def failing(self, service: ServiceName, since: float) -> tuple[Journey, ...]:
        return self.kept if service == "cart" and since else ()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(attributing, "LOOK_SECONDS", 1.0)
    monkeypatch.setattr(asyncio, "sleep", made.sleep)
    return made


def attributor(store: Store, clock: Clock, road: Road | None) -> Attributor:
    seen_by = Witness(traces=road, store=store, clock=clock) if road else None
    return Attributor(store=store, clock=clock, witness=seen_by)


def journeys(store: Store) -> int:
    looks = looks_of(store, R)
    return sum(each.journeys for look in looks for each in look.found.cohorts.values())


async def looked(store: Store, road: Road, *guilty: str) -> Witness:
    """A witness that has seen journeys, a second after each other."""
    seen_by = Witness(traces=road, store=store, clock=road.clock)
    await seen_by.look(R, SERVICES)
    for each in guilty:
        road.clock.now += 1.0
        road.travel(100, guilty=each)
        await seen_by.look(R, SERVICES)
    return seen_by


# What is stored


async def test_a_crash_loses_nothing_and_counts_nothing_twice(store: Store, clock: Clock) -> None:
    road = Road(clock)
    road.travel(50)  # before anybody wanted them told apart
    await looked(store, road, "", "")
    assert journeys(store) == 800
    road.travel(100)
    clock.now += 1.0
    after = Witness(traces=road, store=store, clock=clock)
    await after.look(R, SERVICES)
    assert journeys(store) == 1200  # with what happened while nobody looked


async def test_looks_are_shared_by_all_gates_of_a_rollout_and_empty_ones_are_not_kept(
    store: Store, clock: Clock
) -> None:
    road = Road(clock)
    seen_by = await looked(store, road, "")
    for _ in range(3):
        road.travel(10)
        await seen_by.look(R, {ServiceName("web")})
    assert journeys(store) == 400
    clock.now += 1.0
    await seen_by.look(R, SERVICES)
    clock.now += 1.0
    await seen_by.look(R, SERVICES)
    assert len(store.journeys_of(R)) == 3
    assert set(road.wanted) == {SERVICES}


async def test_whoever_finds_a_look_taken_goes_on_from_it(store: Store, clock: Clock) -> None:
    road = Road(clock)
    one, other = JourneyFile(store, R), JourneyFile(store, R)
    for file in (one, other):
        file.tell_apart(SERVICES)
    one.add(await road.read())
    road.travel(100)
    other.add(await road.read())  # it was not the first: what is stored stays
    other.add(await road.read())
    one.add(await road.read())
    assert journeys(store) == 400


async def test_when_more_services_are_told_apart_counting_begins_anew(store: Store, clock: Clock) -> None:
    road = Road(clock)
    seen_by = await looked(store, road, "")
    road.travel(100)
    clock.now += 1.0
    await seen_by.look(R, {ServiceName("ledger")})
    assert journeys(store) == 400
    assert road.wanted[-1] == SERVICES | {"ledger"}


async def test_a_source_that_is_away_blames_nobody(store: Store, clock: Clock) -> None:
    road = Road(clock)
    seen_by = await looked(store, road, "")
    clock.now, road.away = clock.now + 1.0, True
    await seen_by.look(R, SERVICES)
    assert journeys(store) == 400
    seen_by.forget(R)
    assert (seen_by.files, seen_by.looked) == ({}, {})


async def test_failing_journeys_are_kept_bounded(store: Store, clock: Clock) -> None:
    calls = (JOURNEY.calls[0],) * (MOST_CALLS + 5)
    kept = tuple(replace(JOURNEY, trace=f"{number:04x}", calls=calls) for number in range(MOST_KEPT + 5))
    road = Road(clock, kept=kept)
    await Witness(traces=road, store=store, clock=clock).keep(R, sorted(SERVICES), 1.0)
    records = store.failing_of(R)
    assert len(records) == MOST_KEPT
    assert {len(record.journey["calls"]) for record in records} == {MOST_CALLS}


# Who is at fault


async def test_journeys_name_the_culprit(store: Store, clock: Clock) -> None:
    road = Road(clock, kept=(JOURNEY,))
    await looked(store, road, "cart", "cart", "cart")
    clock.now += 1.0
    found = await attributor(store, clock, road).attribution(ORDER)
    assert (found.answer, found.basis, found.culprits) == (Answer.ONE, Basis.TRACES, (version_of("cart"),))
    assert [record.trace for record in store.failing_of(R)] == [JOURNEY.trace]


async def test_what_was_seen_before_counts_for_nobody(store: Store, clock: Clock) -> None:
    road = Road(clock)
    await looked(store, road, "cart", "cart", "cart")
    later = replace(ORDER, evidence_from=clock.now, patience=0.0)
    found = await attributor(store, clock, road).attribution(later)
    assert (found.answer, found.culprits) == (Answer.NOT_IDENTIFIABLE, ())


async def test_while_journeys_are_undecided_they_are_waited_for(store: Store, clock: Clock) -> None:
    road = Road(clock)
    clock.meanwhile = lambda: road.travel(20, guilty="web")
    await looked(store, road)
    clock.now = ORDER.failed_at
    found = await attributor(store, clock, road).attribution(replace(ORDER, patience=60.0))
    assert (found.answer, found.culprits) == (Answer.ONE, (version_of("web"),))
    assert ORDER.failed_at < clock.now < ORDER.failed_at + 60.0


async def test_patience_ends(store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness, "LOOK_SECONDS", 0.0)
    road = Road(clock)
    clock.meanwhile = lambda: road.travel(1, guilty="web")
    found = await attributor(store, clock, road).attribution(ORDER)
    assert found.answer is Answer.UNDECIDED
    assert clock.now == ORDER.failed_at + ORDER.patience


async def test_without_journeys_the_edges_are_asked(store: Store, clock: Clock) -> None:
    """Each edge once, though the evidence about either end has it; what came before is not used."""
    for number, (name, at) in enumerate([("web", 990.0), ("web", 1005.0), ("cart", 1005.0)]):
        edges = {
            CallEdge(caller=None, callee=version_of("cart")): Counts(requests=300, bad=90),
            CallEdge(caller=None, callee=version_of("cart", "1.0.0")): Counts(requests=300),
            CallEdge(caller=version_of("web"), callee=version_of("cart", "1.0.0")): Counts(requests=100),
        }
        store.append_evidence(
            EvidenceRecord(
                rollout=R,
                step=StepId(f"expose/{name}"),
                sequence=number,
                at=datetime.fromtimestamp(at, UTC),
                stage=0,
                batch={"batch": BATCHES.encoded(Batch(edges=edges, seconds=5.0))},
            )
        )
    found = await attributor(store, clock, None).attribution(ORDER)
    assert (found.answer, found.basis, found.culprits) == (Answer.ONE, Basis.EDGES, (version_of("cart"),))
    (first, *_) = found.ranking
    assert (first.exposed.requests, first.exposed.bad) == (300, 90)


async def test_failures_that_come_together_are_less_evidence(store: Store, clock: Clock) -> None:
    """As much less as the gates of any suspect were told."""
    await looked(store, Road(clock), "cart", "cart", "cart")
    looks = [look.found for look in looks_of(store, R)]
    bursts = replace(exposed("web"), design_effect=20.0)
    alone, together = (
        by_journeys([exposed("cart"), web], looks).ranking[0] for web in (exposed("web"), bursts)
    )
    assert together.suspects == alone.suspects == (version_of("cart"),)
    assert together.log_e < alone.log_e / 2


def test_a_flag_that_fails_only_where_it_meets_a_new_version_is_blamed_with_it() -> None:
    """It is near the services that implement it, though nobody calls it."""
    on, off = (
        VersionedService(service=ServiceName("flag/x"), version=Version(name)) for name in ("on", "off")
    )
    cohorts = {
        frozenset({version_of("cart", cart), flag}): Outcomes(
            journeys=400, failed=200 if (cart, flag) == ("2.0.0", on) else 0
        )
        for cart in ("1.0.0", "2.0.0")
        for flag in (on, off)
    }
    action = ExposeFlag(flag=FlagKey("x"), off="off", on="on", services=(ServiceName("cart"),))
    flag = Exposed(step=StepId("flag/x"), action=action, exposure=0.5, since=1000.0)
    found = by_journeys([exposed("cart"), flag], [TraceReading(at=1.0, epoch="1", cohorts=cohorts)] * 3)
    assert (found.answer, set(found.culprits)) == (Answer.PAIR, {version_of("cart"), on})


def test_too_many_suspects_cannot_be_told_apart() -> None:
    many = [exposed(f"s{number}") for number in range(101)]
    found = by_journeys(many, [])
    assert found.answer is Answer.NOT_IDENTIFIABLE


def test_evidence_without_end_is_written_as_much() -> None:
    suspicion = Suspicion(suspects=(version_of("web"),), log_e=-inf, log_e_needed=inf)
    endless = Attribution(answer=Answer.NONE, basis=Basis.TRACES, reason="", ranking=(suspicion,))
    (told,) = finite(endless).ranking
    assert (told.log_e, told.log_e_needed) == (-1e6, 1e6)
