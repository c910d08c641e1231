"""A past rollout step judged again: the same batches, under another gate if one likes.

    again = replayed(subject, stages, looks)      one verdict a stage that was judged
    histories(subject, stages, looks)             how the evidence of each gate came about

Stages begin when they began then: what another gate would have exposed when, nobody knows. So each stage is
judged over its own looks, with all evidence from before, and the answer is the first that is not `insufficient`;
evidence that came after it within the stage is carried on. After a failure nothing is judged any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from tidegate.core.gates.case import opened
from tidegate.core.gates.evidence import Batch
from tidegate.core.gates.history import History, begun
from tidegate.core.gates.measures import Subject
from tidegate.core.gates.panel import Panel, convened
from tidegate.core.gates.verdict import Outcome, Verdict
from tidegate.core.strategy import Stage


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
    panel = convened(subject, ())
    seen = 0
    for number, group in groupby(looks, key=lambda look: look.stage):
        own, stage = tuple(group), stages[number]
        if stage.gates:
            panel = _panel_for(panel, stage, looks[:seen]).with_stage_begun(stage.exposure)
            answer, panel = _judged(panel, stage, own)
            found.append(answer)
            if answer.verdict.outcome is Outcome.FAIL:
                break
        seen += len(own)
    return tuple(found)


def _panel_for(panel: Panel, stage: Stage, before: Sequence[Recorded]) -> Panel:
    """The panel of the stage before if it has the same gates; else one that saw the same batches."""
    if panel.gates == stage.gates:
        return panel
    rebuilt = convened(panel.subject, stage.gates)
    for look in before:
        rebuilt = rebuilt.observed(look.batch)
    return rebuilt


def _judged(panel: Panel, stage: Stage, looks: Sequence[Recorded]) -> tuple[StageVerdict, Panel]:
    began, answer = looks[0].at, None
    verdict = Verdict(outcome=Outcome.INSUFFICIENT, reason="")
    for look in looks:
        panel = panel.observed(look.batch)
        if answer is None:
            verdict = panel.judged(stage, look.at - began)
            answer = None if verdict.outcome is Outcome.INSUFFICIENT else look.at
    decided = StageVerdict(
        stage=looks[0].stage,
        exposure=stage.exposure,
        verdict=verdict,
        began_at=began,
        decided_at=answer,
    )
    return decided, panel


def histories(subject: Subject, stages: Sequence[Stage], looks: Sequence[Recorded]) -> tuple[History, ...]:
    """How the evidence of each gate came about, over all looks; the gates are those of the last stage looked at."""
    if not looks:
        return ()
    found = tuple(begun(opened(subject, gate)) for gate in stages[looks[-1].stage].gates)
    for number, group in groupby(looks, key=lambda look: look.stage):
        found = tuple(history.with_stage_begun(stages[number].exposure) for history in found)
        for look in group:
            found = tuple(history.observed(look.at, look.batch) for history in found)
    return found
