"""Once a flag is off, rollouts are asked to take its steps back; what fails is noted and told."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
from temporalio.client import Client

from tidegate.core.change import OnFailure
from tidegate.core.errors import Problem, Refused, Unavailable
from tidegate.core.ids import FlagKey, RolloutId, StepId
from tidegate.core.plan.plan import Plan
from tidegate.core.plan.steps import Edge, ExposeFlag, Step
from tidegate.core.rollout import machine
from tidegate.core.rollout.events import OperatorEvent
from tidegate.core.rollout.state import Rollout, StepStatus
from tidegate.flags.switching import Request
from tidegate.observers.memory import MemoryBudgets, MemoryContracts
from tidegate.server.flags.containment import Containment
from tidegate.server.service import RolloutService
from tidegate.store.database import Store
from tidegate.store.records import RolloutRecord
from tidegate.temporal.client import Rollouts
from tidegate.temporal.forms import PLAN_FORM, ROLLOUT_FORM
from tidegate.temporal.judging import Looks

NOW = 1_767_355_200.0
OFF = Request(flag=FlagKey("refund"), position="off", by="ada", reason="twice", at=NOW)
STAFF, EVERYONE, BASKET = StepId("flag/refund/staff"), StepId("flag/refund"), StepId("flag/basket")
R1, R2, R3 = RolloutId("r-1"), RolloutId("r-2"), RolloutId("r-3")


def step(id_: StepId, flag: str = "refund", system: str = "") -> Step:
    return Step(id=id_, action=ExposeFlag(flag=FlagKey(flag), off="off", on="on", system=system))


def plan_of(*steps: Step, edges: tuple[Edge, ...] = ()) -> Plan:
    return Plan(change="refunds", on_failure=OnFailure.AFFECTED, steps=steps, edges=edges)


STAFF_FIRST = plan_of(
    step(STAFF), step(EVERYONE), edges=(Edge(before=STAFF, after=EVERYONE, reason="staff first"),)
)
Asked = list[tuple[RolloutId, StepId | None]]


class Scene:
    """Rollouts that are carried out by nobody: each asks for what it begins with."""

    def __init__(self, store: Store, plans: Mapping[RolloutId, Plan]) -> None:
        self.store = store
        self.states = {id_: machine.opened(id_, plan, at=NOW)[0] for id_, plan in plans.items()}
        self.asked: Asked = []
        self.told: list[str] = []
        self.away: set[RolloutId] = set()
        for id_, plan in plans.items():
            store.add_rollout(_record(id_, plan))

    async def contain(self, request: Request) -> None:
        await Containment(service=self._service(), tell=self.told.append).contain(request)

    def _service(self) -> RolloutService:
        return RolloutService(
            actuators={},
            budgets=MemoryBudgets(),
            contracts=MemoryContracts(),
            store=self.store,
            looks=Looks(),
            rollouts=self._rollouts(),
            environment="imagined",
            clock=lambda: NOW,
        )

    def _rollouts(self) -> Rollouts:
        scene = self

        class Imagined(Rollouts):
            async def state(self, id_: RolloutId) -> Rollout:
                return scene.states[id_]

            async def operate(self, id_: RolloutId, event: OperatorEvent) -> Rollout:
                return scene.operate(id_, event)

        return Imagined(cast(Client, None))

    def operate(self, id_: RolloutId, event: OperatorEvent) -> Rollout:
        self.asked.append((id_, getattr(event, "step", None)))
        if id_ in self.away:
            raise Unavailable("Temporal did not answer")
        if why := machine.refusal(self.states[id_], event):
            raise Refused([Problem(message=why)])
        self.states[id_], _ = machine.advance(self.states[id_], event)
        return self.states[id_]

    def statuses(self, id_: RolloutId) -> dict[StepId, StepStatus]:
        return {step: state.status for step, state in self.states[id_].steps.items()}


def _record(id_: RolloutId, plan: Plan) -> RolloutRecord:
    return RolloutRecord(
        id=id_,
        change=plan.change,
        environment="imagined",
        phase="running",
        created=datetime.fromtimestamp(NOW, UTC),
        requester="ada",
        plan=PLAN_FORM.dump_python(plan, mode="json"),
    )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store.open(f"sqlite:///{tmp_path}/store.sqlite")) as opened:
        yield opened


async def test_steps_of_the_flag_that_have_begun_go_back_and_others_go_on(store: Store) -> None:
    scene = Scene(store, {R1: STAFF_FIRST, R2: plan_of(step(BASKET, "basket"), step(EVERYONE))})
    await scene.contain(OFF)
    assert sorted(scene.asked) == [(R1, EVERYONE), (R1, STAFF), (R2, EVERYONE)]
    assert scene.statuses(R1) == {STAFF: StepStatus.REVERTING, EVERYONE: StepStatus.SKIPPED}
    assert scene.statuses(R2) == {BASKET: StepStatus.APPLYING, EVERYONE: StepStatus.REVERTING}
    assert scene.told == []
    noted = {(each.rollout, each.kind, each.subject): each.summary for each in store.journal()}
    why = "flag refund was switched off: twice"
    assert noted == {(R1, "rollback", STAFF): why, (R2, "rollback", EVERYONE): why}


async def test_neither_rollouts_that_have_ended_nor_flags_of_other_systems_are_asked(store: Store) -> None:
    plans = {R1: plan_of(step(EVERYONE)), R2: plan_of(step(EVERYONE, system="unleash"))}
    scene = Scene(store, plans)
    ended = ROLLOUT_FORM.dump_python(scene.states[R1], mode="json")
    store.finish_rollout(R1, phase="completed", ended=datetime.fromtimestamp(NOW, UTC), state=ended)
    await scene.contain(OFF)
    assert scene.asked == []
    await scene.contain(replace(OFF, system="unleash"))
    assert scene.asked == [(R2, EVERYONE)]


async def test_a_rollout_that_cannot_be_asked_is_told_and_noted_and_the_others_are_asked(
    store: Store,
) -> None:
    scene = Scene(store, dict.fromkeys((R1, R2, R3), plan_of(step(EVERYONE))))
    scene.away.add(R2)
    await asyncio.wait_for(scene.contain(OFF), 20)
    told = "flag/refund of rollout r-2 could not be asked to go back, though refund is off: Temporal did not answer"
    assert scene.told == [told]
    (noted,) = store.journal(R2)
    assert (noted.actor, noted.kind, noted.subject, noted.summary) == (
        "tidegate",
        "not rolled back",
        EVERYONE,
        told,
    )
    assert [scene.statuses(id_)[EVERYONE] for id_ in (R1, R3)] == [StepStatus.REVERTING] * 2


async def test_while_the_store_is_away_that_is_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_: Store) -> tuple[RolloutRecord, ...]:
        raise Unavailable("the store is away")

    scene = Scene(store, {R1: plan_of(step(EVERYONE))})
    monkeypatch.setattr(Store, "rollouts", away)
    await scene.contain(OFF)
    assert scene.told == ["no rollout could be asked to go back, though refund is off: the store is away"]
