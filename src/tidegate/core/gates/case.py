"""A case: all evidence about one release under one gate, as a value that each look replaces."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import log

import numpy as np

from tidegate.core.gates.design_effect import DesignEffect, design_effect
from tidegate.core.gates.eprocess import (
    Arm,
    Bound,
    Comparison,
    Floats,
    NotWorse,
    Worse,
    arm,
    beyond,
    comparison,
    within,
)
from tidegate.core.gates.evidence import Batch, Finding, Missing, Tally, VersionedService
from tidegate.core.gates.levels import Watched, watched
from tidegate.core.gates.measures import Subject, answered, answered_by_all, bounded, measures
from tidegate.core.gates.shift import Shift, no_shift
from tidegate.core.gates.traffic import Traffic
from tidegate.core.strategy import Gate


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Case:
    """All evidence about one release so far; stages come and go, the evidence stays.

    `effect` is how much failures of the control come together. Streams are in the order of `measures`, those of
    absolute tests in the order of `_limits`. `shift` is there if latencies are compared. `traffic` is of the present
    stage, `missing` and `findings` of the last look; `examples` are the newest of the canary, by measure.
    """

    subject: Subject
    gate: Gate
    worse: Comparison
    not_worse: Comparison
    effect: DesignEffect
    beyond: Bound
    within: Bound
    canary: Arm
    control: Arm
    absolute: Arm
    shift: Shift | None
    levels: tuple[Watched, ...]
    traffic: Traffic
    missing: tuple[Missing, ...] = ()
    findings: tuple[Finding, ...] = ()
    examples: Mapping[str, str] = field(default_factory=dict)
    before_stage: float = 0.0

    @property
    def fresh_requests(self) -> int:
        """Requests that have reached the canary since the stage began."""
        return int(self.canary.requests[0] - self.before_stage)

    def with_stage_begun(self, exposure: float) -> "Case":
        """The case at the beginning of a stage of `exposure`, a share of one."""
        fresh = Traffic(exposure=exposure)
        return replace(self, before_stage=float(self.canary.requests[0]), traffic=fresh)


def opened(subject: Subject, gate: Gate) -> Case:
    """A case without evidence.

    A gate with other limits needs a case of its own, which observes the same batches again.
    """
    streams, limits, margins = len(measures(gate)), _limits(gate), gate.boundaries
    ceiling = _KEPT * log(1.0 / gate.alpha_promote)
    nothing = arm([0.0] * streams, [0.0] * streams)
    return Case(
        subject=subject,
        gate=gate,
        worse=comparison(NotWorse(margins.offset_times), streams, restarts=True),
        not_worse=comparison(Worse(margins.worse_times, margins.worse_by), streams, ceiling=ceiling),
        effect=design_effect(streams),
        beyond=within(limits, restarts=True),
        within=beyond(limits, ceiling=ceiling),
        canary=nothing,
        control=nothing,
        absolute=arm([0.0] * len(limits), [0.0] * len(limits)),
        shift=no_shift(margins.worse_by) if margins.latency_compared else None,
        levels=tuple(watched(level, ceiling) for level in gate.levels),
        traffic=Traffic(exposure=0.0),
    )


_KEPT = 3.0
"""So many times the evidence of safety that is needed, in logarithms, is kept; the rest is thrown away."""


def _limits(gate: Gate) -> list[float]:
    """The share that may fail, for each absolute check: the bounded measures, then the guards."""
    measured = [measure.allowed for measure in bounded(gate)]
    return measured + [1.0 - guard.success_rate for guard in gate.guards]


def observed(case: Case, batch: Batch) -> Case:
    """The case after one more look; `evidence.increase` makes the batch from two readings."""
    subject = case.subject
    canary, control = (_tallies(case, batch, version) for version in (subject.canary, subject.control))
    absolute = _absolute(case, batch, canary)
    arms = _arm(canary.values()), _arm(control.values())
    worse, not_worse = _compared(case, *arms)
    return replace(
        case,
        worse=worse,
        not_worse=not_worse,
        effect=case.effect.with_batch(arms[1]),
        beyond=case.beyond.with_batch(absolute, temper=_absolute_temper(case)),
        within=case.within.with_batch(absolute, temper=_absolute_temper(case)),
        canary=case.canary + arms[0],
        control=case.control + arms[1],
        absolute=case.absolute + absolute,
        shift=case.shift and _shifted(case.shift, subject, batch),
        levels=tuple(each.with_batch(subject, batch) for each in case.levels),
        traffic=case.traffic.with_batch(subject, batch),
        missing=batch.missing,
        examples={**case.examples, **_examples(subject, batch)},
        findings=tuple(found for limit in case.gate.slos for found in batch.findings.get(limit, ())),
    )


def _examples(subject: Subject, batch: Batch) -> Mapping[str, str]:
    return {signal.name: said for signal, said in batch.examples.items() if signal.version == subject.canary}


def _compared(case: Case, canary: Arm, control: Arm) -> tuple[Comparison, Comparison]:
    """Both comparisons after a batch, tempered by what the control showed before it.

    Until the canary has its first request the control only shows how failures come together: what is gathered while
    waiting for a canary would be tempered by what was known when the waiting began.
    """
    if not (case.canary.requests + canary.requests).any():
        return case.worse, case.not_worse
    temper = _temper(case)
    return (
        case.worse.with_batch(canary, control, temper=temper),
        case.not_worse.with_batch(canary, control, temper=temper),
    )


def _temper(case: Case) -> Floats:
    """How much failures come together in each measure: as the control showed, or as the gate was told."""
    return np.maximum(case.effect.phi, case.gate.boundaries.design_effect)


def _absolute_temper(case: Case) -> Floats:
    """The same for the absolute tests; of what guards answer for nothing is known but what the gate was told."""
    measured = [number for number, measure in enumerate(measures(case.gate)) if measure.absolute]
    guarded = np.full(len(case.gate.guards), case.gate.boundaries.design_effect)
    return np.concatenate((_temper(case)[measured], guarded))


def _tallies(case: Case, batch: Batch, version: VersionedService) -> dict[str, Tally]:
    return {measure.name: measure.counted(batch, version) for measure in measures(case.gate)}


def _absolute(case: Case, batch: Batch, canary: Mapping[str, Tally]) -> Arm:
    measured = [canary[measure.name] for measure in bounded(case.gate)]
    return _arm([*measured, *(answered_by_all(batch, guard.service) for guard in case.gate.guards)])


def _arm(tallies: Iterable[Tally]) -> Arm:
    counted = tuple(tallies)
    return arm([tally.requests for tally in counted], [tally.bad for tally in counted])


def _shifted(shift: Shift, subject: Subject, batch: Batch) -> Shift:
    return shift.with_batch(answered(batch, subject.canary).times, answered(batch, subject.control).times)
