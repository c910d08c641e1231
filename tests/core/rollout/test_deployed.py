"""Which versions may be live: both while traffic moves or stands between them, else the one that has it all."""

from dataclasses import replace

import pytest
from tests.core.worlds import catalog_of, change_of, release_of, service_of

from tidegate.core.ids import RolloutId, ServiceName, StepId, Version
from tidegate.core.plan.build import make_plan
from tidegate.core.plan.plan import Plan
from tidegate.core.rollout import machine
from tidegate.core.rollout.deployed import deployed
from tidegate.core.rollout.state import Phase, Rollout

OLD, NEW, NEWEST = Version("1.0.0"), Version("2.0.0"), Version("3.0.0")
A = ServiceName("a")


def rollout(phase: Phase, exposure: float, new: Version = NEW) -> Rollout:
    release = replace(release_of("a"), version=new)
    plan = make_plan(catalog_of(service_of("a")), change_of(release))
    assert isinstance(plan, Plan)
    opened, _ = machine.opened(RolloutId("r"), plan, at=0.0)
    expose = StepId("expose/a")
    steps = {**opened.steps, expose: replace(opened.steps[expose], exposure=exposure)}
    return replace(opened, phase=phase, steps=steps)


@pytest.mark.parametrize(
    ("phase", "exposure", "versions"),
    [
        (Phase.RUNNING, 0.0, {OLD, NEW}),
        (Phase.PAUSED, 0.5, {OLD, NEW}),
        (Phase.UNDOING, 1.0, {OLD, NEW}),
        (Phase.COMPLETED, 1.0, {NEW}),
        (Phase.ROLLED_BACK, 0.0, {OLD}),
        (Phase.PARTIAL, 0.25, {OLD, NEW}),
    ],
)
def test_what_one_rollout_leaves_live(phase: Phase, exposure: float, versions: set[Version]) -> None:
    assert deployed([rollout(phase, exposure)]) == {A: versions}


def test_the_newest_rollout_of_a_service_decides() -> None:
    newest, before = rollout(Phase.COMPLETED, 1.0, NEWEST), rollout(Phase.COMPLETED, 1.0)
    assert deployed([newest, before]) == {A: {NEWEST}}
    assert deployed([]) == {}
