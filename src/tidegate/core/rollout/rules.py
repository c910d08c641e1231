"""The rules that look at several steps at once, applied until nothing changes."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from tidegate.core.ids import StepId
from tidegate.core.rollout.draft import Draft
from tidegate.core.rollout.state import GOING_BACK, LEAVING, SETTLED, Phase, StepStatus
from tidegate.core.rollout.suspects import exposures
from tidegate.core.rollout.tables import Signal


def _may_finish(draft: Draft, step: StepId) -> bool:
    return draft.steps[step].stage == len(draft.plan.by_id[step].stages) and _may_go(draft, step)


def _may_begin(draft: Draft, step: StepId) -> bool:
    return draft.phase is Phase.RUNNING and _may_go(draft, step)


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


def _no_traffic_goes_back(draft: Draft, _: StepId) -> bool:
    return not any(draft.status(other) in LEAVING for other in exposures(draft.plan))


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
    Rule(StepStatus.JUDGING, _needs_no_judging, Signal.PASSED),
    Rule(StepStatus.EXCUSED, _no_traffic_goes_back, Signal.CLEARED),
    Rule(StepStatus.RETURNING, _nothing_builds_on_it, Signal.RELEASED),
)
"""Applied until nothing changes; for one step the first rule that holds wins."""


_IDLE = "it was there for the sake of a step that is not done any more"


def settle(draft: Draft, at: float) -> None:
    """Apply every rule until nothing changes."""
    _apply_joint_rules(draft, at)
    while draft.undo([step for step in draft.steps if _serves_nothing(draft, step)], at, _IDLE):
        _apply_joint_rules(draft, at)


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
