"""The looks of a stage's gates: read, store, judge, until there is an answer or the time to wait is over.

Every look is stored before it is judged (`case_file`). Whoever goes on after a crash observes what was stored again and
continues from the last readings: nothing is lost, nothing counts twice.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from tidegate.core.errors import Unavailable
from tidegate.core.gates.data import beside_data, data_verdict
from tidegate.core.gates.evidence import Finding, Gap, Missing, Reading
from tidegate.core.gates.measures import Subject, subject_of
from tidegate.core.gates.panel import Panel, baked
from tidegate.core.gates.verdict import Outcome, Verdict
from tidegate.core.ids import RolloutId, StepId
from tidegate.core.plan.steps import DataCheck, Expose, Exposing, Migrate
from tidegate.core.strategy import GateAction, SloLimit, Stage
from tidegate.ports import Budgets, Contracts, DataChecks, Observer
from tidegate.store.database import Store
from tidegate.store.records import Entry
from tidegate.temporal.case_file import CaseFile
from tidegate.temporal.messages import JudgeOrder
from tidegate.temporal.witness import Witness

LOOK_SECONDS = 0.5
"""Between two looks. Looking oftener costs nothing in error rates, only in requests to the data plane."""


@dataclass(slots=True)
class Looks:
    """The newest look of every gate at work, for people who watch; lost with the process, and made anew."""

    newest: dict[tuple[RolloutId, StepId], Verdict] = field(default_factory=dict)

    def of(self, rollout: RolloutId) -> dict[StepId, Verdict]:
        """The newest looks at one rollout's gates."""
        return {step: verdict for (id_, step), verdict in self.newest.items() if id_ == rollout}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Judges stages on what the `observers` see, keeping evidence in `store` and the newest look in `looks`.

    Observers are by name, the one that is believed first coming first; `budgets` knows the SLOs, `contracts` holds
    answers against their contracts, `checks` both shapes of data against each other, `witness` sees journeys.

    `reported` are the keys of what was noted of gates that only observe and of callers; the journal takes each but
    once anyway.
    """

    observers: Mapping[str, Observer]
    budgets: Budgets
    contracts: Contracts
    checks: DataChecks
    store: Store
    looks: Looks
    clock: Callable[[], float]
    witness: Witness | None = None
    reported: set[str] = field(default_factory=set)

    async def verdict(self, order: JudgeOrder) -> Verdict:
        """The answer for one stage: pass, fail, or insufficient when the time to wait is over."""
        stage = order.step.stages[order.stage]
        try:
            if stage.gates:
                return await self._gated(order, stage)
            return await (self._soaked(order, stage) if _data(order) else self._baked(order, stage))
        finally:
            self.looks.newest.pop((order.rollout, order.step.id), None)

    async def _baked(self, order: JudgeOrder, stage: Stage) -> Verdict:
        await asyncio.sleep(max(order.began_at + stage.bake - self.clock(), 0.0))
        return Verdict(outcome=Outcome.PASS, reason=f"{stage.bake:g} s have passed; the stage has no gate")

    async def _soaked(self, order: JudgeOrder, stage: Stage) -> Verdict:
        async def look(elapsed: float) -> Verdict:
            return baked(stage, elapsed)

        return await self._until_told(order, stage, look)

    async def _gated(self, order: JudgeOrder, stage: Stage) -> Verdict:
        action = order.step.action
        if not isinstance(action, Exposing):
            raise TypeError(f"only exposures have gates, {order.step.id} is a {action.kind}")
        file = await asyncio.to_thread(CaseFile, self.store, order, subject_of(action))

        async def look(elapsed: float) -> Verdict:
            return await self._look(file, stage, elapsed)

        return await self._until_told(order, stage, look)

    async def _until_told(
        self, order: JudgeOrder, stage: Stage, look: Callable[[float], Awaitable[Verdict]]
    ) -> Verdict:
        """Look again, at the data too, until there is an answer or the time to wait is over."""
        while True:
            elapsed = self.clock() - order.began_at
            answer = await look(elapsed)
            if checks := _data(order):
                answer = beside_data(answer, await self._compared(checks))
            await self._report(order, answer)
            if answer.outcome is not Outcome.INSUFFICIENT or elapsed >= stage.wait:
                return answer
            self.looks.newest[order.rollout, order.step.id] = answer
            await asyncio.sleep(LOOK_SECONDS)

    async def _compared(self, checks: Iterable[DataCheck]) -> Verdict:
        wanted = tuple(checks)
        found = await asyncio.gather(*map(self._checked, wanted))
        return data_verdict({each.migration: said for each, said in zip(wanted, found, strict=True)})

    async def _checked(self, check: DataCheck) -> tuple[Finding, ...]:
        try:
            return await self.checks.check(check.database, check.migration)
        except Unavailable as error:
            missing = Missing(gap=Gap.DOWN, what=str(error))
            return (Finding(name=f"data of {check.migration}", reason=str(missing), missing=missing),)

    async def _look(self, file: CaseFile, stage: Stage, elapsed: float) -> Verdict:
        self._want(file.panel)
        readings = dict(
            zip(self.observers, await asyncio.gather(*map(_read, self.observers.values())), strict=True)
        )
        silent = [str(each) for each in readings.values() if isinstance(each, Unavailable)]
        if len(silent) == len(readings):
            return Verdict(
                outcome=Outcome.INSUFFICIENT, reason=f"no evidence can be read: {'; '.join(silent)}"
            )
        await asyncio.to_thread(file.add, readings, await self._findings(file))
        if self.witness is not None:
            live = (file.panel.subject.service, *file.order.live)
            await self.witness.look(file.order.rollout, live)
        await self._remark(file.order, file.panel.subject, readings.values())
        return file.panel.judged(stage, elapsed)

    def _want(self, panel: Panel) -> None:
        """Have answers checked for every gate that asks for it."""
        for gate in panel.gates:
            if gate.conformance is not None:
                self.contracts.want(panel.subject, gate.conformance.sample)

    async def _findings(self, file: CaseFile) -> Mapping[SloLimit, tuple[Finding, ...]]:
        limits = {limit for gate in file.panel.gates for limit in gate.slos}
        found = await asyncio.gather(*(self.budgets.check(limit, file.order.started_at) for limit in limits))
        return dict(zip(limits, found, strict=True))

    async def _report(self, order: JudgeOrder, answer: Verdict) -> None:
        """Note once what a gate that only observes would have done."""
        for each in answer.beside:
            if each.action is GateAction.OBSERVE and each.outcome is Outcome.FAIL:
                said = f"gate {each.gate} would have failed: {each.reason}"
                await self._note(order, Note(kind="observed", key=each.gate, said=said, detail=asdict(each)))

    async def _remark(
        self, order: JudgeOrder, subject: Subject, readings: Iterable[Reading | Unavailable]
    ) -> None:
        """Note once what was seen of those who call the service, and of whom it calls."""
        for reading in readings:
            for remark in () if isinstance(reading, Unavailable) else reading.remarks:
                if remark.concerns(subject.service):
                    note = Note(kind="remarked", key=remark.said, said=remark.said, detail=asdict(remark))
                    await self._note(order, note)

    async def _note(self, order: JudgeOrder, note: "Note") -> None:
        key = f"{order.rollout}/{order.step.id}/{note.key}/{note.kind}"
        if key in self.reported:
            return
        entry = Entry(
            at=datetime.fromtimestamp(self.clock(), UTC),
            actor="tidegate",
            kind=note.kind,
            rollout=order.rollout,
            subject=order.step.id,
            summary=note.said,
            key=key,
            detail=note.detail,
        )
        await asyncio.to_thread(self.store.record, entry)
        self.reported.add(key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What the journal is told once about a step, under a key."""

    kind: str
    key: str
    said: str
    detail: Mapping[str, object]


def _data(order: JudgeOrder) -> tuple[DataCheck, ...]:
    """The data that is to agree for a step to go on."""
    action = order.step.action
    return action.data if isinstance(action, Expose | Migrate) else ()


async def _read(observer: Observer) -> Reading | Unavailable:
    try:
        return await observer.read()
    except Unavailable as error:
        return error
