"""What keeps an approval from being taken, and how to give those that are awaited."""

from tidegate.core.ids import OwnerName, StepId
from tidegate.core.rollout.events import ApprovalGiven
from tidegate.core.rollout.state import Rollout, StepStatus, unapproved


def awaited(rollout: Rollout, step: StepId) -> tuple[OwnerName, ...]:
    """The owners whose approval a step waits for before it begins."""
    state = rollout.steps[step]
    waiting = state.status is StepStatus.WAITING and state.stage == 0
    return unapproved(rollout.step(step), state) if waiting else ()


def unapprovable(rollout: Rollout, event: ApprovalGiven) -> str | None:
    """Why an approval does not fit the present, and what would; None if it fits."""
    step, owner = event.step, event.owner
    needed, missing = rollout.step(step).approvals, awaited(rollout, step)
    if not needed:
        return f"{step} needs nobody's approval"
    if owner not in needed:
        return f"{step} needs no approval of {owner!r}; it needs that of {', '.join(needed)}"
    if owner in missing:
        return None
    given = [each for each in rollout.steps[step].approved if each.owner == owner]
    if given:
        return f"{given[0].by} has approved of {step} for {owner} already"
    return f"{step} awaits no approval: it is {rollout.steps[step].status}"


def how_to(rollout: Rollout, step: StepId) -> str:
    """How the next approval that a step waits for is given."""
    owner = awaited(rollout, step)[0]
    return f"tidegate approve {rollout.id} {step} --owner {owner} --reason TEXT"
