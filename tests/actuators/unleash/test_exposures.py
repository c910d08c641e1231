"""Exposures in a real Unleash: what applications are served, and what people do meanwhile."""

from dataclasses import replace

import pytest
from tests.actuators.conformance import settled, tokens, walk
from tests.unleash.server import ENVIRONMENT, UnleashServer

from tidegate.actuators.unleash.actuator import UnleashActuator
from tidegate.core.errors import EffectFailed
from tidegate.core.ids import FlagKey
from tidegate.core.plan.steps import ExposeFlag, RemoveFlag
from tidegate.ports import Token

from .conftest import fresh, words

pytestmark = pytest.mark.real

USERS = [f"user-{number}" for number in range(2000)]
STAFF = '{"ends_with": [{"var": "email"}, "@shop.example"]}'


async def test_an_exposure_conforms(
    unleash: UnleashServer, actuator: UnleashActuator, key: str, expose: ExposeFlag
) -> None:
    await walk(actuator, expose, fresh(key), lambda: unleash.place(key), (0.1, 0.5, 1.0))
    assert unleash.place(key) == {"name": key, "environment": ENVIRONMENT, "enabled": False, "strategies": []}


async def brought(
    unleash: UnleashServer, actuator: UnleashActuator, action: ExposeFlag, share: float, token: Token
) -> set[str]:
    """Which of the users are in, once an exposure is served."""
    await actuator.apply(action, share, token)
    await settled(actuator, action, share)
    unleash.until_served(action.flag, enabled=True, percents=[round(share * 100)])
    with unleash.application() as application:
        return {user for user in USERS if application.is_enabled(action.flag, {"userId": user})}


async def test_who_is_in_stays_in_and_the_shares_are_as_said(
    unleash: UnleashServer, actuator: UnleashActuator, key: str, expose: ExposeFlag
) -> None:
    """Within five standard deviations of 2,000 draws; who has no key is not drawn."""
    newer = fresh(key)
    tenth, half, all_of_them = [
        await brought(unleash, actuator, expose, share, next(newer)) for share in (0.1, 0.5, 1.0)
    ]
    assert abs(len(tenth) - 200) < 5 * (2000 * 0.1 * 0.9) ** 0.5
    assert abs(len(half) - 1000) < 5 * (2000 * 0.5 * 0.5) ** 0.5
    assert tenth < half < all_of_them == set(USERS)
    assert await brought(unleash, actuator, expose, 0.1, next(newer)) == tenth
    with unleash.application() as application:
        assert not any(application.is_enabled(key, {}) for _ in range(100))
    await actuator.revert(expose, next(newer))
    unleash.until_served(key, enabled=False, percents=[])
    with unleash.application() as application:
        assert not application.is_enabled(key, {"userId": next(iter(tenth))})


async def test_another_rollout_draws_others(
    unleash: UnleashServer, actuator: UnleashActuator, key: str, expose: ExposeFlag
) -> None:
    drawn = []
    for rollout in ("shop-1", "shop-2"):
        newer = tokens(rollout, f"flag/{key}")
        drawn.append(await brought(unleash, actuator, expose, 0.5, next(newer)))
        await actuator.revert(expose, next(newer))
        unleash.until_served(key, enabled=False, percents=[])
    assert abs(len(drawn[0] & drawn[1]) - 500) < 5 * (2000 * 0.25 * 0.75) ** 0.5


async def test_audiences_add_up_and_everyone_comes_after(
    unleash: UnleashServer, actuator: UnleashActuator, key: str, expose: ExposeFlag
) -> None:
    staff, newer = replace(expose, audience=STAFF, audience_name="staff"), fresh(key)
    await actuator.apply(staff, 1.0, next(newer))
    await actuator.apply(expose, 0.1, next(newer))
    unleash.until_served(key, enabled=True, percents=[10, 100])
    with unleash.application() as application:
        of_staff = [
            application.is_enabled(key, {"userId": user, "properties": {"email": f"{user}@shop.example"}})
            for user in USERS
        ]
        others = sum(application.is_enabled(key, {"userId": user}) for user in USERS)
    assert all(of_staff)
    assert 100 < others < 300
    await actuator.revert(expose, next(newer))
    assert unleash.place(key)["enabled"], "staff still has it"
    await actuator.revert(staff, next(newer))
    assert unleash.place(key) == {"name": key, "environment": ENVIRONMENT, "enabled": False, "strategies": []}


