"""The gates of one stage together: each judges the same batches by itself, and its action says what that means.

    panel = convened(subject, gates)
    panel = panel.observed(batch)
    panel.judged(stage, elapsed)  ->  Verdict     of the gate that decides, with all others beside it

A gate that only observes is reported and decides nothing, so that people can see what it would have done before they
trust it. Of those that act, harm decides first (going back before holding), then what is missing, then all must pass.
Without a gate that acts a stage passes when it has baked.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from tidegate.core.gates.case import Case, observed, opened
from tidegate.core.gates.evidence import Batch
from tidegate.core.gates.judge import judged
from tidegate.core.gates.measures import Subject
from tidegate.core.gates.verdict import Outcome, Verdict
from tidegate.core.strategy import Gate, GateAction, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One case for each gate, about the same release and on the same evidence."""

    subject: Subject
    cases: tuple[Case, ...]

    @property
    def gates(self) -> tuple[Gate, ...]:
        """The gates of its cases, in their order."""
        return tuple(case.gate for case in self.cases)

    def observed(self, batch: Batch) -> "Panel":
        """After one more look."""
        return replace(self, cases=tuple(observed(case, batch) for case in self.cases))

    def with_stage_begun(self, exposure: float) -> "Panel":
        """At the beginning of a stage of `exposure`, a share of one."""
        return replace(self, cases=tuple(case.with_stage_begun(exposure) for case in self.cases))

    def judged(self, stage: Stage, elapsed: float) -> Verdict:
        """The answer of the gate that decides at this look, `elapsed` seconds after the stage began."""
        answers = [judged(case, stage=stage, elapsed=elapsed) for case in self.cases]
        acting = [answer for answer in answers if answer.action is not GateAction.OBSERVE]
        if not acting:
            return replace(baked(stage, elapsed), beside=tuple(answers))
        deciding = min(acting, key=urgency)
        return replace(deciding, beside=tuple(answer for answer in answers if answer is not deciding))


def convened(subject: Subject, gates: Iterable[Gate]) -> Panel:
    """A panel without evidence."""
    return Panel(subject=subject, cases=tuple(opened(subject, gate) for gate in gates))


_OUTCOMES = (Outcome.FAIL, Outcome.INSUFFICIENT, Outcome.PASS)
_ACTIONS = (GateAction.ROLLBACK, GateAction.STEP_DOWN, GateAction.HOLD, GateAction.OBSERVE)


def urgency(answer: Verdict) -> tuple[int, int]:
    """Which of several answers decides: the one for which this is least."""
    return _OUTCOMES.index(answer.outcome), _ACTIONS.index(answer.action)


def baked(stage: Stage, elapsed: float) -> Verdict:
    """The answer of a stage that no gate holds up, `elapsed` seconds after it began."""
    if elapsed >= stage.bake:
        return Verdict(
            outcome=Outcome.PASS, reason=f"{stage.bake:g} s have passed; no gate holds the stage up"
        )
    return Verdict(
        outcome=Outcome.INSUFFICIENT, reason=f"{stage.bake - elapsed:.0f} s of its bake time are left"
    )
