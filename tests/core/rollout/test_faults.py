"""Who goes back when a gate fails, and what becomes of those who showed it without being at fault."""

from dataclasses import replace

import pytest
from tests.core.rollout.script import Script, chain, failing, found, new, side_by_side

from tidegate.core.attribution.answer import Answer, Attribution
from tidegate.core.change import Commands, OnFailure, Task
from tidegate.core.ids import StepId, Version
from tidegate.core.rollout.explain import explain
from tidegate.core.rollout.faults import Fault, blame
from tidegate.core.rollout.state import Phase, StepStatus
from tidegate.core.rollout.suspects import cheapest, suspects_of

GUARD, ERRORS = "guard entry", "errors"


def both_judged(*, on_failure: OnFailure = OnFailure.AFFECTED) -> Script:
    play = Script(side_by_side("a", "b", on_failure=on_failure))
    play.to_judging("a")
    play.to_judging("b")
    return play


def test_the_culprit_goes_back_and_who_showed_it_is_judged_anew() -> None:
    play = both_judged()
    play.judges("expose/a").judged(failing(GUARD, found(Answer.ONE, "b")))
    assert play.status("expose/a") is StepStatus.EXCUSED
    (excused,) = [each for each in explain(play.rollout) if each.step == "expose/a"]
    assert excused.waits_for == "expose/b to go back, then it is judged anew"
    assert excused.why == (
        "expose/a is not at fault: expose/b: said is one; it showed at expose/a: guard entry fails"
    )
    assert excused.possible == ("promote", "rollback")
    why = play.rollout.steps[StepId("expose/b")].reason
    assert why == "expose/b: said is one; it showed at expose/a: guard entry fails"
    play.reverts("expose/b").reverted()
    assert play.rollout.steps[StepId("expose/a")].evidence_from == play.now
    play.reverts("deploy/b").reverted()
    play.judges("expose/a").passed()
    for stage in (1, 2):
        play.applies("expose/a", stage=stage).applied()
        play.judges("expose/a", stage=stage).passed()
    play.applies("retire/a").applied()
    assert (play.phase, play.rollout.reason) == (Phase.PARTIAL, "")


def test_a_culprit_whose_way_back_is_stuck_keeps_the_innocent_waiting_until_it_is_gone() -> None:
    play = both_judged()
    play.judges("expose/a").judged(failing(GUARD, found(Answer.ONE, "b")))
    play.reverts("expose/b").revert_failed("the data plane is away")
    assert play.status("expose/a") is StepStatus.EXCUSED
    play.operator("promote", step="expose/a")
    play.applies("expose/a", stage=1)


def test_everything_goes_back_if_the_change_says_so_and_the_reason_names_the_culprit() -> None:
    play = both_judged(on_failure=OnFailure.ALL)
    play.judges("expose/a").judged(failing(GUARD, found(Answer.ONE, "b")))
    assert play.phase is Phase.UNDOING
    assert play.rollout.reason == "expose/b: said is one; it showed at expose/a: guard entry fails"
    play.reverts("expose/a").reverted()
    play.reverts("expose/b").reverted()


def test_a_culprit_that_has_gone_meanwhile_excuses_at_once() -> None:
    """What was seen while it was live is held against nobody else."""
    play = both_judged()
    play.operator("rollback", step="expose/b")
    play.reverts("expose/b").reverted()
    assert suspects_of(play.rollout, StepId("expose/a")) == ("expose/a", "expose/b")
    play.judges("expose/a").judged(failing(GUARD, found(Answer.ONE, "b")))
    play.judges("expose/a")
    assert suspects_of(play.rollout, StepId("expose/a")) == ("expose/a",)


def test_a_culprit_that_cannot_go_back_any_more_leaves_it_to_a_person() -> None:
    task = Task(name="drop", commands=Commands(apply=("drop",)), after=("b",))
    play = Script(side_by_side("a", "b", tasks=(task,)))
    play.through("b", retire=False)
    play.applies("task/drop").applied()
    play.to_judging("a")
    play.judges("expose/a").judged(failing(GUARD, found(Answer.ONE, "b")))
    assert play.status("expose/a") is StepStatus.HOLDING
    reason = play.rollout.steps[StepId("expose/a")].reason
    assert reason.startswith("expose/b cannot go back any more: expose/b: said is one")


