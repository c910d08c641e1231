"""Why background work of a rollout should stand still: what its gates see, and whether it is still going on."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from tidegate.core.errors import Unavailable
from tidegate.core.gates.verdict import CheckResult, Outcome, Verdict
from tidegate.core.ids import RolloutId, StepId
from tidegate.core.rollout.state import LEAVING, Phase, Rollout, StepStatus
from tidegate.temporal.judging import Looks

GLANCE_SECONDS: Final = 2.0
"""How old the state of a rollout may be: background work asks before each of its small steps."""


@dataclass(slots=True, kw_only=True)
class RolloutHeadwind:
    """Looks at the gates at work in `looks`, and asks `state` how the rollout stands.

    `state` raises `Unavailable` where nobody knows; that is a reason too.
    """

    looks: Looks
    state: Callable[[RolloutId], Awaitable[Rollout]]
    clock: Callable[[], float]
    _known: dict[RolloutId, tuple[float, tuple[str, ...]]] = field(default_factory=dict)

    async def reasons(self, rollout: RolloutId) -> tuple[str, ...]:
        """Why, in words, one for each reason; none when it may go on."""
        now = self.clock()
        self._known = {id_: each for id_, each in self._known.items() if 0 <= now - each[0] < GLANCE_SECONDS}
        if rollout not in self._known:
            self._known[rollout] = now, await self._of_state(rollout)
        return (*self._known[rollout][1], *_of_looks(self.looks.of(rollout)))

    async def _of_state(self, id_: RolloutId) -> tuple[str, ...]:
        try:
            return tuple(_of_rollout(await self.state(id_)))
        except Unavailable as error:
            return (f"it is not known how rollout {id_} stands: {error.message}",)


def _of_rollout(rollout: Rollout) -> Iterator[str]:
    if rollout.phase is not Phase.RUNNING:
        because = f": {rollout.reason}" if rollout.reason else ""
        yield f"rollout {rollout.id} is {rollout.phase.replace('_', ' ')}{because}"
    for step, state in rollout.steps.items():
        if state.status in LEAVING:
            yield f"{step} is going back"
        elif state.status in _FAILED and state.verdict and state.verdict.outcome is Outcome.FAIL:
            yield f"the gate of {step} failed: {state.verdict.reason}"


_FAILED = frozenset({StepStatus.HOLDING, StepStatus.LOWERING, StepStatus.PARKING, StepStatus.PARKED})


def _of_looks(looks: Mapping[StepId, Verdict]) -> Iterator[str]:
    """What is broken at the newest look and did not end the stage: budgets that are spent, gates that only observe."""
    for step, look in looks.items():
        for check in _broken(look):
            yield f"{step}: {check.name}: {check.reason}"


def _broken(look: Verdict) -> Iterator[CheckResult]:
    answers = (look, *look.beside)
    return (check for each in answers for check in each.checks if check.outcome is Outcome.FAIL)
