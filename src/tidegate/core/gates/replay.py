"""A past rollout step judged again: the same batches, under another gate if one likes.

    again = replayed(subject, stages, looks)      one verdict a stage that was judged

Stages begin when they began then: what another gate would have exposed when, nobody knows. So each stage is
judged over its own looks, with all evidence from before, and the answer is the first that is not `insufficient`;
evidence that came after it within the stage is carried on. After a failure nothing is judged any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from tidegate.core.gates.evidence import Batch
from tidegate.core.gates.judge import Case, Subject, judged, observed, opened
from tidegate.core.gates.verdict import Outcome, Verdict
from tidegate.core.strategy import Gate, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One stored look: at which stage, when (seconds since 1970), and the batch since the look before."""

    stage: int
    at: float
    batch: Batch


@dataclass(frozen=True, slots=True, kw_only=True)
class StageVerdict:
    """What a gate says of one stage; `decided_at` is absent if it could not tell by its last look."""

    stage: int
    exposure: float
    verdict: Verdict
    began_at: float
    decided_at: float | None


def replayed(
    subject: Subject, stages: Sequence[Stage], looks: Sequence[Recorded]
) -> tuple[StageVerdict, ...]:
    """The verdicts of the stages in order, up to the first failure; stages without a gate have none."""
    found: list[StageVerdict] = []
    case: Case | None = None
    seen = 0
    for number, group in groupby(looks, key=lambda look: look.stage):
        own, stage = tuple(group), stages[number]
        if stage.gate is not None:
            begun = _case_for(case, subject, stage.gate, looks[:seen])
            answer, case = _judged(begun.with_stage_begun(), stage, own)
            found.append(answer)
            if answer.verdict.outcome is Outcome.FAIL:
                break
        seen += len(own)
    return tuple(found)


def _case_for(case: Case | None, subject: Subject, gate: Gate, before: Sequence[Recorded]) -> Case:
    """The case of the stage before if this gate asks the same of it; else one that saw the same batches."""
    if case is not None and replace(case.gate, on_insufficient=gate.on_insufficient) == gate:
        return replace(case, gate=gate)
    rebuilt = opened(subject, gate)
    for look in before:
        rebuilt = observed(rebuilt, look.batch)
    return rebuilt


def _judged(case: Case, stage: Stage, looks: Sequence[Recorded]) -> tuple[StageVerdict, Case]:
    began, answer = looks[0].at, None
    verdict = Verdict(outcome=Outcome.INSUFFICIENT, reason="")
    for look in looks:
        case = observed(case, look.batch)
        if answer is None:
            verdict = judged(case, stage=stage, elapsed=look.at - began)
            answer = None if verdict.outcome is Outcome.INSUFFICIENT else look.at
    decided = StageVerdict(
        stage=looks[0].stage,
        exposure=stage.exposure,
        verdict=verdict,
        began_at=began,
        decided_at=answer,
    )
    return decided, case
