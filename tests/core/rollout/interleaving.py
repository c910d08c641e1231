"""One rollout in the imagined world: everything that was ever asked may still happen, in any order.

`Run` watches each step of the machine; what must be true at any moment is asserted in `hear`, what must be
true at the end in `assert_safe_end`.
"""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import TypeVar, get_args

from hypothesis import event
from hypothesis import strategies as st
from tests.core.rollout.cases import Case
from tests.core.rollout.imagined import Effect, World
from tests.core.rollout.script import wish

from tidegate.core import graph
from tidegate.core.attribution.answer import Answer, Attribution, Basis
from tidegate.core.change import OnFailure
from tidegate.core.gates.evidence import Tally
from tidegate.core.gates.verdict import CheckResult, Outcome, Verdict
from tidegate.core.ids import RolloutId, StepId
from tidegate.core.plan.build import THROUGH
from tidegate.core.plan.plan import Plan
from tidegate.core.plan.steps import (
    Deploy,
    Expose,
    ExposeFlag,
    Exposing,
    Migrate,
    RemoveFlag,
    Retire,
    Reversibility,
    RunTask,
    tidies,
)
from tidegate.core.rollout import machine
from tidegate.core.rollout.approvals import awaited
from tidegate.core.rollout.commands import ApplyStage, Command, JudgeStage, RevertStep, WatchSymptom
from tidegate.core.rollout.events import (
    ApplyFailed,
    Event,
    Operation,
    PromoteRequested,
    RevertFailed,
    RollbackRequested,
    StageApplied,
    StepReverted,
    SymptomWatched,
    VerdictReached,
    WorldEvent,
)
from tidegate.core.rollout.explain import explain
from tidegate.core.rollout.faults import blame
from tidegate.core.rollout.isolation import canary_of
from tidegate.core.rollout.state import ENDED, GOING_BACK, SETTLED, Phase, Rollout, StepStatus, has_effect
from tidegate.core.rollout.suspects import suspects_of
from tidegate.core.strategy import GateAction, OnInsufficient
from tidegate.temporal.forms import ROLLOUT_FORM

Thing = TypeVar("Thing")


class Fate(StrEnum):
    """How it goes when something that was asked is carried out."""

    WELL = "well"
    FAILS = "fails"
    LOST = "lost"  # it comes about and is reported as failed
    UNCLEAR = "unclear"  # of an effect: it fails


OUTCOMES = {
    Fate.WELL: Outcome.PASS,
    Fate.FAILS: Outcome.FAIL,
    Fate.LOST: Outcome.FAIL,
    Fate.UNCLEAR: Outcome.INSUFFICIENT,
}
EFFECTS = st.sampled_from([Fate.WELL] * 12 + [Fate.UNCLEAR, Fate.FAILS, Fate.LOST])
LOOKS = st.sampled_from([Fate.WELL] * 4 + [Fate.UNCLEAR] * 2 + [Fate.FAILS])
ANSWERS = st.sampled_from(Answer)
HAPPENINGS = st.sampled_from(
    ["on"] * 9 + ["work"] * 2 + ["answer"] * 3 + ["half"] * 2 + ["operator"] * 2 + ["restart"]
)
WISHES = st.sampled_from([*get_args(Operation), "pause", "resume", "resume", "promote", "abort", "rollback"])
ASKED_BY: dict[type[WorldEvent], set[StepStatus]] = {
    StageApplied: {StepStatus.APPLYING, StepStatus.LOWERING},
    ApplyFailed: {StepStatus.APPLYING, StepStatus.LOWERING},
    VerdictReached: {StepStatus.JUDGING},
    StepReverted: {StepStatus.REVERTING, StepStatus.PARKING},
    RevertFailed: {StepStatus.REVERTING, StepStatus.PARKING},
}
"""What an answer may be an answer to."""

SEEN = {
    Fate.WELL: (Tally(requests=2000), ""),
    Fate.FAILS: (Tally(requests=2000, bad=400), ""),
    Fate.LOST: (Tally(requests=5), ""),
    Fate.UNCLEAR: (Tally(), "nobody came by"),
}
"""What is seen of a symptom: it is gone, it stays, too little, nothing."""

ACTIONS = st.sampled_from([GateAction.ROLLBACK] * 3 + [GateAction.STEP_DOWN])
CHECKS = st.sampled_from(["success rate", "success rate", "errors"])
_CULPRITS = {Answer.ONE: 1, Answer.PAIR: 2}


