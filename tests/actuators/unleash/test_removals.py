"""Flags go to the archive of a real Unleash and come back as they were."""

import pytest
from tests.actuators.conformance import walk
from tests.unleash.server import UnleashServer

from tidegate.actuators.unleash.actuator import UnleashActuator
from tidegate.core.ids import FlagKey
from tidegate.core.plan.steps import ExposeFlag, RemoveFlag

from .conftest import fresh, words

pytestmark = pytest.mark.real


async def test_a_removal_conforms(unleash: UnleashServer, actuator: UnleashActuator, key: str) -> None:
    unleash.add(
        key, name="flexibleRollout", parameters={"rollout": "100", "stickiness": "userId", "groupId": key}
    )
    unleash.ask("POST", f"{unleash.here(key)}/on")
    before = unleash.place(key)

    def witness() -> object:
        return unleash.client.get(f"/api/admin{unleash.flag(key)}").status_code, unleash.place(key)[
            "strategies"
        ]

    await walk(actuator, RemoveFlag(flag=FlagKey(key)), fresh(key), witness)
    assert unleash.place(key) == before


async def test_a_flag_that_was_switched_off_comes_back_from_the_archive_off(
    unleash: UnleashServer, actuator: UnleashActuator, key: str, expose: ExposeFlag
) -> None:
    newer, removal = fresh(key), RemoveFlag(flag=FlagKey(key))
    await actuator.apply(expose, 1.0, next(newer))
    await actuator.apply(removal, 1.0, next(newer))
    assert "there is no 'flag-" in await words(actuator.switch_off(FlagKey(key)))
    await actuator.revert(removal, next(newer))
    assert unleash.place(key)["enabled"]
    await actuator.switch_off(FlagKey(key))
    await actuator.apply(removal, 1.0, next(newer))
    await actuator.revert(removal, next(newer))
    assert not unleash.place(key)["enabled"]
    assert (await actuator.switch_on(FlagKey(key))).endswith(" is on again")
    assert await actuator.verify(expose, 1.0) is None