async def test_a_variant_is_served_with_its_payload(
    unleash: UnleashServer, actuator: UnleashActuator, key: str
) -> None:
    variant = {"name": "blue", "weight": 1000, "weightType": "variable", "stickiness": "default"}
    variant |= {"payload": {"type": "string", "value": "#00f"}}
    ann = {"contextName": "userId", "operator": "IN", "values": ["ann"]}
    shares = {"rollout": "100", "stickiness": "default", "groupId": key}
    unleash.add(key, name="flexibleRollout", parameters=shares, constraints=[ann], variants=[variant])
    unleash.ask("POST", f"{unleash.here(key)}/on")
    blue, newer = ExposeFlag(flag=FlagKey(key), off="off", on="blue"), fresh(key)
    assert await actuator.validate(blue) == ()
    (problem,) = await actuator.validate(replace(blue, on="bleu"))
    assert str(problem) == f"'{key}' has no variant 'bleu' in Unleash (did you mean 'blue'?)"
    await actuator.apply(blue, 1.0, next(newer))
    assert await actuator.verify(blue, 1.0) is None
    unleash.until_served(key, enabled=True, percents=[100, 100])
    with unleash.application() as application:
        found = application.get_variant(key, {"userId": "bob"})
        assert not application.is_enabled(key, {}), "who cannot be told apart is not in, not even at 100 %"
    assert (found["name"], found["payload"], found["feature_enabled"]) == ("blue", variant["payload"], True)


async def test_a_teams_strategies_stay_as_they_are(
    unleash: UnleashServer, actuator: UnleashActuator, key: str, expose: ExposeFlag
) -> None:
    unleash.add(
        key,
        name="flexibleRollout",
        title="beta testers",
        parameters={"rollout": "100", "stickiness": "default", "groupId": key},
        constraints=[{"contextName": "userId", "operator": "IN", "values": ["ann"]}],
    )
    unleash.ask("POST", f"{unleash.here(key)}/on")
    before, newer = unleash.place(key), fresh(key)
    assert await actuator.validate(expose) == ()
    await actuator.apply(expose, 0.5, next(newer))
    assert before["strategies"][0] in unleash.place(key)["strategies"]
    await actuator.revert(expose, next(newer))
    assert unleash.place(key) == before


async def test_what_somebody_switched_off_by_hand_is_not_turned_on_again(
    unleash: UnleashServer, actuator: UnleashActuator, key: str, expose: ExposeFlag
) -> None:
    newer = fresh(key)
    await actuator.apply(expose, 0.1, next(newer))
    unleash.ask("POST", f"{unleash.here(key)}/off")
    assert f"it is off in '{ENVIRONMENT}'" in str(await actuator.verify(expose, 0.1))
    with pytest.raises(
        EffectFailed, match=f"somebody has switched '{key}' off in 'development' of flag system 'ours'"
    ):
        await actuator.apply(expose, 0.5, next(newer))
    await actuator.revert(expose, next(newer))
    assert await actuator.verify(expose, 0) is None


async def test_what_somebody_changed_by_hand_is_seen(
    unleash: UnleashServer, actuator: UnleashActuator, key: str, expose: ExposeFlag
) -> None:
    newer = fresh(key)
    await actuator.apply(expose, 0.5, next(newer))
    (strategy,) = unleash.ask("GET", f"{unleash.here(key)}/strategies")
    path = f"{unleash.here(key)}/strategies/{strategy['id']}"
    unleash.ask("PUT", path, {**strategy, "parameters": {**strategy["parameters"], "rollout": "5"}})
    assert str(await actuator.verify(expose, 0.5)).endswith("it should have 50%, its strategy has 5%")
    unleash.ask("PUT", path, {**strategy, "parameters": {**strategy["parameters"], "groupId": "other"}})
    assert str(await actuator.verify(expose, 0.5)).endswith(
        "it should have 50%, its strategy was changed by hand"
    )
    await actuator.apply(expose, 0.5, next(newer))
    assert await actuator.verify(expose, 0.5) is None


async def test_a_crash_before_the_environment_was_turned_on_is_made_good(
    unleash: UnleashServer, actuator: UnleashActuator, key: str, expose: ExposeFlag
) -> None:
    """The strategy is there at 0 %, as a tidegate that was killed leaves it."""
    unleash.add(
        key,
        name="flexibleRollout",
        title="tidegate shop-1",
        parameters={"rollout": "0", "stickiness": "userId", "groupId": f"shop-1/{key}"},
    )
    await actuator.apply(expose, 0.5, next(fresh(key)))
    assert await actuator.verify(expose, 0.5) is None
    assert len(unleash.place(key)["strategies"]) == 1


async def test_what_was_exposed_can_be_undone_though_the_flag_is_gone(
    unleash: UnleashServer, actuator: UnleashActuator, key: str, expose: ExposeFlag
) -> None:
    newer = fresh(key)
    await actuator.apply(expose, 1.0, next(newer))
    unleash.ask("DELETE", unleash.flag(key))
    assert "serves 'on' of" in (await actuator.revert(expose, next(newer))).summary
    gone, removal = replace(expose, flag=FlagKey("nosuch")), RemoveFlag(flag=FlagKey("nosuch"))
    assert "any more, there is nothing to undo" in (await actuator.revert(gone, next(newer))).summary
    assert "has no flag" in await words(actuator.apply(gone, 1.0, next(newer)))
    assert "has no flag" in await words(actuator.apply(removal, 1.0, next(newer)))
    assert "it was deleted" in await words(actuator.revert(removal, next(newer)))
