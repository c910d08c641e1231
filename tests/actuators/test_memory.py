"""The imagined world obeys like a real one, and fails to order."""

from dataclasses import replace

import pytest

from tidegate.actuators.memory import Fault, MemoryActuator, MemoryWorld, Moment, Verb
from tidegate.core.change import Commands
from tidegate.core.errors import EffectFailed, Superseded, Unavailable
from tidegate.core.ids import FlagKey, RolloutId, ServiceName, StepId, Version
from tidegate.core.plan.steps import (
    Action,
    Deploy,
    Expose,
    ExposeFlag,
    Milestone,
    RemoveFlag,
    Retire,
    RunTask,
)
from tidegate.ports import Token

from .conformance import tokens, walk

CART, PAY = ServiceName("cart"), ServiceName("pay")
OLD, NEW = Version("1.0.0"), Version("2.0.0")
LANES = ((PAY, NEW),)
DEPLOY = Deploy(service=CART, version=NEW, artifact="cart-2", digest="sha256:0", lanes=LANES)
EXPOSE = Expose(service=CART, old=OLD, new=NEW)
RETIRE = Retire(service=CART, version=OLD)
FLAG = ExposeFlag(flag=FlagKey("refunds"), off="off", on="on")
STAFF = replace(FLAG, audience_name="staff", audience='{"var": "staff"}')
REMOVAL = RemoveFlag(flag=FLAG.flag)
TASK = RunTask(name="migrate", commands=Commands(apply=("true",)))


def token(attempt: int, step: str = "s", rollout: str = "r") -> Token:
    return Token(rollout=RolloutId(rollout), step=StepId(step), attempt=attempt)


@pytest.fixture
def world() -> MemoryWorld:
    return MemoryWorld.of({"cart": "1.0.0", "pay": "1.0.0"})


@pytest.fixture
def actuator(world: MemoryWorld) -> MemoryActuator:
    return MemoryActuator(world)


@pytest.mark.parametrize(
    ("ready", "action", "exposures"),
    [
        ((), DEPLOY, (1.0,)),
        ((DEPLOY,), EXPOSE, (0.01, 0.25, 1.0)),
        ((DEPLOY, EXPOSE), RETIRE, (1.0,)),
        ((), TASK, (1.0,)),
        ((), FLAG, (0.05, 0.25, 1.0)),
        ((FLAG,), STAFF, (1.0,)),
        ((FLAG,), REMOVAL, (1.0,)),
    ],
)
async def test_conforms(
    world: MemoryWorld,
    actuator: MemoryActuator,
    ready: tuple[Action, ...],
    action: Action,
    exposures: tuple[float, ...],
) -> None:
    fresh = tokens("r", "s")
    for each in ready:
        await actuator.apply(each, 1.0, next(fresh))
    await walk(actuator, action, fresh, lambda: len(world.log), exposures)


async def test_a_flag_for_everyone_and_for_an_audience_are_apart(
    world: MemoryWorld, actuator: MemoryActuator
) -> None:
    await actuator.apply(STAFF, 1.0, token(1, "staff"))
    await actuator.apply(FLAG, 0.05, token(2))
    await actuator.revert(FLAG, token(3))
    assert world.flags == {FLAG.flag: {"staff": 1.0, "": 0.0}}
    assert [deed.summary for deed in world.log] == [
        "flag refunds is on for 100% of staff",
        "flag refunds is on for 5% of everyone",
        "flag refunds is on for 0% of everyone",
    ]
    assert await actuator.verify(FLAG, 0.05) == "flag refunds is on for 0%, wanted is 5%"


async def test_a_removed_flag_is_exposed_to_nobody(actuator: MemoryActuator) -> None:
    await actuator.apply(REMOVAL, 1.0, token(1))
    (problem,) = await actuator.validate(FLAG)
    assert problem.message == "flag 'refunds' was removed"
    with pytest.raises(EffectFailed, match="flag refunds was removed and cannot be exposed"):
        await actuator.apply(FLAG, 0.05, token(2))
    assert await actuator.verify(REMOVAL, 0.0) == "flag refunds is not served yet"


async def test_a_rollout_and_its_log(world: MemoryWorld, actuator: MemoryActuator) -> None:
    await actuator.apply(DEPLOY, 1.0, token(1, "deploy"))
    assert world.lanes[CART] == LANES
    for attempt, exposure in enumerate((0.05, 1.0), start=2):
        await actuator.apply(EXPOSE, exposure, token(attempt, "expose"))
    await actuator.apply(RETIRE, 1.0, token(4, "retire"))
    assert [(deed.summary, set(deed.live[CART])) for deed in world.log] == [
        ("started cart 2.0.0", {OLD}),
        ("cart 2.0.0 gets 5% of the traffic", {OLD, NEW}),
        ("cart 2.0.0 gets 100% of the traffic", {NEW}),
        ("stopped cart 1.0.0", {NEW}),
    ]
    assert world.lanes[CART] == ()
    assert world.deployed == {CART: {NEW}, PAY: {OLD}}


