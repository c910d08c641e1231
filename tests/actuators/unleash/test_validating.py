"""What cannot work in a real Unleash is found before anything is done."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.actuators.conformance import tokens
from tests.unleash.server import APPLICATION, UnleashServer

from tidegate.actuators.unleash.actuator import UnleashActuator
from tidegate.actuators.unleash.validating import NEEDED
from tidegate.core.errors import Unavailable
from tidegate.core.ids import FlagKey
from tidegate.core.plan.steps import ExposeFlag, RemoveFlag

from .conftest import fresh, reached, words

pytestmark = pytest.mark.real


async def test_what_is_not_there_or_cannot_be_is_found_before(
    unleash: UnleashServer, actuator: UnleashActuator, key: str, expose: ExposeFlag
) -> None:
    red = f"Unleash cannot serve variant 'red' of '{key}' to who is not in"
    odd = f"Unleash cannot tell audience 'odd' of '{key}': 'regex' has no counterpart among its constraints"
    where = f"flag system 'ours' ({unleash.url})"
    rule = '{"regex": [{"var": "email"}, "x"]}'
    cases = {
        replace(expose, flag=FlagKey("nosuch")): [
            f"project 'default' of {where} has no flag 'nosuch' (create it there, or correct its key)"
        ],
        replace(expose, off="red"): [f"{red} (there the flag is off for them: say off: 'off')"],
        replace(expose, audience=rule, audience_name="odd"): [
            f"{odd} (write its rule with and, ==, in, starts_with, ends_with or sem_ver)"
        ],
    }
    found = {action: [str(each) for each in await actuator.validate(action)] for action in cases}
    assert found == cases


async def test_a_flag_that_serves_everyone_already_is_refused(
    unleash: UnleashServer, actuator: UnleashActuator, key: str, expose: ExposeFlag
) -> None:
    unleash.ask("POST", f"{unleash.here(key)}/on")
    (problem,) = await actuator.validate(expose)
    assert str(problem) == (
        f"strategy 'flexibleRollout' serves '{key}' in 'development' of flag system 'ours' ({unleash.url}) "
        "to everyone, so exposing it means nothing (delete or disable that strategy)"
    )
    assert "means nothing" in await words(actuator.apply(expose, 0.1, next(fresh(key))))
    assert [each["title"] for each in unleash.place(key)["strategies"]] == [None]


async def test_one_rollout_at_a_time_exposes_a_flag_to_an_audience(
    actuator: UnleashActuator, key: str, expose: ExposeFlag
) -> None:
    await actuator.apply(expose, 0.5, next(fresh(key)))
    (problem,) = await actuator.validate(expose)
    assert problem.message.startswith(f"rollout shop-1 exposes '{key}'")
    assert problem.hint == "roll it back, or delete the strategy 'tidegate shop-1' there"
    other = tokens("shop-2", f"flag/{key}")
    assert "rollout shop-1 exposes" in await words(actuator.apply(expose, 0.1, next(other)))
    await actuator.revert(expose, next(other))
    assert await actuator.verify(expose, 0.5) is None, "what is another's stays"


async def test_a_flag_that_others_depend_on_or_that_is_archived_is_not_removed(
    unleash: UnleashServer, actuator: UnleashActuator, key: str, expose: ExposeFlag
) -> None:
    child, removal = unleash.create(f"{key}-child"), RemoveFlag(flag=FlagKey(key))
    unleash.ask("POST", f"{unleash.flag(child)}/dependencies", {"feature": key})
    (problem,) = await actuator.validate(removal)
    assert problem.message.endswith(f"depend on '{key}': {child}")
    unleash.ask("DELETE", unleash.flag(child))
    unleash.ask("DELETE", unleash.flag(key))
    for action in (removal, expose):
        (problem,) = await actuator.validate(action)
        assert problem.message.startswith(f"'{key}' is archived in project 'default'")


async def test_an_environment_that_is_not_there(
    unleash: UnleashServer, expose: ExposeFlag, tmp_path: Path
) -> None:
    actuator = UnleashActuator(reached(unleash.url, tmp_path, environment="developmnet"))
    (problem,) = await actuator.validate(expose)
    await actuator.aclose()
    assert problem.message.endswith("has no environment 'developmnet'")
    assert problem.hint == "did you mean 'development'?"


async def test_tokens_that_may_not(unleash: UnleashServer, expose: ExposeFlag, tmp_path: Path) -> None:
    found = []
    for token in (unleash.token("viewer", 3), unleash.token("editor", 2), APPLICATION):
        actuator = UnleashActuator(reached(unleash.url, tmp_path, token=token))
        found.append([each.message for each in await actuator.validate(expose)])
        await actuator.aclose()
        assert token not in str(found)
    assert f"may not {', '.join(NEEDED['flag'])} in" in found[0][0]
    assert found[1] == []
    assert "refuses with 403: invalid token: expected a different token type" in found[2][0]


async def test_a_token_that_unleash_does_not_know(
    unleash: UnleashServer, expose: ExposeFlag, tmp_path: Path
) -> None:
    actuator = UnleashActuator(reached(unleash.url, tmp_path, token="unknown-secret"))
    with pytest.raises(Unavailable, match=r"answers 401.*\(check spec\.unleash\.token") as failure:
        await actuator.validate(expose)
    await actuator.aclose()
    assert "unknown-secret" not in str(failure.value)
