"""Which versions of a service may be live, by the rollouts of an environment."""

from collections.abc import Iterable, Mapping

from tidegate.core.ids import ServiceName, StepId, Version
from tidegate.core.plan.steps import Expose
from tidegate.core.rollout.state import ENDED, Rollout


def deployed(rollouts: Iterable[Rollout]) -> Mapping[ServiceName, frozenset[Version]]:
    """The versions of each service that was released; `rollouts` come newest first, and the newest decides."""
    found: dict[ServiceName, frozenset[Version]] = {}
    for rollout in rollouts:
        for step in rollout.plan.steps:
            if isinstance(step.action, Expose):
                found.setdefault(step.action.service, _live(rollout, step.id, step.action))
    return found


def _live(rollout: Rollout, id_: StepId, action: Expose) -> frozenset[Version]:
    """Both versions, but where the rollout has ended with all the traffic on one."""
    exposure = rollout.steps[id_].exposure if rollout.phase in ENDED else None
    one = {0.0: action.old, 1.0: action.new}.get(exposure) if exposure is not None else None
    return frozenset({action.old, action.new} if one is None else {one})
