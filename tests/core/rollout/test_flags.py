"""Flags in a rollout: the first to be switched off, judged and blamed as releases are, and first to go back."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from tests.core.rollout.script import Script, failing, found, new, on
from tests.core.worlds import catalog_of, change_of, exposure_of, flag_of, release_of, service_of

from tidegate.core.attribution.answer import Answer
from tidegate.core.change import OnFailure
from tidegate.core.gates.evidence import Tally
from tidegate.core.gates.verdict import CheckResult, Outcome, Verdict
from tidegate.core.ids import ServiceName, StepId
from tidegate.core.plan.build import make_plan
from tidegate.core.plan.plan import Plan
from tidegate.core.plan.steps import ExposeFlag
from tidegate.core.rollout import machine
from tidegate.core.rollout.explain import explain
from tidegate.core.rollout.faults import Fault, blame
from tidegate.core.rollout.isolation import Symptom
from tidegate.core.rollout.state import ENDED, Phase, StepStatus
from tidegate.core.rollout.suspects import cheapest, flags_on, step_of
from tidegate.core.strategy import Boundaries, Gate, Guard, Stage, Strategy, StrategyKind

GATE = Gate(
    name="boundaries",
    guards=(Guard(service="entry", success_rate=0.98),),
    boundaries=Boundaries(latency_ms=200.0, design_effect=2.0),
)
STAGES = (Stage(exposure=0.2, gates=(GATE,)), Stage(exposure=1.0, gates=(GATE,)))
CANARY = Strategy(kind=StrategyKind.CANARY, stages=STAGES)
GONE, STAYS = Tally(requests=1000), Tally(requests=1000, bad=200)
A, B, X = StepId("expose/a"), StepId("expose/b"), StepId("flag/x")


def planned(
    *names: str,
    implemented_by: Sequence[str] = (),
    audiences: Sequence[str] = (),
    on_failure: OnFailure = OnFailure.AFFECTED,
) -> Plan:
    """Releases side by side, and flag x."""
    flag = exposure_of("x", services=dict.fromkeys(implemented_by, "2.0.0"), audiences=audiences)
    flag = replace(
        flag,
        strategy=CANARY,
        audiences=tuple(replace(audience, strategy=CANARY) for audience in flag.audiences),
    )
    releases = [release_of(name, strategy=CANARY, evaluates=["x"]) for name in names]
    catalog = catalog_of(*map(service_of, names), flags=[flag_of("x")])
    plan = make_plan(catalog, change_of(*releases, exposures=[flag], on_failure=on_failure))
    assert isinstance(plan, Plan), plan
    return plan


def beside(*names: str) -> Plan:
    """Flag x is live beside the releases of all who implement it, as in a plan that somebody wrote himself."""
    plan = planned(*names)
    steps = [
        replace(step, action=replace(step.action, services=tuple(map(ServiceName, names))))
        if isinstance(step.action, ExposeFlag)
        else step
        for step in plan.steps
    ]
    return replace(plan, steps=tuple(steps))


def all_judged(*names: str, plan: Callable[..., Plan] = planned) -> Script:
    play = Script(plan(*names))
    for name in names:
        play.to_judging(name)
    play.applies("flag/x").applied()
    return play


def worse(check: str = "errors", control: int = 1000) -> Verdict:
    """A release that differs from its control, and nobody can tell whether by a flag on it."""
    failed = CheckResult(
        name=check,
        outcome=Outcome.FAIL,
        canary_requests=500,
        canary_bad=100,
        control_requests=control,
        control_bad=control // 100,
    )
    verdict = failing(check, found(Answer.UNDECIDED))
    return replace(verdict, gate="boundaries", checks=(failed,))


def unclear() -> Verdict:
    return replace(failing("guard entry", found(Answer.UNDECIDED)), gate="boundaries")


def statuses(play: Script, *steps: StepId) -> list[str]:
    return [str(play.status(step)) for step in steps]


# Going back


def test_a_flag_whose_gate_fails_goes_off_for_everyone_and_the_release_stays() -> None:
    play = Script(planned("a", implemented_by=["a"], audiences=["staff"]))
    play.through("a", retire=False)
    play.pass_all("flag/x/staff")
    play.applies("flag/x").applied()
    play.judges("flag/x").failed("on is worse than off")
    play.reverts("flag/x").reverted()
    play.reverts("flag/x/staff").reverted()
    assert play.status("expose/a") is StepStatus.DONE
    play.applies("retire/a").applied()
    assert play.phase is Phase.PARTIAL


def test_where_everything_goes_back_the_flag_goes_first() -> None:
    play = Script(planned("a", implemented_by=["a"], on_failure=OnFailure.ALL))
    play.through("a", retire=False)
    play.applies("flag/x").applied()
    play.judges("flag/x").failed("on is worse than off")
    assert statuses(play, X, A) == ["reverting", "returning"]
    play.reverts("flag/x").reverted()
    play.reverts("expose/a").reverted()
    play.reverts("deploy/a").reverted()
    assert play.phase is Phase.ROLLED_BACK


def test_a_service_at_fault_goes_back_after_its_flag() -> None:
    play = Script(planned("a", implemented_by=["a"]))
    play.through("a", retire=False)
    play.applies("flag/x").applied()
    play.operator("rollback", step="expose/a")
    assert statuses(play, X, A) == ["reverting", "returning"]
    play.reverts("flag/x").reverted()
    play.reverts("expose/a").reverted()


def test_a_flag_that_requires_another_goes_with_it() -> None:
    flags = [exposure_of("x"), exposure_of("y", requires=["x"])]
    plan = make_plan(
        catalog_of(flags=[flag_of("x"), flag_of("y")]),
        change_of(exposures=flags, on_failure=OnFailure.AFFECTED),
    )
    assert isinstance(plan, Plan)
    play = Script(plan)
    play.pass_all("flag/x")
    play.applies("flag/y").applied()
    play.operator("rollback", step="flag/x")
    play.reverts("flag/y").reverted()
    play.reverts("flag/x").reverted()
    assert play.phase is Phase.ROLLED_BACK


# Whose fault it is


def test_the_step_of_a_flag_is_the_one_that_is_live() -> None:
    play = Script(planned(audiences=["staff"]))
    staff = StepId("flag/x/staff")
    play.applies(staff).applied()
    assert step_of(play.rollout, on("x")) == staff
    play.judges(staff).passed()
    play.applies(staff, stage=1).applied()
    play.judges(staff, stage=1).passed()
    play.applies("flag/x").applied()
    assert step_of(play.rollout, on("x")) == X
    assert step_of(play.rollout, on("y")) is None


def test_of_a_pair_the_flag_is_the_cheaper_whatever_else_is_exposed() -> None:
    play = all_judged("a", "b")
    play.judges("flag/x").passed()
    play.applies("flag/x", stage=1).applied()
    assert cheapest(play.rollout, [A, X, B]) == X
    pair = failing("guard entry", found(Answer.PAIR, "a", "flag/x"))
    assert blame(play.rollout, A, pair).culprit == X


def test_a_flag_that_is_blamed_goes_back_and_the_release_that_showed_it_is_judged_anew() -> None:
    play = all_judged("a")
    play.judges("expose/a").judged(failing("guard entry", found(Answer.ONE, "flag/x")))
    assert statuses(play, A, X) == ["excused", "reverting"]
    play.reverts("flag/x").reverted()
    play.judges("expose/a")


# Switching suspects off in turn


def test_of_two_canaries_and_a_flag_the_flag_is_switched_off_first() -> None:
    play = all_judged("a", "b")
    play.judges("expose/a").judged(unclear())
    assert statuses(play, A, B, X) == ["excused", "excused", "parking"]
    play.reverts("flag/x").reverted()
    play.watches("expose/a", "flag/x").saw(GONE)
    assert statuses(play, A, B, X) == ["excused", "excused", "reverting"]
    play.reverts("flag/x").reverted()
    play.judges("expose/a")
    play.judges("expose/b")


def test_a_flag_that_is_not_at_fault_comes_back_while_releases_are_switched_off() -> None:
    play = all_judged("a", "b")
    play.judges("expose/a").judged(unclear())
    play.reverts("flag/x").reverted()
    play.watches("expose/a", "flag/x").saw(STAYS)
    play.applies("flag/x").applied()
    play.reverts("expose/a").reverted()
    play.watches("expose/a", "a").saw(STAYS)
    play.applies("expose/a").applied()
    play.reverts("expose/b").reverted()
    play.watches("expose/a", "b").saw(GONE)
    assert statuses(play, A, B, X) == ["excused", "reverting", "excused"]


def test_an_audience_that_has_the_flag_for_good_is_no_part_of_the_search() -> None:
    play = Script(planned("a", audiences=["staff"]))
    play.to_judging("a")
    play.pass_all("flag/x/staff")
    play.applies("flag/x").applied()
    play.judges("flag/x").judged(unclear())
    assert statuses(play, A, X, StepId("flag/x/staff")) == ["excused", "parking", "done"]
    play.reverts("flag/x").reverted()
    play.watches("flag/x", "flag/x").saw(GONE)
    assert statuses(play, X, StepId("flag/x/staff")) == ["reverting", "returning"]
    play.reverts("flag/x").reverted()
    play.reverts("flag/x/staff").reverted()


# A flag on a release


def test_a_release_that_is_worse_with_a_flag_on_it_is_tried_without_the_flag() -> None:
    play = all_judged("a", plan=beside)
    assert flags_on(play.rollout, A) == (X,)
    assert flags_on(play.rollout, X) == ()
    play.judges("expose/a").judged(worse())
    assert statuses(play, A, X) == ["excused", "parking"]
    (waits,) = [each.waits_for for each in explain(play.rollout) if each.step == A]
    assert waits == "whoever is at fault to be found, by switching suspects off in turn"
    assert play.rollout.isolation is not None
    assert play.rollout.isolation.symptom == Symptom(
        service=new("a").service,
        version=new("a").version,
        allowed=0.01,
        seen=Tally(requests=500, bad=100),
        design_effect=2.0,
    )
    play.reverts("flag/x").reverted()
    play.watches("expose/a", "flag/x").saw(GONE)
    assert statuses(play, A, X) == ["excused", "reverting"]
    play.reverts("flag/x").reverted()
    play.judges("expose/a")
    assert play.rollout.steps[A].evidence_from == play.now


@pytest.mark.parametrize(
    ("seen", "given_up", "why"),
    [
        (
            STAYS,
            "",
            "expose/a: errors fails; said is undecided; it stays with all of them switched off: 200 of 1,000",
        ),
        (
            Tally(),
            "nobody came",
            "expose/a: errors fails; said is undecided; nobody came; suspects left are flag/x@on",
        ),
    ],
)
def test_a_release_that_is_worse_without_the_flag_too_goes_back(seen: Tally, given_up: str, why: str) -> None:
    """What is not shown to be the flag's is the release's own, and the flag is exposed again."""
    play = all_judged("a", plan=beside)
    play.judges("expose/a").judged(worse())
    play.reverts("flag/x").reverted()
    play.watches("expose/a", "flag/x").saw(seen, given_up)
    assert play.status(A) is StepStatus.REVERTING
    assert play.rollout.steps[A].reason.startswith(why)
    assert play.rollout.isolation is None
    play.reverts("expose/a").reverted()
    play.applies("flag/x").applied()
    play.judges("flag/x")


def test_slow_answers_are_watched_by_their_threshold() -> None:
    play = all_judged("a", plan=beside)
    play.judges("expose/a").judged(worse("latency"))
    assert play.rollout.isolation is not None
    assert play.rollout.isolation.symptom.threshold_ms == 200.0


@pytest.mark.parametrize(
    "verdict",
    [
        worse("outgoing"),
        worse("memory"),
        worse(control=0),
        replace(worse(), attribution=found(Answer.NONE)),
        replace(worse(), checks=(replace(worse().checks[0], canary_bad=0),)),
    ],
    ids=["own calls", "level", "no control", "shown harmless", "no more than the control"],
)
def test_a_release_goes_back_at_once_where_nothing_could_tell_it_from_the_flag(verdict: Verdict) -> None:
    play = all_judged("a", plan=beside)
    play.judges("expose/a").judged(verdict)
    assert statuses(play, A, X) == ["reverting", "judging"]


def test_a_flag_on_another_service_has_no_part_in_what_differs() -> None:
    play = all_judged("a")
    assert blame(play.rollout, A, worse()).fault is Fault.OF


# Switched off by a person


def at(status: StepStatus) -> Script:
    """Flag x in some status, one release beside it."""
    play = all_judged("a")
    return PLAYED[status](play)


def _between(play: Script) -> Script:
    play.operator("pause")
    play.judges("flag/x").passed()
    return play


def _applying(play: Script) -> Script:
    play.judges("flag/x").passed()
    play.applies("flag/x", stage=1)
    return play


def _holding(play: Script) -> Script:
    play.judges("flag/x").unclear("too few users")
    return play


def _parking(play: Script) -> Script:
    play.judges("expose/a").judged(unclear())
    return play


def _parked(play: Script) -> Script:
    _parking(play).reverts("flag/x").reverted()
    return play


def _excused(play: Script) -> Script:
    play.judges("flag/x").judged(failing("guard entry", found(Answer.ONE, "a")))
    return play


def _done(play: Script) -> Script:
    play.judges("flag/x").passed()
    play.applies("flag/x", stage=1).applied()
    play.judges("flag/x", stage=1).passed()
    return play


def _reverting(play: Script) -> Script:
    play.judges("flag/x").failed("on is worse than off")
    return play


def _stuck(play: Script) -> Script:
    _reverting(play).reverts("flag/x").revert_failed("the flag system is away")
    return play


PLAYED: dict[StepStatus, Callable[[Script], Script]] = {
    StepStatus.WAITING: _between,
    StepStatus.APPLYING: _applying,
    StepStatus.JUDGING: lambda play: play,
    StepStatus.HOLDING: _holding,
    StepStatus.EXCUSED: _excused,
    StepStatus.PARKING: _parking,
    StepStatus.PARKED: _parked,
    StepStatus.DONE: _done,
    StepStatus.REVERTING: _reverting,
    StepStatus.STUCK: _stuck,
}


@pytest.mark.parametrize("status", sorted(PLAYED))
def test_a_flag_that_a_person_switches_off_goes_back_from_wherever_it_stands(status: StepStatus) -> None:
    play = at(status)
    assert play.status("flag/x") is status
    play.operator("rollback", step="flag/x")
    if status is StepStatus.STUCK:
        play.operator("resume")
    assert play.status("flag/x") is StepStatus.REVERTING
    play.reverts("flag/x").reverted()
    assert play.status("flag/x") is StepStatus.REVERTED
    assert play.rollout.steps[X].exposure == 0.0
    assert play.rollout.isolation is None
    play.operator("rollback", step="flag/x", refused="step flag/x has no effect to undo: it is reverted")
    come_to_an_end(play)
    assert play.status("flag/x") is StepStatus.REVERTED


def come_to_an_end(play: Script) -> None:
    """All that is asked for is done, and passes; then the rollout is over."""
    if play.phase is Phase.PAUSED:
        play.operator("resume")
    while asked := machine.outstanding(play.rollout):
        play.asked = asked[0]
        answer = {"apply": play.applied, "judge": play.passed, "revert": play.reverted}[asked[0].kind]
        answer()
    assert play.phase in ENDED, statuses(play, A, X)


def test_an_effect_that_fails_because_somebody_switched_the_flag_off_goes_back_by_itself() -> None:
    play = at(StepStatus.APPLYING)
    play.apply_failed("flag x was switched off by ann: errors")
    assert play.status("flag/x") is StepStatus.REVERTING
    assert play.rollout.steps[X].reason == "flag/x: flag x was switched off by ann: errors"


def test_a_flag_that_was_not_exposed_yet_has_nothing_to_go_back_from() -> None:
    play = Script(planned("a", implemented_by=["a"]))
    before = play.rollout
    play.operator("rollback", step="flag/x", refused="step flag/x has no effect to undo: it is waiting")
    assert play.rollout == before
