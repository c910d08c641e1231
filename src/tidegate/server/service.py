"""What the API does, apart from HTTP: begin, show, explain and operate rollouts."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from tidegate.core.errors import Problem, Refused, Unavailable
from tidegate.core.gates.measures import Subject, subject_of
from tidegate.core.ids import RolloutId, ServiceName, StepId, Version
from tidegate.core.plan.malformed import malformed
from tidegate.core.plan.plan import Plan
from tidegate.core.plan.steps import Exposing, Milestone, Step
from tidegate.core.rollout import machine
from tidegate.core.rollout.deployed import deployed
from tidegate.core.rollout.events import ApprovalGiven, OperatorEvent, PauseRequested
from tidegate.core.rollout.state import ENDED, Phase, Rollout
from tidegate.core.strategy import OnSpent, SloLimit
from tidegate.ports import Actuator, Budgets, Contracts
from tidegate.server.culprits import culprits_of
from tidegate.server.culprits_view import CulpritsView
from tidegate.server.problems import DoesNotFit, NotFound
from tidegate.server.views import (
    NO_PROGRESS,
    EvidenceView,
    Progress,
    RolloutLine,
    RolloutView,
    evidence_of,
    line_of,
    view_of,
)
from tidegate.store.batches import begun_at, recorded
from tidegate.store.database import Store
from tidegate.store.journeys import decoded_journey
from tidegate.store.records import Entry, JournalEntry, RolloutRecord
from tidegate.temporal.client import Rollouts, Unknown
from tidegate.temporal.forms import PLAN_FORM, ROLLOUT_FORM
from tidegate.temporal.journey_file import looks_of
from tidegate.temporal.judging import Looks


class NoSuchRollout(NotFound):
    """The rollout that was named does not exist."""


async def no_progress(_: Rollout) -> Progress:
    """Where no effect takes long."""
    return NO_PROGRESS


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutService:
    """The rollouts of one environment. `actuators` is by kind of action, as in `bootstrap`.

    `progress` says how far those steps of a rollout are whose effects take long.
    """

    actuators: Mapping[str, Actuator]
    budgets: Budgets
    contracts: Contracts
    store: Store
    looks: Looks
    rollouts: Rollouts
    environment: str
    clock: Callable[[], float]
    progress: Callable[[Rollout], Awaitable[Progress]] = no_progress

    async def begin(self, plan: Plan, *, by: str) -> RolloutView:
        """Validate every step against the world as it is, then begin; `Refused` with every problem found."""
        await self._validate(plan)
        id_ = RolloutId(f"{plan.change}-{secrets.token_hex(3)}")
        rollout = await self._opened(id_, plan, self.clock())
        record = RolloutRecord(
            id=id_,
            change=plan.change,
            environment=self.environment,
            phase=rollout.phase,
            created=self._now(),
            requester=by,
            plan=PLAN_FORM.dump_python(plan, mode="json"),
        )
        await asyncio.to_thread(self.store.add_rollout, record)
        await self._note(id_, by, "begun", plan.change, f"{len(plan.steps)} steps in {len(plan.waves)} waves")
        if rollout.phase is Phase.PAUSED:
            await self._note(id_, "tidegate", "pause", id_, rollout.reason)
        try:
            await self.rollouts.begin(rollout)
        except Unavailable as error:
            raise Unavailable(
                f"rollout {id_} is kept but not begun: {error.message}",
                f"it begins once Temporal answers: watch it with `tidegate watch {id_}`, or abort it then",
            ) from error
        return view_of(rollout, {})

    async def _validate(self, plan: Plan) -> None:
        if wrong := tuple(malformed(plan)):
            raise Refused(wrong)
        problems: list[Problem] = []
        for step in plan.steps:
            if isinstance(step.action, Milestone):
                continue
            actuator = self.actuators.get(step.action.kind)
            found = await actuator.validate(step.action) if actuator else (_nobody(step),)
            problems += [replace(problem, message=f"{step.id}: {problem.message}") for problem in found]
        problems += self.budgets.validate(_limits(plan)) or await self._refused(plan)
        problems += await asyncio.to_thread(self.contracts.validate, _subjects(plan))
        if problems:
            raise Refused(problems)

    async def _opened(self, id_: RolloutId, plan: Plan, at: float) -> Rollout:
        """A rollout at its beginning, paused if an error budget is spent."""
        rollout, _ = machine.opened(id_, plan, at=at)
        if held := [why for limit in _limits(plan) for why in await self._spent(limit)]:
            why = f"{'; '.join(held)}; resume it once you know better"
            rollout, _ = machine.advance(rollout, PauseRequested(at=at, by="tidegate", reason=why))
        return rollout

    async def _refused(self, plan: Plan) -> list[Problem]:
        """The error budgets that are spent, of which the change says that it must not begin then."""
        hint = "wait until the budget has recovered, or let the change begin paused (onSpent: hold)"
        refusing = [limit for limit in _limits(plan) if limit.on_spent is OnSpent.REFUSE]
        return [Problem(message=why, hint=hint) for limit in refusing for why in await self._spent(limit)]

    async def _spent(self, limit: SloLimit) -> list[str]:
        found = await self.budgets.check(limit, self.clock())
        return [each.reason for each in found if each.condition and (each.broken or each.missing)]

    async def all(self) -> list[RolloutLine]:
        """Every rollout, newest first, a line each."""
        records = await asyncio.to_thread(self.store.rollouts)
        states = await asyncio.gather(*map(self._state, records))
        return [line_of(state, record) for state, record in zip(states, records, strict=True)]

    async def deployed(self) -> Mapping[ServiceName, frozenset[Version]]:
        """The versions in which each service that was ever released may be live."""
        records = await asyncio.to_thread(self.store.rollouts)
        return deployed(await asyncio.gather(*map(self._state, records)))

    async def one(self, id_: RolloutId) -> RolloutView:
        """A rollout as it stands, with an explanation of everything that waits."""
        rollout = await self._state(await self._record(id_))
        return view_of(rollout, self.looks.of(id_), await self.progress(rollout))

    async def journal(self, id_: RolloutId) -> Iterable[JournalEntry]:
        """What was decided and done in a rollout, in order."""
        await self._record(id_)
        return await asyncio.to_thread(self.store.journal, id_)

    async def evidence(self, id_: RolloutId, step: StepId) -> EvidenceView:
        """What the gates of a step have seen, and how their evidence came about."""
        rollout = await self._state(await self._record(id_))
        if step not in rollout.steps:
            known = ", ".join(rollout.steps)
            raise NoSuchRollout(
                [Problem(message=f"rollout {id_} has no step {str(step)!r}", hint=f"it has {known}")]
            )
        stored = await asyncio.to_thread(self.store.evidence_of, id_, step)
        began = rollout.steps[step].evidence_from
        looks = tuple(recorded(record) for record in stored if begun_at(record) == began)
        return await asyncio.to_thread(evidence_of, rollout, step, self.looks.of(id_), looks)

    async def culprits(self, id_: RolloutId) -> CulpritsView:
        """Which release is at fault, where failures begin, and the failing journeys that were kept."""
        rollout = await self._state(await self._record(id_))
        looks = await asyncio.to_thread(looks_of, self.store, id_)
        kept = [decoded_journey(each.journey) for each in await asyncio.to_thread(self.store.failing_of, id_)]
        return culprits_of(rollout, [look.found for look in looks], kept)

    async def operate(self, id_: RolloutId, event: OperatorEvent) -> RolloutView:
        """Do what an operator asks, and note who asked and why; `Refused` when it does not fit."""
        record = await self._record(id_)
        state = await self._state(record)
        if state.phase in ENDED:
            raise DoesNotFit([Problem(message=machine.refusal(state, event) or "")])
        try:
            rollout = await self.rollouts.operate(id_, event)
        except Refused as refused:
            raise DoesNotFit(refused.problems) from refused
        await self._note(id_, event.by, event.kind, getattr(event, "step", None) or id_, _said(event))
        return view_of(rollout, self.looks.of(id_))

    async def _record(self, id_: RolloutId) -> RolloutRecord:
        record = await asyncio.to_thread(self.store.rollout, id_)
        if record is None:
            raise NoSuchRollout(
                [Problem(message=f"there is no rollout {id_!r}", hint="see `tidegate rollouts`")]
            )
        return record

    async def _state(self, record: RolloutRecord) -> Rollout:
        if record.state is not None:
            return ROLLOUT_FORM.validate_python(record.state, strict=False)
        try:
            return await self.rollouts.state(record.id)
        except Unknown:  # it was kept, and Temporal was away when it should have begun
            return await self._begun_again(record)

    async def resume_begun(self) -> None:
        """Begin again what was kept but, after a crash at that very moment, may not have reached Temporal."""
        for record in await asyncio.to_thread(self.store.rollouts):
            if record.state is None:
                await self._begun_again(record)

    async def _begun_again(self, record: RolloutRecord) -> Rollout:
        plan = PLAN_FORM.validate_python(record.plan, strict=False)
        rollout = await self._opened(record.id, plan, record.created.timestamp())
        await self.rollouts.begin(rollout)
        return rollout

    async def _note(self, id_: RolloutId, by: str, kind: str, subject: str, summary: str) -> None:
        entry = Entry(
            at=self._now(),
            actor=by,
            kind=kind,
            rollout=id_,
            subject=subject,
            summary=summary,
            key=f"{id_}/{kind}/{secrets.token_hex(8)}",
            detail={},
        )
        await asyncio.to_thread(self.store.record, entry)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)


def _said(event: OperatorEvent) -> str:
    return f"for {event.owner}: {event.reason}" if isinstance(event, ApprovalGiven) else event.reason


def _nobody(step: Step) -> Problem:
    hint = "start tidegate up with what it takes"
    return Problem(message=f"nothing here carries out steps of kind {step.action.kind}", hint=hint)


def _subjects(plan: Plan) -> tuple[Subject, ...]:
    """The releases whose answers are to be held against contracts."""
    return tuple(
        subject_of(step.action)
        for step in plan.steps
        if isinstance(step.action, Exposing)
        and any(gate.conformance for stage in step.stages for gate in stage.gates)
    )


def _limits(plan: Plan) -> tuple[SloLimit, ...]:
    """Everything that the gates of a plan ask of SLOs, each once."""
    stages = (stage for step in plan.steps for stage in step.stages)
    return tuple(dict.fromkeys(limit for stage in stages for gate in stage.gates for limit in gate.slos))
