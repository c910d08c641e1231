"""A conversation with the machine: say what it should ask for, answer, and go on."""

from collections.abc import Callable, Sequence
from typing import assert_never

from tests.core.worlds import CANARY, catalog_of, change_of, release_of, service_of

from tidegate.core.attribution.answer import Answer, Attribution, Basis
from tidegate.core.change import Lane, OnFailure, Task
from tidegate.core.gates.evidence import Tally, VersionedService
from tidegate.core.gates.verdict import CheckResult, Outcome, Verdict
from tidegate.core.ids import FlagKey, OwnerName, RolloutId, ServiceName, StepId, Version, flag_as_service
from tidegate.core.plan.build import make_plan
from tidegate.core.plan.plan import Plan
from tidegate.core.rollout import machine
from tidegate.core.rollout.commands import ApplyStage, Command, JudgeStage, RevertStep, WatchSymptom
from tidegate.core.rollout.events import (
    AbortRequested,
    ApplyFailed,
    ApprovalGiven,
    Event,
    Operation,
    OperatorEvent,
    PauseRequested,
    PromoteRequested,
    ResumeRequested,
    RevertFailed,
    RollbackRequested,
    StageApplied,
    StepReverted,
    SymptomWatched,
    VerdictReached,
)
from tidegate.core.rollout.state import Phase, StepStatus
from tidegate.core.strategy import GateAction, Stage, Strategy, StrategyKind

Told = Callable[[float, StepId, int], Event]
"""An answer to what was asked, made from when it came, which step it is about and which attempt it answers."""


def wish(
    operation: Operation, *, at: float, step: StepId | None = None, owner: str = "data-team"
) -> OperatorEvent:
    by, reason = "someone", "because"
    match operation:
        case "pause":
            return PauseRequested(at=at, by=by, reason=reason)
        case "resume":
            return ResumeRequested(at=at, by=by, reason=reason)
        case "promote":
            return PromoteRequested(at=at, by=by, reason=reason, step=step)
        case "abort":
            return AbortRequested(at=at, by=by, reason=reason)
        case "rollback":
            return RollbackRequested(at=at, by=by, reason=reason, step=step)
        case "approve":
            asked = step or StepId("none")
            return ApprovalGiven(at=at, by=by, reason=reason, step=asked, owner=OwnerName(owner))
        case _:
            assert_never(operation)


def verdict(outcome: Outcome, reason: str, action: GateAction = GateAction.ROLLBACK) -> Verdict:
    return Verdict(outcome=outcome, reason=reason, action=action)


def new(name: str) -> VersionedService:
    """The new version of a service."""
    return VersionedService(service=ServiceName(name), version=Version("2.0.0"))


def on(flag: str) -> VersionedService:
    """The variant that a flag is exposed for."""
    return VersionedService(service=flag_as_service(FlagKey(flag)), version=Version("on"))


def version(name: str) -> VersionedService:
    """What a step of this name exposes: a flag's is called `flag/…`."""
    return on(name.removeprefix("flag/")) if name.startswith("flag/") else new(name)


def found(answer: Answer, *culprits: str) -> Attribution:
    named = tuple(map(version, culprits))
    return Attribution(answer=answer, basis=Basis.TRACES, reason=f"said is {answer}", culprits=named)


def failing(check: str, attribution: Attribution | None) -> Verdict:
    """A verdict whose one failing check is of that name."""
    failed = CheckResult(name=check, outcome=Outcome.FAIL, canary_requests=500, canary_bad=100)
    return Verdict(outcome=Outcome.FAIL, reason=f"{check} fails", checks=(failed,), attribution=attribution)


def side_by_side(
    *names: str,
    stages: Sequence[Stage] = CANARY.stages,
    tasks: Sequence[Task] = (),
    on_failure: OnFailure = OnFailure.AFFECTED,
) -> Plan:
    """The plan of releases that do not depend on each other."""
    strategy = Strategy(kind=StrategyKind.CANARY, stages=tuple(stages))
    releases = [release_of(n, strategy=strategy) for n in names]
    change = change_of(*releases, tasks=tasks, on_failure=on_failure)
    plan = make_plan(catalog_of(*map(service_of, names)), change)
    assert isinstance(plan, Plan), plan
    return plan


def chain(
    *names: str,
    stages: Sequence[Stage] = CANARY.stages,
    tasks: Sequence[Task] = (),
    lanes: Sequence[Lane] = (),
    on_failure: OnFailure = OnFailure.ALL,
    both_ways: bool = False,
    needs: str = "^2.0.0",
) -> Plan:
    """The plan of releases that must go in the order of `names`: each calls the one before it.

    With `both_ways` neither mixture works, so that only a lane helps. `needs` is what the new versions need.
    """
    before = dict(zip(names[1:], names, strict=False))
    services = [service_of(n, needs={before[n]: "^1.0.0"} if n in before else {}) for n in names]
    strategy = Strategy(kind=StrategyKind.CANARY, stages=tuple(stages))
    offers = ["2.0.0"] if both_ways else ["1.0.0", "2.0.0"]
    releases = [
        release_of(
            n,
            offers=offers if n != names[-1] else ["1.0.0"],
            needs={before[n]: needs} if n in before else {},
            strategy=strategy,
        )
        for n in names
    ]
    change = change_of(*releases, tasks=tasks, lanes=lanes, on_failure=on_failure)
    plan = make_plan(catalog_of(*services), change)
    assert isinstance(plan, Plan), plan
    return plan


