"""What a gate says: `pass`, `fail` or `insufficient`, always with the evidence. No data is never a pass."""

from dataclasses import dataclass
from enum import StrEnum

from tidegate.core.attribution.answer import Attribution
from tidegate.core.strategy import GateAction


class Outcome(StrEnum):
    """The three answers of a gate."""

    PASS = "pass"  # noqa: S105 - an answer, not a secret
    FAIL = "fail"
    INSUFFICIENT = "insufficient"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One check of a gate: its counts on both arms and how strong the evidence is either way.

    `log_harm` and `log_safe` are natural logarithms of e-values, decisive from `log_harm_needed`
    and `log_safe_needed`. An absolute check has no control and leaves its counts at zero.
    `example` shows what was bad, without any value of a user.
    """

    name: str
    outcome: Outcome
    canary_requests: int
    canary_bad: int
    control_requests: int = 0
    control_bad: int = 0
    log_harm: float = 0.0
    log_harm_needed: float = 0.0
    log_safe: float = 0.0
    log_safe_needed: float = 0.0
    reason: str = ""
    example: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer of a gate at one look, with a reason in words and every check behind it.

    `action` is what the gate does about a failure. Where several gates judged a stage, `beside` has the answers of
    all others than the one that decides. `attribution` says which of several releases is at fault, if it was asked.
    """

    outcome: Outcome
    reason: str
    checks: tuple[CheckResult, ...] = ()
    gate: str = ""
    action: GateAction = GateAction.ROLLBACK
    beside: tuple["Verdict", ...] = ()
    attribution: Attribution | None = None
