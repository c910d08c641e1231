"""Flags of a real Unleash are switched off at once."""

import pytest
from tests.unleash.server import ENVIRONMENT, UnleashServer

from tidegate.actuators.unleash.actuator import UnleashActuator
from tidegate.actuators.unleash.api import UnleashApi
from tidegate.actuators.unleash.exposures import Exposures
from tidegate.actuators.unleash.fence import Fence
from tidegate.core.errors import EffectFailed
from tidegate.core.ids import FlagKey
from tidegate.core.plan.steps import ExposeFlag
from tidegate.sources.flag_systems import FlagSystem

from .conftest import fresh

pytestmark = pytest.mark.real


async def test_the_kill_switch_and_what_lifts_it(
    unleash: UnleashServer, actuator: UnleashActuator, key: str, expose: ExposeFlag
) -> None:
    newer = fresh(key)
    await actuator.apply(expose, 0.5, next(newer))
    for _ in range(2):
        assert (await actuator.switch_off(FlagKey(key))).startswith(
            f"'{key}' in 'development' of flag system 'ours'"
        )
        assert not unleash.place(key)["enabled"]
    (problem, *_) = await actuator.validate(expose)
    assert str(problem).startswith(f"'{key}' is switched off in 'development'")
    with pytest.raises(
        EffectFailed, match=r"is switched off in 'development' .*: `tidegate flags on` lifts it"
    ):
        await actuator.apply(expose, 1.0, next(newer))
    assert (await actuator.switch_on(FlagKey(key))).endswith(" is on again")
    assert unleash.place(key)["enabled"]
    assert (await actuator.switch_on(FlagKey(key))).endswith(" had not been switched off by tidegate")
    await actuator.apply(expose, 1.0, next(newer))
    assert await actuator.verify(expose, 1.0) is None


async def test_lifted_once_its_exposure_is_undone_it_stays_off(
    unleash: UnleashServer, actuator: UnleashActuator, key: str, expose: ExposeFlag
) -> None:
    """Turned on without a strategy, Unleash would serve it to everyone."""
    newer = fresh(key)
    await actuator.apply(expose, 0.5, next(newer))
    await actuator.switch_off(FlagKey(key))
    await actuator.revert(expose, next(newer))
    assert (await actuator.switch_on(FlagKey(key))).endswith(" may be turned on again")
    assert unleash.place(key) == {"name": key, "environment": ENVIRONMENT, "enabled": False, "strategies": []}
    assert await actuator.validate(expose) == ()


async def test_switched_off_in_the_moment_that_it_is_turned_on_it_is_off(
    unleash: UnleashServer, system: FlagSystem, key: str, expose: ExposeFlag
) -> None:
    """The mark stands before the environment is turned on, and after the flag was looked at."""
    marked = f"/features/{key}/tags"

    class Interrupted(UnleashApi):
        async def turn(self, key: FlagKey, *, on: bool, environment: str = "") -> None:
            if on:
                unleash.ask("POST", marked, {"type": "simple", "value": "tidegate-off/development"})
            await super().turn(key, on=on, environment=environment)

    api = Interrupted(system)
    with pytest.raises(EffectFailed, match="is switched off"):
        await Exposures(api, Fence(api)).apply(expose, 0.5, next(fresh(key)))
    await api.aclose()
    assert not unleash.place(key)["enabled"]
