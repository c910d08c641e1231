"""Each flag is exposed by the system that its step names."""

from dataclasses import dataclass, field

import pytest

from tidegate.actuators.flag_systems import FlagSystems
from tidegate.core.errors import EffectFailed, Problem
from tidegate.core.ids import FlagKey, RolloutId, ServiceName, StepId, Version
from tidegate.core.plan.steps import Action, ExposeFlag, RemoveFlag, Retire
from tidegate.ports import Actuator, Receipt, Token

FLAG = FlagKey("f")
TOKEN = Token(rollout=RolloutId("r"), step=StepId("flag/f"), attempt=1)
NO_SYSTEM = "there is no flag system '{}' ({}; `tidegate up --flag-systems FILE` adds one)"


@dataclass
class Noting:
    """A flag system that notes what it is asked."""

    asked: list[object] = field(default_factory=list)

    async def validate(self, action: Action) -> tuple[Problem, ...]:
        self.asked.append(action)
        return ()

    async def apply(self, action: Action, exposure: float, token: Token) -> Receipt:
        self.asked.append((action, exposure))
        return Receipt(token=token, summary="done")

    async def verify(self, action: Action, exposure: float) -> str | None:
        self.asked.append((action, exposure))
        return "not yet"

    async def revert(self, action: Action, token: Token) -> Receipt:
        self.asked.append(action)
        return Receipt(token=token, summary="undone")

    async def switch_off(self, flag: FlagKey) -> str:
        self.asked.append(flag)
        return "off"

    async def switch_on(self, flag: FlagKey) -> str:
        self.asked.append(flag)
        return "on"


def expose(system: str) -> ExposeFlag:
    return ExposeFlag(flag=FLAG, off="off", on="on", system=system)


@pytest.mark.parametrize(
    "action", [expose(""), expose("ours"), RemoveFlag(flag=FLAG), RemoveFlag(flag=FLAG, system="ours")]
)
async def test_every_verb_goes_to_the_system_that_is_named(action: ExposeFlag | RemoveFlag) -> None:
    native, ours = Noting(), Noting()
    systems: Actuator = FlagSystems(native, {"ours": ours})
    assert await systems.validate(action) == ()
    assert (await systems.apply(action, 0.5, TOKEN)).summary == "done"
    assert await systems.verify(action, 0.5) == "not yet"
    assert (await systems.revert(action, TOKEN)).summary == "undone"
    asked = [action, (action, 0.5), (action, 0.5), action]
    assert (native.asked, ours.asked) == (([], asked) if action.system else (asked, []))


@pytest.mark.parametrize(
    ("system", "message"),
    [
        ("our", NO_SYSTEM.format("our", "did you mean 'ours'?")),
        ("zebra", NO_SYSTEM.format("zebra", "known: ours")),
        ("", "tidegate serves no flags here (give `tidegate up --flags FILE`)"),
    ],
)
async def test_a_system_that_is_not_there(system: str, message: str) -> None:
    ours = Noting()
    systems = FlagSystems(None, {"ours": ours})
    assert [str(each) for each in await systems.validate(expose(system))] == [message]
    for effect in (
        systems.apply(expose(system), 0.5, TOKEN),
        systems.verify(expose(system), 0.5),
        systems.revert(expose(system), TOKEN),
        systems.switch_off(system, FLAG),
        systems.switch_on(system, FLAG),
    ):
        with pytest.raises(EffectFailed) as failure:
            await effect
        assert str(failure.value) == message
    assert ours.asked == []


async def test_a_flag_is_switched_where_it_is_served() -> None:
    ours = Noting()
    systems = FlagSystems(Noting(), {"ours": ours})
    assert await systems.switch_off("ours", FLAG) == "off"
    assert await systems.switch_on("ours", FLAG) == "on"
    assert ours.asked == [FLAG, FLAG]


async def test_no_other_steps_are_carried_out() -> None:
    retire = Retire(service=ServiceName("cart"), version=Version("1"))
    with pytest.raises(EffectFailed, match="cannot carry out a step of kind 'retire'"):
        await FlagSystems(Noting(), {}).validate(retire)
