"""The machine told as stories, and its tables walked in full."""

from collections.abc import Iterable
from dataclasses import replace
from typing import get_args

import pytest
from tests.core.rollout.script import Script, chain, verdict, wish
from tests.core.worlds import lane_of

from tidegate.core.change import Commands, OnFailure, Task
from tidegate.core.gates.verdict import Outcome
from tidegate.core.ids import StepId
from tidegate.core.rollout import machine
from tidegate.core.rollout.events import Operation, StageApplied
from tidegate.core.rollout.explain import Explanation, explain, headline
from tidegate.core.rollout.state import ENDED, SETTLED, Phase, StepStatus
from tidegate.core.rollout.tables import ASKS, PASSES, PHASES, STEPS, Signal
from tidegate.core.strategy import Gate, GateAction, OnInsufficient, Stage


def test_a_healthy_release_grows_only_on_a_pass_and_ends_completed() -> None:
    play = Script(chain("a"))
    play.applies("deploy/a").applied()
    play.applies("expose/a", stage=0).applied()
    play.judges("expose/a", stage=0).passed()
    play.applies("expose/a", stage=1).applied()
    play.judges("expose/a", stage=1).passed()
    play.applies("expose/a", stage=2).applied()
    play.judges("expose/a", stage=2).passed()
    play.applies("retire/a").applied()
    assert play.phase is Phase.COMPLETED
    assert play.rollout.ended_at is not None


def test_a_bad_release_takes_the_whole_change_back_in_reverse() -> None:
    play = Script(chain("b", "a"))
    play.through("b")
    play.applies("deploy/a").applied()
    play.applies("expose/a", stage=0).applied()
    play.judges("expose/a", stage=0).failed("worse")
    play.reverts("expose/a").reverted()
    play.reverts("deploy/a").reverted()
    play.reverts("expose/b").reverted()
    play.reverts("deploy/b").reverted()
    assert play.phase is Phase.ROLLED_BACK
    assert play.rollout.reason == "expose/a: worse"


def test_only_what_is_affected_goes_back_when_the_change_says_so() -> None:
    play = Script(chain("b", "a", on_failure=OnFailure.AFFECTED))
    play.through("b")
    play.applies("deploy/a").applied()
    play.applies("expose/a", stage=0).applied()
    play.judges("expose/a", stage=0).failed("worse")
    play.reverts("expose/a").reverted()
    play.reverts("deploy/a").reverted()
    play.applies("retire/b").applied()
    assert play.phase is Phase.PARTIAL


def test_an_effect_that_fails_is_a_fault_too() -> None:
    play = Script(chain("a"))
    play.applies("deploy/a").apply_failed("no room")
    play.reverts("deploy/a").reverted()
    assert play.phase is Phase.ROLLED_BACK


def test_a_gate_that_cannot_tell_holds_until_a_person_decides() -> None:
    play = Script(chain("a"))
    play.to_judging("a")
    play.judges("expose/a", stage=0).unclear("too few requests")
    assert play.status("expose/a") is StepStatus.HOLDING
    assert not machine.outstanding(play.rollout)
    (held,) = [e for e in explain(play.rollout) if e.step == "expose/a"]
    assert (held.waits_for, held.why, held.possible) == (
        "a person to decide",
        "too few requests",
        ("promote", "resume", "rollback"),
    )
    play.operator("resume")
    play.judges("expose/a", stage=0).unclear("still too few")
    play.operator("promote", step="expose/a")
    play.applies("expose/a", stage=1)


def test_a_gate_may_say_that_not_being_able_to_tell_is_a_fault() -> None:
    play = Script(
        chain("a", stages=(Stage(exposure=1.0, gates=(Gate(),), on_insufficient=OnInsufficient.ROLLBACK),))
    )
    play.to_judging("a")
    play.judges("expose/a", stage=0).unclear("too few requests")
    play.reverts("expose/a")


