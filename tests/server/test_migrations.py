"""What the API shows of migrations: every database that is known, and how far a rollout's steps are."""

import asyncio
from dataclasses import dataclass, replace

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from tidegate.actuators.memory.engine import MemoryEngine
from tidegate.core.change import OnFailure
from tidegate.core.errors import Unavailable
from tidegate.core.ids import DatabaseName, MigrationName, RolloutId, StepId
from tidegate.core.migrations.operations import Migration
from tidegate.core.migrations.phases import Part, Phase
from tidegate.core.migrations.state import Backfilled, Course, MigrationState
from tidegate.core.plan.plan import Plan
from tidegate.core.plan.steps import Migrate, Milestone, Step
from tidegate.core.rollout import machine
from tidegate.core.rollout.state import Rollout, StepState, StepStatus
from tidegate.server import migrations
from tidegate.server.migrations import MigrationBoard

SHOP = DatabaseName("shop")
STATE = MigrationState(
    name=MigrationName("m"),
    schema="public",
    digest="",
    phase=Phase.DUAL_WRITE,
    course=Course.FORTH,
    backfills=(Backfilled(table="t", done=1, rows=4, rate=1.0),),
)
STEP = StepId("migration/m/backfill")


def applying(database: str = SHOP) -> Rollout:
    """A rollout whose migration is on its way."""
    action = Migrate(
        database=DatabaseName(database),
        migration=Migration(name=MigrationName("m"), operations=()),
        part=Part.BACKFILL,
    )
    steps = (Step(id=STEP, action=action), Step(id=StepId("end"), action=Milestone(name="end"), stages=()))
    plan = Plan(change="c", steps=steps, edges=(), on_failure=OnFailure.ALL)
    rollout, _ = machine.opened(RolloutId("r"), plan, at=0.0)
    return replace(rollout, steps={**rollout.steps, STEP: StepState(status=StepStatus.APPLYING)})


@dataclass(slots=True, kw_only=True)
class Hanging(MemoryEngine):
    """Never answers."""

    async def state(self, name: MigrationName) -> MigrationState | None:
        await asyncio.Event().wait()
        return await super().state(name)


async def test_every_database_is_shown_also_one_that_does_not_answer() -> None:
    shop, down = MemoryEngine(), MemoryEngine(failure=Unavailable("connection refused"))
    shop.put(STATE)
    api = FastAPI()
    api.include_router(MigrationBoard(engines={SHOP: shop, DatabaseName("eu"): down}).router())
    async with AsyncClient(transport=ASGITransport(api), base_url="http://here") as client:
        first, second = (await client.get(migrations.PATH)).json()
    assert (first["database"], first["migrations"][0]["phase"], first["silent"]) == ("shop", "dual-write", "")
    assert second == {"database": "eu", "migrations": [], "silent": "connection refused"}


async def test_a_step_under_way_says_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = MemoryEngine()
    board = MigrationBoard(engines={SHOP: engine})
    assert await board.progress(applying()) == {STEP: "about to begin"}
    engine.put(STATE)
    assert await board.progress(applying()) == {STEP: "backfill 25 %: 1 of 4 rows, 1 rows/s, 3 s left"}
    assert await board.progress(applying("eu")) == {STEP: "database eu is not known here"}
    engine.failure = Unavailable("connection refused")
    assert await board.progress(applying()) == {STEP: "connection refused"}
    monkeypatch.setattr(migrations, "PATIENCE_SECONDS", 0.01)
    hanging = MigrationBoard(engines={SHOP: Hanging()})
    assert await hanging.progress(applying()) == {STEP: "the database did not answer within 0.01 s"}


async def test_what_is_not_under_way_is_not_asked_for() -> None:
    done = applying()
    done = replace(done, steps={**done.steps, STEP: StepState(status=StepStatus.DONE)})
    board = MigrationBoard(engines={SHOP: MemoryEngine(failure=Unavailable("not to be asked"))})
    assert await board.progress(done) == {}
