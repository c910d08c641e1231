"""A rollout that finds the culprit by itself: releases are switched off in turn, and all but the culprit come back."""

from dataclasses import replace

import pytest
from tests.core.rollout.script import Script, failing, found, new, side_by_side

from tidegate.core.attribution.answer import Answer, Basis
from tidegate.core.gates.evidence import Tally
from tidegate.core.gates.verdict import Verdict
from tidegate.core.ids import ServiceName, StepId
from tidegate.core.rollout import machine
from tidegate.core.rollout.explain import explain
from tidegate.core.rollout.isolation import Symptom, isolation_of
from tidegate.core.rollout.state import Phase, StepStatus
from tidegate.core.strategy import Boundaries, Gate, Guard, Stage

GATE = Gate(
    name="boundaries",
    guards=(Guard(service="entry", success_rate=0.98),),
    boundaries=Boundaries(success_rate=0.95, latency_ms=200.0, latency_share=0.9, design_effect=2.0),
)
STAGES = (Stage(exposure=0.2, gates=(GATE,)), Stage(exposure=1.0, gates=(GATE,)))
GONE, STAYS = Tally(requests=1000), Tally(requests=1000, bad=200)


def unclear(check: str = "guard entry", answer: Answer = Answer.UNDECIDED) -> Verdict:
    return replace(failing(check, found(answer)), gate="boundaries")


def searching(*names: str) -> Script:
    """All are live, and the gate of the first has failed for nobody knows whom."""
    play = Script(side_by_side(*names, stages=STAGES))
    for name in names:
        play.to_judging(name)
    play.judges(f"expose/{names[0]}").judged(unclear())
    return play


def park(play: Script, *names: str) -> None:
    for name in names:
        play.reverts(f"expose/{name}").reverted()


def unpark(play: Script, *names: str) -> None:
    for name in names:
        play.applies(f"expose/{name}").applied()


def statuses(play: Script) -> dict[str, str]:
    return {
        name: str(play.status(f"expose/{name}")) for name in "abcd" if f"expose/{name}" in play.rollout.steps
    }


def said(play: Script) -> dict[str, str]:
    return {each.step: each.waits_for for each in explain(play.rollout)}


def test_half_is_switched_off_then_half_of_what_is_left_until_one_is_found() -> None:
    play = searching("a", "b", "c", "d")
    assert statuses(play) == {"a": "parking", "b": "parking", "c": "excused", "d": "excused"}
    assert said(play)["expose/c"] == "whoever is at fault to be found, by switching suspects off in turn"
    park(play, "a", "b")
    assert said(play)["expose/a"] == "what switching it off shows"
    assert play.rollout.steps[StepId("expose/a")].exposure == 0.0
    play.watches("expose/a", "a", "b").saw(STAYS)
    unpark(play, "a", "b")
    park(play, "c")
    play.watches("expose/a", "c").saw(GONE)
    assert play.status("expose/c") is StepStatus.REVERTING
    reason = play.rollout.steps[StepId("expose/c")].reason
    assert reason.startswith("expose/c: with c@2.0.0 switched off, and only that, it went away: 0 of 1,000")
    assert play.rollout.attribution is not None
    assert (play.rollout.attribution.basis, play.rollout.attribution.culprits) == (Basis.TOGGLES, (new("c"),))
    play.reverts("expose/c").reverted()
    for name in "abd":
        play.judges(f"expose/{name}").passed()
        play.applies(f"expose/{name}", stage=1).applied()
        play.judges(f"expose/{name}", stage=1).passed()
    play.reverts("deploy/c").reverted()
    for name in "abd":
        play.applies(f"retire/{name}").applied()
    assert play.phase is Phase.PARTIAL


def test_one_that_was_switched_off_is_judged_on_what_is_seen_after() -> None:
    play = searching("a", "b")
    park(play, "a")
    play.watches("expose/a", "a").saw(STAYS)
    unpark(play, "a")
    again = play.now
    park(play, "b")
    play.watches("expose/a", "b").saw(GONE)
    play.reverts("expose/b").reverted()
    play.judges("expose/a")
    assert play.rollout.steps[StepId("expose/a")].evidence_from > again


def test_nobody_is_at_fault_and_a_person_decides() -> None:
    play = searching("a", "b")
    park(play, "a")
    play.watches("expose/a", "a").saw(STAYS)
    unpark(play, "a")
    park(play, "b")
    play.watches("expose/a", "b").saw(STAYS)
    park(play, "a")
    play.watches("expose/a", "a", "b").saw(STAYS)
    unpark(play, "a", "b")
    assert statuses(play) == {"a": "holding", "b": "judging"}
    (held,) = [each for each in explain(play.rollout) if each.step == "expose/a"]
    assert held.waits_for == "a person to decide"
    assert held.why.startswith("it stays with all of them switched off: 200 of 1,000 requests")
    play.judges("expose/b").judged(unclear())
    assert statuses(play)["b"] == "holding", "it is not searched for again"
    play.operator("resume")
    assert play.rollout.isolation is None
    play.judges("expose/a").judged(unclear())
    assert statuses(play) == {"a": "parking", "b": "excused"}


