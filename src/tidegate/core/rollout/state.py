"""What a rollout is at one moment: frozen values, made anew by `machine.advance`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tidegate.core.attribution.answer import Attribution
from tidegate.core.gates.verdict import Verdict
from tidegate.core.ids import OwnerName, RolloutId, StepId
from tidegate.core.plan.plan import Plan
from tidegate.core.plan.steps import Step
from tidegate.core.rollout.isolation import Isolation
from tidegate.core.strategy import Stage


class StepStatus(StrEnum):
    """Where a step stands. `tables.STEPS` says how it moves."""

    WAITING = "waiting"  # for its turn to begin, or between two stages
    APPLYING = "applying"  # the effect of its stage was ordered
    JUDGING = "judging"  # the stage is in effect and its gate looks at evidence
    HOLDING = "holding"  # the gate could not tell in time: a person decides
    LOWERING = "lowering"  # its gate failed, and the exposure that passed last was ordered: then it holds
    EXCUSED = "excused"  # live and not judged: another release is at fault, or it is not known yet which
    PARKING = "parking"  # its traffic was ordered back, to see whether the harm goes away with it
    PARKED = "parked"  # without traffic for that reason; it is exposed again, or undone
    BLOCKED = "blocked"  # its effect failed and it cannot be undone: a person decides
    DONE = "done"  # every stage has passed
    RETURNING = "returning"  # to be undone, once nothing that builds on it is left
    REVERTING = "reverting"  # its way back was ordered
    STUCK = "stuck"  # its way back failed: a person decides
    REVERTED = "reverted"  # as it was before
    SKIPPED = "skipped"  # never begun, and will not be


SETTLED = frozenset({StepStatus.DONE, StepStatus.REVERTED, StepStatus.SKIPPED})
"""Statuses in which a step asks for nothing more."""

GOING_BACK = frozenset(
    {StepStatus.RETURNING, StepStatus.REVERTING, StepStatus.STUCK, StepStatus.REVERTED, StepStatus.SKIPPED}
)
"""Statuses from which a step will not be done any more; what builds on it will not begin."""

LEAVING = frozenset({StepStatus.RETURNING, StepStatus.REVERTING, StepStatus.STUCK})
"""Statuses of a step that still has its effect and is on its way back."""


class Phase(StrEnum):
    """Where the whole rollout stands. `tables.PHASES` says what an operator may do in each."""

    RUNNING = "running"
    PAUSED = "paused"  # nothing new begins; what is exposed stays and is judged; going back goes on
    UNDOING = "undoing"
    COMPLETED = "completed"  # every step is done
    ROLLED_BACK = "rolled_back"  # nothing of the change is left
    PARTIAL = "partial"  # some steps stay, the others are undone or were never begun


ENDED = frozenset({Phase.COMPLETED, Phase.ROLLED_BACK, Phase.PARTIAL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """For which owner a step was approved of, by whom, when (seconds since 1970), and why."""

    owner: OwnerName
    by: str
    at: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepState:
    """One step at one moment. `stage` counts the stages passed; `exposure` is the last acknowledged one.

    `attempt` numbers the last thing that was asked of the world for this step, over the whole rollout;
    answers that carry an older number are not about the present any more. What was seen before `evidence_from`,
    in seconds since 1970, is not held against it: it was not live yet, or another release was at fault.
    """

    status: StepStatus = StepStatus.WAITING
    stage: int = 0
    attempt: int = 0
    exposure: float = 0.0
    since: float = 0.0
    evidence_from: float = 0.0
    reason: str = ""
    verdict: Verdict | None = None
    approved: tuple[Approval, ...] = ()

    @property
    def begun(self) -> bool:
        """Has the step, or may it have, an effect in the world?"""
        return self.status not in _NO_EFFECT and not (self.status is StepStatus.WAITING and self.stage == 0)


_NO_EFFECT = frozenset({StepStatus.REVERTED, StepStatus.SKIPPED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """One execution of a plan. Times are seconds since 1970; `attempts` is the last number given out.

    `attribution` is what was said last of which of several releases is at fault, `isolation` the search for it by
    switching them off in turn.
    """

    id: RolloutId
    plan: Plan
    phase: Phase = Phase.RUNNING
    reason: str = ""
    steps: Mapping[StepId, StepState] = field(default_factory=dict)
    attempts: int = 0
    attribution: Attribution | None = None
    isolation: Isolation | None = None
    started_at: float = 0.0
    ended_at: float | None = None

    def begun(self) -> frozenset[StepId]:
        """Steps that have, or may have, an effect in the world."""
        return frozenset(
            id_ for id_, state in self.steps.items() if state.begun and has_effect(self.step(id_))
        )

    def step(self, id_: StepId) -> Step:
        """The step of that id."""
        return self.plan.by_id[id_]

    def stage(self, id_: StepId) -> Stage | None:
        """The stage that a step is in or is about to begin; None when it has passed them all."""
        stages, passed = self.plan.by_id[id_].stages, self.steps[id_].stage
        return stages[passed] if passed < len(stages) else None


def unapproved(step: Step, state: StepState) -> tuple[OwnerName, ...]:
    """The owners without whose approval a step does not begin, and who have not approved yet."""
    given = {approval.owner for approval in state.approved}
    return tuple(owner for owner in step.approvals if owner not in given)


def has_effect(step: Step) -> bool:
    """A step without stages, a milestone, does nothing and needs no undoing."""
    return bool(step.stages)
