"""Everything the machine can ask of the world, in the imperative. Each may be carried out more than once."""

from dataclasses import dataclass
from typing import Literal

from tidegate.core.ids import StepId


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyStage:
    """Bring a stage of a step into effect and verify it."""

    kind: Literal["apply"] = "apply"
    step: StepId
    stage: int
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeStage:
    """Look at the evidence for a stage until its gate can tell or its time to wait is over."""

    kind: Literal["judge"] = "judge"
    step: StepId
    stage: int
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RevertStep:
    """Undo a step and verify that it is undone."""

    kind: Literal["revert"] = "revert"
    step: StepId
    stage: int
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSymptom:
    """See whether what the gate of a step failed by is still there, with some releases switched off."""

    kind: Literal["watch"] = "watch"
    step: StepId
    attempt: int


Command = ApplyStage | JudgeStage | RevertStep | WatchSymptom
