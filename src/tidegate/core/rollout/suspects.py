"""Which releases and flags may have done what the gate of a step sees, and which of them costs least to undo."""

from collections.abc import Iterable

from tidegate.core.gates.evidence import VersionedService
from tidegate.core.ids import StepId
from tidegate.core.plan.plan import Plan, undo_set
from tidegate.core.plan.steps import Expose, ExposeFlag, Exposing
from tidegate.core.rollout.isolation import canary_of
from tidegate.core.rollout.state import LEAVING, SETTLED, Rollout, StepStatus


def exposures(plan: Plan) -> tuple[StepId, ...]:
    """The steps that move traffic or users."""
    return tuple(step.id for step in plan.steps if isinstance(step.action, Exposing))


def suspects_of(rollout: Rollout, step: StepId) -> tuple[StepId, ...]:
    """The exposures that were live, and not yet done, while evidence about `step` was gathered; its own too."""
    since = rollout.steps[step].evidence_from
    return tuple(each for each in exposures(rollout.plan) if each == step or _was_live(rollout, each, since))


def live_beside(rollout: Rollout, step: StepId) -> tuple[StepId, ...]:
    """Those of the suspects that have traffic now and may be switched off."""
    return tuple(each for each in suspects_of(rollout, step) if rollout.steps[each].status in _SWITCHABLE)


_SWITCHABLE = frozenset(
    {
        StepStatus.APPLYING,
        StepStatus.JUDGING,
        StepStatus.LOWERING,
        StepStatus.HOLDING,
        StepStatus.EXCUSED,
    }
)


def _was_live(rollout: Rollout, step: StepId, since: float) -> bool:
    state = rollout.steps[step]
    if state.status is StepStatus.REVERTED:
        return state.since > since
    return state.status in LEAVING or (state.status not in SETTLED and state.exposure > 0.0)


def flags_on(rollout: Rollout, step: StepId) -> tuple[StepId, ...]:
    """Those of the live suspects that are flags which the service of `step` implements: part of its own behaviour."""
    action = rollout.plan.by_id[step].action
    if not isinstance(action, Expose):
        return ()
    beside = ((each, rollout.plan.by_id[each].action) for each in live_beside(rollout, step))
    return tuple(
        each for each, flag in beside if isinstance(flag, ExposeFlag) and action.service in flag.services
    )


def step_of(rollout: Rollout, culprit: VersionedService) -> StepId | None:
    """The step that exposes that version, if it is one of this change; of several that expose a flag the live one."""
    exposing = [
        step.id
        for step in rollout.plan.steps
        if isinstance(step.action, Exposing) and canary_of(step) == culprit
    ]

    def liveness(step: StepId) -> tuple[bool, bool]:
        state = rollout.steps[step]
        return state.begun and state.status not in SETTLED, state.begun

    return max(exposing, key=liveness, default=None)


def cheapest(rollout: Rollout, steps: Iterable[StepId]) -> StepId:
    """The one that costs least to undo: a flag, then fewest steps go with it, least exposed, latest in the plan."""
    begun, order = rollout.begun(), list(rollout.plan.by_id)

    def cost(step: StepId) -> tuple[bool, int, float, int]:
        undone = undo_set(rollout.plan, [step], begun).steps
        switched = isinstance(rollout.plan.by_id[step].action, ExposeFlag)
        return not switched, len(undone), rollout.steps[step].exposure, -order.index(step)

    return min(steps, key=cost)
