"""The rollout machine: `advance(rollout, event) -> (rollout, commands)`, pure, driven by tables.

Two rules for this file. A status changes only through `tables.STEPS`, a phase only through `tables.PHASES`;
and nothing here reads a clock, so time comes with the events.

How it works. An event from the world concerns one step, and `STEPS` says where that step goes; whose fault a
failure is, `faults` says. Then `rules.JOINT`, which looks at several steps at once, is applied until nothing
changes: a step begins when all that it requires is done; a step is undone when nothing that builds on it is left.
What the rollout asks of the world follows from the statuses alone (`outstanding`): so whoever runs it can always
find out what should be under way, also after a crash, by looking at the state.

Answers may come late, twice or out of order. Each thing asked of the world has a number of its own, the
attempt; an answer that does not carry the number of what was asked last is not about the present and changes
nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from tidegate.core.change import OnFailure
from tidegate.core.gates.evidence import VersionedService
from tidegate.core.gates.verdict import Outcome, Verdict
from tidegate.core.ids import RolloutId, StepId
from tidegate.core.plan.plan import Plan
from tidegate.core.plan.steps import tidies
from tidegate.core.rollout.approvals import unapprovable
from tidegate.core.rollout.commands import Command, WatchSymptom
from tidegate.core.rollout.draft import Draft, said_by
from tidegate.core.rollout.events import (
    ApprovalGiven,
    Event,
    Operation,
    OperatorEvent,
    PromoteRequested,
    RollbackRequested,
    StageApplied,
    StepEvent,
    StepReverted,
    SymptomWatched,
    VerdictReached,
    WorldEvent,
)
from tidegate.core.rollout.faults import Blame, Fault, blame, differs
from tidegate.core.rollout.isolation import isolation_of, isolation_on
from tidegate.core.rollout.rules import settle
from tidegate.core.rollout.state import (
    ENDED,
    GOING_BACK,
    SETTLED,
    Approval,
    Phase,
    Rollout,
    StepState,
    StepStatus,
    has_effect,
)
from tidegate.core.rollout.suspects import flags_on, live_beside, step_of
from tidegate.core.rollout.tables import ASKS, PHASES, STEPS, Signal
from tidegate.core.strategy import GateAction, OnInsufficient


def opened(id_: RolloutId, plan: Plan, at: float) -> tuple[Rollout, tuple[Command, ...]]:
    """A new rollout of `plan`, and what it asks for first."""
    draft = Draft(
        Rollout(id=id_, plan=plan, steps={step.id: StepState(since=at) for step in plan.steps}, started_at=at)
    )
    return _settled(draft, at)


def advance(rollout: Rollout, event: Event) -> tuple[Rollout, tuple[Command, ...]]:
    """The rollout after `event`, and what it newly asks of the world.

    An event that does not concern the present, late or repeated or refused, changes nothing.
    """
    draft = Draft(rollout)
    if isinstance(event, WorldEvent):
        _hear_world(draft, event)
    elif refusal(rollout, event) is None:
        _OPERATORS[event.kind](draft, event)
    return _settled(draft, event.at)


def outstanding(rollout: Rollout) -> tuple[Command, ...]:
    """Everything that the rollout is asking of the world at this moment."""
    asked = (
        ask(step=id_, stage=state.stage, attempt=state.attempt)
        for id_, state in rollout.steps.items()
        if (ask := ASKS.get(state.status)) is not None
    )
    search = rollout.isolation
    watch = (WatchSymptom(step=search.step, attempt=search.attempt),) if search and search.attempt else ()
    return (*asked, *watch)


def refusal(rollout: Rollout, event: OperatorEvent) -> str | None:
    """Why an operator's wish does not fit the present, and what would; None if it fits."""
    if rollout.phase in ENDED:
        return f"rollout {rollout.id} has ended ({rollout.phase}); to go on from here, apply another change"
    if event.kind not in PHASES[rollout.phase]:
        possible = ", ".join(PHASES[rollout.phase])
        return f"cannot {event.kind} while the rollout is {rollout.phase}; possible now: {possible}"
    step = getattr(event, "step", None)
    if step is not None and step not in rollout.steps:
        return f"no step {step!r} in this rollout; its steps: {', '.join(rollout.steps)}"
    return _refused_for_step(rollout, event, step)


def _refused_for_step(rollout: Rollout, event: OperatorEvent, step: StepId | None) -> str | None:
    if isinstance(event, ApprovalGiven):
        return unapprovable(rollout, event)
    if isinstance(event, PromoteRequested):
        able = [id_ for id_, state in rollout.steps.items() if Signal.PROMOTED in STEPS[state.status]]
        if not able or (step is not None and step not in able):
            return f"nothing to promote; steps in a stage: {', '.join(able) or 'none'}"
    if isinstance(event, RollbackRequested) and step is not None and step not in rollout.begun():
        return f"step {step} has no effect to undo: it is {rollout.steps[step].status}"
    return None