def test_a_rollout_that_goes_on_says_no_more_why_it_stood_still() -> None:
    play = Script(chain("a"))
    play.to_judging("a")
    play.operator("pause")
    assert play.rollout.reason == "pause by someone: because"
    play.operator("resume")
    assert play.rollout.reason == ""
    play.judges("expose/a", stage=0).failed("bad answers")
    play.operator("resume")
    assert (play.phase, play.rollout.reason) == (Phase.UNDOING, "expose/a: bad answers")


def test_a_gate_may_leave_its_failure_to_a_person() -> None:
    """Even where not being able to tell would be a fault: it can tell, and was told to hold."""
    stage = Stage(exposure=1.0, gates=(Gate(),), on_insufficient=OnInsufficient.ROLLBACK)
    play = Script(chain("a", stages=(stage,)))
    play.to_judging("a")
    play.judges("expose/a", stage=0).failed("too slow", GateAction.HOLD)
    (held,) = [e for e in explain(play.rollout) if e.step == "expose/a"]
    assert (held.waits_for, held.why) == ("a person to decide", "too slow")
    play.operator("promote", step="expose/a")
    assert play.rollout.steps[StepId("expose/a")].status is StepStatus.DONE


def test_a_pause_lets_judging_finish_and_begins_nothing() -> None:
    play = Script(chain("a"))
    play.to_judging("a")
    play.operator("pause")
    play.judges("expose/a", stage=0).passed()
    assert not machine.outstanding(play.rollout)
    (waiting,) = [e for e in explain(play.rollout) if e.step == "expose/a"]
    assert waiting.waits_for == "resume"
    play.operator("resume")
    play.applies("expose/a", stage=1)


def test_an_abort_keeps_what_is_done_and_undoes_what_is_under_way() -> None:
    play = Script(chain("b", "a"))
    play.through("b")
    play.applies("deploy/a").applied()
    play.operator("abort")
    play.reverts("expose/a").reverted()
    play.reverts("deploy/a").reverted()
    assert play.phase is Phase.PARTIAL
    assert play.status("expose/b") is StepStatus.DONE


def test_an_operator_may_take_back_one_release_and_all_that_builds_on_it() -> None:
    play = Script(chain("b", "a"))
    play.through("b")
    play.applies("deploy/a").applied()
    play.operator("rollback", step="expose/b")
    play.reverts("expose/a").reverted()
    play.reverts("deploy/a").reverted()
    play.reverts("expose/b").reverted()
    play.reverts("deploy/b").reverted()
    assert play.phase is Phase.ROLLED_BACK


def test_a_way_back_that_fails_waits_for_a_person_who_may_try_again() -> None:
    play = Script(chain("a"))
    play.to_judging("a")
    play.judges("expose/a", stage=0).failed("worse")
    play.reverts("expose/a").revert_failed("the data plane is away")
    assert play.status("expose/a") is StepStatus.STUCK
    (stuck,) = [e for e in explain(play.rollout) if e.step == "expose/a"]
    assert stuck.possible == ("resume",)
    play.operator("resume")
    play.reverts("expose/a").reverted()
    play.reverts("deploy/a").reverted()
    assert play.phase is Phase.ROLLED_BACK


def test_an_old_version_that_would_not_go_does_not_undo_the_release() -> None:
    play = Script(chain("a"))
    play.through("a", retire=False)
    play.applies("retire/a").apply_failed("it would not stop")
    assert play.status("retire/a") is StepStatus.BLOCKED
    play.operator("promote")
    assert play.phase is Phase.COMPLETED


def test_an_irreversible_step_that_fails_waits_for_a_person() -> None:
    task = Task(name="drop", commands=Commands(apply=("drop",)))
    play = Script(chain(tasks=(task,)))
    play.applies("task/drop").apply_failed("locked")
    stopped = play.phase
    assert stopped is Phase.UNDOING
    assert play.status("task/drop") is StepStatus.BLOCKED
    play.operator("resume")
    play.applies("task/drop").applied()
    assert play.phase is Phase.COMPLETED


