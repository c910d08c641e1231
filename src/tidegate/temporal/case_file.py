"""A panel with its stored looks: evidence on its way from sources to gates, in a form that survives a crash.

Each look is stored with the cumulative readings that it ended on. A new stage begins from readings of its own, taken
after it began, so that no batch spans two exposures. Each look is of the case that began at the order's
`evidence_from`; where that is later, those before it were of another case and are not observed.

Two judges of one step may be at work for a moment: one that was cancelled or taken for dead hears of it late. The
number of a look is their fence. Whoever finds it taken reads the file again and goes on from there, and one that finds
a later stage begun gives up; so the stored batches always follow one another.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from tidegate.core.errors import Superseded, Unavailable
from tidegate.core.gates.evidence import Batch, Finding, Gap, Missing, Reading, increase, together
from tidegate.core.gates.measures import Subject
from tidegate.core.gates.panel import Panel, convened
from tidegate.core.ids import ServiceName
from tidegate.core.strategy import SloLimit
from tidegate.store.batches import BATCHES, READINGS, begun_at
from tidegate.store.database import Store
from tidegate.store.records import EvidenceRecord
from tidegate.temporal.messages import JudgeOrder

Readings = Mapping[str, Reading | Unavailable]
"""What each source says, by its name; the one that is believed first coming first."""


class CaseFile:
    """The only place that writes evidence. It begins with what is stored."""

    panel: Panel
    order: JudgeOrder
    _sequence: int
    _last: dict[str, Reading]

    def __init__(self, store: Store, order: JudgeOrder, subject: Subject) -> None:
        self._store = store
        self.order = order
        self._none = convened(subject, order.step.stages[order.stage].gates)
        self._read()

    def _read(self) -> None:
        """Take up the panel as it stands after everything that was stored for this step."""
        self.panel, self._sequence, self._last = self._none, 0, {}
        order, stage = self.order, -1
        for record in self._store.evidence_of(order.rollout, order.step.id):
            self._sequence = record.sequence
            if begun_at(record) != order.evidence_from:
                continue
            if record.stage != stage:
                stage = record.stage
                self._begin(stage)
            self.panel = self.panel.observed(BATCHES.decoded(record.batch["batch"]))
            self._last = {name: READINGS.decoded(stored) for name, stored in record.batch["until"].items()}
        if stage > order.stage:
            raise Superseded(f"{order.step.id}: stage {stage + 1} is judged already")
        if stage != order.stage:
            self._begin(order.stage)

    def _begin(self, stage: int) -> None:
        self.panel = self.panel.with_stage_begun(self.order.step.stages[stage].exposure)
        self._last = {}

    def add(self, readings: Readings, findings: Mapping[SloLimit, tuple[Finding, ...]]) -> None:
        """One more look: stored first, then observed; not at all if another judge was quicker."""
        relevant = self._relevant(readings)
        grown = [self._grown(name, reading) for name, reading in relevant.items()]
        last = self._last | {name: each for name, each in relevant.items() if self._counts(name, each)}
        batch = replace(together([*grown, *map(_silence, readings.values())]), findings=findings)
        until = {name: READINGS.encoded(_counts_of(reading)) for name, reading in last.items()}
        record = EvidenceRecord(
            rollout=self.order.rollout,
            step=self.order.step.id,
            sequence=self._sequence + 1,
            at=datetime.fromtimestamp(max(reading.at for reading in relevant.values()), UTC),
            stage=self.order.stage,
            batch={"batch": BATCHES.encoded(batch), "until": until, "from": self.order.evidence_from},
        )
        if not self._store.append_evidence(record):
            self._read()
            return
        self._sequence = record.sequence
        self._last = last
        self.panel = self.panel.observed(batch)

    def _counts(self, name: str, reading: Reading) -> bool:
        """Whether a reading can be counted from: a first one must be of this stage."""
        return name in self._last or reading.at >= self.order.began_at

    def _grown(self, name: str, reading: Reading) -> Batch:
        last = self._last.get(name)
        return Batch(missing=reading.missing) if last is None else increase(last, reading)

    def _relevant(self, readings: Readings) -> dict[str, Reading]:
        """What these cases can use; calls to a service are taken from the first source that counts them."""
        found: dict[str, Reading] = {}
        counted: set[ServiceName] = set()
        for name, reading in readings.items():
            if not isinstance(reading, Unavailable):
                found[name] = _concerning(self.panel, reading, counted)
                counted |= {edge.callee.service for edge in found[name].edges}
        return found


def _counts_of(reading: Reading) -> Reading:
    """What counting goes on from."""
    return replace(reading, examples={}, remarks=())


def _silence(reading: Reading | Unavailable) -> Batch:
    if not isinstance(reading, Unavailable):
        return Batch()
    return Batch(missing=(Missing(gap=Gap.DOWN, what=str(reading)),))


def _concerning(panel: Panel, reading: Reading, counted: set[ServiceName]) -> Reading:
    """Edges with its service on either end, and what its guards answer for; not what is `counted` already."""
    subject = panel.subject
    services = {subject.service, *(guard.service for gate in panel.gates for guard in gate.guards)}
    edges = {
        edge: counts
        for edge, counts in reading.edges.items()
        if edge.callee.service not in counted
        and (
            edge.callee.service in services
            or (edge.caller is not None and edge.caller.service == subject.service)
        )
    }
    ratios = {signal: tally for signal, tally in reading.ratios.items() if signal.version.service in services}
    levels = {signal: found for signal, found in reading.levels.items() if signal.version.service in services}
    missing = tuple(each for each in reading.missing if each.service in {None, *services})
    examples = {
        signal: said for signal, said in reading.examples.items() if signal.version.service in services
    }
    return replace(reading, edges=edges, ratios=ratios, levels=levels, missing=missing, examples=examples)
