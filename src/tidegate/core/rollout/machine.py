"""The rollout machine: `advance(rollout, event) -> (rollout, commands)`, pure, driven by tables.

Two rules for this file. A status changes only through `tables.STEPS`, a phase only through `tables.PHASES`;
and nothing here reads a clock, so time comes with the events.

How it works. An event from the world concerns one step, and `STEPS` says where that step goes. Then `JOINT`,
the rules that look at several steps at once, is applied until nothing changes: a step begins when all that it
requires is done; a step is undone when nothing that builds on it is left. What the rollout asks of the world
follows from the statuses alone (`outstanding`): so whoever runs it can always find out what should be under
way, also after a crash, by looking at the state.

Answers may come late, twice or out of order. Each thing asked of the world has a number of its own, the
attempt; an answer that does not carry the number of what was asked last is not about the present and changes
nothing.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from tidegate.core.change import OnFailure
from tidegate.core.gates.verdict import Outcome, Verdict
from tidegate.core.ids import RolloutId, StepId
from tidegate.core.plan.plan import Plan, undo_set
from tidegate.core.plan.steps import Retire
from tidegate.core.rollout.commands import Command
from tidegate.core.rollout.events import (
    Event,
    Operation,
    OperatorEvent,
    PromoteRequested,
    RollbackRequested,
    StageApplied,
    StepReverted,
    VerdictReached,
    WorldEvent,
)
from tidegate.core.rollout.state import (
    ENDED,
    GOING_BACK,
    SETTLED,
    Phase,
    Rollout,
    StepState,
    StepStatus,
    has_effect,
)
from tidegate.core.rollout.tables import ASKS, PASSES, PHASES, STEPS, Signal
from tidegate.core.strategy import GateAction, OnInsufficient


def opened(id_: RolloutId, plan: Plan, at: float) -> tuple[Rollout, tuple[Command, ...]]:
    """A new rollout of `plan`, and what it asks for first."""
    draft = _Draft(
        Rollout(id=id_, plan=plan, steps={step.id: StepState(since=at) for step in plan.steps}, started_at=at)
    )
    return _settled(draft, at)


def advance(rollout: Rollout, event: Event) -> tuple[Rollout, tuple[Command, ...]]:
    """The rollout after `event`, and what it newly asks of the world.

    An event that does not concern the present, late or repeated or refused, changes nothing.
    """
    draft = _Draft(rollout)
    if isinstance(event, WorldEvent):
        _hear_world(draft, event)
    elif refusal(rollout, event) is None:
        _OPERATORS[event.kind](draft, event)
    return _settled(draft, event.at)


def outstanding(rollout: Rollout) -> tuple[Command, ...]:
    """Everything that the rollout is asking of the world at this moment."""
    return tuple(
        ask(step=id_, stage=state.stage, attempt=state.attempt)
        for id_, state in rollout.steps.items()
        if (ask := ASKS.get(state.status)) is not None
    )


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
    if isinstance(event, PromoteRequested):
        able = [id_ for id_, state in rollout.steps.items() if Signal.PROMOTED in STEPS[state.status]]
        if not able or (step is not None and step not in able):
            return f"nothing to promote; steps in a stage: {', '.join(able) or 'none'}"
    if isinstance(event, RollbackRequested) and step is not None and step not in rollout.begun():
        return f"step {step} has no effect to undo: it is {rollout.steps[step].status}"
    return None


# --- events ---------------------------------------------------------------------------------------


def _hear_world(draft: "_Draft", event: WorldEvent) -> None:
    state = draft.steps.get(event.step)
    if state is None or state.attempt != event.attempt:
        return
    signal, reason = _signal(event)
    if signal not in STEPS[state.status]:
        return
    if isinstance(event, VerdictReached):
        draft.change(event.step, verdict=event.verdict)
    draft.send(event.step, signal, event.at, reason)
    if signal in _FAULTS or (signal is Signal.UNCLEAR and _gives_up(draft, event)):
        _on_fault(draft, event.step, event.at, reason)


_FAULTS = frozenset({Signal.FAILED, Signal.APPLY_FAILED})
_VERDICTS = {Outcome.PASS: Signal.PASSED, Outcome.FAIL: Signal.FAILED, Outcome.INSUFFICIENT: Signal.UNCLEAR}


_ANSWERS = {
    "stage_applied": Signal.APPLIED,
    "apply_failed": Signal.APPLY_FAILED,
    "step_reverted": Signal.REVERTED,
    "revert_failed": Signal.REVERT_FAILED,
}


def _signal(event: WorldEvent) -> tuple[Signal, str]:
    """What an event means for its step, and the reason in words that came with it."""
    if isinstance(event, VerdictReached):
        return _judgement(event.verdict), event.verdict.reason
    said = event.summary if isinstance(event, StageApplied | StepReverted) else event.reason
    return _ANSWERS[event.kind], said


def _judgement(verdict: Verdict) -> Signal:
    """What a verdict means for its step; a gate that holds leaves its failure for a person to decide."""
    held = verdict.outcome is Outcome.FAIL and verdict.action is GateAction.HOLD
    return Signal.UNCLEAR if held else _VERDICTS[verdict.outcome]


def _gives_up(draft: "_Draft", event: WorldEvent) -> bool:
    unclear = isinstance(event, VerdictReached) and event.verdict.outcome is Outcome.INSUFFICIENT
    stage = draft.plan.by_id[event.step].stages[draft.steps[event.step].stage]
    return unclear and stage.on_insufficient is OnInsufficient.ROLLBACK


def _on_fault(draft: "_Draft", step: StepId, at: float, reason: str) -> None:
    """A step is at fault: undo everything, or what builds on it, as the change says."""
    if isinstance(draft.plan.by_id[step].action, Retire):
        return  # the release itself is fine; a person decides about the old version that would not go
    why = f"{step}: {reason}"
    if draft.plan.on_failure is OnFailure.AFFECTED:
        draft.undo([step], at, why)
        return
    draft.phase, draft.reason = Phase.UNDOING, why
    draft.undo(draft.steps, at, why)


def _pause(draft: "_Draft", event: OperatorEvent) -> None:
    draft.enter_phase(event)


def _resume(draft: "_Draft", event: OperatorEvent) -> None:
    draft.enter_phase(event)
    for step, state in tuple(draft.steps.items()):
        if Signal.RETRIED in STEPS[state.status]:
            draft.send(step, Signal.RETRIED, event.at, _by(event))


def _promote(draft: "_Draft", event: OperatorEvent) -> None:
    draft.enter_phase(event)
    wanted = getattr(event, "step", None)
    for step, state in tuple(draft.steps.items()):
        if wanted in (None, step) and Signal.PROMOTED in STEPS[state.status]:
            draft.send(step, Signal.PROMOTED, event.at, _by(event))


def _abort(draft: "_Draft", event: OperatorEvent) -> None:
    draft.enter_phase(event)
    unfinished = [id_ for id_, state in draft.steps.items() if state.status not in SETTLED]
    draft.undo(unfinished, event.at, _by(event))


def _roll_back(draft: "_Draft", event: OperatorEvent) -> None:
    step = getattr(event, "step", None)
    if step is None:
        draft.enter_phase(event)
    draft.undo(draft.steps if step is None else [step], event.at, _by(event))


def _by(event: OperatorEvent) -> str:
    return f"{event.kind} by {event.by}: {event.reason}"


_OPERATORS: Mapping[Operation, Callable[["_Draft", OperatorEvent], None]] = {
    "pause": _pause,
    "resume": _resume,
    "promote": _promote,
    "abort": _abort,
    "rollback": _roll_back,
}


# --- rules that look at several steps -------------------------------------------------------------


def _may_finish(draft: "_Draft", step: StepId) -> bool:
    return draft.steps[step].stage == len(draft.plan.by_id[step].stages) and _may_go(draft, step)


def _may_begin(draft: "_Draft", step: StepId) -> bool:
    return draft.phase is Phase.RUNNING and _may_go(draft, step)


def _may_go(draft: "_Draft", step: StepId) -> bool:
    required = all(draft.status(other) is StepStatus.DONE for other in draft.plan.requires[step])
    return required and all(draft.status(other) in SETTLED for other in draft.plan.follows[step])


def _will_never_begin(draft: "_Draft", step: StepId) -> bool:
    if draft.steps[step].stage > 0:
        return False
    return draft.phase is Phase.UNDOING or any(
        draft.status(other) in GOING_BACK for other in draft.plan.requires[step]
    )


def _needs_no_judging(draft: "_Draft", step: StepId) -> bool:
    stage = draft.plan.by_id[step].stages[draft.steps[step].stage]
    return not stage.gates and stage.bake == 0


def _nothing_builds_on_it(draft: "_Draft", step: StepId) -> bool:
    return not any(draft.steps[other].begun for other in draft.plan.required_by[step])


@dataclass(frozen=True, slots=True)
class Rule:
    """While a step is in `status` and `holds` is true of it, it gets `signal`."""

    status: StepStatus
    holds: Callable[["_Draft", StepId], bool]
    signal: Signal


JOINT = (
    Rule(StepStatus.WAITING, _may_finish, Signal.FINISHED),
    Rule(StepStatus.WAITING, _will_never_begin, Signal.SKIP),
    Rule(StepStatus.WAITING, _may_begin, Signal.BEGIN),
    Rule(StepStatus.JUDGING, _needs_no_judging, Signal.PASSED),
    Rule(StepStatus.RETURNING, _nothing_builds_on_it, Signal.RELEASED),
)
"""Applied until nothing changes; for one step the first rule that holds wins."""


_IDLE = "it was there for the sake of a step that is not done any more"


def _serves_nothing(draft: "_Draft", step: StepId) -> bool:
    """Is the step done for the sake of another that went back or will never begin?"""
    served = draft.plan.by_id[step].serves
    return draft.status(step) is StepStatus.DONE and served is not None and draft.status(served) in GOING_BACK


def _apply_joint_rules(draft: "_Draft", at: float) -> None:
    queue = deque(draft.steps)
    queued = set(queue)
    while queue:
        step = queue.popleft()
        queued.discard(step)
        if draft.apply_rules(step, at):
            touched = [other for other in (step, *draft.neighbours(step)) if other not in queued]
            queue.extend(touched)
            queued.update(touched)


def _settled(draft: "_Draft", at: float) -> tuple[Rollout, tuple[Command, ...]]:
    before = frozenset(outstanding(draft.origin))
    _apply_joint_rules(draft, at)
    while draft.undo([step for step in draft.steps if _serves_nothing(draft, step)], at, _IDLE):
        _apply_joint_rules(draft, at)
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


class _Draft:
    """A rollout in the making: the one place where steps change, and only inside `advance`."""

    def __init__(self, rollout: Rollout) -> None:
        self.origin = rollout
        self.plan = rollout.plan
        self.steps = dict(rollout.steps)
        self.phase = rollout.phase
        self.reason = rollout.reason
        self.attempts = rollout.attempts

    def frozen(self) -> Rollout:
        return replace(
            self.origin, steps=self.steps, phase=self.phase, reason=self.reason, attempts=self.attempts
        )

    def status(self, step: StepId) -> StepStatus:
        return self.steps[step].status

    def change(self, step: StepId, **fields: object) -> None:
        self.steps[step] = replace(self.steps[step], **fields)  # type: ignore[arg-type]

    def neighbours(self, step: StepId) -> Iterable[StepId]:
        """The steps whose rules look at `step`."""
        plan = self.plan
        return (*plan.required_by[step], *plan.requires[step], *plan.followed_by[step])

    def enter_phase(self, event: OperatorEvent) -> None:
        """A rollout that runs needs no reason, and one that goes back keeps its first."""
        before, self.phase = self.phase, PHASES[self.phase][event.kind]
        if self.phase is Phase.RUNNING:
            self.reason = ""
        elif self.phase is not before:
            self.reason = _by(event)

    def send(self, step: StepId, signal: Signal, at: float, reason: str = "") -> None:
        """Move one step as `STEPS` says."""
        state = self.steps[step]
        status = STEPS[state.status][signal]
        if status in ASKS:
            self.attempts += 1
        self.steps[step] = replace(
            state,
            status=status,
            stage=state.stage + (signal in PASSES),
            attempt=self.attempts if status in ASKS else state.attempt,
            exposure=self._exposure(step, signal),
            since=at,
            reason=reason,
        )

    def _exposure(self, step: StepId, signal: Signal) -> float:
        """The exposure that the world has acknowledged, after `signal`."""
        state = self.steps[step]
        if signal is Signal.APPLIED:
            return self.plan.by_id[step].stages[state.stage].exposure
        return 0.0 if signal is Signal.REVERTED else state.exposure

    def apply_rules(self, step: StepId, at: float) -> bool:
        """Apply the first joint rule that holds for a step; whether one did."""
        for rule in JOINT:
            if rule.status is self.status(step) and rule.holds(self, step):
                self.send(step, rule.signal, at, self.steps[step].reason)
                return True
        return False

    def undo(self, seeds: Iterable[StepId], at: float, reason: str) -> bool:
        """Send back the smallest set of steps with which `seeds` can be undone safely; whether any moved."""
        begun = self.frozen().begun()
        undone = undo_set(self.plan, begun.intersection(seeds), begun).steps
        moving = [step for step in undone if Signal.UNDO in STEPS[self.status(step)]]
        for step in moving:
            self.send(step, Signal.UNDO, at, reason)
        return bool(moving)