def test_what_an_irreversible_step_builds_on_stays() -> None:
    task = Task(name="drop", commands=Commands(apply=("drop",)), after=("a",))
    play = Script(chain("a", tasks=(task,)))
    play.through("a", retire=False)
    play.applies("task/drop").applied()
    play.operator("rollback")
    play.reverts("retire/a").reverted()
    assert play.status("expose/a") is StepStatus.DONE
    assert play.status("deploy/a") is StepStatus.DONE
    assert play.status("task/drop") is StepStatus.DONE
    assert play.status("retire/a") is StepStatus.REVERTED
    assert play.phase is Phase.PARTIAL


def test_a_version_that_only_served_a_skipped_exposure_goes_too() -> None:
    """Over a lane both versions run before either is exposed; when one goes back, so does what it kept up."""
    plan = chain(
        "b",
        "a",
        both_ways=True,
        needs=">=1.0.0 <3.0.0",
        lanes=(lane_of("a", "b"),),
        on_failure=OnFailure.AFFECTED,
    )
    play = Script(plan)
    play.applies("deploy/a").applied()
    play.applies("deploy/b").apply_failed("no room")
    play.reverts("deploy/a").reverted()
    play.reverts("deploy/b").reverted()
    assert play.phase is Phase.ROLLED_BACK


def test_an_idle_version_that_cannot_be_undone_stays() -> None:
    """The loop that undoes idle versions ends although one of them is held by an irreversible task."""
    task = Task(name="drop", commands=Commands(apply=("drop",)), after=("a",))
    lanes = (lane_of("a", "b"),)
    play = Script(chain("b", "a", both_ways=True, lanes=lanes, tasks=(task,), on_failure=OnFailure.AFFECTED))
    play.applies("deploy/b").applied()
    play.applies("deploy/a").applied()
    play.pass_all("expose/a")
    play.applies("task/drop").applied()
    play.operator("rollback", step="expose/b")
    play.reverts("expose/b").reverted()
    assert play.status("deploy/b") is StepStatus.DONE


def test_a_stage_without_gate_and_bake_needs_no_judging_and_one_with_bake_does() -> None:
    play = Script(chain("a", stages=(Stage(exposure=0.5), Stage(exposure=1.0, bake=5))))
    play.applies("deploy/a").applied()
    play.applies("expose/a", stage=0).applied()
    play.applies("expose/a", stage=1).applied()
    play.judges("expose/a", stage=1)


@pytest.mark.parametrize(
    ("operation", "step", "why"),
    [
        ("promote", None, "nothing to promote; steps in a stage: none"),
        ("promote", "expose/a", "nothing to promote; steps in a stage: none"),
        ("rollback", "expose/a", "step expose/a has no effect to undo: it is waiting"),
        ("rollback", "expose/z", "no step 'expose/z' in this rollout; its steps: "),
    ],
)
def test_what_does_not_fit_is_refused_with_a_reason_and_changes_nothing(
    operation: Operation, step: str | None, why: str
) -> None:
    play = Script(chain("a"))
    before = play.rollout
    play.operator(operation, step=step, refused=why)
    assert play.rollout == before


def test_a_paused_rollout_says_what_is_possible() -> None:
    play = Script(chain("a"))
    play.operator("pause")
    play.operator(
        "promote", refused="cannot promote while the rollout is paused; possible now: resume, abort, rollback"
    )


def test_an_ended_rollout_refuses_everything() -> None:
    play = Script(chain("a"))
    play.through("a")
    for operation in get_args(Operation):
        play.operator(
            operation, refused="rollout r has ended (completed); to go on from here, apply another change"
        )
    assert explain(play.rollout) == ()


