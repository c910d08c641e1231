"""Why background work stands still: asked often, it looks seldom, and not to know is a reason."""

from dataclasses import replace

import pytest
from tests.core.rollout.test_approvals import MISMATCH, SWITCH, soaking

from tidegate.core.errors import Unavailable
from tidegate.core.gates.verdict import CheckResult, Outcome, Verdict
from tidegate.core.ids import RolloutId, StepId
from tidegate.core.rollout.state import Rollout
from tidegate.temporal.headwind import RolloutHeadwind
from tidegate.temporal.judging import Looks

R = RolloutId("r")
SPENT = CheckResult(
    name="slo payments", outcome=Outcome.FAIL, canary_requests=0, canary_bad=0, reason="the budget burns"
)


class World:
    """A rollout as somebody knows it, or an error; counts how often it was asked for."""

    def __init__(self, known: Rollout | Unavailable) -> None:
        self.known = known
        self.asked = 0
        self.now = 0.0
        self.looks = Looks()
        self.headwind = RolloutHeadwind(looks=self.looks, state=self.state, clock=lambda: self.now)

    async def state(self, _: RolloutId) -> Rollout:
        self.asked += 1
        if isinstance(self.known, Unavailable):
            raise self.known
        return self.known


async def test_a_rollout_that_goes_on_is_no_reason() -> None:
    assert await World(soaking().rollout).headwind.reasons(R) == ()


def paused() -> Rollout:
    play = soaking()
    play.operator("pause")
    return play.rollout


def going_back() -> Rollout:
    play = soaking()
    play.operator("rollback", step=SWITCH)
    return play.rollout


def failed() -> Rollout:
    play = soaking()
    play.judges(SWITCH).judged(MISMATCH)
    return play.rollout


def ended() -> Rollout:
    play = soaking()
    play.operator("rollback")
    return replace(play.rollout, steps={}, reason="")


@pytest.mark.parametrize(
    ("rollout", "reasons"),
    [
        (paused(), ("rollout r is paused: pause by someone: because",)),
        (going_back(), ("migration/m/switch is going back",)),
        (failed(), ("the gate of migration/m/switch failed: m: 3 rows differ",)),
        (ended(), ("rollout r is undoing",)),
    ],
)
async def test_what_does_not_go_on_is_a_reason(rollout: Rollout, reasons: tuple[str, ...]) -> None:
    assert await World(rollout).headwind.reasons(R) == reasons


async def test_not_to_know_is_a_reason() -> None:
    world = World(Unavailable("no Temporal", "start it"))
    assert await world.headwind.reasons(R) == ("it is not known how rollout r stands: no Temporal",)


async def test_what_is_broken_at_a_newest_look_is_a_reason_also_where_a_gate_only_observes() -> None:
    world = World(soaking().rollout)
    look = Verdict(
        outcome=Outcome.INSUFFICIENT, reason="wait", checks=(replace(SPENT, outcome=Outcome.PASS),)
    )
    observing = Verdict(outcome=Outcome.FAIL, reason="", checks=(SPENT,))
    world.looks.newest[R, StepId("expose/w")] = replace(look, beside=(observing,))
    world.looks.newest[RolloutId("other"), StepId("expose/x")] = observing
    assert await world.headwind.reasons(R) == ("expose/w: slo payments: the budget burns",)


async def test_the_state_is_asked_for_every_two_seconds_and_looks_each_time() -> None:
    world = World(soaking().rollout)
    for now in (0.0, 0.1, 1.9):
        world.now = now
        assert await world.headwind.reasons(R) == ()
    assert world.asked == 1
    world.known, world.now = paused(), 2.0
    assert len(await world.headwind.reasons(R)) == 1
    await world.headwind.reasons(RolloutId("other"))
    assert world.asked == 3
    world.now = 1.0  # the clock was put back
    await world.headwind.reasons(R)
    assert world.asked == 4
