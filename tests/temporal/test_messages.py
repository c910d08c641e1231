"""What crosses Temporal comes back as it was, however many classes look alike, and stays small."""

import hashlib
from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.worlds import catalog_of, change_of, release_of, service_of
from tests.temporal.harness import GATED

from tidegate.core.attribution.answer import Answer, Attribution, Basis, Suspicion
from tidegate.core.change import Commands, Task
from tidegate.core.gates.evidence import Tally, VersionedService
from tidegate.core.gates.verdict import CheckResult, Outcome, Verdict
from tidegate.core.ids import RolloutId, ServiceName, StepId, Version
from tidegate.core.plan.build import make_plan
from tidegate.core.plan.plan import Plan
from tidegate.core.plan.steps import Action, Deploy, Expose, Milestone, Retire, RunTask, Step
from tidegate.core.rollout import machine
from tidegate.core.rollout.events import (
    ApplyFailed,
    Event,
    OperatorEvent,
    RevertFailed,
    StageApplied,
    StepReverted,
    VerdictReached,
)
from tidegate.core.rollout.state import Rollout
from tidegate.temporal.messages import (
    COMPRESSED_FROM,
    CONVERTER,
    AttributeOrder,
    EffectOrder,
    Exposed,
    JudgeOrder,
)

LIMIT = 2 << 20
"""Bytes from which Temporal refuses a payload."""


async def crossed(value: Any, kind: Any) -> Any:
    (back,) = await CONVERTER.decode(await CONVERTER.encode([value]), [kind])
    return back


WORDS = st.text(max_size=40)
STEPS = st.builds(StepId, WORDS)
TIMES = st.floats(min_value=0, max_value=1e10)
ATTEMPTS = st.integers(min_value=0, max_value=10**6)
VERDICTS = st.builds(
    Verdict,
    outcome=st.sampled_from(Outcome),
    reason=WORDS,
    checks=st.lists(
        st.builds(
            CheckResult,
            name=WORDS,
            outcome=st.sampled_from(Outcome),
            canary_requests=ATTEMPTS,
            canary_bad=ATTEMPTS,
            log_harm=st.floats(allow_nan=False, allow_infinity=False),
        ),
        max_size=2,
    ).map(tuple),
)
ABOUT = {"at": TIMES, "step": STEPS, "attempt": ATTEMPTS}
EVENTS = st.one_of(
    st.builds(StageApplied, **ABOUT, summary=WORDS),
    st.builds(ApplyFailed, **ABOUT, reason=WORDS),
    st.builds(VerdictReached, **ABOUT, verdict=VERDICTS),
    st.builds(StepReverted, **ABOUT, summary=WORDS),
    st.builds(RevertFailed, **ABOUT, reason=WORDS),
    *(st.builds(kind, at=TIMES, by=WORDS, reason=WORDS) for kind in get_args(OperatorEvent)),
)


@given(EVENTS)
async def test_every_event_comes_back_as_its_own_kind(event: Event) -> None:
    """Five of them have the same fields and differ by their kind alone."""
    assert await crossed(event, Event) == event


SERVICE, VERSION = ServiceName("cart"), Version("2.0.0")
ACTIONS: tuple[Action, ...] = (
    Deploy(
        service=SERVICE, version=VERSION, artifact="a", digest="d", lanes=((ServiceName("web"), VERSION),)
    ),
    Expose(service=SERVICE, old=Version("1.0.0"), new=VERSION),
    Retire(service=SERVICE, version=VERSION),
    RunTask(name="t", commands=Commands(apply=("go", "fast"), revert=("back",))),
    Milestone(name="m"),
)


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.kind)
async def test_every_action_comes_back_as_its_own_kind_inside_an_order(action: Action) -> None:
    step = Step(id=StepId("s"), action=action, stages=GATED.stages, serves=StepId("other"))
    effect = EffectOrder(rollout=RolloutId("r"), step=step, stage=1, attempt=7)
    judge = JudgeOrder(rollout=RolloutId("r"), step=step, stage=1, attempt=7, began_at=0.5)
    assert await crossed(effect, EffectOrder) == effect
    assert await crossed(judge, JudgeOrder) == judge


