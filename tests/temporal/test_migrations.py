"""A migration in step with its releases, forth with approval and back: on a real Temporal server."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from tests.core.worlds import catalog_of, change_of, migration_use, release_of, service_of
from tests.temporal.harness import GATED, UNGATED, Scene, forth, statuses
from tests.temporal.test_workflow import hurry, wish

from tidegate.actuators.memory import Fault, MemoryActuator, Verb
from tidegate.core.change import OnFailure
from tidegate.core.errors import Refused, Unavailable
from tidegate.core.gates.evidence import Finding
from tidegate.core.ids import MigrationName, OwnerName, StepId
from tidegate.core.plan.build import make_plan
from tidegate.core.plan.plan import Plan
from tidegate.core.plan.steps import Action, Migrate
from tidegate.core.rollout.events import ApprovalGiven
from tidegate.core.rollout.state import Phase, Rollout, StepStatus
from tidegate.core.strategy import Strategy
from tidegate.ports import Receipt, Token
from tidegate.store.database import Store
from tidegate.temporal import workflow
from tidegate.temporal.client import Cluster, connect

pytestmark = pytest.mark.real

M = MigrationName("m")
EXPAND, BACKFILL, SWITCH, CONTRACT = (
    f"migration/m/{part}" for part in ("expand", "backfill", "switch", "contract")
)
AGREES = Finding(name="rows", reason="all rows agree")
DIFFERS = Finding(name="rows", broken=True, reason="3 rows differ")


def planned(strategy: Strategy = UNGATED, soak: float = 0.1) -> Plan:
    use = migration_use("m", writers=["ledger"], readers=["web"], soak=soak)
    releases = [release_of(name, strategy=strategy) for name in ("ledger", "web")]
    change = change_of(*releases, migrations=[use], on_failure=OnFailure.AFFECTED)
    made = make_plan(catalog_of(service_of("ledger"), service_of("web")), change)
    assert isinstance(made, Plan), made
    return made


def approval(owner: str = "data-team") -> ApprovalGiven:
    return ApprovalGiven(
        at=time.time(), by="ann", reason="rows counted", step=StepId(CONTRACT), owner=OwnerName(owner)
    )


def awaited(rollout: Rollout) -> bool:
    """Everything but contract is done."""
    return all(status == "done" for step, status in statuses(rollout).items() if step != CONTRACT)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store.open(f"sqlite:///{tmp_path}/store.sqlite")) as opened:
        yield opened


@pytest.fixture
async def scene(temporal_address: str, store: Store, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    hurry(monkeypatch)
    soon = replace(workflow.MIGRATION_RETRIES, initial_interval=workflow.EFFECT_RETRIES.initial_interval)
    monkeypatch.setattr(workflow, "MIGRATION_RETRIES", soon)
    made = Scene.of(await connect(Cluster(address=temporal_address)), store, "ledger", "web")
    made.checks.findings[M] = (AGREES,)
    yield made
    await made.replay()


async def test_with_approval_a_change_and_its_migration_are_completed_in_step(scene: Scene) -> None:
    async with scene.worker():
        id_ = await scene.begin(planned())
        await scene.until(id_, awaited)
        with pytest.raises(Refused, match="needs no approval of 'shop'; it needs that of data-team"):
            await scene.rollouts.operate(id_, approval("shop"))
        await scene.rollouts.operate(id_, approval())
        rollout = await scene.end(id_)
    assert (rollout.phase, set(statuses(rollout).values())) == (Phase.COMPLETED, {"done"})
    deeds = scene.deeds()
    order = [
        "migration m: expand is through",
        "migration m: backfill is through",
        *forth("web")[1:],
        "migration m: switch is through",
    ]
    assert [deed for deed in deeds if deed in order] == order
    assert deeds[0] == order[0]
    assert deeds.index("ledger 2.0.0 gets 100% of the traffic") < deeds.index(order[-1])
    assert sorted(deeds[-3:-1]) == ["stopped ledger 1.0.0", "stopped web 1.0.0"]
    assert deeds[-1] == "migration m: contract is through"
    assert [given.owner for given in rollout.steps[StepId(CONTRACT)].approved] == ["data-team"]


async def test_before_contract_it_goes_back_services_and_shapes_in_order(scene: Scene) -> None:
    async with scene.worker():
        id_ = await scene.begin(planned())
        await scene.until(id_, awaited)
        there = len(scene.deeds())
        await scene.rollouts.operate(id_, wish("rollback"))
        rollout = await scene.end(id_)
    assert rollout.phase is Phase.ROLLED_BACK
    back = scene.deeds()[there:]
    assert back.index("started web 1.0.0") < back.index("web 2.0.0 gets 0% of the traffic")
    shapes = [f"migration m: {part} is taken back" for part in ("switch", "backfill", "expand")]
    assert [deed for deed in back if deed in shapes] == shapes
    assert back[-1] == shapes[-1]
    assert back.index("web 2.0.0 gets 0% of the traffic") < back.index(shapes[1])
    assert back.index(shapes[0]) < back.index("ledger 2.0.0 gets 0% of the traffic")
    assert scene.world.migrated[M] == []


async def test_data_that_does_not_agree_holds_until_a_person_lets_it_be_looked_at_again(
    scene: Scene,
) -> None:
    """Releases are side by side, and nobody asks which of them is at fault."""
    scene.checks.findings[M] = (DIFFERS,)
    async with scene.worker():
        id_ = await scene.begin(planned(strategy=GATED))
        await scene.until_status(id_, "expose/ledger", StepStatus.HOLDING)
        rollout = await scene.until_status(id_, "expose/web", StepStatus.HOLDING)
        assert rollout.steps[StepId("expose/web")].reason == "3 rows differ"
        assert (rollout.phase, rollout.attribution) == (Phase.RUNNING, None)
        scene.checks.findings[M] = (AGREES,)
        await scene.rollouts.operate(id_, wish("resume"))
        await scene.until(id_, awaited)
        await scene.rollouts.operate(id_, approval())
        assert (await scene.end(id_)).phase is Phase.COMPLETED


async def test_what_failed_was_patient_in_itself_and_what_is_away_is_asked_again(scene: Scene) -> None:
    """Tried once more, the backfill would have come about."""
    scene.actuator.fail(
        Fault(verb=Verb.APPLY, step=StepId(EXPAND), raises=Unavailable, times=4),
        Fault(verb=Verb.APPLY, step=StepId(BACKFILL), message="3 rows differ"),
    )
    async with scene.worker():
        rollout = await scene.end(await scene.begin(planned()))
    assert rollout.phase is Phase.PARTIAL
    assert {step: statuses(rollout)[step] for step in (EXPAND, BACKFILL, SWITCH, CONTRACT)} == {
        EXPAND: "done",
        BACKFILL: "reverted",
        SWITCH: "skipped",
        CONTRACT: "skipped",
    }


class Slow(MemoryActuator):
    """A backfill that never ends by itself, and says when it was told to."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene.world)
        self.begun, self.stopped = asyncio.Event(), asyncio.Event()

    async def apply(self, action: Action, exposure: float, token: Token) -> Receipt:
        if isinstance(action, Migrate) and action.part == "backfill":
            self.begun.set()
            try:
                await asyncio.sleep(3600)
            finally:
                self.stopped.set()
        return await super().apply(action, exposure, token)


async def test_a_long_backfill_is_stopped_soon_and_goes_back(scene: Scene) -> None:
    scene.actuator = slow = Slow(scene)
    async with scene.worker():
        id_ = await scene.begin(planned())
        async with asyncio.timeout(20):
            await slow.begun.wait()
        await scene.rollouts.operate(id_, wish("rollback"))
        async with asyncio.timeout(10):
            await slow.stopped.wait()
        assert (await scene.end(id_)).phase is Phase.ROLLED_BACK
    assert scene.world.migrated[M] == []
