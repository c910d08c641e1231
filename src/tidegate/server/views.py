"""What the API shows: the same words as the core, arranged for a reader. Times are seconds since 1970."""

from collections.abc import Mapping
from dataclasses import dataclass

from tidegate.core.gates.verdict import Verdict
from tidegate.core.ids import StepId
from tidegate.core.rollout.explain import Explanation, Looks, explain, headline
from tidegate.core.rollout.state import Rollout
from tidegate.store.records import RolloutRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class StageView:
    """A stage as planned: share of traffic, and its least and longest time in seconds."""

    exposure: float
    bake: float
    wait: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """One step as it stands; `stage` counts the stages passed, `evidence` is the newest look at its gate."""

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


def view_of(rollout: Rollout, looks: Looks) -> RolloutView:
    """The whole view of a rollout."""
    return RolloutView(
        id=rollout.id,
        change=rollout.plan.change,
        phase=rollout.phase,
        reason=rollout.reason,
        headline=headline(rollout),
        started_at=rollout.started_at,
        ended_at=rollout.ended_at,
        waves=tuple(tuple(_step_view(rollout, step, looks) for step in wave) for wave in rollout.plan.waves),
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


def _step_view(rollout: Rollout, id_: StepId, looks: Mapping[StepId, Verdict]) -> StepView:
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
    )
