"""The service by itself: nothing is begun that cannot be, and nothing that was kept is forgotten."""

import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.core.rollout.script import wish
from tests.temporal.harness import GATED, Scene, canary, chain, keep, migrating, statuses

from tidegate.core.errors import Refused, TidegateError
from tidegate.core.gates.evidence import Finding
from tidegate.core.ids import RolloutId, StepId
from tidegate.core.plan.plan import Plan
from tidegate.core.plan.steps import Edge, Expose
from tidegate.core.rollout import machine
from tidegate.core.rollout.state import Phase
from tidegate.core.strategy import Conformance, Gate, OnSpent, SloLimit
from tidegate.observers.memory import MemoryBudgets
from tidegate.server.service import RolloutService
from tidegate.temporal.client import Cluster, Rollouts, Unknown, connect

pytestmark = pytest.mark.real

PLAN = chain("web", "ledger")


def edge(before: str, after: str) -> Edge:
    return Edge(before=StepId(before), after=StepId(after), reason="so it is")


def with_gates(plan: Plan) -> Plan:
    return replace(plan, steps=tuple(replace(step, stages=GATED.stages) for step in plan.steps))


def exposed(plan: Plan, exposure: float) -> Plan:
    step, *others = plan.steps
    return replace(plan, steps=(replace(step, stages=(replace(step.stages[0], exposure=exposure),)), *others))


def unknown(step: str) -> str:
    return f"an edge names step {step!r}, which is not in the plan"


NO_NAME = "(up to 63 lower-case letters, digits and inner dashes)"


@pytest.mark.parametrize(
    ("plan", "problems"),
    [
        (replace(PLAN, change="../x"), [f"'../x' is no name of a change {NO_NAME}"]),
        (replace(PLAN, steps=(), edges=()), ["the plan has no steps"]),
        (
            replace(PLAN, steps=(), change=""),
            [
                f"'' is no name of a change {NO_NAME}",
                "the plan has no steps",
                *map(unknown, sorted(step.id for step in PLAN.steps)),
            ],
        ),
        (replace(PLAN, steps=(*PLAN.steps, PLAN.steps[0])), ["deploy/web: is there twice"]),
        (
            replace(PLAN, edges=(*PLAN.edges, edge("expose/web", "expose/none"))),
            ["an edge names step 'expose/none', which is not in the plan"],
        ),
        (
            replace(PLAN, edges=(edge("deploy/web", "expose/web"), edge("expose/web", "deploy/web"))),
            ["these steps wait for each other: deploy/web, expose/web"],
        ),
        (
            with_gates(chain("web")),
            [
                "deploy/web: only exposures have gates, this is a deploy",
                "retire/web: only exposures have gates, this is a retire",
                "milestone/exposed: only exposures have gates, this is a milestone",
            ],
        ),
        (exposed(PLAN, 1.5), ["deploy/web: exposures are above 0 and at most 1"]),
        (exposed(PLAN, float("nan")), ["deploy/web: exposures are above 0 and at most 1"]),
        (
            migrating(approvals=()),
            ["migration/m/contract cannot be undone and needs nobody's approval"],
        ),
    ],
)  # fmt: skip
async def test_what_is_no_plan_is_refused_with_every_problem_and_nothing_is_kept(
    service: RolloutService, plan: Plan, problems: list[str]
) -> None:
    with pytest.raises(Refused) as refused:
        await service.begin(plan, by="ann")
    assert list(map(str, refused.value.problems)) == problems
    assert service.store.rollouts() == ()


async def test_what_nothing_here_carries_out_is_said_before_anything_begins(service: RolloutService) -> None:
    able = {kind: actuator for kind, actuator in service.actuators.items() if kind != "migration"}
    with pytest.raises(Refused) as refused:
        await replace(service, actuators=able).begin(migrating(), by="ann")
    said = "nothing here carries out steps of kind migration (start tidegate up with what it takes)"
    assert [str(each) for each in refused.value.problems] == [
        f"migration/m/{part}: {said}" for part in ("expand", "backfill", "switch", "contract")
    ]
    assert service.store.rollouts() == ()


async def test_an_approval_is_noted_with_whom_it_is_for(scene: Scene, service: RolloutService) -> None:
    async with scene.worker():
        view = await service.begin(migrating(), by="ann")
        id_, contract = RolloutId(view.id), StepId("migration/m/contract")
        assert view.waves[-1][0].approvals == ("data-team",)
        await service.operate(id_, wish("approve", at=time.time(), step=contract))
        assert (await scene.end(id_)).phase is Phase.COMPLETED
    noted = [
        (entry.actor, entry.subject, entry.summary)
        for entry in service.store.journal(id_)
        if entry.kind == "approve"
    ]
    assert noted == [("someone", contract, "for data-team: because")]


SPENT = Finding(
    name="calm: budget left", broken=True, reason="calm has 0 % of its error budget left", condition=True
)
SPENT_AND_NOW = (
    "calm has 0 % of its error budget left (wait until the budget has recovered, or let the change begin paused "
    "(onSpent: hold))"
)
LEFT = Finding(name="calm: budget left", reason="calm has 80 % of its error budget left", condition=True)


def held_to(on_spent: OnSpent) -> Plan:
    """A change of two services, both of which are held to one SLO."""
    gate = Gate(slos=(SloLimit(slo="calm", on_spent=on_spent),))
    return chain("web", "ledger", strategy=canary(0.5, 1.0, gates=(gate,)))


