"""Everything the world can tell the machine, in the past tense. `at` is in seconds since 1970.

Each class carries its `kind` because events cross Temporal as JSON.
"""

from dataclasses import dataclass
from typing import Literal

from tidegate.core.gates.evidence import Tally
from tidegate.core.gates.verdict import Verdict
from tidegate.core.ids import OwnerName, StepId


@dataclass(frozen=True, slots=True, kw_only=True)
class StageApplied:
    """A stage is in effect and was verified."""

    kind: Literal["stage_applied"] = "stage_applied"
    at: float
    step: StepId
    attempt: int
    summary: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyFailed:
    """A stage could not be brought into effect, after every repetition that was allowed."""

    kind: Literal["apply_failed"] = "apply_failed"
    at: float
    step: StepId
    attempt: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictReached:
    """A gate has its answer for the present stage."""

    kind: Literal["verdict_reached"] = "verdict_reached"
    at: float
    step: StepId
    attempt: int
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class StepReverted:
    """A step is undone and that was verified."""

    kind: Literal["step_reverted"] = "step_reverted"
    at: float
    step: StepId
    attempt: int
    summary: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevertFailed:
    """A step could not be undone, after every repetition that was allowed."""

    kind: Literal["revert_failed"] = "revert_failed"
    at: float
    step: StepId
    attempt: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SymptomWatched:
    """What was counted of a symptom with some releases switched off; `given_up` says why no more is waited for."""

    kind: Literal["symptom_watched"] = "symptom_watched"
    at: float
    step: StepId
    attempt: int
    tally: Tally
    given_up: str = ""


StepEvent = StageApplied | ApplyFailed | VerdictReached | StepReverted | RevertFailed
WorldEvent = StepEvent | SymptomWatched


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseRequested:
    """Begin nothing new."""

    kind: Literal["pause"] = "pause"
    at: float
    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeRequested:
    """Go on: begin again, look again where a gate holds, try again where an effect failed."""

    kind: Literal["resume"] = "resume"
    at: float
    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PromoteRequested:
    """Pass the present stage of one step, or of every step in a stage, on a person's word."""

    kind: Literal["promote"] = "promote"
    at: float
    by: str
    reason: str
    step: StepId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AbortRequested:
    """Stop: undo what is under way and what builds on it, keep what is done, begin nothing."""

    kind: Literal["abort"] = "abort"
    at: float
    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackRequested:
    """Undo everything, or one step with all that builds on it (`step`) while the rest goes on."""

    kind: Literal["rollback"] = "rollback"
    at: float
    by: str
    reason: str
    step: StepId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalGiven:
    """An owner approves of a step that does not begin without."""

    kind: Literal["approve"] = "approve"
    at: float
    by: str
    reason: str
    step: StepId
    owner: OwnerName


Operation = Literal["pause", "resume", "promote", "abort", "rollback", "approve"]
OperatorEvent = (
    PauseRequested | ResumeRequested | PromoteRequested | AbortRequested | RollbackRequested | ApprovalGiven
)
Event = WorldEvent | OperatorEvent
