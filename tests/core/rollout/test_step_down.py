"""A gate that steps down goes back to the exposure that passed last, and leaves the rest to a person."""

from dataclasses import replace

import pytest
from tests.core.rollout.script import Script, failing, found, side_by_side, verdict
from tests.core.rollout.test_flags import X, planned

from tidegate.core.attribution.answer import Answer
from tidegate.core.change import OnFailure
from tidegate.core.gates.verdict import Outcome
from tidegate.core.ids import StepId
from tidegate.core.rollout.explain import explain
from tidegate.core.rollout.state import Phase, StepStatus
from tidegate.core.strategy import GateAction

A = StepId("expose/a")
WORSE = verdict(Outcome.FAIL, "worse than 1.0.0", GateAction.STEP_DOWN)


def failed_at_half(on_failure: OnFailure = OnFailure.AFFECTED) -> Script:
    """10 % has passed, 50 % has not."""
    play = Script(side_by_side("a", on_failure=on_failure))
    play.to_judging("a")
    play.judges("expose/a").passed()
    play.applies("expose/a", stage=1).applied()
    play.judges("expose/a", stage=1).judged(WORSE)
    return play


def said(play: Script) -> tuple[str, str]:
    (waits,) = [each for each in explain(play.rollout) if each.step == A]
    return waits.waits_for, waits.why


@pytest.mark.parametrize("on_failure", OnFailure)
def test_it_holds_at_the_exposure_that_passed_last(on_failure: OnFailure) -> None:
    play = failed_at_half(on_failure)
    assert play.status(A) is StepStatus.LOWERING
    assert said(play) == ("10% to be in effect again", "expose/a: worse than 1.0.0")
    play.applies("expose/a", stage=0).applied()
    assert (play.status(A), play.rollout.steps[A].exposure, play.phase) == (
        StepStatus.HOLDING,
        0.1,
        Phase.RUNNING,
    )
    assert said(play) == ("a person to decide", "expose/a: worse than 1.0.0")


def test_a_person_lets_it_try_again() -> None:
    """On evidence of its own: what was seen at the higher exposure is not held against the lower one."""
    play = failed_at_half()
    play.applies("expose/a", stage=0).applied()
    lowered = play.now
    play.operator("promote", step="expose/a")
    play.applies("expose/a", stage=1).applied()
    play.judges("expose/a", stage=1)
    assert play.rollout.steps[A].evidence_from == lowered


def test_a_person_lets_it_look_again_where_it_is() -> None:
    play = failed_at_half()
    play.applies("expose/a", stage=0).applied()
    play.operator("resume")
    play.judges("expose/a", stage=0).passed()
    play.applies("expose/a", stage=1)


def test_from_its_first_stage_it_goes_back() -> None:
    play = Script(side_by_side("a"))
    play.to_judging("a")
    play.judges("expose/a").judged(WORSE)
    assert play.status(A) is StepStatus.REVERTING


def test_one_that_cannot_step_down_goes_back() -> None:
    play = failed_at_half()
    play.applies("expose/a", stage=0).apply_failed("the data plane is away")
    assert play.status(A) is StepStatus.REVERTING


def test_it_may_be_undone_on_its_way() -> None:
    play = failed_at_half()
    play.operator("rollback", step="expose/a")
    play.reverts("expose/a").reverted()


def test_another_that_is_at_fault_goes_back_altogether() -> None:
    play = Script(planned("a"))
    play.to_judging("a")
    play.applies("flag/x").applied()
    play.judges("flag/x").passed()
    play.applies("flag/x", stage=1).applied()
    blamed = replace(failing("guard entry", found(Answer.ONE, "a")), action=GateAction.STEP_DOWN)
    play.judges("flag/x", stage=1).judged(blamed)
    assert (play.status(A), play.status(X)) == (StepStatus.REVERTING, StepStatus.EXCUSED)


def test_a_flag_steps_down_as_a_release_does() -> None:
    play = Script(planned())
    play.applies("flag/x").applied()
    play.judges("flag/x").passed()
    play.applies("flag/x", stage=1).applied()
    play.judges("flag/x", stage=1).judged(WORSE)
    play.applies("flag/x", stage=0).applied()
    assert (play.status(X), play.rollout.steps[X].exposure) == (StepStatus.HOLDING, 0.2)
