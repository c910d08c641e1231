"""Where nothing carries a step out: it is refused before it begins, and waits if it has begun."""

from collections.abc import Awaitable, Callable

import pytest

from tidegate.actuators.absent import AbsentActuator
from tidegate.core.errors import Problem, Unavailable
from tidegate.core.ids import FlagKey, RolloutId, StepId
from tidegate.core.plan.steps import ExposeFlag
from tidegate.ports import Actuator, Token

ACTION = ExposeFlag(flag=FlagKey("instant-refund"), off="off", on="on")
TOKEN = Token(rollout=RolloutId("r"), step=StepId("flag/instant-refund"), attempt=1)
ABSENT: Actuator = AbsentActuator(missing="no flags are served here", hint="serve some")


async def test_a_step_is_refused_before_it_begins() -> None:
    assert await ABSENT.validate(ACTION) == (Problem(message="no flags are served here", hint="serve some"),)


@pytest.mark.parametrize(
    "asked",
    [
        lambda: ABSENT.apply(ACTION, 0.5, TOKEN),
        lambda: ABSENT.verify(ACTION, 0.5),
        lambda: ABSENT.revert(ACTION, TOKEN),
    ],
)
async def test_one_that_has_begun_may_be_tried_again(asked: Callable[[], Awaitable[object]]) -> None:
    with pytest.raises(Unavailable, match=r"no flags are served here \(serve some\)"):
        await asked()
