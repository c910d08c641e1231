"""The real workflow and its activities on a real Temporal server, in an imagined world."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment
from tests.temporal.harness import (
    GATED,
    GIVES_UP,
    IMPATIENT,
    Scene,
    chain,
    forth,
    moment,
    statuses,
    version_of,
)

from tidegate.actuators.memory import Fault, MemoryWorld, Moment, Verb
from tidegate.core.change import OnFailure
from tidegate.core.errors import Refused, Unavailable
from tidegate.core.ids import RolloutId, ServiceName, StepId, Version
from tidegate.core.rollout import machine
from tidegate.core.rollout.events import OperatorEvent
from tidegate.core.rollout.state import Phase, StepStatus
from tidegate.store.database import Store
from tidegate.temporal import judging, workflow
from tidegate.temporal.client import Cluster, connect
from tidegate.temporal.forms import OPERATOR_FORM, ROLLOUT_FORM
from tidegate.temporal.messages import CONVERTER

pytestmark = pytest.mark.real

EXPOSE = StepId("expose/ledger")
TEST_SERVER = "temporal-test-server"


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting is not what is tested here: looks and repetitions follow each other at once."""
    monkeypatch.setattr(judging, "LOOK_SECONDS", 0.01)
    repeated = replace(
        workflow.EFFECT_RETRIES,
        initial_interval=timedelta(milliseconds=1),
        maximum_interval=timedelta(milliseconds=1),
        maximum_attempts=3,
    )
    monkeypatch.setattr(workflow, "EFFECT_RETRIES", repeated)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store.open(f"sqlite:///{tmp_path}/store.sqlite")) as opened:
        yield opened


