"""Rules in JSONLogic as constraints, which mean the same."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from openfeature.contrib.tools.flagd.core import FlagdCore
from openfeature.evaluation_context import EvaluationContext
from tests.unleash.server import UnleashServer

from tidegate.actuators.unleash.actuator import UnleashActuator
from tidegate.actuators.unleash.audience import Constraint, Untranslatable, constraints
from tidegate.core.ids import FlagKey
from tidegate.core.plan.steps import ExposeFlag

from .conftest import fresh

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
NOT_SO = "a number or a version that is not so"
OR = "'or' is known for texts of one field, tested with one operator"
SEM_VER = "'sem_ver' is known with = < <= > >= between a field and a version"
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


@pytest.mark.real
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


def test_all_of_a_rule_becomes_constraints_and_the_targeting_key_the_field_that_tells_users_apart() -> None:
    rule = {"and": [{"and": [{"!=": [{"var": ["targetingKey"]}, "ann"]}]}, {"<": [AGE, 65.5]}]}
    assert constraints(json.dumps(rule), "tenantId") == (
        Constraint(field="tenantId", operator="IN", values=("ann",), inverted=True),
        Constraint(field="age", operator="NUM_LT", values=("65.5",)),
    )
    assert constraints("", "userId") == ()


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("{", "the rule is not JSON"),
        ("[" * 100_000, "the rule is not JSON"),
        ("true", "'true' is no test of a field"),
        ('{"==": [], "!=": []}', """'{"==": [], "!=": []}' is no test of a field"""),
        ('{"if": [true]}', "'if' has no counterpart among its constraints"),
        ('{"fractional": []}', "'fractional' has no counterpart among its constraints"),
        ('{"==": [{"var": "a"}]}', "'==' takes a field and a value"),
        ('{"==": ["x", {"var": "a"}]}', """'"x"' is no field of the context"""),
        ('{"==": [{"var": "user.email"}, "x"]}', """'{"var": "user.email"}' is no field of the context"""),
        ('{"==": [{"var": ["a", "x"]}, "x"]}', """'{"var": ["a", "x"]}' is no field of the context"""),
        ('{"==": [{"var": ""}, "x"]}', """'{"var": ""}' is no field of the context"""),
        ('{"==": [{"var": "a"}, true]}', "'true' is neither text nor number"),
        ('{"==": [{"var": "a"}, NaN]}', "'NaN' is neither text nor number"),
        ('{"==": [{"var": "a"}, ""]}', """'""' is no text"""),
        ('{"<": [1, {"var": "a"}, 3]}', "'<' takes a field and a value"),
        ('{"<": [{"var": "a"}, "b"]}', """'"b"' is neither text nor number"""),
        ('{"in": [{"var": "a"}, "text"]}', """'"text"' is no list of texts"""),
        ('{"in": [{"var": "a"}, []]}', "'[]' is no list of texts"),
        ('{"in": [{"var": "a"}, [1]]}', "'1' is no text"),
        ('{"!": [{"<": [{"var": "a"}, 1]}]}', f"{NOT_SO} has no counterpart among its constraints"),
        ('{"!": [1, 2]}', "'!' takes one test"),
        ('{"or": []}', OR),
        ('{"or": [{"==": [{"var": "a"}, "x"]}, {"==": [{"var": "b"}, "x"]}]}', OR),
        ('{"or": [{"<": [{"var": "a"}, 1]}, {"<": [{"var": "a"}, 2]}]}', OR),
        ('{"or": [{"!=": [{"var": "a"}, "x"]}, {"!=": [{"var": "a"}, "y"]}]}', OR),
        ('{"sem_ver": [{"var": "a"}, "^", "1.2.3"]}', SEM_VER),
        ('{"sem_ver": [{"var": "a"}, "=", "v2"]}', "'v2' is no full version such as 2.1.0"),
    ],
)
def test_what_has_no_counterpart_is_refused(rule: str, message: str) -> None:
    with pytest.raises(Untranslatable) as refusal:
        constraints(rule, "userId")
    assert str(refusal.value) == message
