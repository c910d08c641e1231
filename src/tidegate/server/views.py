"""What the API shows: the same words as the core, arranged for a reader. Times are seconds since 1970."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log
from types import MappingProxyType

from tidegate.core.gates.history import Effect, Enough, History, Point
from tidegate.core.gates.measures import subject_of
from tidegate.core.gates.replay import Recorded, histories
from tidegate.core.gates.sizing import check_count
from tidegate.core.gates.verdict import Outcome, Verdict
from tidegate.core.ids import StepId
from tidegate.core.plan.steps import Exposing
from tidegate.core.rollout.approvals import awaited
from tidegate.core.rollout.explain import Explanation, Looks, explain, headline
from tidegate.core.rollout.state import Rollout
from tidegate.core.strategy import Stage
from tidegate.store.records import RolloutRecord

Progress = Mapping[StepId, str]
"""How far steps are whose effects take long, in words."""

NO_PROGRESS: Progress = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class StageView:
    """A stage as planned: share of traffic, and its least and longest time in seconds."""

    exposure: float
    bake: float
    wait: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """One step as it stands; `stage` counts the stages passed, `evidence` is the newest look at its gate.

    `approvals` are the owners for whose approval it waits before it begins, `progress` says how far an effect is that
    takes long.
    """

    id: str
    kind: str
    status: str
    stage: int
    stages: tuple[StageView, ...]
    exposure: float
    since: float
    reason: str
    reversibility: str
    way_back: str
    evidence: Verdict | None
    approvals: tuple[str, ...] = ()
    progress: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutView:
    """A rollout as it stands: its steps by wave, and why whatever waits is waiting."""

    id: str
    change: str
    phase: str
    reason: str
    headline: str
    started_at: float
    ended_at: float | None
    waves: tuple[tuple[StepView, ...], ...]
    waiting: tuple[Explanation, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GateView:
    """The evidence of one gate of a step: its newest answer, the effect, and how it all came about.

    `log_harm_needed` is what one check needs alone; `over_time` has ln e-values by check.
    """

    gate: str
    action: str
    alpha: float
    looks: int
    verdict: Verdict | None
    log_harm_needed: float
    effect: Effect | None
    enough: Enough | None
    over_time: tuple[Point, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceView:
    """The evidence of every gate of a step."""

    step: str
    status: str
    gates: tuple[GateView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutLine:
    """A rollout in one line of a list."""

    id: str
    change: str
    environment: str
    phase: str
    requester: str
    started_at: float
    ended_at: float | None
    headline: str


def view_of(rollout: Rollout, looks: Looks, progress: Progress = NO_PROGRESS) -> RolloutView:
    """The whole view of a rollout."""
    return RolloutView(
        id=rollout.id,
        change=rollout.plan.change,
        phase=rollout.phase,
        reason=rollout.reason,
        headline=headline(rollout),
        started_at=rollout.started_at,
        ended_at=rollout.ended_at,
        waves=tuple(
            tuple(_step_view(rollout, step, looks, progress) for step in wave) for wave in rollout.plan.waves
        ),
        waiting=explain(rollout, looks),
        warnings=rollout.plan.warnings,
    )


def line_of(rollout: Rollout, record: RolloutRecord) -> RolloutLine:
    """A rollout in one line."""
    return RolloutLine(
        id=rollout.id,
        change=record.change,
        environment=record.environment,
        phase=rollout.phase,
        requester=record.requester,
        started_at=rollout.started_at,
        ended_at=rollout.ended_at,
        headline=headline(rollout),
    )


def evidence_of(rollout: Rollout, id_: StepId, looks: Looks, stored: Sequence[Recorded]) -> EvidenceView:
    """The evidence of a step's gates, from its stored looks; none of a step that was never judged."""
    step, state = rollout.step(id_), rollout.steps[id_]
    newest = looks.get(id_, state.verdict)
    answers = {each.gate: each for each in (newest, *newest.beside)} if newest else {}
    if not isinstance(step.action, Exposing):
        return EvidenceView(step=id_, status=state.status, gates=())
    found = histories(subject_of(step.action), step.stages, stored)
    gates = (
        _gate_view(each, answers.get(each.case.gate.name), step.stages[stored[-1].stage]) for each in found
    )
    return EvidenceView(step=id_, status=state.status, gates=tuple(gates))


def _gate_view(history: History, verdict: Verdict | None, stage: Stage) -> GateView:
    gate = history.case.gate
    decided = verdict is not None and verdict.outcome is not Outcome.INSUFFICIENT
    return GateView(
        gate=gate.name,
        action=gate.action,
        alpha=gate.alpha,
        looks=history.looks,
        verdict=verdict,
        log_harm_needed=log(check_count(gate) / gate.alpha),
        effect=history.effect,
        enough=None if decided else history.enough(stage),
        over_time=history.over_time,
    )


def _step_view(
    rollout: Rollout, id_: StepId, looks: Mapping[StepId, Verdict], progress: Progress
) -> StepView:
    step, state = rollout.step(id_), rollout.steps[id_]
    return StepView(
        id=id_,
        kind=step.action.kind,
        status=state.status,
        stage=state.stage,
        stages=tuple(StageView(exposure=s.exposure, bake=s.bake, wait=s.wait) for s in step.stages),
        exposure=state.exposure,
        since=state.since,
        reason=state.reason,
        reversibility=step.reversibility,
        way_back=step.way_back,
        evidence=looks.get(id_, state.verdict),
        approvals=awaited(rollout, id_),
        progress=progress.get(id_, ""),
    )
