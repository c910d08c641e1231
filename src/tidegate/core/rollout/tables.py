"""The tables at the heart of the rollout machine: what moves a step, and what an operator may ask when.

`machine` runs them, the diagram in docs/architecture.md is drawn from them, and a test walks them all.
"""

from collections.abc import Mapping
from enum import StrEnum

from tidegate.core.rollout.commands import ApplyStage, JudgeStage, RevertStep
from tidegate.core.rollout.events import Operation
from tidegate.core.rollout.state import Phase, StepStatus


class Signal(StrEnum):
    """What can happen to one step."""

    BEGIN = "begin"
    APPLIED = "applied"
    APPLY_FAILED = "apply failed"
    PASSED = "passed"
    FAILED = "failed"
    UNCLEAR = "unclear"
    STEP_DOWN = "step down"
    EXCUSED = "excused"
    CLEARED = "cleared"
    PARK = "park"
    UNPARK = "unpark"
    PROMOTED = "promoted"
    RETRIED = "retried"
    FINISHED = "finished"
    UNDO = "undo"
    RELEASED = "released"
    REVERTED = "reverted"
    REVERT_FAILED = "revert failed"
    SKIP = "skip"


STEPS: Mapping[StepStatus, Mapping[Signal, StepStatus]] = {
    StepStatus.WAITING: {
        Signal.BEGIN: StepStatus.APPLYING,
        Signal.FINISHED: StepStatus.DONE,
        Signal.SKIP: StepStatus.SKIPPED,
        Signal.UNDO: StepStatus.RETURNING,
    },
    StepStatus.APPLYING: {
        Signal.APPLIED: StepStatus.JUDGING,
        Signal.APPLY_FAILED: StepStatus.BLOCKED,
        Signal.UNDO: StepStatus.RETURNING,
    },
    StepStatus.JUDGING: {
        Signal.PASSED: StepStatus.WAITING,
        Signal.PROMOTED: StepStatus.WAITING,
        Signal.UNCLEAR: StepStatus.HOLDING,
        Signal.FAILED: StepStatus.HOLDING,
        Signal.EXCUSED: StepStatus.EXCUSED,
        Signal.UNDO: StepStatus.RETURNING,
    },
    StepStatus.HOLDING: {
        Signal.PROMOTED: StepStatus.WAITING,
        Signal.RETRIED: StepStatus.JUDGING,
        Signal.EXCUSED: StepStatus.EXCUSED,
        Signal.STEP_DOWN: StepStatus.LOWERING,
        Signal.UNDO: StepStatus.RETURNING,
    },
    StepStatus.LOWERING: {
        Signal.APPLIED: StepStatus.HOLDING,
        Signal.APPLY_FAILED: StepStatus.BLOCKED,
        Signal.UNDO: StepStatus.RETURNING,
    },
    StepStatus.EXCUSED: {
        Signal.PROMOTED: StepStatus.WAITING,
        Signal.CLEARED: StepStatus.JUDGING,
        Signal.PARK: StepStatus.PARKING,
        Signal.UNDO: StepStatus.RETURNING,
    },
    StepStatus.PARKING: {
        Signal.REVERTED: StepStatus.PARKED,
        Signal.REVERT_FAILED: StepStatus.STUCK,
        Signal.UNDO: StepStatus.RETURNING,
    },
    StepStatus.PARKED: {
        Signal.UNPARK: StepStatus.APPLYING,
        Signal.UNDO: StepStatus.RETURNING,
    },
    StepStatus.BLOCKED: {
        Signal.PROMOTED: StepStatus.WAITING,
        Signal.RETRIED: StepStatus.APPLYING,
        Signal.UNDO: StepStatus.RETURNING,
    },
    StepStatus.DONE: {Signal.UNDO: StepStatus.RETURNING},
    StepStatus.RETURNING: {Signal.RELEASED: StepStatus.REVERTING},
    StepStatus.REVERTING: {
        Signal.REVERTED: StepStatus.REVERTED,
        Signal.REVERT_FAILED: StepStatus.STUCK,
    },
    StepStatus.STUCK: {Signal.RETRIED: StepStatus.REVERTING},
    StepStatus.REVERTED: {},
    StepStatus.SKIPPED: {},
}
"""Where each signal takes a step. A signal that is absent does not concern a step in that status."""

PHASES: Mapping[Phase, Mapping[Operation, Phase]] = {
    Phase.RUNNING: {
        "pause": Phase.PAUSED,
        "resume": Phase.RUNNING,
        "promote": Phase.RUNNING,
        "abort": Phase.UNDOING,
        "rollback": Phase.UNDOING,
        "approve": Phase.RUNNING,
    },
    Phase.PAUSED: {
        "resume": Phase.RUNNING,
        "abort": Phase.UNDOING,
        "rollback": Phase.UNDOING,
        "approve": Phase.PAUSED,
    },
    Phase.UNDOING: {
        "resume": Phase.UNDOING,
        "promote": Phase.UNDOING,
        "rollback": Phase.UNDOING,
    },
    Phase.COMPLETED: {},
    Phase.ROLLED_BACK: {},
    Phase.PARTIAL: {},
}
"""What an operator may ask in each phase, and the phase it leads to. What is absent is refused."""

ASKS: Mapping[StepStatus, type[ApplyStage] | type[JudgeStage] | type[RevertStep]] = {
    StepStatus.APPLYING: ApplyStage,
    StepStatus.JUDGING: JudgeStage,
    StepStatus.LOWERING: ApplyStage,
    StepStatus.PARKING: RevertStep,
    StepStatus.REVERTING: RevertStep,
}
"""The statuses that ask something of the world. Entering one gives out a new attempt."""

PASSES = frozenset({Signal.PASSED, Signal.PROMOTED})
"""The only signals that let a step's stage, and with it its exposure, grow."""