def test_a_search_that_cannot_tell_keeps_whoever_is_left_switched_off() -> None:
    """Contained, and reversible; nothing that is missing makes a culprit."""
    play = searching("a", "b", "c")
    park(play, "a")
    play.watches("expose/a", "a").saw(Tally(requests=3), given_up="it could not be told within 120 s")
    park(play, "b", "c")
    assert statuses(play) == dict.fromkeys("abc", "parked")
    assert play.rollout.attribution is not None
    assert play.rollout.attribution.answer is Answer.UNDECIDED
    (parked,) = [each for each in explain(play.rollout) if each.step == "expose/b"]
    assert parked.waits_for == "a person to decide"
    assert parked.why.startswith("it could not be told within 120 s; suspects left are a@2.0.0, b@2.0.0, c@")
    assert parked.possible == ("resume", "rollback")
    play.operator("resume")
    unpark(play, "a", "b", "c")
    play.judges("expose/b")


def test_what_is_watched_goes_on_where_it_was_not_enough() -> None:
    play = searching("a", "b")
    park(play, "a")
    play.watches("expose/a", "a").saw(Tally(requests=5))
    first = play.rollout.attempts
    play.watches("expose/a", "a").saw(GONE)
    assert play.rollout.attempts > first
    assert play.status("expose/a") is StepStatus.REVERTING


def test_a_suspect_that_goes_for_another_reason_ends_the_search() -> None:
    play = searching("a", "b", "c")
    park(play, "a")
    play.operator("rollback", step="expose/b")
    assert play.rollout.isolation is None
    unpark(play, "a")
    assert statuses(play) == {"a": "judging", "b": "reverting", "c": "excused"}
    play.reverts("expose/b").reverted()
    play.judges("expose/c")


def test_an_abort_ends_the_search_and_what_was_switched_off_goes_back() -> None:
    play = searching("a", "b")
    park(play, "a")
    play.operator("abort")
    assert play.rollout.isolation is None
    play.reverts("expose/a").reverted()
    play.reverts("expose/b").reverted()


def test_a_pause_switches_nothing_on() -> None:
    play = searching("a", "b")
    park(play, "a")
    play.operator("pause")
    play.watches("expose/a", "a").saw(STAYS)
    assert statuses(play) == {"a": "parked", "b": "parking"}
    assert said(play)["expose/a"] == "resume"
    play.operator("resume")
    unpark(play, "a")


def test_an_effect_that_fails_leaves_the_rest_to_people() -> None:
    play = searching("a", "b")
    play.reverts("expose/a").revert_failed("the data plane is away")
    assert statuses(play)["a"] == "stuck"
    assert play.rollout.isolation is None


def test_nothing_new_begins_while_a_culprit_is_searched_for() -> None:
    play = Script(side_by_side("a", "b", "c", stages=STAGES))
    play.to_judging("a")
    play.to_judging("b")
    play.judges("expose/a").judged(unclear())
    play.applies("deploy/c").applied()
    assert play.status("expose/c") is StepStatus.WAITING
    assert said(play)["expose/c"] == "whoever is at fault to be found, by switching suspects off in turn"
    park(play, "a")
    play.watches("expose/a", "a").saw(GONE)
    play.applies("expose/c")


def test_late_answers_to_a_watch_change_nothing() -> None:
    play = searching("a", "b")
    park(play, "a")
    play.watches("expose/a", "a").saw(STAYS)
    before = play.rollout
    play.saw(GONE)
    assert play.rollout == before


def test_the_only_one_left_is_judged_anew() -> None:
    """Whoever was live beside it has gone meanwhile, and what was seen until then condemns nobody."""
    play = Script(side_by_side("a", "b", stages=STAGES))
    play.to_judging("a")
    play.to_judging("b")
    play.operator("rollback", step="expose/b")
    play.judges("expose/a").judged(unclear())
    assert statuses(play)["a"] == "excused"
    play.reverts("expose/b").reverted()
    play.judges("expose/a").judged(failing("guard entry", None))
    assert statuses(play)["a"] == "reverting"


@pytest.mark.parametrize(
    ("check", "symptom"),
    [
        ("guard entry", Symptom(service=ServiceName("entry"), allowed=0.02, seen=STAYS, design_effect=2.0)),
        ("success rate", Symptom(service=ServiceName("a"), allowed=0.05, seen=STAYS, design_effect=2.0)),
        (
            "answers in time",
            Symptom(service=ServiceName("a"), allowed=0.1, seen=STAYS, threshold_ms=200.0, design_effect=2.0),
        ),
    ],
)
def test_what_is_watched_is_what_failed(check: str, symptom: Symptom) -> None:
    play = Script(side_by_side("a", "b", stages=STAGES))
    step = play.rollout.plan.by_id[StepId("expose/a")]
    steps = [play.rollout.plan.by_id[StepId(f"expose/{name}")] for name in "ab"]
    failed = unclear(check)
    shown = replace(failed, checks=(replace(failed.checks[0], canary_requests=1000, canary_bad=200),))
    search = isolation_of(step, STAGES[0], shown, steps, "why")
    assert search is not None
    assert search.symptom.allowed == pytest.approx(symptom.allowed)
    assert replace(search.symptom, allowed=symptom.allowed) == symptom


@pytest.mark.parametrize("check", ["errors", "guard other"])
def test_what_cannot_be_watched_is_not_searched_for(check: str) -> None:
    play = Script(side_by_side("a", "b", stages=STAGES))
    steps = [play.rollout.plan.by_id[StepId(f"expose/{name}")] for name in "ab"]
    assert isolation_of(steps[0], STAGES[0], unclear(check), steps, "why") is None
    healthy = unclear()
    healthy = replace(healthy, checks=(replace(healthy.checks[0], canary_bad=0),))
    assert isolation_of(steps[0], STAGES[0], healthy, steps, "why") is None
    assert machine.outstanding(play.rollout)
