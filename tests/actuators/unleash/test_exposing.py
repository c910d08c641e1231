"""What an exposure is in Unleash, and what stands in its way."""

import pytest

from tidegate.actuators.unleash.audience import Constraint
from tidegate.actuators.unleash.exposing import Target, hindrances, percent, variant_problems, wanted
from tidegate.actuators.unleash.feature import Place, Strategy, Variant
from tidegate.core.errors import EffectFailed
from tidegate.core.ids import FlagKey, RolloutId
from tidegate.core.plan.steps import ExposeFlag

TARGET = Target(system="ours", environment="live", stickiness="userId")
EXPOSE = ExposeFlag(flag=FlagKey("f"), off="off", on="on")
ANN = Constraint(field="userId", operator="IN", values=("ann",))
MINE = Strategy(id="1", title="tidegate shop-1", parameters={"rollout": "50"})


@pytest.mark.parametrize(
    ("exposure", "share"), [(0.0, 0), (0.01, 1), (0.07, 7), (0.29, 29), (0.58, 58), (1.0, 100)]
)
def test_whole_percents(exposure: float, share: int) -> None:
    assert percent(exposure) == share


@pytest.mark.parametrize("exposure", [0.005, 0.125, 0.999])
def test_what_is_between_two_percents_is_refused(exposure: float) -> None:
    with pytest.raises(EffectFailed, match=r"exposes whole percents, not \S+ %: roll back, and give"):
        percent(exposure)


def strategy(kind: str = "flexibleRollout", **parameters: str) -> Strategy:
    return Strategy(id="2", kind=kind, parameters=parameters)


@pytest.mark.parametrize(
    ("found", "everyone"),
    [
        (strategy("default"), True),
        (strategy(rollout="100"), True),
        (strategy(rollout="99"), False),
        (strategy("gradualRolloutUserId", percentage="100"), True),
        (strategy("userWithId", userIds="ann"), False),
        (strategy("remoteAddress", IPs="10.0.0.1"), False),
        (Strategy(kind="default", disabled=True), False),
        (Strategy(kind="default", segmented=True), False),
        (Strategy(kind="default", constraints=(ANN,)), False),
    ],
)
def test_whether_a_strategy_leaves_nobody_out(found: Strategy, everyone: bool) -> None:
    assert found.for_everyone is everyone
    told = [
        str(each) for each in hindrances(EXPOSE, Place(enabled=True, strategies=(found, MINE)), TARGET, SHOP)
    ]
    message = (
        f"strategy '{found.kind}' serves 'f' in 'live' of ours to everyone, so exposing it means nothing"
    )
    assert told == [f"{message} (delete or disable that strategy)"] * everyone


SHOP = RolloutId("shop-1")
SERVED_TOO = "'f' in 'live' of ours is off; turned on, it would also be served by strategy 'userWithId'"
ALREADY = "rollout shop-1 exposes 'f' in 'live' of ours already, to 50%"


@pytest.mark.parametrize(
    ("place", "rollout", "messages"),
    [
        (Place(), SHOP, []),
        (Place(strategies=(MINE,)), SHOP, []),
        (Place(enabled=True, strategies=(MINE, strategy("userWithId"))), SHOP, []),
        (Place(strategies=(strategy("userWithId"),)), SHOP, [SERVED_TOO]),
        (Place(strategies=(Strategy(kind="userWithId", disabled=True),)), SHOP, []),
        (Place(enabled=True), SHOP, ["'f' in 'live' of ours is on for everyone: no strategy says for whom"]),
        (Place(enabled=True, strategies=(MINE,)), None, [ALREADY]),
        (Place(enabled=True, strategies=(MINE,)), RolloutId("shop-2"), [ALREADY]),
    ],
)
def test_what_stands_in_the_way(place: Place, rollout: RolloutId | None, messages: list[str]) -> None:
    assert [each.message for each in hindrances(EXPOSE, place, TARGET, rollout)] == messages


def test_a_strategy_says_who_is_drawn_and_what_they_are_served() -> None:
    rule = '{"==": [{"var": "targetingKey"}, "ann"]}'
    action = ExposeFlag(flag=FlagKey("f"), off="off", on="blue", audience=rule, audience_name="ann")
    known = (Variant(name="red"), Variant(name="blue", payload=("string", "#00f")))
    assert wanted(action, TARGET, SHOP, 25, known).wire == {
        "name": "flexibleRollout",
        "title": "tidegate shop-1: ann",
        "disabled": False,
        "parameters": {"rollout": "25", "stickiness": "userId", "groupId": "shop-1/f"},
        "constraints": [
            {
                "contextName": "userId",
                "operator": "IN",
                "values": ["ann"],
                "inverted": False,
                "caseInsensitive": False,
            }
        ],
        "variants": [
            {
                "name": "blue",
                "weight": 1000,
                "weightType": "variable",
                "stickiness": "userId",
                "payload": {"type": "string", "value": "#00f"},
            }
        ],
        "segments": [],
    }


@pytest.mark.parametrize(
    ("on", "known", "problems"),
    [
        ("on", (), 0),
        ("true", ("blue",), 0),
        ("blue", (), 0),
        ("blue", ("blue", "red"), 0),
        ("green", ("blue", "red"), 1),
    ],
)
def test_variants_that_a_flag_has(on: str, known: tuple[str, ...], problems: int) -> None:
    action = ExposeFlag(flag=FlagKey("f"), off="off", on=on)
    assert len(list(variant_problems(action, [Variant(name=name) for name in known]))) == problems
