"""Late commands, whoever sends them."""

import pytest
from tests.actuators.conformance import tokens
from tests.unleash.server import UnleashServer

from tidegate.actuators.unleash.actuator import UnleashActuator
from tidegate.core.errors import Superseded
from tidegate.core.ids import RolloutId, StepId
from tidegate.core.plan.steps import ExposeFlag
from tidegate.ports import Token
from tidegate.sources.flag_systems import FlagSystem

pytestmark = pytest.mark.real


async def test_the_fence_holds_for_another_process_and_after_all_is_undone(
    unleash: UnleashServer, actuator: UnleashActuator, system: FlagSystem, key: str, expose: ExposeFlag
) -> None:
    early = Token(rollout=RolloutId("a" * 70), step=StepId("flag/x"), attempt=9)
    late = tokens("a" * 70, "flag/x", first=10)
    await actuator.apply(expose, 0.5, next(late))
    await actuator.revert(expose, next(late))
    other = UnleashActuator(system)
    with pytest.raises(
        Superseded, match=f"flag/x/9 comes too late for flag '{key}': attempt 11 of a+ was obeyed"
    ):
        await other.apply(expose, 1.0, early)
    await other.aclose()
    assert unleash.place(key)["strategies"] == []
    assert len(unleash.tags(key)) == 1
