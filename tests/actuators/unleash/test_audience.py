"""Rules in JSONLogic as constraints, which mean the same."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from openfeature.contrib.tools.flagd.core import FlagdCore
from openfeature.evaluation_context import EvaluationContext
from tests.unleash.server import UnleashServer

from tidegate.actuators.unleash.actuator import UnleashActuator
from tidegate.core.ids import FlagKey
from tidegate.core.plan.steps import ExposeFlag

from .conftest import fresh

pytestmark = pytest.mark.real

EMAIL, AGE, PLAN, APP = ({"var": name} for name in ("email", "age", "plan", "app"))
RULES: list[Mapping[str, Any]] = [
    {"==": [PLAN, "gold"]},
    {"!=": [PLAN, "gold"]},
    {"in": [PLAN, ["gold", "silver"]]},
    {"!": [{"in": [PLAN, ["gold", "silver"]]}]},
    {"in": ["shop", EMAIL]},
    {"starts_with": [EMAIL, "ann"]},
    {"or": [{"ends_with": [EMAIL, "@shop.example"]}, {"ends_with": [EMAIL, "@pay.example"]}]},
    {"and": [{"==": [PLAN, "gold"]}, {"ends_with": [EMAIL, "@shop.example"]}]},
    {"sem_ver": [APP, ">=", "2.1.0"]},
    {"sem_ver": [APP, "=", "2.1.0"]},
    {"sem_ver": [APP, "<", "2.1.0"]},
    {">=": [AGE, 18]},
    {">": [AGE, 18]},
    {"==": [AGE, 18]},
    {"==": [{"var": "targetingKey"}, "ann"]},
]
CONTEXTS: list[Mapping[str, Any]] = [
    {"targetingKey": "ann", "email": "ann@shop.example", "plan": "gold", "app": "2.1.0", "age": 18},
    {"targetingKey": "bob", "email": "bob@pay.example", "plan": "silver", "app": "2.1.1", "age": 17},
    {"targetingKey": "cy", "email": "Ann@Shop.example", "plan": "Gold", "app": "2.1.0-rc.1", "age": 19.5},
    {"targetingKey": "di", "plan": "tin", "app": "10.0.0", "age": 100},
    {"targetingKey": "ed"},
]


def in_unleash(context: Mapping[str, Any]) -> dict[str, Any]:
    rest = {name: str(value) for name, value in context.items() if name != "targetingKey"}
    return {"userId": context["targetingKey"], "properties": rest}


def in_flagd(rule: Mapping[str, Any], context: Mapping[str, Any]) -> bool:
    flag = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off"}
    core = FlagdCore()
    core.set_flags(json.dumps({"flags": {"f": {**flag, "targeting": {"if": [rule, "on", "off"]}}}}))
    rest = {name: value for name, value in context.items() if name != "targetingKey"}
    asked = EvaluationContext(targeting_key=context["targetingKey"], attributes=rest)
    return bool(core.resolve_boolean_value("f", False, asked).value)


async def test_rules_mean_in_unleash_what_they_mean_in_flagd(
    unleash: UnleashServer, actuator: UnleashActuator
) -> None:
    """Every rule for every context; the evaluator of flagd is the reference."""
    for number, rule in enumerate(RULES):
        flag = unleash.create(f"rule-{number}")
        action = ExposeFlag(
            flag=FlagKey(flag), off="off", on="on", audience=json.dumps(rule), audience_name="them"
        )
        assert await actuator.validate(action) == ()
        await actuator.apply(action, 1.0, next(fresh(flag)))
    unleash.until_served(f"rule-{len(RULES) - 1}", enabled=True, percents=[100])
    with unleash.application() as application:
        found = [
            [application.is_enabled(f"rule-{number}", in_unleash(context)) for context in CONTEXTS]
            for number in range(len(RULES))
        ]
    assert found == [[in_flagd(rule, context) for context in CONTEXTS] for rule in RULES]
    assert {len(set(row)) for row in found} == {2}, "each rule tells some from others"
