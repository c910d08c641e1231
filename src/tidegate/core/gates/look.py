"""One look at a case: every check with its evidence both ways, and what the checks add up to."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, log

import numpy as np

from tidegate.core.gates.case import Case
from tidegate.core.gates.eprocess import Arm
from tidegate.core.gates.levels import LevelCheck, Watched
from tidegate.core.gates.measures import GUARD, Measure, bounded, measures
from tidegate.core.gates.ranks import Values
from tidegate.core.gates.shift import Shift, quantile
from tidegate.core.gates.words import failures, percent
from tidegate.core.strategy import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check at one look: its evidence both ways, and what is said if it carries a failure.

    `safe_share` is the part that its e-value has in the proof of its measure, zero if it has none. `example` shows
    what was bad, if somebody kept one.
    """

    name: str
    canary: tuple[int, int]
    control: tuple[int, int] = (0, 0)
    log_harm: float
    log_safe: float
    safe_share: float
    harm: str
    seen: str
    example: str = ""


def checks(case: Case) -> tuple[Check, ...]:
    """Every check of the case: the comparisons, the measures held to a boundary, the guards, durations, levels."""
    return (
        *(_compared(case, stream) for stream in range(len(measures(case.gate)))),
        *(_held_to_boundary(case, stream) for stream in range(len(bounded(case.gate)))),
        *(_guarded(case, number) for number in range(len(case.gate.guards))),
        *((_slower(case, case.shift),) if case.shift else ()),
        *(_of_level(case, each, check) for each in case.levels for check in each.checks(case.subject)),
    )


def _compared(case: Case, stream: int) -> Check:
    measure, subject = measures(case.gate)[stream], case.subject
    canary, control = _counted(case.canary, stream), _counted(case.control, stream)
    beside = f", of {subject.old} {failures(control)}" if subject.compared else ""
    numbers = f"{failures(canary, measure.unit)} {measure.failing}{beside}"
    return Check(
        name=measure.name,
        canary=canary,
        control=control,
        log_harm=float(case.worse.log_e[stream]),
        log_safe=float(case.not_worse.log_e[stream]),
        safe_share=1.0 / len(measure.routes),
        harm=f"{subject} is worse than {subject.old} in {measure.name}: {numbers}",
        seen=f"{subject}: {numbers}",
        example=case.examples.get(measure.name, ""),
    )


def _held_to_boundary(case: Case, stream: int) -> Check:
    measure, subject = bounded(case.gate)[stream], case.subject
    canary = _counted(case.absolute, stream)
    allowed = percent(measure.allowed)
    numbers = f"{failures(canary, measure.unit)} {measure.failing}"
    return Check(
        name=measure.absolute,
        canary=canary,
        log_harm=float(case.beyond.log_e[stream]),
        log_safe=float(case.within.log_e[stream]),
        safe_share=1.0 / len(measure.routes),
        harm=f"{subject} is beyond its boundary of {allowed}: {numbers}",
        seen=f"{subject}: {numbers}",
    )


def _guarded(case: Case, number: int) -> Check:
    guard, stream = case.gate.guards[number], len(bounded(case.gate)) + number
    calls = _counted(case.absolute, stream)
    numbers = f"{failures(calls, 'calls')} failed, whichever versions answered"
    return Check(
        name=f"{GUARD}{guard.service}",
        canary=calls,
        log_harm=float(case.beyond.log_e[stream]),
        log_safe=float(case.within.log_e[stream]),
        safe_share=0.0,
        harm=f"{guard.service} is below its success rate of {percent(guard.success_rate)}: {numbers}",
        seen=f"{guard.service}: {numbers}",
    )