def test_the_culprit_may_be_the_one_that_showed_it() -> None:
    play = both_judged()
    play.judges("expose/a").judged(failing(GUARD, found(Answer.ONE, "a")))
    play.reverts("expose/a").reverted()
    play.judges("expose/b")


@pytest.mark.parametrize(
    ("check", "attribution", "fault", "culprit"),
    [
        (GUARD, None, Fault.OF, "expose/a"),
        (GUARD, found(Answer.ONE, "b"), Fault.OF, "expose/b"),
        (ERRORS, found(Answer.ONE, "b"), Fault.OF, "expose/b"),
        (GUARD, found(Answer.PAIR, "a", "b"), Fault.OF, "expose/b"),
        (GUARD, found(Answer.ONE, "stranger"), Fault.UNKNOWN, None),
        (GUARD, found(Answer.PAIR, "stranger", "b"), Fault.OF, "expose/b"),
        (GUARD, found(Answer.NONE), Fault.NOBODY, None),
        (ERRORS, found(Answer.NONE), Fault.OF, "expose/a"),
        ("success rate", found(Answer.UNDECIDED), Fault.UNKNOWN, None),
        ("answers in time", found(Answer.UNDECIDED), Fault.UNKNOWN, None),
        ("outgoing", found(Answer.UNDECIDED), Fault.OF, "expose/a"),
        ("memory", found(Answer.UNDECIDED), Fault.OF, "expose/a"),
        (ERRORS, found(Answer.NOT_IDENTIFIABLE), Fault.UNKNOWN, None),
    ],
)
def test_whose_fault_a_failing_check_is(
    check: str, attribution: Attribution | None, fault: Fault, culprit: str | None
) -> None:
    """Only a difference from its own control, where lots were dealt, says it of the release itself."""
    found_ = blame(both_judged().rollout, StepId("expose/a"), failing(check, attribution))
    assert (found_.fault, found_.culprit) == (fault, culprit)


def test_of_a_pair_the_cheaper_one_goes_back() -> None:
    """The smaller undo set, then the lower exposure, then the later in the plan."""
    play = both_judged()
    a, b = StepId("expose/a"), StepId("expose/b")
    pair = failing(GUARD, found(Answer.PAIR, "a", "b"))
    assert blame(play.rollout, a, pair).why == (
        "expose/b: said is pair; expose/b is the cheaper of the two to undo; it showed at expose/a: guard entry fails"
    )
    play.judges("expose/b").passed()
    play.applies("expose/b", stage=1).applied()
    assert cheapest(play.rollout, [a, b]) == a
    built_on = Script(chain("b", "a"))
    built_on.through("b")
    built_on.to_judging("a")
    assert cheapest(built_on.rollout, [a, b]) == a


def test_who_may_be_at_fault() -> None:
    """What is live and not done, and what was live since evidence about the step counts."""
    play = Script(side_by_side("a", "b", "c"))
    play.to_judging("a")
    assert suspects_of(play.rollout, StepId("expose/a")) == ("expose/a",)
    play.to_judging("b")
    play.applies("deploy/c").applied()
    assert suspects_of(play.rollout, StepId("expose/a")) == ("expose/a", "expose/b")
    play.applies("expose/c").applied()
    play.operator("rollback", step="expose/c")
    for_a = suspects_of(play.rollout, StepId("expose/a"))
    assert for_a == ("expose/a", "expose/b", "expose/c")
    play.reverts("expose/c").reverted()
    assert suspects_of(play.rollout, StepId("expose/a")) == for_a
    for stage in range(3):
        play.judges("expose/b", stage=stage).passed()
        if stage < 2:
            play.applies("expose/b", stage=stage + 1).applied()
    assert suspects_of(play.rollout, StepId("expose/a")) == ("expose/a", "expose/c")


def test_a_version_of_nobody_is_no_step() -> None:
    play = both_judged()
    other = replace(new("a"), version=Version("9.9.9"))
    attribution = replace(found(Answer.ONE), culprits=(other,))
    assert blame(play.rollout, StepId("expose/a"), failing(GUARD, attribution)).culprit is None