def test_late_answers_and_strangers_change_nothing() -> None:
    play = Script(chain("a"))
    (asked,) = machine.outstanding(play.rollout)
    late = StageApplied(at=9.0, step=asked.step, attempt=asked.attempt - 1)
    stranger = replace(late, step=StepId("deploy/z"))
    answered, _ = machine.advance(play.rollout, replace(late, attempt=asked.attempt))
    for event in (late, stranger):
        assert machine.advance(play.rollout, event) == (play.rollout, ())
    assert machine.advance(answered, replace(late, attempt=asked.attempt)) == (answered, ())


def test_a_verdict_that_comes_twice_passes_one_stage() -> None:
    play = Script(chain("a"))
    play.to_judging("a")
    play.operator("pause")
    play.judges("expose/a", stage=0).passed()
    before = play.rollout
    play.passed()
    assert play.rollout == before


def said_by(explanations: Iterable[Explanation]) -> dict[str, tuple[str, str]]:
    return {e.step: (e.waits_for, e.why) for e in explanations}


def test_every_unsettled_step_of_every_moment_explains_itself() -> None:
    play = Script(chain("b", "a"))
    play.to_judging("b")
    looks = {StepId("expose/b"): verdict(Outcome.INSUFFICIENT, "12 requests of about 100")}
    said = said_by(explain(play.rollout, looks))
    assert said["expose/b"] == ("its gate at 10%", "12 requests of about 100")
    assert said["deploy/a"][0] == "expose/b, which is judging"
    assert "the gate has not looked yet" in {e.why for e in explain(play.rollout)}
    assert headline(play.rollout) == "r is running, 1 of 7 steps done"
    play.operator("rollback")
    said = said_by(explain(play.rollout))
    assert said["expose/b"][0] == "its way back: all traffic of b back to 1.0.0, drain 2.0.0"
    assert said["deploy/b"][0] == "expose/b to be undone first"
    assert headline(play.rollout) == "r is undoing, 0 of 7 steps done: rollback by someone: because"


def test_an_effect_that_was_ordered_says_what_it_is_waiting_for() -> None:
    play = Script(chain("a"))
    play.applies("deploy/a").applied()
    (applying,) = [e for e in explain(play.rollout) if e.step == "expose/a"]
    assert (applying.waits_for, applying.possible) == ("10% to be in effect", ())


def test_a_step_whose_turn_it_is_says_so() -> None:
    """A moment that nobody sees, since the rules are applied at once; an explanation exists all the same."""
    play = Script(chain("a"))
    step = StepId("deploy/a")
    waiting = replace(play.rollout.steps[step], status=StepStatus.WAITING)
    moment = replace(play.rollout, steps={**play.rollout.steps, step: waiting})
    assert explain(moment)[0].waits_for == "its turn"


def test_the_tables_are_complete_and_lead_somewhere() -> None:
    assert set(STEPS) == set(StepStatus)
    assert set(PHASES) == set(Phase)
    assert {s for s in StepStatus if not STEPS[s]} == SETTLED - {StepStatus.DONE}
    assert {p for p in Phase if not PHASES[p]} == ENDED
    assert {signal for row in STEPS.values() for signal in row} == set(Signal)
    reached = {status for row in STEPS.values() for status in row.values()} | {StepStatus.WAITING}
    assert reached == set(StepStatus)


def test_only_passes_let_a_stage_grow_and_they_lead_back_to_waiting() -> None:
    for row in STEPS.values():
        for signal, status in row.items():
            assert (signal in PASSES) <= (status is StepStatus.WAITING)
    asking = {
        StepStatus.APPLYING,
        StepStatus.JUDGING,
        StepStatus.LOWERING,
        StepStatus.PARKING,
        StepStatus.REVERTING,
    }
    assert set(ASKS) == asking


def test_a_resume_and_a_rollback_of_one_step_keep_the_phase() -> None:
    play = Script(chain("a"))
    play.applies("deploy/a").applied()
    operations: tuple[Operation, ...] = ("resume", "rollback")
    for operation in operations:
        assert machine.refusal(play.rollout, wish(operation, at=1.0)) is None
    play.operator("rollback", step="deploy/a")
    assert play.phase is Phase.RUNNING
