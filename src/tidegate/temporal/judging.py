"""The looks of one gate: read, store, judge, until there is an answer or the time to wait is over.

Every look is stored before it is judged, with the cumulative reading that it ended on. Whoever goes on after a
crash observes the stored batches again and continues from the last reading: nothing is lost, nothing counts
twice. A new stage begins from a reading of its own, so that no batch spans two exposures.

Two judges of one step may be at work for a moment: one that was cancelled or taken for dead hears of it late.
The number of a look is their fence. Whoever finds it taken reads the file again and goes on from there, and one
that finds a later stage begun gives up; so the stored batches always follow one another.
"""

import asyncio
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime

from tidegate.core.errors import Superseded, Unavailable
from tidegate.core.gates.evidence import Batch, Reading, increase
from tidegate.core.gates.measures import Subject, subject_of
from tidegate.core.gates.panel import Panel, convened
from tidegate.core.gates.verdict import Outcome, Verdict
from tidegate.core.ids import RolloutId, StepId
from tidegate.core.plan.steps import Expose
from tidegate.core.strategy import GateAction, Stage
from tidegate.ports import Observer
from tidegate.store.batches import BATCHES, READINGS
from tidegate.store.database import Store
from tidegate.store.records import Entry, EvidenceRecord
from tidegate.temporal.messages import JudgeOrder

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
    """Judges stages on what `observer` sees, keeping evidence in `store` and the newest look in `looks`.

    `reported` are the keys of what was noted of gates that only observe; the journal takes each but once anyway.
    """

    observer: Observer
    store: Store
    looks: Looks
    clock: Callable[[], float]
    reported: set[str] = field(default_factory=set)

    async def verdict(self, order: JudgeOrder) -> Verdict:
        """The answer for one stage: pass, fail, or insufficient when the time to wait is over."""
        stage = order.step.stages[order.stage]
        try:
            return await (self._gated(order, stage) if stage.gates else self._baked(order, stage))
        finally:
            self.looks.newest.pop((order.rollout, order.step.id), None)

    async def _baked(self, order: JudgeOrder, stage: Stage) -> Verdict:
        await asyncio.sleep(max(order.began_at + stage.bake - self.clock(), 0.0))
        return Verdict(outcome=Outcome.PASS, reason=f"{stage.bake:g} s have passed; the stage has no gate")

    async def _gated(self, order: JudgeOrder, stage: Stage) -> Verdict:
        action = order.step.action
        if not isinstance(action, Expose):
            raise TypeError(f"only exposures have gates, {order.step.id} is a {action.kind}")
        file = await asyncio.to_thread(CaseFile, self.store, order, subject_of(action))
        while True:
            elapsed = self.clock() - order.began_at
            answer = await self._look(file, stage, elapsed)
            await self._report(order, answer)
            if answer.outcome is not Outcome.INSUFFICIENT or elapsed >= stage.wait:
                return answer
            self.looks.newest[order.rollout, order.step.id] = answer
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self, file: "CaseFile", stage: Stage, elapsed: float) -> Verdict:
        try:
            reading = await self.observer.read()
        except Unavailable as error:
            return Verdict(outcome=Outcome.INSUFFICIENT, reason=f"no evidence can be read: {error}")
        await asyncio.to_thread(file.add, reading)
        return file.panel.judged(stage, elapsed)

    async def _report(self, order: JudgeOrder, answer: Verdict) -> None:
        """Note once what a gate that only observes would have done."""
        for each in answer.beside:
            name = f"{order.rollout}/{order.step.id}/{each.gate}/observed"
            if (
                each.action is not GateAction.OBSERVE
                or each.outcome is not Outcome.FAIL
                or name in self.reported
            ):
                continue
            entry = Entry(
                at=datetime.fromtimestamp(self.clock(), UTC),
                actor="tidegate",
                kind="observed",
                rollout=order.rollout,
                subject=order.step.id,
                summary=f"gate {each.gate} would have failed: {each.reason}",
                key=name,
                detail=asdict(each),
            )
            await asyncio.to_thread(self.store.record, entry)
            self.reported.add(name)


class CaseFile:
    """A panel with its stored looks: the only place that writes evidence. It begins with what is stored."""

    panel: Panel
    _sequence: int
    _last: Reading | None

    def __init__(self, store: Store, order: JudgeOrder, subject: Subject) -> None:
        self._store = store
        self._order = order
        self._none = convened(subject, order.step.stages[order.stage].gates)
        self._read()

    def _read(self) -> None:
        """Take up the panel as it stands after everything that was stored for this step."""
        self.panel, self._sequence, self._last = self._none, 0, None
        order, stage = self._order, -1
        for record in self._store.evidence_of(order.rollout, order.step.id):
            if record.stage != stage:
                stage = record.stage
                self._begin(stage)
            self.panel = self.panel.observed(BATCHES.decoded(record.batch["batch"]))
            self._last = READINGS.decoded(record.batch["until"])
            self._sequence = record.sequence
        if stage > order.stage:
            raise Superseded(f"{order.step.id}: stage {stage + 1} is judged already")
        if stage != order.stage:
            self._begin(order.stage)
            self._last = None

    def _begin(self, stage: int) -> None:
        self.panel = self.panel.with_stage_begun(self._order.step.stages[stage].exposure)

    def add(self, reading: Reading) -> None:
        """One more look: stored first, then observed; not at all if another judge was quicker."""
        relevant = _relevant(self.panel, reading)
        batch = increase(self._last, relevant) if self._last is not None else Batch()
        record = EvidenceRecord(
            rollout=self._order.rollout,
            step=self._order.step.id,
            sequence=self._sequence + 1,
            at=datetime.fromtimestamp(reading.at, UTC),
            stage=self._order.stage,
            batch={"batch": BATCHES.encoded(batch), "until": READINGS.encoded(relevant)},
        )
        if not self._store.append_evidence(record):
            self._read()
            return
        self._sequence = record.sequence
        self._last = relevant
        self.panel = self.panel.observed(batch)


def _relevant(panel: Panel, reading: Reading) -> Reading:
    """What these cases can use: edges with its service on either end, and what its guards answer for."""
    subject = panel.subject
    services = {subject.service, *(guard.service for gate in panel.gates for guard in gate.guards)}
    edges = {
        edge: counts
        for edge, counts in reading.edges.items()
        if edge.callee.service in services
        or (edge.caller is not None and edge.caller.service == subject.service)
    }
    return replace(
        reading,
        edges=edges,
        ratios={
            signal: tally for signal, tally in reading.ratios.items() if signal.version.service in services
        },
        levels={
            signal: found for signal, found in reading.levels.items() if signal.version.service in services
        },
        missing=tuple(each for each in reading.missing if each.service in {None, *services}),
    )