# --- events ---------------------------------------------------------------------------------------


def _hear_world(draft: Draft, event: WorldEvent) -> None:
    if isinstance(event, SymptomWatched):
        _hear_symptom(draft, event)
    else:
        _hear_step(draft, event)


def _hear_symptom(draft: Draft, event: SymptomWatched) -> None:
    """What was seen with some suspects switched off; with an answer the culprit, if there is one, goes back."""
    search = draft.isolation
    if search is None or search.attempt != event.attempt:
        return
    draft.isolation = search.with_seen(event.tally, event.given_up)
    found = draft.isolation.toggles.answer
    if found is None:
        return
    draft.attribution = found
    steps = [_switched(draft, culprit) for culprit in found.culprits]
    for step in steps or ([search.step] if search.own else []):
        draft.isolation = None
        draft.undo([step], event.at, f"{step}: {found.reason if steps else f'{search.why}; {found.reason}'}")


def _switched(draft: Draft, culprit: VersionedService) -> StepId:
    step = step_of(draft.origin, culprit)
    assert step is not None, "only steps of this rollout are switched off"
    return step


def _hear_step(draft: Draft, event: StepEvent) -> None:
    state = draft.steps.get(event.step)
    if state is None or state.attempt != event.attempt:
        return
    signal, reason = _signal(event)
    if signal not in STEPS[state.status]:
        return
    if isinstance(event, VerdictReached):
        draft.change(event.step, verdict=event.verdict)
        draft.attribution = event.verdict.attribution or draft.attribution
    lowered = state.status is StepStatus.LOWERING and signal is Signal.APPLIED
    draft.send(event.step, signal, event.at, state.reason if lowered else reason)
    if signal in _FAULTS or (signal is Signal.UNCLEAR and _gives_up(draft, event)):
        _on_fault(draft, event, reason)


_FAULTS = frozenset({Signal.FAILED, Signal.APPLY_FAILED})
_VERDICTS = {Outcome.PASS: Signal.PASSED, Outcome.FAIL: Signal.FAILED, Outcome.INSUFFICIENT: Signal.UNCLEAR}


_ANSWERS = {
    "stage_applied": Signal.APPLIED,
    "apply_failed": Signal.APPLY_FAILED,
    "step_reverted": Signal.REVERTED,
    "revert_failed": Signal.REVERT_FAILED,
}


def _signal(event: StepEvent) -> tuple[Signal, str]:
    """What an event means for its step, and the reason in words that came with it."""
    if isinstance(event, VerdictReached):
        return _judgement(event.verdict), event.verdict.reason
    said = event.summary if isinstance(event, StageApplied | StepReverted) else event.reason
    return _ANSWERS[event.kind], said


def _judgement(verdict: Verdict) -> Signal:
    """What a verdict means for its step; a gate that holds leaves its failure for a person to decide."""
    held = verdict.outcome is Outcome.FAIL and verdict.action is GateAction.HOLD
    return Signal.UNCLEAR if held else _VERDICTS[verdict.outcome]


def _gives_up(draft: Draft, event: StepEvent) -> bool:
    unclear = isinstance(event, VerdictReached) and event.verdict.outcome is Outcome.INSUFFICIENT
    stage = draft.plan.by_id[event.step].stages[draft.steps[event.step].stage]
    return unclear and stage.on_insufficient is OnInsufficient.ROLLBACK


def _on_fault(draft: Draft, event: StepEvent, reason: str) -> None:
    """Undo everything, or what builds on whatever is at fault, as the change says; or step down, as its gate says."""
    step = event.step
    if tidies(draft.plan.by_id[step].action):
        return  # the change itself is fine; a person decides about what is old and would not go
    found = _blame(draft, event, reason)
    if found.culprit == step and _steps_down(draft, event):
        draft.send(step, Signal.STEP_DOWN, event.at, found.why)
    elif draft.plan.on_failure is OnFailure.ALL:
        draft.phase, draft.reason = Phase.UNDOING, found.why
        draft.undo(draft.steps, event.at, found.why)
    elif found.fault is Fault.NOBODY or (found.fault is Fault.UNKNOWN and _search(draft, event, found)):
        draft.change(step, reason=found.why)
    else:
        draft.undo([found.culprit or step], event.at, found.why)
        _excuse(draft, step, event.at, found)


def _steps_down(draft: Draft, event: StepEvent) -> bool:
    """Whether a gate asks for the exposure that passed last, and there is one."""
    asked = isinstance(event, VerdictReached) and event.verdict.action is GateAction.STEP_DOWN
    return asked and draft.steps[event.step].stage > 0