async def test_who_is_at_fault_comes_back_inside_a_verdict() -> None:
    culprit = VersionedService(service=SERVICE, version=VERSION)
    suspicion = Suspicion(
        suspects=(culprit,), log_e=7.5, log_e_needed=4.6, exposed=Tally(requests=9, bad=3), why="so it is"
    )
    found = Attribution(
        answer=Answer.ONE, basis=Basis.TRACES, reason="shown", culprits=(culprit,), ranking=(suspicion,)
    )
    verdict = Verdict(outcome=Outcome.FAIL, reason="bad", attribution=found)
    assert await crossed(verdict, Verdict) == verdict
    action = Expose(service=SERVICE, old=Version("1.0.0"), new=VERSION)
    suspect = Exposed(step=StepId("s"), action=action, exposure=0.5, since=1.5)
    order = AttributeOrder(
        rollout=RolloutId("r"),
        step=StepId("s"),
        suspects=(suspect, suspect),
        evidence_from=1.5,
        failed_at=2.5,
        patience=5.0,
    )
    assert await crossed(order, AttributeOrder) == order


async def test_plans_and_rollouts_come_back_as_they_were() -> None:
    task = Task(name="warm", commands=Commands(apply=("go",)), before=("web",))
    services = (service_of("web", needs={"cart": "^1"}), service_of("cart"))
    releases = (release_of("web", needs={"cart": "^2"}), release_of("cart", offers=("1.0.0", "2.0.0")))
    plan = make_plan(catalog_of(*services), change_of(*releases, tasks=[task]))
    assert isinstance(plan, Plan)
    rollout, commands = machine.opened(RolloutId("r"), plan, at=1.5)
    assert commands
    for command in commands:
        event = StageApplied(at=2.5, step=command.step, attempt=command.attempt, summary="done")
        rollout, _ = machine.advance(rollout, event)
    assert await crossed(plan, Plan) == plan
    assert await crossed(rollout, Rollout) == rollout


async def test_what_is_small_stays_readable_and_what_is_large_is_compressed() -> None:
    (small,), (large,) = await CONVERTER.encode(["ä"]), await CONVERTER.encode(["ä" * COMPRESSED_FROM])
    assert small.data == b'"\\u00e4"'
    assert (large.metadata["encoding"], large.ByteSize() < 200) == (b"binary/zlib", True)
    assert await CONVERTER.decode([small, large], [str, str]) == ["ä", "ä" * COMPRESSED_FROM]


def large_plan(services: int, needs: int) -> Plan:
    """Each service needs the new versions of some before it; no two digests are alike."""
    names = [f"service-{number}" for number in range(services)]
    providers = {name: names[max(0, at - needs) : at] for at, name in enumerate(names)}
    catalog = catalog_of(*(service_of(name, needs=dict.fromkeys(providers[name], "^1")) for name in names))
    releases = [
        replace(
            release_of(
                name,
                offers=("1.0.0", "2.0.0"),
                needs=dict.fromkeys(providers[name], "^2"),
                strategy=GATED,
            ),
            digest=f"sha256:{hashlib.sha256(name.encode()).hexdigest()}",
        )
        for name in names
    ]
    plan = make_plan(catalog, change_of(*releases))
    assert isinstance(plan, Plan)
    return plan


async def test_a_plan_of_three_hundred_services_is_far_from_the_limit() -> None:
    rollout, _ = machine.opened(RolloutId("r"), large_plan(300, 5), at=0.0)
    (payload,) = await CONVERTER.encode([rollout])
    assert payload.ByteSize() < LIMIT / 10
    assert await crossed(rollout, Rollout) == rollout
