"""A change with a migration on a real PostgreSQL, while old and new versions write: forth, and back by itself."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from pathlib import Path

import psycopg
import pytest
from psycopg import AsyncConnection
from tests.core.worlds import catalog_of, change_of, release_of, service_of
from tests.temporal.harness import Scene, canary, statuses
from tests.temporal.test_workflow import hurry, wish

from tidegate.actuators.memory import MemoryActuator, MemoryWorld
from tidegate.actuators.postgres.actuator import MigrationActuator
from tidegate.actuators.postgres.checking import Checks
from tidegate.actuators.postgres.engine import Engine
from tidegate.actuators.postgres.engines import engines
from tidegate.core.change import MigrationUse
from tidegate.core.ids import DatabaseName, MigrationName, OwnerName, ServiceName, StepId, Version
from tidegate.core.migrations.database import Database
from tidegate.core.migrations.operations import AlterColumn, Invariant, Migration, Verification
from tidegate.core.migrations.phases import Phase as Reached
from tidegate.core.plan.build import make_plan
from tidegate.core.plan.plan import Plan
from tidegate.core.rollout.events import ApprovalGiven
from tidegate.core.rollout.state import Phase, StepStatus
from tidegate.server.migrations import MigrationBoard
from tidegate.store.database import Store
from tidegate.temporal.activities import Activities
from tidegate.temporal.client import Cluster, connect

pytestmark = pytest.mark.real

SHOP = DatabaseName("shop")
LEDGER, OLD, NEW = ServiceName("ledger"), Version("1.0.0"), Version("2.0.0")
AMOUNTS = Migration(
    name=MigrationName("amounts"),
    operations=(
        AlterColumn(
            table="bookings",
            column="amount",
            type="numeric(12,2)",
            up="amount::numeric(12,2)",
            down="amount::text",
        ),
    ),
    verification=Verification(every=0.05),
)
TYPE = """
SELECT format_type(atttypid, atttypmod) FROM pg_attribute
WHERE attrelid = 'bookings'::regclass AND attname = 'amount'
"""
COLUMNS = """
SELECT attname FROM pg_attribute WHERE attrelid = 'bookings'::regclass AND attnum > 0 AND NOT attisdropped
"""
CONTRACT = StepId("migration/amounts/contract")


@dataclass(kw_only=True)
class DataScene(Scene):
    """Services are imagined; their data is real."""

    engines: Mapping[DatabaseName, Engine]

    def activities(self) -> Activities:
        made = super().activities()
        return replace(
            made,
            actuators={**made.actuators, "migration": MigrationActuator(self.engines)},
            judge=replace(made.judge, checks=Checks(self.engines)),
        )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store.open(f"sqlite:///{tmp_path}/store.sqlite")) as opened:
        yield opened


@pytest.fixture
async def scene(
    temporal_address: str, store: Store, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> DataScene:
    hurry(monkeypatch)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE bookings (id bigserial PRIMARY KEY, amount text NOT NULL)")
        connection.execute(
            "INSERT INTO bookings (amount) SELECT (n % 97) || '.50' FROM generate_series(1, 2000) n"
        )
    world = MemoryWorld.of({"ledger": "1.0.0", "web": "1.0.0"})
    base = Scene.of(await connect(Cluster(address=temporal_address)), store, "ledger")
    return DataScene(
        client=base.client,
        store=store,
        world=world,
        actuator=MemoryActuator(world),
        users=base.users,
        engines=engines([Database(name=SHOP, url=url)], tmp_path / "restore-points"),
    )


def plan(migration: Migration = AMOUNTS) -> Plan:
    use = MigrationUse(
        migration=migration,
        database=SHOP,
        writers=(LEDGER,),
        readers=(LEDGER,),
        soak=0.1,
        approvals=(OwnerName("data-team"),),
    )
    strategy = canary(0.5, 1.0, bake=0.3)
    releases = [release_of(name, strategy=strategy) for name in ("ledger", "web")]
    made = make_plan(
        catalog_of(service_of("ledger"), service_of("web")), change_of(*releases, migrations=[use])
    )
    assert isinstance(made, Plan), made
    return made


@asynccontextmanager
async def booking(scene: DataScene, url: str) -> AsyncIterator[dict[int, Decimal]]:
    """Both versions of the ledger book all the time that they run; what they were told was kept is in the result."""
    booked: dict[int, Decimal] = {}
    shapes: Mapping[Version, tuple[str, Callable[[Decimal], object]]] = {
        OLD: ("public", "{:.2f}".format),
        NEW: ("public_amounts", lambda amount: amount),
    }
    over = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for version, (search_path, written) in shapes.items():
            running = partial(scene.world.share, LEDGER, version)
            group.create_task(
                books(over, running, f"{url}?options=-csearch_path%3D{search_path}", written, booked)
            )
        try:
            yield booked
        finally:
            over.set()


async def books(
    over: asyncio.Event,
    running: Callable[[], float],
    url: str,
    written: Callable[[Decimal], object],
    booked: dict[int, Decimal],
) -> None:
    cents = 0
    while not over.is_set():
        await asyncio.sleep(0.01)
        if not running():
            continue
        async with await AsyncConnection.connect(url, autocommit=True) as connection:
            cents += 1
            amount = Decimal(cents) / 100
            answer = await connection.execute(
                "INSERT INTO bookings (amount) VALUES (%s) RETURNING id", (written(amount),)
            )
            ((id_,),) = await answer.fetchall()
            booked[id_] = amount


def kept(url: str) -> dict[int, Decimal]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT id, amount FROM bookings").fetchall()
    return {id_: Decimal(amount) for id_, amount in rows}


def type_of(url: str) -> str:
    with psycopg.connect(url) as connection:
        ((type_,),) = connection.execute(TYPE).fetchall()
    return str(type_)


async def test_releases_and_data_go_forth_together_and_contract_waits_for_approval(
    scene: DataScene, url: str
) -> None:
    async with booking(scene, url) as booked, scene.worker():
        id_ = await scene.begin(plan())
        rollout = await scene.until(
            id_, lambda r: all(status == "done" for step, status in statuses(r).items() if step != CONTRACT)
        )
        state = await scene.engines[SHOP].state(AMOUNTS.name)
        assert state
        assert state.phase is Reached.SWITCH
        assert await MigrationBoard(engines=scene.engines).progress(rollout) == {}
        approval = ApprovalGiven(
            at=time.time(), by="ann", reason="counted", step=CONTRACT, owner=OwnerName("data-team")
        )
        await scene.rollouts.operate(id_, approval)
        ended = await scene.end(id_)
    assert (ended.phase, set(statuses(ended).values())) == (Phase.COMPLETED, {"done"})
    assert type_of(url) == "numeric(12,2)"
    found = kept(url)
    assert len(booked) > 20
    assert {id_: found.get(id_) for id_ in booked} == booked
    assert len(found) == 2000 + len(booked)


async def test_a_planted_mismatch_stops_the_rollout_and_the_way_back_keeps_every_write(
    scene: DataScene, url: str
) -> None:
    """The new shape of one row is changed behind everybody's back."""
    async with booking(scene, url) as booked, scene.worker():
        id_ = await scene.begin(plan())
        await scene.until(id_, lambda _: scene.world.share(LEDGER, NEW) > 0)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute("UPDATE bookings SET _tidegate_new_amount = 999 WHERE id = 7")
        stopped = await scene.until_status(id_, "expose/ledger", StepStatus.HOLDING)
        await scene.rollouts.operate(id_, wish("rollback"))
        ended = await scene.end(id_)
    reason = stopped.steps[StepId("expose/ledger")].reason
    assert (reason.startswith("bookings: "), "7" in reason, "999" in reason) == (True, True, False)
    assert ended.phase is Phase.ROLLED_BACK
    assert_as_it_was(url, booked)


async def test_data_that_breaks_an_invariant_goes_back_by_itself(scene: DataScene, url: str) -> None:
    few = Invariant(name="few", query="SELECT id FROM bookings WHERE amount > 96")
    async with booking(scene, url) as booked, scene.worker():
        ended = await scene.end(await scene.begin(plan(replace(AMOUNTS, invariants=(few,)))))
    assert ended.phase is Phase.ROLLED_BACK
    assert not scene.world.share(LEDGER, NEW)
    assert 'invariant "few" does not hold' in ended.reason
    assert_as_it_was(url, booked)


def assert_as_it_was(url: str, booked: Mapping[int, Decimal]) -> None:
    """The table has its old shape, with every write since, and nothing of the new one is left."""
    assert type_of(url) == "text"
    found = kept(url)
    assert {id_: found.get(id_) for id_ in booked} == booked
    assert len(found) == 2000 + len(booked)
    with psycopg.connect(url) as connection:
        assert connection.execute(COLUMNS).fetchall() == [("id",), ("amount",)]