def _search(draft: Draft, event: StepEvent, found: Blame) -> bool:
    """Switch what is live off in turn; whether that is under way, or has told already what it could."""
    assert isinstance(event, VerdictReached), "only of verdicts it is unknown who is at fault"
    if draft.isolation is None:
        step, rollout = draft.plan.by_id[event.step], draft.frozen()
        stage = step.stages[draft.steps[event.step].stage]
        flags = flags_on(rollout, event.step) if differs(event.verdict) else ()
        live = [draft.plan.by_id[each] for each in flags or live_beside(rollout, event.step)]
        search = isolation_on if flags else isolation_of
        draft.isolation = search(step, stage, event.verdict, live, found.why)
        if (
            not flags and len(live) == 1
        ):  # the others have gone: what was seen while they were live condemns nobody
            draft.send(event.step, Signal.EXCUSED, event.at, found.why)
            return True
    return draft.isolation is not None


def _blame(draft: Draft, event: StepEvent, reason: str) -> Blame:
    if isinstance(event, VerdictReached) and event.verdict.outcome is Outcome.FAIL:
        return blame(draft.frozen(), event.step, event.verdict)
    return Blame(fault=Fault.OF, culprit=event.step, why=f"{event.step}: {reason}")


def _excuse(draft: Draft, step: StepId, at: float, found: Blame) -> None:
    """Excuse a step that holds for another's fault; it holds on if that one cannot go back."""
    if found.culprit is None or Signal.EXCUSED not in STEPS[draft.status(step)]:
        return
    if draft.status(found.culprit) in GOING_BACK:
        draft.send(step, Signal.EXCUSED, at, f"{step} is not at fault: {found.why}")
    else:
        draft.change(step, reason=f"{found.culprit} cannot go back any more: {found.why}")


def _pause(draft: Draft, event: OperatorEvent) -> None:
    draft.enter_phase(event)


def _resume(draft: Draft, event: OperatorEvent) -> None:
    draft.enter_phase(event)
    if draft.isolation is not None and not draft.isolation.searching:
        draft.isolation = None
    for step, state in tuple(draft.steps.items()):
        if Signal.RETRIED in STEPS[state.status]:
            draft.send(step, Signal.RETRIED, event.at, said_by(event))


def _promote(draft: Draft, event: OperatorEvent) -> None:
    draft.enter_phase(event)
    wanted = getattr(event, "step", None)
    for step, state in tuple(draft.steps.items()):
        if wanted in (None, step) and Signal.PROMOTED in STEPS[state.status]:
            draft.send(step, Signal.PROMOTED, event.at, said_by(event))


def _abort(draft: Draft, event: OperatorEvent) -> None:
    draft.enter_phase(event)
    unfinished = [id_ for id_, state in draft.steps.items() if state.status not in SETTLED]
    draft.undo(unfinished, event.at, said_by(event))


def _roll_back(draft: Draft, event: OperatorEvent) -> None:
    step = getattr(event, "step", None)
    if step is None:
        draft.enter_phase(event)
    draft.undo(draft.steps if step is None else [step], event.at, said_by(event))


def _approve(draft: Draft, event: OperatorEvent) -> None:
    assert isinstance(event, ApprovalGiven), "by its kind"
    approval = Approval(owner=event.owner, by=event.by, at=event.at, reason=event.reason)
    draft.change(event.step, approved=(*draft.steps[event.step].approved, approval))


_OPERATORS: Mapping[Operation, Callable[[Draft, OperatorEvent], None]] = {
    "pause": _pause,
    "resume": _resume,
    "promote": _promote,
    "abort": _abort,
    "rollback": _roll_back,
    "approve": _approve,
}


# --- the end --------------------------------------------------------------------------------------


def _settled(draft: Draft, at: float) -> tuple[Rollout, tuple[Command, ...]]:
    before = frozenset(outstanding(draft.origin))
    settle(draft, at)
    rollout = _ended(draft.frozen(), at)
    return rollout, tuple(command for command in outstanding(rollout) if command not in before)


def _ended(rollout: Rollout, at: float) -> Rollout:
    """The rollout with its end, if every step is settled."""
    if rollout.phase in ENDED or any(state.status not in SETTLED for state in rollout.steps.values()):
        return rollout
    done = [
        state.status is StepStatus.DONE
        for id_, state in rollout.steps.items()
        if has_effect(rollout.step(id_))
    ]
    phase = Phase.COMPLETED if all(done) else Phase.PARTIAL if any(done) else Phase.ROLLED_BACK
    return replace(rollout, phase=phase, ended_at=at)