async def test_a_change_begins_paused_when_its_error_budget_is_spent(
    scene: Scene, service: RolloutService
) -> None:
    """And goes on when someone says so; no step was begun before."""
    plan = held_to(OnSpent.HOLD)
    view = await replace(service, budgets=MemoryBudgets({"calm": (SPENT,)})).begin(plan, by="ann")
    assert view.phase == Phase.PAUSED
    assert (
        view.reason
        == "pause by tidegate: calm has 0 % of its error budget left; resume it once you know better"
    )
    assert [entry.kind for entry in service.store.journal(RolloutId(view.id))] == ["begun", "pause"]
    async with scene.worker():
        assert scene.deeds() == []
        await scene.rollouts.operate(RolloutId(view.id), wish("resume", at=time.time()))
        await scene.handle(RolloutId(view.id)).terminate()


@pytest.mark.parametrize(
    ("found", "problem"),
    [
        (
            {"calm": (SPENT,)},
            SPENT_AND_NOW,
        ),
        ({}, "no SLO 'calm' is known (start tidegate up with --slo DIR)"),
    ],
)
async def test_a_change_whose_error_budget_is_spent_may_be_refused(
    service: RolloutService, found: dict[str, tuple[Finding, ...]], problem: str
) -> None:
    with pytest.raises(Refused) as refused:
        await replace(service, budgets=MemoryBudgets(found)).begin(held_to(OnSpent.REFUSE), by="ann")
    assert list(map(str, refused.value.problems)) == [problem]
    assert service.store.rollouts() == ()


async def test_a_change_whose_answers_nobody_can_hold_against_a_contract_is_refused(
    service: RolloutService,
) -> None:
    gate = Gate(conformance=Conformance(sample=0.05))
    with pytest.raises(Refused) as refused:
        await service.begin(chain("web", "ledger", strategy=canary(0.5, 1.0, gates=(gate,))), by="ann")
    assert list(map(str, refused.value.problems)) == [
        f"no contract of {name} is known (start tidegate up with --contracts DIR)"
        for name in ("web", "ledger")
    ]
    assert service.store.rollouts() == ()


async def test_with_budget_left_a_change_begins(scene: Scene, service: RolloutService) -> None:
    budgets = MemoryBudgets({"calm": (LEFT,)})
    view = await replace(service, budgets=budgets).begin(held_to(OnSpent.REFUSE), by="ann")
    await scene.handle(RolloutId(view.id)).terminate()
    assert view.phase == Phase.RUNNING


async def test_what_may_be_live_follows_from_the_rollouts(scene: Scene, service: RolloutService) -> None:
    assert await service.deployed() == {}
    plan = held_to(OnSpent.HOLD)
    moves = [step.action for step in plan.steps if isinstance(step.action, Expose)]
    async with scene.worker():
        view = await replace(service, budgets=MemoryBudgets({"calm": (SPENT,)})).begin(plan, by="ann")
        assert await service.deployed() == {move.service: {move.old, move.new} for move in moves}
        await scene.handle(RolloutId(view.id)).terminate()


async def test_what_was_kept_and_not_begun_before_a_crash_is_begun_on_the_next_start(
    scene: Scene, service: RolloutService
) -> None:
    """And what runs or has ended is left alone, however often that is asked."""
    opened, _ = machine.opened(RolloutId(f"kept-{time.time_ns():x}"), PLAN, at=time.time())
    keep(scene.store, opened)
    with pytest.raises(Unknown):
        await scene.rollouts.state(opened.id)
    await service.resume_begun()
    await service.resume_begun()
    async with scene.worker():
        ended = await scene.end(opened.id)
        await service.resume_begun()
    assert (ended.phase, set(statuses(ended).values())) == (Phase.COMPLETED, {"done"})
    assert len(scene.deeds()) == len(set(scene.deeds())) == 8


async def test_one_that_ended_in_temporal_and_not_in_the_store_keeps_nobody_from_starting(
    scene: Scene, service: RolloutService
) -> None:
    """As when someone terminated its workflow by Temporal's own means."""
    view = await service.begin(PLAN, by="ann")
    await scene.handle(RolloutId(view.id)).terminate()
    await service.resume_begun()


async def test_the_list_asks_all_running_rollouts_at_once(
    scene: Scene, service: RolloutService, together: Callable[[int], Rollouts]
) -> None:
    async with scene.worker():
        scene.users.requests = 0
        views = [await service.begin(chain("web", strategy=GATED), by="ann") for _ in range(3)]
        lines = await replace(service, rollouts=together(3)).all()
        for view in views:
            await scene.handle(RolloutId(view.id)).terminate()
    assert [line.id for line in lines] == [view.id for view in reversed(views)]


@pytest.mark.parametrize(
    ("cluster", "message"),
    [
        ({"namespace": "none"}, r"has no namespace 'none' \(create it \(`temporal operator namespace create"),
        ({"address": "127.0.0.1:1"}, r"no Temporal server answers at 127\.0\.0\.1:1 \(check --temporal"),
        ({"address": "127.0.0.1:x"}, r"--temporal 127\.0\.0\.1:x: invalid.*port.*HOST:PORT"),
    ],
)
async def test_a_cluster_that_cannot_be_used_is_told_at_once(
    temporal_address: str, cluster: dict[str, str], message: str
) -> None:
    with pytest.raises(TidegateError, match=message):
        await connect(Cluster(**{"address": temporal_address, **cluster}))  # type: ignore[arg-type]
