"""Which releases may have done what the gate of a step sees, and which of them costs least to undo."""

from collections.abc import Iterable

from tidegate.core.gates.evidence import VersionedService
from tidegate.core.ids import StepId
from tidegate.core.plan.plan import Plan, undo_set
from tidegate.core.plan.steps import Expose
from tidegate.core.rollout.state import LEAVING, SETTLED, Rollout, StepStatus


def exposures(plan: Plan) -> tuple[StepId, ...]:
    """The steps that move traffic."""
    return tuple(step.id for step in plan.steps if isinstance(step.action, Expose))


def suspects_of(rollout: Rollout, step: StepId) -> tuple[StepId, ...]:
    """The exposures that were live, and not yet done, while evidence about `step` was gathered; its own too."""
    since = rollout.steps[step].evidence_from
    return tuple(each for each in exposures(rollout.plan) if each == step or _was_live(rollout, each, since))


def live_beside(rollout: Rollout, step: StepId) -> tuple[StepId, ...]:
    """Those of the suspects that have traffic now and may be switched off."""
    return tuple(each for each in suspects_of(rollout, step) if rollout.steps[each].status in _SWITCHABLE)


_SWITCHABLE = frozenset({StepStatus.APPLYING, StepStatus.JUDGING, StepStatus.HOLDING, StepStatus.EXCUSED})


def _was_live(rollout: Rollout, step: StepId, since: float) -> bool:
    state = rollout.steps[step]
    if state.status is StepStatus.REVERTED:
        return state.since > since
    return state.status in LEAVING or (state.status not in SETTLED and state.exposure > 0.0)


def step_of(rollout: Rollout, culprit: VersionedService) -> StepId | None:
    """The step that exposes that version, if it is one of this change."""
    for step in rollout.plan.steps:
        action = step.action
        if isinstance(action, Expose) and (action.service, action.new) == (culprit.service, culprit.version):
            return step.id
    return None


def cheapest(rollout: Rollout, steps: Iterable[StepId]) -> StepId:
    """The one that costs least to undo: fewest steps go with it, then least exposed, then latest in the plan."""
    begun, order = rollout.begun(), list(rollout.plan.by_id)

    def cost(step: StepId) -> tuple[int, float, int]:
        undone = undo_set(rollout.plan, [step], begun).steps
        return len(undone), rollout.steps[step].exposure, -order.index(step)

    return min(steps, key=cost)
