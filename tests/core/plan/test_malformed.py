"""Plans that would mislead the machine are told apart from those that `tidegate plan` makes."""

from dataclasses import replace

import pytest
from tests.core.rollout.script import chain

from tidegate.core.ids import FlagKey, StepId
from tidegate.core.plan.malformed import malformed
from tidegate.core.plan.plan import Plan
from tidegate.core.plan.steps import Edge, ExposeFlag, Step
from tidegate.core.strategy import Stage

GOOD = chain("b", "a")
DEPLOY, EXPOSE = GOOD.steps[0], GOOD.steps[1]


def edge(before: str, after: str) -> Edge:
    return Edge(before=StepId(before), after=StepId(after), reason="because")


def flag_step(name: str, *, on: str = "on", stages: tuple[Stage, ...] = EXPOSE.stages) -> Step:
    flag, _, audience = name.partition("/")
    action = ExposeFlag(flag=FlagKey(flag), off="off", on=on, audience_name=audience)
    return Step(id=StepId(f"flag/{name}"), action=action, stages=stages)


def flagged(*steps: Step) -> Plan:
    return replace(GOOD, steps=steps, edges=())


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (replace(GOOD, change="The Change"), "'The Change' is no name of a change"),
        (replace(GOOD, steps=(), edges=()), "the plan has no steps"),
        (replace(GOOD, steps=(*GOOD.steps, DEPLOY)), "deploy/b: is there twice"),
        (replace(GOOD, edges=(edge("deploy/b", "z"),)), "an edge names step 'z', which is not in the plan"),
        (
            replace(
                GOOD,
                steps=(DEPLOY, EXPOSE),
                edges=(edge("deploy/b", "expose/b"), edge("expose/b", "deploy/b")),
            ),
            "these steps wait for each other: deploy/b, expose/b",
        ),
        (
            replace(GOOD, steps=(replace(EXPOSE, stages=(Stage(exposure=0.0),)),), edges=()),
            "expose/b: exposures are above 0 and at most 1",
        ),
        (
            replace(GOOD, steps=(replace(DEPLOY, stages=EXPOSE.stages),), edges=()),
            "deploy/b: only exposures have gates, this is a deploy",
        ),
        (flagged(flag_step("x", on="off")), "flag/x: flag x is 'off' both on and off"),
        (flagged(flag_step("x", stages=(Stage(exposure=0.5),))), "flag/x does not end at 100 %"),
        (flagged(flag_step("x", stages=())), "flag/x does not end at 100 %"),
        (flagged(flag_step("x"), flag_step("x/staff", on="grey")), "steps of flag x name different variants"),
    ],
)
def test_each_fault_is_named(plan: Plan, message: str) -> None:
    assert [problem.message for problem in malformed(plan)] == [message]


def test_a_plan_that_was_made_has_none() -> None:
    assert not [*malformed(GOOD)]
    assert not [*malformed(flagged(flag_step("x/staff"), flag_step("x"), flag_step("y", on="blue")))]