@pytest.fixture
async def scene(temporal_address: str, store: Store, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    """What happened on it is replayed after each test, whatever the test was about."""
    hurry(monkeypatch)
    made = Scene.of(await connect(Cluster(address=temporal_address)), store, "web", "ledger", "cart")
    yield made
    await made.replay()


def wish(kind: str, step: str | None = None) -> OperatorEvent:
    of_step = {} if step is None else {"step": step}
    return OPERATOR_FORM.validate_python(
        {"kind": kind, "at": time.time(), "by": "ann", "reason": "because", **of_step}
    )


# Forth


async def test_a_healthy_chain_is_completed_in_the_only_safe_order(scene: Scene) -> None:
    async with scene.worker():
        id_ = await scene.begin(chain("web", "cart", "ledger", strategy=GATED))
        rollout = await scene.end(id_)
    assert (rollout.phase, set(statuses(rollout).values())) == (Phase.COMPLETED, {"done"})
    assert scene.deeds()[:9] == forth("ledger", "cart", "web")
    assert sorted(scene.deeds()[9:]) == ["stopped cart 1.0.0", "stopped ledger 1.0.0", "stopped web 1.0.0"]


async def test_the_store_keeps_the_end_and_the_journal_each_deed_once(scene: Scene) -> None:
    async with scene.worker():
        id_ = await scene.begin(chain("ledger", strategy=GATED))
        rollout = await scene.end(id_)
    record = scene.store.rollout(id_)
    assert record is not None
    assert (record.phase, record.ended) == ("completed", moment(rollout.ended_at or 0))
    assert ROLLOUT_FORM.validate_python(record.state, strict=False) == rollout
    assert scene.journal(id_) == [
        ("applied", "deploy/ledger"),
        *[(kind, "expose/ledger") for kind in ("applied", "judged", "applied", "judged")],
        ("applied", "retire/ledger"),
        ("ended", id_),
    ]
    assert scene.store.verify_journal() is None


async def test_a_rollout_begun_twice_is_one(scene: Scene) -> None:
    async with scene.worker():
        id_ = await scene.begin(chain("ledger"))
        opened, _ = machine.opened(id_, chain("ledger"), at=0.0)
        await scene.rollouts.begin(opened)
        await scene.end(id_)
        await scene.rollouts.begin(opened)
    assert scene.deeds() == [*forth("ledger"), "stopped ledger 1.0.0"]


# Back


async def test_a_failing_verdict_undoes_everything_in_the_reverse_order(scene: Scene) -> None:
    scene.users.bad[version_of("web")] = 0.3
    async with scene.worker():
        id_ = await scene.begin(chain("web", "ledger", strategy=GATED))
        rollout = await scene.end(id_)
    assert rollout.phase is Phase.ROLLED_BACK
    assert "expose/web: web 2.0.0 is worse than 1.0.0 in errors" in rollout.reason
    assert scene.deeds() == [
        *forth("ledger"),
        *forth("web", exposures=[0.5]),
        "web 2.0.0 gets 0% of the traffic",
        "stopped web 2.0.0",
        "ledger 2.0.0 gets 0% of the traffic",
        "stopped ledger 2.0.0",
    ]
    assert scene.world == replace(
        MemoryWorld.of({"web": "1.0.0", "ledger": "1.0.0", "cart": "1.0.0"}),
        log=scene.world.log,
        fences=scene.world.fences,
        lanes=scene.world.lanes,
    )


async def test_what_is_not_affected_stays_if_the_change_says_so(scene: Scene) -> None:
    scene.users.bad[version_of("web")] = 0.3
    async with scene.worker():
        plan = chain("web", "ledger", strategy=GATED, on_failure=OnFailure.AFFECTED)
        rollout = await scene.end(await scene.begin(plan))
    assert rollout.phase is Phase.PARTIAL
    assert scene.world.live()[ServiceName("ledger")] == {"2.0.0"}
    assert scene.world.live()[ServiceName("web")] == {"1.0.0"}


@pytest.mark.parametrize("moment", Moment)
async def test_an_effect_that_fails_in_passing_is_repeated_and_happens_once(
    scene: Scene, moment: Moment
) -> None:
    """Also when it took place and only its answer was lost."""
    scene.actuator.fail(Fault(verb=Verb.APPLY, kind="expose", moment=moment, times=2))
    async with scene.worker():
        rollout = await scene.end(await scene.begin(chain("ledger")))
    assert rollout.phase is Phase.COMPLETED
    assert scene.deeds() == [*forth("ledger"), "stopped ledger 1.0.0"]


async def test_a_way_back_that_fails_waits_for_a_person(scene: Scene) -> None:
    scene.actuator.fail(
        Fault(verb=Verb.APPLY, kind="expose", times=3, message="no route"),
        Fault(verb=Verb.REVERT, kind="deploy", times=3, message="it does not stop"),
    )
    async with scene.worker():
        id_ = await scene.begin(chain("ledger"))
        rollout = await scene.until_status(id_, "deploy/ledger", StepStatus.STUCK)
        assert rollout.steps[StepId("deploy/ledger")].reason == "ledger: it does not stop"
        await scene.rollouts.operate(id_, wish("resume"))
        rollout = await scene.end(id_)
    assert (rollout.phase, rollout.reason) == (Phase.ROLLED_BACK, "expose/ledger: ledger: no route")
    assert scene.deeds() == ["started ledger 2.0.0", "stopped ledger 2.0.0"]


async def test_repeating_for_a_minute_and_a_half_and_giving_up_takes_no_time_here(store: Store) -> None:
    """With the real delays between repetitions, on the server that skips time."""
    fault = Fault(verb=Verb.APPLY, kind="expose", times=1000, message="no route")
    async with await WorkflowEnvironment.start_time_skipping(
        data_converter=CONVERTER, test_server_existing_path=str(Path(sys.executable).parent / TEST_SERVER)
    ) as environment:
        scene = Scene.of(environment.client, store, "ledger")
        scene.actuator.fail(fault)
        async with scene.worker():
            id_ = await scene.begin(chain("ledger"))
            await environment.sleep(120)
            assert await scene.handle(id_).result() == Phase.ROLLED_BACK
        (history,) = await scene.runs(id_)
        await scene.replay()
    record = store.rollout(id_)
    assert record is not None
    assert record.state is not None
    assert record.state["reason"] == "expose/ledger: ledger: no route"
    first, last = history.events[0].event_time, history.events[-1].event_time
    assert last.ToSeconds() - first.ToSeconds() > 60
    assert scene.deeds() == ["started ledger 2.0.0", "stopped ledger 2.0.0"]


# Operators


async def test_a_paused_rollout_finishes_its_look_and_begins_nothing(scene: Scene) -> None:
    scene.users.requests = 0
    async with scene.worker():
        id_ = await scene.begin(chain("ledger", strategy=GATED))
        await scene.until_status(id_, "expose/ledger", StepStatus.JUDGING)
        paused = await scene.rollouts.operate(id_, wish("pause"))
        assert (paused.phase, paused.reason) == (Phase.PAUSED, "pause by ann: because")
        scene.users.requests = 10_000
        rollout = await scene.until_status(id_, "expose/ledger", StepStatus.WAITING)
        assert rollout.steps[EXPOSE].stage == 1
        with pytest.raises(Refused, match="cannot pause while the rollout is paused; possible now: resume"):
            await scene.rollouts.operate(id_, wish("pause"))
        with pytest.raises(Refused, match="cannot promote while the rollout is paused"):
            await scene.rollouts.operate(id_, wish("promote"))
        await scene.rollouts.operate(id_, wish("resume"))
        assert (await scene.end(id_)).phase is Phase.COMPLETED
    assert scene.deeds() == [*forth("ledger"), "stopped ledger 1.0.0"]


async def test_a_stage_is_promoted_on_a_persons_word(scene: Scene) -> None:
    scene.users.requests = 0
    async with scene.worker():
        id_ = await scene.begin(chain("ledger", strategy=GATED))
        await scene.until_status(id_, "expose/ledger", StepStatus.JUDGING)
        with pytest.raises(Refused, match="nothing to promote; steps in a stage: expose/ledger"):
            await scene.rollouts.operate(id_, wish("promote", "deploy/ledger"))
        with pytest.raises(Refused, match="no step 'expose/none' in this rollout; its steps: "):
            await scene.rollouts.operate(id_, wish("promote", "expose/none"))
        await scene.rollouts.operate(id_, wish("promote", "expose/ledger"))
        await scene.until(id_, lambda r: r.steps[EXPOSE].stage == 1 and r.steps[EXPOSE].exposure == 1.0)
        await scene.rollouts.operate(id_, wish("promote"))
        assert (await scene.end(id_)).phase is Phase.COMPLETED
    assert ("judged", "expose/ledger") not in scene.journal(id_)


async def test_insufficient_evidence_holds_until_a_person_decides(scene: Scene) -> None:
    """Looking again may be the decision, and so may passing it."""
    scene.users.requests = 0
    async with scene.worker():
        id_ = await scene.begin(chain("ledger", strategy=IMPATIENT))
        held = await scene.until_status(id_, "expose/ledger", StepStatus.HOLDING)
        assert held.phase is Phase.RUNNING
        assert "no request has reached ledger 2.0.0" in held.steps[EXPOSE].reason
        scene.users.requests = 10_000
        await scene.rollouts.operate(id_, wish("resume"))  # begins from a reading of its own
        await scene.rollouts.operate(id_, wish("promote"))
        await scene.until(
            id_, lambda r: r.steps[EXPOSE].stage == 1 and r.steps[EXPOSE].status is StepStatus.HOLDING
        )
        await scene.rollouts.operate(id_, wish("promote"))
        assert (await scene.end(id_)).phase is Phase.COMPLETED


async def test_insufficient_evidence_rolls_back_if_the_gate_says_so(scene: Scene) -> None:
    scene.users.requests = 0
    async with scene.worker():
        rollout = await scene.end(await scene.begin(chain("ledger", strategy=GIVES_UP)))
    assert rollout.phase is Phase.ROLLED_BACK
    assert "no request has reached ledger 2.0.0" in rollout.reason


@pytest.mark.parametrize(
    ("kind", "step", "phase", "live"),
    [
        ("abort", None, Phase.PARTIAL, {"web": "1.0.0", "ledger": "2.0.0"}),
        ("rollback", None, Phase.ROLLED_BACK, {"web": "1.0.0", "ledger": "1.0.0"}),
        ("rollback", "expose/web", Phase.PARTIAL, {"web": "1.0.0", "ledger": "2.0.0"}),
        ("rollback", "expose/ledger", Phase.ROLLED_BACK, {"web": "1.0.0", "ledger": "1.0.0"}),
    ],
)
async def test_going_back_on_a_persons_word(
    scene: Scene, kind: str, step: str | None, phase: Phase, live: dict[str, str]
) -> None:
    scene.users.requests = 0
    plan = chain("web", "ledger", strategy=GATED)
    async with scene.worker():
        id_ = await scene.begin(plan)
        await scene.until_status(id_, "expose/ledger", StepStatus.JUDGING)
        await scene.rollouts.operate(id_, wish("promote"))
        await scene.until(id_, lambda r: r.steps[StepId("expose/ledger")].exposure == 1.0)
        await scene.rollouts.operate(id_, wish("promote"))
        await scene.until_status(id_, "expose/web", StepStatus.JUDGING)
        await scene.rollouts.operate(id_, wish(kind, step))
        rollout = await scene.end(id_)
    assert rollout.phase is phase
    assert {name: scene.world.live()[ServiceName(name)] for name in live} == {
        name: {version} for name, version in live.items()
    }
    assert len(scene.deeds()) == len(set(scene.deeds()))


async def test_after_the_end_every_wish_is_refused_with_a_reason(scene: Scene) -> None:
    async with scene.worker():
        id_ = await scene.begin(chain("ledger"))
        await scene.end(id_)
        with pytest.raises(Refused, match=rf"rollout {id_} has ended \(completed\); to go on from here"):
            await scene.rollouts.operate(id_, wish("pause"))


async def test_a_rollout_that_temporal_does_not_know_is_not_a_riddle(scene: Scene) -> None:
    with pytest.raises(Unavailable, match=r"Temporal has no rollout 'none' \(use the Temporal server"):
        await scene.rollouts.state(RolloutId("none"))


# Over deaths and long histories


async def test_a_worker_that_ends_after_every_deed_is_followed_by_another(scene: Scene) -> None:
    """Nothing is skipped, nothing is done twice."""
    id_ = await scene.begin(chain("web", "ledger", strategy=GATED))
    workers = 0
    while not scene.world.runs(ServiceName("web"), Version("2.0.0")) or len(scene.deeds()) < 8:
        before, workers = len(scene.deeds()), workers + 1
        async with scene.worker(), asyncio.timeout(30):
            while len(scene.deeds()) == before:  # noqa: ASYNC110 - a list raises no event
                await asyncio.sleep(0.005)
    async with scene.worker():
        rollout = await scene.end(id_)
    assert rollout.phase is Phase.COMPLETED
    assert workers > 5
    assert scene.deeds()[:6] == forth("ledger", "web")
    assert sorted(scene.deeds()[6:]) == ["stopped ledger 1.0.0", "stopped web 1.0.0"]


async def test_a_long_history_is_handed_over_and_nothing_is_done_twice(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workflow, "LONG_HISTORY", 15)
    async with scene.worker():
        id_ = await scene.begin(chain("web", "ledger", strategy=GATED))
        rollout = await scene.end(id_)
        runs = await scene.runs(id_)
        await scene.replay()  # while the limit is as it was
        scene.begun.clear()
    assert len(runs) > 2
    assert rollout.phase is Phase.COMPLETED
    assert scene.deeds()[:6] == forth("ledger", "web")
    assert sorted(scene.deeds()[6:]) == ["stopped ledger 1.0.0", "stopped web 1.0.0"]


async def test_wishes_are_heard_across_a_handover(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each wish makes the history longer, so that some of them meet the very moment of handing over."""
    monkeypatch.setattr(workflow, "LONG_HISTORY", 20)
    scene.users.requests = 0
    async with scene.worker():
        id_ = await scene.begin(chain("ledger", strategy=GATED))
        await scene.until_status(id_, "expose/ledger", StepStatus.JUDGING)
        for kind, phase in [("pause", Phase.PAUSED), ("resume", Phase.RUNNING)] * 4:
            assert (await scene.rollouts.operate(id_, wish(kind))).phase is phase
        await scene.rollouts.operate(id_, wish("abort"))
        rollout = await scene.end(id_)
        assert len(await scene.runs(id_)) > 1
        await scene.replay()
        scene.begun.clear()
    assert rollout.phase is Phase.ROLLED_BACK
    assert scene.deeds()[-2:] == ["ledger 2.0.0 gets 0% of the traffic", "stopped ledger 2.0.0"]