async def test_a_late_command_of_an_earlier_step_of_the_service_is_refused(actuator: MemoryActuator) -> None:
    await actuator.apply(DEPLOY, 1.0, token(1, "deploy"))
    await actuator.apply(EXPOSE, 0.05, token(2, "expose"))
    with pytest.raises(Superseded, match="r/deploy/1 comes too late for cart: r/expose/2 was obeyed since"):
        await actuator.revert(DEPLOY, token(1, "deploy"))


async def test_fences_are_of_one_rollout_and_one_subject(actuator: MemoryActuator) -> None:
    await actuator.apply(DEPLOY, 1.0, token(7))
    await actuator.apply(TASK, 1.0, token(1, "task"))
    await actuator.apply(EXPOSE, 0.5, token(1, rollout="other"))


async def test_a_token_stands_for_one_effect(actuator: MemoryActuator) -> None:
    await actuator.apply(DEPLOY, 1.0, token(1))
    message = "r/s/1 cannot stand for apply expose of cart at 0.5, it stood for apply deploy of cart at 1"
    with pytest.raises(EffectFailed, match=message):
        await actuator.apply(EXPOSE, 0.5, token(1))


@pytest.mark.parametrize(
    ("action", "exposure", "message"),
    [
        (EXPOSE, 0.5, "cart 2.0.0 does not run and cannot get 50% of the traffic"),
        (RETIRE, 1.0, "cart 1.0.0 still has 100% of the traffic and cannot be stopped"),
    ],
)
async def test_what_cannot_be_fails(
    world: MemoryWorld, actuator: MemoryActuator, action: Action, exposure: float, message: str
) -> None:
    with pytest.raises(EffectFailed, match=message):
        await actuator.apply(action, exposure, token(1))
    assert world.log == []


async def test_missing_services_are_found_before_anything_is_done(actuator: MemoryActuator) -> None:
    problems = await actuator.validate(Expose(service=ServiceName("nosuch"), old=OLD, new=NEW))
    assert [str(each) for each in problems] == [
        "there is no service 'nosuch' in this world (deploy it first, or correct its name)"
    ]


async def test_a_milestone_is_always_so_already(world: MemoryWorld, actuator: MemoryActuator) -> None:
    point = Milestone(name="through")
    assert await actuator.validate(point) == ()
    assert (await actuator.apply(point, 1.0, token(1))).summary == "through was so already"
    assert (await actuator.revert(point, token(2))).summary == "through was so already"
    assert await actuator.verify(point, 1.0) is None
    assert world.log == []


# Failures to order


async def test_a_failure_before_the_effect_leaves_the_world_alone(world: MemoryWorld) -> None:
    actuator = MemoryActuator(world, [Fault(verb=Verb.APPLY, subject="cart", times=2)])
    for _ in range(2):
        with pytest.raises(EffectFailed, match="cart: it was told to fail"):
            await actuator.apply(DEPLOY, 1.0, token(1))
    assert world.log == []
    await actuator.apply(DEPLOY, 1.0, token(1))
    assert len(world.log) == 1


async def test_a_lost_answer_is_not_done_again(world: MemoryWorld, actuator: MemoryActuator) -> None:
    actuator.fail(Fault(verb=Verb.REVERT, kind="deploy", moment=Moment.AFTER, raises=Unavailable))
    await actuator.apply(DEPLOY, 1.0, token(1))
    with pytest.raises(Unavailable, match="cart: it was told to fail"):
        await actuator.revert(DEPLOY, token(2))
    assert (await actuator.revert(DEPLOY, token(2))).summary == "stopped cart 2.0.0"
    assert [deed.verb for deed in world.log] == [Verb.APPLY, Verb.REVERT]


async def test_a_failure_is_meant_for_what_it_names(actuator: MemoryActuator) -> None:
    actuator.fail(Fault(verb=Verb.APPLY, step=StepId("expose")), Fault(verb=Verb.APPLY, kind="retire"))
    await actuator.apply(DEPLOY, 1.0, token(1, "deploy"))
    with pytest.raises(EffectFailed):
        await actuator.apply(EXPOSE, 1.0, token(2, "expose"))
    await actuator.apply(EXPOSE, 1.0, token(2, "expose"))
    with pytest.raises(EffectFailed):
        await actuator.apply(RETIRE, 1.0, token(3, "retire"))


async def test_validate_and_verify_fail_with_findings(actuator: MemoryActuator) -> None:
    actuator.fail(Fault(verb=Verb.VALIDATE, message="no"), Fault(verb=Verb.VERIFY, message="not yet"))
    assert [str(each) for each in await actuator.validate(DEPLOY)] == ["no"]
    assert await actuator.verify(DEPLOY, 0) == "not yet"
    assert await actuator.verify(DEPLOY, 0) is None