class Run:
    """`looks` says how gates find things, `answers` what is said of who is at fault."""

    def __init__(
        self,
        case: Case,
        plan: Plan,
        data: st.DataObject,
        *,
        looks: st.SearchStrategy[Fate] = LOOKS,
        answers: st.SearchStrategy[Answer] = ANSWERS,
    ) -> None:
        self.looks = looks
        self.answers_drawn = answers
        self.world = World(*case, plan)
        self.change = case[1]
        self.plan = plan
        self.data = data
        self.now = 0.0
        self.rollout, commands = machine.opened(RolloutId("r"), plan, at=0.0)
        self.asked: list[Command] = []
        self.answers: list[WorldEvent] = []
        self.attempts: set[int] = set()
        self.faulty: set[StepId] = set()
        self.waived: set[StepId] = set()
        self.everything_back = False
        self._asked_for(commands)

    # --- what happens ---------------------------------------------------------------------------

    def disturb(self) -> None:
        """One random thing happens."""
        self.now += 1
        match self.data.draw(HAPPENINGS):
            case "on":
                self._go_on()
            case "work" if self.asked:
                self._carry_out_any(self.asked)
            case "half" if self.asked:
                self._begin(self._one_of(self.asked))
            case "answer" if self.answers:
                self.hear(self._one_of(self.answers))  # it stays: answers come twice and late
            case "operator":
                self._operate()
            case "restart":
                self._restart()
            case _:
                pass

    def _one_of(self, things: Sequence[Thing]) -> Thing:
        return self.data.draw(st.sampled_from(things))

    def _go_on(self) -> None:
        """Something that is wanted now is carried out, and answered at once."""
        wanted = machine.outstanding(self.rollout)
        if not wanted:
            return self._operate()
        answer = self._carry_out_any(wanted)
        return None if answer is None else self.hear(answer)

    def _carry_out_any(self, commands: Sequence[Command]) -> WorldEvent | None:
        command = self._one_of(commands)
        return self.carry_out(
            command, self.data.draw(EFFECTS if isinstance(command, ApplyStage | RevertStep) else self.looks)
        )

    def go_well(self) -> None:
        """One more thing that is wanted comes about and is answered, if anything is wanted."""
        self.now += 1
        wanted = machine.outstanding(self.rollout)
        if wanted:
            answer = self.carry_out(self._one_of(wanted), Fate.WELL)
            assert answer is not None, "the newest attempt is never fenced off"
            self.hear(answer)

    def begin_search(self) -> None:
        """Everything is exposed as far as it may be unjudged, and then a gate fails for nobody knows whom."""
        while applies := [c for c in machine.outstanding(self.rollout) if isinstance(c, ApplyStage)]:
            answer = self.carry_out(self._one_of(applies), Fate.WELL)
            assert answer is not None, "the newest attempt is never fenced off"
            self.hear(answer)
        judged = self._one_of([c for c in machine.outstanding(self.rollout) if isinstance(c, JudgeStage)])
        unclear = Attribution(answer=Answer.UNDECIDED, basis=Basis.TRACES, reason="as ordered")
        verdict = replace(_verdict(Outcome.FAIL, "success rate"), attribution=unclear)
        self.hear(VerdictReached(at=self.now, step=judged.step, attempt=judged.attempt, verdict=verdict))
        assert self.rollout.isolation is not None

    def _operate(self) -> None:
        step = self.data.draw(st.sampled_from([None, *self.rollout.steps]))
        owners = (*(self.plan.by_id[step].approvals if step else ()), "nobody")
        asked = wish(self.data.draw(WISHES), at=self.now, step=step, owner=self._one_of(owners))
        refused = machine.refusal(self.rollout, asked) is not None
        before = self.rollout
        self.hear(asked)
        if refused:
            assert self.rollout == before

    def _restart(self) -> None:
        """All that was under way is lost, and so is every answer; the rollout comes back from where it is kept."""
        event("restarted")
        kept = ROLLOUT_FORM.dump_json(self.rollout)
        read = ROLLOUT_FORM.validate_json(kept)
        assert read == self.rollout
        self.rollout = read
        self.asked = list(machine.outstanding(read))
        self.answers.clear()

    def quieten(self, operation: Operation) -> None:
        """From now on everything works and people say go on: the rollout must come to an end."""
        for _ in range(2000):
            if self.rollout.phase in ENDED:
                return
            self.now += 1
            wanted = machine.outstanding(self.rollout)
            if wanted:
                answer = self.carry_out(wanted[0], Fate.WELL)
                assert answer is not None, "the newest attempt is never fenced off"
                self.hear(answer)
            else:
                asked = wish(operation, at=self.now)
                fits = machine.refusal(self.rollout, asked) is None
                self.hear(asked if fits else wish("resume", at=self.now))
                self._approve_all()
        raise AssertionError(f"no end: {self.rollout}")

    def _approve_all(self) -> None:
        for step in self.plan.steps:
            for owner in awaited(self.rollout, step.id):
                asked = wish("approve", at=self.now, step=step.id, owner=owner)
                if machine.refusal(self.rollout, asked) is None:
                    self.hear(asked)

    # --- the world ------------------------------------------------------------------------------

    def _begin(self, command: Command) -> None:
        if not isinstance(command, JudgeStage | WatchSymptom):
            self.world.begin(command)

    def carry_out(self, command: Command, fate: Fate) -> WorldEvent | None:
        """Run an activity to its end: its answer joins those that may be delivered."""
        self._begin(command)
        answer = self._answer(command, fate)
        if answer is not None:
            self.answers.append(answer)
        return answer

    def _answer(self, command: Command, fate: Fate) -> WorldEvent | None:
        at, step, attempt = self.now, command.step, command.attempt
        if isinstance(command, JudgeStage):
            return VerdictReached(at=at, step=step, attempt=attempt, verdict=self._verdict(step, fate))
        if isinstance(command, WatchSymptom):
            tally, given_up = SEEN[fate]
            return SymptomWatched(at=at, step=step, attempt=attempt, tally=tally, given_up=given_up)
        came_about = fate in (Fate.WELL, Fate.LOST) and self.world.finish(command)
        back = isinstance(command, RevertStep)
        if fate is not Fate.WELL:
            failed = RevertFailed if back else ApplyFailed
            return failed(at=at, step=step, attempt=attempt, reason="as drawn")
        done = StepReverted if back else StageApplied
        return done(at=at, step=step, attempt=attempt) if came_about else None

    def _verdict(self, step: StepId, fate: Fate) -> Verdict:
        """A verdict; beside others that are live, a failure with what is said of who is at fault."""
        suspects, outcome = suspects_of(self.rollout, step), OUTCOMES[fate]
        if isinstance(self.plan.by_id[step].action, Migrate):
            return replace(_verdict(outcome, "rows agree"), action=GateAction.HOLD, gate="data")
        action = self.data.draw(ACTIONS) if outcome is Outcome.FAIL else GateAction.ROLLBACK
        if outcome is not Outcome.FAIL or len(suspects) < 2:
            return replace(_verdict(outcome), action=action)
        answer = self.data.draw(self.answers_drawn)
        culprits = self.data.draw(st.permutations(suspects))[: _CULPRITS.get(answer, 0)]
        attribution = Attribution(
            answer=answer,
            basis=Basis.TRACES,
            reason="as drawn",
            culprits=tuple(canary_of(self.plan.by_id[culprit]) for culprit in culprits),
        )
        return replace(_verdict(outcome, self.data.draw(CHECKS)), attribution=attribution, action=action)

    # --- what must be true at any moment --------------------------------------------------------

    def hear(self, heard: Event) -> None:
        before = self.rollout
        concerns = not isinstance(heard, WorldEvent) or _concerns(before, heard)
        if concerns and isinstance(heard, SymptomWatched):
            event(f"watched {'and given up' if heard.given_up else heard.tally}")
        if concerns:
            self._expect(before, heard)
        after, commands = machine.advance(before, heard)
        assert concerns or (after, commands) == (before, ()), "a late answer changed something"
        assert set(commands) == set(machine.outstanding(after)) - set(machine.outstanding(before))
        self.rollout = after
        self._asked_for(commands)
        self._note_promoted(before, heard)
        if concerns and isinstance(heard, StageApplied):
            self._check_acknowledged(heard.step)
        if concerns and isinstance(heard, ApplyFailed) and self._tidies(heard.step):
            self._check_only_blocked(before, heard.step)
        self._check_faulty()
        self._check_parked()
        self._check_begun(before, commands)
        self._check_stopped(before, commands)
        self._check_explained()

    def _asked_for(self, commands: tuple[Command, ...]) -> None:
        for command in commands:
            assert command.attempt not in self.attempts, "an attempt was given out twice"
            self.attempts.add(command.attempt)
        self.asked += commands

    def _expect(self, before: Rollout, heard: Event) -> None:
        """Note what an event that is about the present entitles the machine to."""
        match heard:
            case ApplyFailed():
                self.world.failed(_asking(before, heard.step))
                self._note_fault(heard.step)
            case RevertFailed():
                self.world.failed(_asking(before, heard.step))
            case VerdictReached(step=step, verdict=verdict):
                stage = before.stage(step)
                assert stage is not None
                if verdict.outcome is Outcome.PASS:
                    self.world.passed.add((step, before.steps[step].stage))
                fails = verdict.outcome is Outcome.FAIL and verdict.action is not GateAction.HOLD
                gives_up = stage.on_insufficient is OnInsufficient.ROLLBACK
                if fails:
                    self._note_blamed(before, step, verdict)
                elif verdict.outcome is Outcome.INSUFFICIENT and gives_up:
                    self._note_fault(step)
            case RollbackRequested(step=None) if machine.refusal(before, heard) is None:
                self.everything_back = True
            case _:
                pass

    def _note_blamed(self, before: Rollout, step: StepId, verdict: Verdict) -> None:
        """Who is named goes back; where nobody is, somebody may, and all do if the change says so."""
        found = blame(before, step, verdict)
        event(f"at fault: {found.fault}")
        lower = verdict.action is GateAction.STEP_DOWN and before.steps[step].stage > 0
        if found.culprit == step and lower:
            event("steps down")
        elif found.culprit is not None:
            self._note_fault(found.culprit)
        elif self.change.on_failure is OnFailure.ALL:
            self.everything_back = True

    def _note_fault(self, step: StepId) -> None:
        if self._tidies(step):
            return
        self.faulty.add(step)
        if self.change.on_failure is OnFailure.ALL:
            self.everything_back = True

    def _note_promoted(self, before: Rollout, heard: Event) -> None:
        """What a person let pass counts as proven; what never came about was waived."""
        if not isinstance(heard, PromoteRequested):
            return
        for step, state in before.steps.items():
            if self.rollout.steps[step].stage > state.stage:
                self.world.passed.add((step, state.stage))
                if state.status is StepStatus.BLOCKED:
                    self.waived.add(step)

    def _check_acknowledged(self, step: StepId) -> None:
        if isinstance(self.plan.by_id[step].action, Exposing):
            assert self.rollout.steps[step].exposure == self.world.unit(step).exposure

    def _check_begun(self, before: Rollout, commands: tuple[Command, ...]) -> None:
        """A pause lets nothing begin; an old version goes only when every release and flag is through or undone."""
        applies = [command.step for command in commands if isinstance(command, ApplyStage)]
        begun = [step for step in applies if self.rollout.steps[step].status is not StepStatus.LOWERING]
        paused = before.phase is self.rollout.phase is Phase.PAUSED
        assert not (begun and paused), f"begun in a pause: {begun}"
        awaited = self.plan.follows[THROUGH]
        under_way = [step for step in awaited if self.rollout.steps[step].status not in SETTLED]
        for step in begun:
            if self._tidies(step) and before.steps[step].status is StepStatus.WAITING:
                assert not under_way, f"{step} before {under_way}"
            given = {approval.owner for approval in self.rollout.steps[step].approved}
            assert given.issuperset(self.plan.by_id[step].approvals), f"{step} without approval"

    def _check_only_blocked(self, before: Rollout, retire: StepId) -> None:
        """An old version that would not go is no fault of the release: a person decides."""
        others = {**self.rollout.steps, retire: before.steps[retire]}
        assert (self.rollout.phase, others) == (before.phase, before.steps)
        assert self.rollout.steps[retire].status is StepStatus.BLOCKED

    def _check_faulty(self) -> None:
        """What was at fault goes back at once, and never comes again."""
        for step in self.faulty:
            gone = self.rollout.steps[step].status in GOING_BACK
            assert gone or self.is_irreversible(step), f"{step} was at fault and stays"

    def _check_parked(self) -> None:
        """What is switched off has nothing that builds on it, and is on its way to be on again, or waits for people."""
        for step, state in self.rollout.steps.items():
            if state.status in (StepStatus.PARKING, StepStatus.PARKED):
                above = [other for other in self.plan.required_by[step] if self.rollout.steps[other].begun]
                assert not above, f"{step} is switched off under {above}"
                assert self.rollout.phase in (Phase.RUNNING, Phase.PAUSED)

    def _tidies(self, step: StepId) -> bool:
        return tidies(self.plan.by_id[step].action)

    def _check_stopped(self, before: Rollout, commands: tuple[Command, ...]) -> None:
        """Once it is stopped, the rollout only goes back, or carries on with what cannot be undone."""
        if self.rollout.phase is Phase.UNDOING and self.world.stopped_at is None:
            self.world.stopped_at = before.attempts
        if self.world.stopped_at is None:
            return
        assert self.rollout.phase in {Phase.UNDOING, *ENDED}
        for step, state in before.steps.items():
            now = self.rollout.steps[step]
            assert now.exposure <= state.exposure or self.is_irreversible(step), f"{step} grew"
            assert state.status not in GOING_BACK or now.status in GOING_BACK, f"{step} came again"
        for command in commands:
            forth = not isinstance(command, RevertStep)
            assert not forth or self.is_irreversible(command.step), f"begun after the end: {command}"

    def _check_explained(self) -> None:
        said = {e.step for e in explain(self.rollout) if e.waits_for and e.why}
        unsettled = {step for step, state in self.rollout.steps.items() if state.status not in SETTLED}
        assert self.rollout.phase in ENDED or said == unsettled
        assert bool(unsettled) == (self.rollout.phase not in ENDED)

    def is_irreversible(self, step: StepId) -> bool:
        return self.plan.by_id[step].reversibility is Reversibility.IRREVERSIBLE

    # --- what must be true at the end -----------------------------------------------------------

    def assert_safe_end(self) -> None:
        """The phase says what is left, the world agrees, and what stays stands on what it needs."""
        phase, done = self.rollout.phase, self.done()
        effects = {step.id for step in self.plan.steps if has_effect(step)}
        wanted = Phase.COMPLETED if done == effects else Phase.PARTIAL if done else Phase.ROLLED_BACK
        assert phase is wanted
        assert phase is not Phase.ROLLED_BACK or self.world.untouched()
        for step in done:
            assert done.issuperset(self.plan.requires[step]), f"{step} stands on nothing"
        for step in effects:
            self._assert_world_agrees(step, is_done=step in done)
        kept = graph.reachable(self.plan.requires, filter(self.is_irreversible, done))
        assert not self.everything_back or done <= kept
        for step in done - kept:
            serves = self.plan.by_id[step].serves
            assert serves is None or serves in done, f"{step} stays for nothing"

    def done(self) -> set[StepId]:
        return {
            id_
            for id_, state in self.rollout.steps.items()
            if state.status is StepStatus.DONE and has_effect(self.plan.by_id[id_])
        }

    def _assert_world_agrees(self, step: StepId, *, is_done: bool) -> None:
        unit = self.world.unit(step)
        match self.plan.by_id[step].action:
            case Expose() | ExposeFlag():
                assert not unit.moving
                assert unit.exposure == self.rollout.steps[step].exposure == (1.0 if is_done else 0.0)
            case Deploy() | RemoveFlag():
                assert unit.new_runs == is_done
            case Retire() if step not in self.waived:
                assert unit.old_runs != is_done
            case RunTask() | Migrate() if step not in self.waived:
                assert unit.new_runs == is_done
            case _:
                pass


def _verdict(outcome: Outcome, name: str = "errors") -> Verdict:
    check = CheckResult(name=name, outcome=outcome, canary_requests=700, canary_bad=100, log_harm=0.1)
    return Verdict(outcome=outcome, reason="as drawn", checks=(check,), gate="boundaries")


def _concerns(rollout: Rollout, heard: WorldEvent) -> bool:
    """Does the answer answer what is being asked now?"""
    if isinstance(heard, SymptomWatched):
        return rollout.isolation is not None and rollout.isolation.attempt == heard.attempt
    state = rollout.steps[heard.step]
    return state.attempt == heard.attempt and state.status in ASKED_BY[type(heard)]


def _asking(rollout: Rollout, step: StepId) -> Effect:
    (command,) = [asked for asked in machine.outstanding(rollout) if asked.step == step]
    assert not isinstance(command, JudgeStage | WatchSymptom)
    return command
