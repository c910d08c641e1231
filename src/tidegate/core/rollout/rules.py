"""The rules that look at several steps at once, applied until nothing changes."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from tidegate.core.ids import StepId
from tidegate.core.rollout.draft import Draft
from tidegate.core.rollout.state import GOING_BACK, LEAVING, SETTLED, Phase, StepStatus, unapproved
from tidegate.core.rollout.suspects import exposures
from tidegate.core.rollout.tables import Signal


def _may_finish(draft: Draft, step: StepId) -> bool:
    return draft.steps[step].stage == len(draft.plan.by_id[step].stages) and _may_go(draft, step)


def _may_begin(draft: Draft, step: StepId) -> bool:
    searching = draft.isolation is not None and draft.isolation.searching and not draft.isolated(step)
    return (
        draft.phase is Phase.RUNNING and not searching and _may_go(draft, step) and _is_approved(draft, step)
    )


def _is_approved(draft: Draft, step: StepId) -> bool:
    return not unapproved(draft.plan.by_id[step], draft.steps[step])


def _may_go(draft: Draft, step: StepId) -> bool:
    required = all(draft.status(other) is StepStatus.DONE for other in draft.plan.requires[step])
    return required and all(draft.status(other) in SETTLED for other in draft.plan.follows[step])


def _will_never_begin(draft: Draft, step: StepId) -> bool:
    if draft.steps[step].stage > 0:
        return False
    return draft.phase is Phase.UNDOING or any(
        draft.status(other) in GOING_BACK for other in draft.plan.requires[step]
    )


def _needs_no_judging(draft: Draft, step: StepId) -> bool:
    stage = draft.plan.by_id[step].stages[draft.steps[step].stage]
    return not stage.gates and stage.bake == 0


def _is_suspect(draft: Draft, step: StepId) -> bool:
    return draft.isolated(step)


def _is_to_be_off(draft: Draft, step: StepId) -> bool:
    return draft.off(step)


def _is_to_be_on(draft: Draft, step: StepId) -> bool:
    return draft.phase is Phase.RUNNING and not draft.off(step)


def _nobody_is_at_fault(draft: Draft, step: StepId) -> bool:
    return draft.isolation is not None and draft.isolation.nobody and draft.isolation.step == step


def _no_traffic_goes_back(draft: Draft, step: StepId) -> bool:
    leaving = any(draft.status(other) in LEAVING for other in exposures(draft.plan))
    return not leaving and not draft.isolated(step)


def _nothing_builds_on_it(draft: Draft, step: StepId) -> bool:
    return not any(draft.steps[other].begun for other in draft.plan.required_by[step])


@dataclass(frozen=True, slots=True)
class Rule:
    """While a step is in `status` and `holds` is true of it, it gets `signal`."""

    status: StepStatus
    holds: Callable[[Draft, StepId], bool]
    signal: Signal


JOINT = (
    Rule(StepStatus.WAITING, _may_finish, Signal.FINISHED),
    Rule(StepStatus.WAITING, _will_never_begin, Signal.SKIP),
    Rule(StepStatus.WAITING, _may_begin, Signal.BEGIN),
    Rule(StepStatus.JUDGING, _is_suspect, Signal.EXCUSED),
    Rule(StepStatus.JUDGING, _nobody_is_at_fault, Signal.FAILED),
    Rule(StepStatus.JUDGING, _needs_no_judging, Signal.PASSED),
    Rule(StepStatus.HOLDING, _is_suspect, Signal.EXCUSED),
    Rule(StepStatus.EXCUSED, _is_to_be_off, Signal.PARK),
    Rule(StepStatus.PARKED, _is_to_be_on, Signal.UNPARK),
    Rule(StepStatus.EXCUSED, _no_traffic_goes_back, Signal.CLEARED),
    Rule(StepStatus.RETURNING, _nothing_builds_on_it, Signal.RELEASED),
)
"""Applied until nothing changes; for one step the first rule that holds wins."""


_IDLE = "it was there for the sake of a step that is not done any more"


def settle(draft: Draft, at: float) -> None:
    """Apply every rule until nothing changes."""
    _close_isolation(draft)
    _apply_joint_rules(draft, at)
    while _close_isolation(draft) or _undo_idle(draft, at):
        _apply_joint_rules(draft, at)
    _watch(draft)


def _close_isolation(draft: Draft) -> bool:
    """A search ends when the rollout does, and when a suspect goes for another reason: it may have been that one."""
    if draft.isolation is None:
        return False
    gone = [step for step in exposures(draft.plan) if draft.isolated(step) and draft.status(step) in _AWAY]
    if gone or draft.phase not in (Phase.RUNNING, Phase.PAUSED):
        draft.isolation = None
    return draft.isolation is None


_AWAY = GOING_BACK | {StepStatus.DONE}


def _watch(draft: Draft) -> None:
    """Give out the number of a watch once every suspect is as it is to be, and take it back when one is not."""
    if draft.isolation is None or draft.in_place() == (draft.isolation.attempt > 0):
        return
    draft.attempts += draft.in_place()
    draft.isolation = replace(draft.isolation, attempt=draft.attempts if draft.in_place() else 0)


def _undo_idle(draft: Draft, at: float) -> bool:
    """Undo what serves nothing any more; whether there was any."""
    return draft.undo([step for step in draft.steps if _serves_nothing(draft, step)], at, _IDLE)


def _serves_nothing(draft: Draft, step: StepId) -> bool:
    """Is the step done for the sake of another that went back or will never begin?"""
    served = draft.plan.by_id[step].serves
    return draft.status(step) is StepStatus.DONE and served is not None and draft.status(served) in GOING_BACK


def _apply_joint_rules(draft: Draft, at: float) -> None:
    queue = deque(draft.steps)
    queued = set(queue)
    while queue:
        step = queue.popleft()
        queued.discard(step)
        if _applied_one(draft, step, at):
            touched = [other for other in (step, *draft.neighbours(step)) if other not in queued]
            queue.extend(touched)
            queued.update(touched)


def _applied_one(draft: Draft, step: StepId, at: float) -> bool:
    """Apply the first rule that holds for a step; whether one did."""
    for rule in JOINT:
        if rule.status is draft.status(step) and rule.holds(draft, step):
            draft.send(step, rule.signal, at, draft.steps[step].reason)
            return True
    return False