def _slower(case: Case, shift: Shift) -> Check:
    subject = case.subject
    canary, control = sum(shift.canary.counts), sum(shift.control.counts)
    numbers = f"{canary:,} durations, of {subject.old} {control:,}{_medians(shift)}"
    return Check(
        name=LATENCY_SHIFT,
        canary=(canary, 0),
        control=(control, 0),
        log_harm=shift.log_e,
        log_safe=0.0,
        safe_share=0.0,
        harm=f"answers of {subject} take longer than those of {subject.old}: {numbers}",
        seen=f"{subject}: {numbers}",
    )


LATENCY_SHIFT = "latency shift"


def _medians(shift: Shift) -> str:
    """The two medians and upper ends, as nearly as buckets tell."""
    parts = []
    for share, words in ((0.5, "half"), (0.99, "99 %")):
        new, old = (quantile(arm, share) for arm in (shift.canary, shift.control))
        if new is not None and old is not None:
            parts.append(f"; {words} within {new:g} ms against {old:g} ms")
    return "".join(parts)


def carriers(evidence: Mapping[str, float], needed: float) -> tuple[str, ...]:
    """The checks that carry a decision: each that is enough alone, else the fewest that are enough together.

    Both are logarithms of e-values; none carries it if all together are not enough. What is not a number is
    no evidence.
    """
    known = {name: log_e for name, log_e in evidence.items() if log_e > -inf}
    alone = tuple(name for name, log_e in known.items() if log_e >= needed)
    return alone or _together(known, needed)


def _together(evidence: Mapping[str, float], needed: float) -> tuple[str, ...]:
    strongest = sorted(evidence, key=lambda name: evidence[name], reverse=True)
    totals = np.logaddexp.accumulate([evidence[name] for name in strongest])
    enough = int(np.searchsorted(totals, needed)) + 1
    return tuple(strongest[:enough]) if enough <= len(strongest) else ()


def _counted(counts: Arm, stream: int) -> tuple[int, int]:
    return int(counts.requests[stream]), int(counts.bad[stream])


def _of_level(case: Case, watched: Watched, check: LevelCheck) -> Check:
    subject, name = case.subject, watched.level.name
    numbers = f"{_spread(watched.canary)}, of {subject.old} {_spread(watched.control)}"
    return Check(
        name=check.name,
        canary=(watched.ranks.intervals, 0),
        log_harm=check.log_harm,
        log_safe=check.log_safe,
        safe_share=check.safe_share,
        harm=f"{check.claim}: {numbers}",
        seen=f"{subject}: {name} {numbers}",
    )


def _spread(values: Values) -> str:
    """The newest values of all instances, from the lowest to the highest."""
    if not values:
        return "not read"
    low, high = min(values.values()), max(values.values())
    return f"{low:.4g}" if low == high else f"{low:.4g} to {high:.4g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A case at one instant of one stage, with its checks worked out once."""

    case: Case
    stage: Stage
    elapsed: float
    checks: dict[str, Check]

    @property
    def log_harm_needed(self) -> float:
        """What one check needs to make the average of all of them reach 1/alpha alone."""
        return log(len(self.checks) / self.case.gate.alpha)

    @property
    def harmful(self) -> tuple[str, ...]:
        return carriers({name: c.log_harm for name, c in self.checks.items()}, self.log_harm_needed)

    def log_safe_needed(self, check: Check) -> float:
        """What one check needs to prove its measure safe alone; a guard stands for nothing but itself."""
        return log(1.0 / self.case.gate.alpha_promote) - log(check.safe_share or 1.0)

    def proof(self, routes: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the checks `routes`, any of which would do, that prove safety together; none if they do not."""
        evidence = {name: self.checks[name].log_safe for name in routes}
        return carriers(evidence, self.log_safe_needed(self.checks[routes[0]]))

    def demanded(self, measure: Measure) -> bool:
        """Whether a measure must be proven: if it is required and can be, or if both arms can be compared."""
        check = self.checks[measure.name]
        compared = check.canary[0] > 0 and check.control[0] > 0 and self.stage.exposure < 1.0
        return (measure.required and bool(measure.absolute or self.case.subject.compared)) or compared