def _stage_of(command: Command) -> int | None:
    return None if isinstance(command, WatchSymptom) else command.stage


class Script:
    """Asserts what the rollout asks for next, then answers it."""

    def __init__(self, plan: Plan) -> None:
        self.now = 0.0
        self.rollout, _ = machine.opened(RolloutId("r"), plan, at=self.now)
        self.asked: Command | None = None

    def status(self, step: str) -> StepStatus:
        return self.rollout.steps[StepId(step)].status

    @property
    def phase(self) -> Phase:
        return self.rollout.phase

    def applies(self, step: str, stage: int = 0) -> "Script":
        return self._asks(ApplyStage, step, stage)

    def judges(self, step: str, stage: int = 0) -> "Script":
        return self._asks(JudgeStage, step, stage)

    def reverts(self, step: str) -> "Script":
        return self._asks(RevertStep, step, None)

    def _asks(self, kind: type[Command], step: str, stage: int | None) -> "Script":
        asked = machine.outstanding(self.rollout)
        found = [c for c in asked if isinstance(c, kind) and c.step == step and stage in (None, _stage_of(c))]
        assert found, f"expected {kind.__name__} {step}, is asking for {asked}"
        self.asked = found[0]
        return self

    def watches(self, step: str, *off: str) -> "Script":
        """The symptom is watched with just those switched off."""
        search = self.rollout.isolation
        assert search is not None
        assert search.toggles.off == tuple(map(version, off))
        return self._asks(WatchSymptom, step, None)

    def saw(self, tally: Tally, given_up: str = "") -> None:
        self._hear(
            lambda at, step, n: SymptomWatched(at=at, step=step, attempt=n, tally=tally, given_up=given_up)
        )

    def applied(self) -> None:
        self._hear(lambda at, step, n: StageApplied(at=at, step=step, attempt=n))

    def apply_failed(self, reason: str) -> None:
        self._hear(lambda at, step, n: ApplyFailed(at=at, step=step, attempt=n, reason=reason))

    def passed(self) -> None:
        self._judged(Outcome.PASS, "fine")

    def failed(self, reason: str, action: GateAction = GateAction.ROLLBACK) -> None:
        self._judged(Outcome.FAIL, reason, action)

    def judged(self, answer: Verdict) -> None:
        self._hear(lambda at, step, n: VerdictReached(at=at, step=step, attempt=n, verdict=answer))

    def unclear(self, reason: str) -> None:
        self._judged(Outcome.INSUFFICIENT, reason)

    def reverted(self) -> None:
        self._hear(lambda at, step, n: StepReverted(at=at, step=step, attempt=n))

    def revert_failed(self, reason: str) -> None:
        self._hear(lambda at, step, n: RevertFailed(at=at, step=step, attempt=n, reason=reason))

    def _judged(self, outcome: Outcome, reason: str, action: GateAction = GateAction.ROLLBACK) -> None:
        self.judged(verdict(outcome, reason, action))

    def _hear(self, answer: Told) -> None:
        assert self.asked is not None
        self.now += 1
        self.advance(answer(self.now, self.asked.step, self.asked.attempt))

    def advance(self, event: Event) -> None:
        self.rollout, _ = machine.advance(self.rollout, event)

    def operator(
        self,
        operation: Operation,
        *,
        step: str | None = None,
        owner: str = "data-team",
        refused: str | None = None,
    ) -> None:
        self.now += 1
        asked = wish(operation, at=self.now, step=None if step is None else StepId(step), owner=owner)
        why = machine.refusal(self.rollout, asked)
        assert (why or "").startswith(refused) if refused else why is None, why
        self.advance(asked)

    def to_judging(self, name: str) -> None:
        self.applies(f"deploy/{name}").applied()
        self.applies(f"expose/{name}", stage=0).applied()

    def pass_all(self, step: str) -> None:
        for stage in range(len(self.rollout.plan.by_id[StepId(step)].stages)):
            self.applies(step, stage=stage).applied()
            self.judges(step, stage=stage).passed()

    def through(self, name: str, *, retire: bool = True) -> None:
        self.applies(f"deploy/{name}").applied()
        self.pass_all(f"expose/{name}")
        if retire and self.status(f"retire/{name}") is StepStatus.APPLYING:
            self.applies(f"retire/{name}").applied()
