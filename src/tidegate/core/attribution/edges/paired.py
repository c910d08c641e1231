"""Two new versions that fail where they meet: calls of the one to the other, beside calls with either one old.

A pair must be worse than each of its members alone, so the lesser of the two e-values counts: while either saying is
true, "no worse than the new caller with the old callee" or "no worse than the old caller with the new callee", it
grows no faster than an e-value.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from tidegate.core.attribution.edges.counted import failed, side_by_side
from tidegate.core.attribution.edges.observed import Edge, Interval, Release
from tidegate.core.gates.design_effect import design_effect
from tidegate.core.gates.eprocess import Arm, NotWorse, Worse, arm, comparison
from tidegate.core.gates.evidence import NOTHING, CallEdge, Counts, Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """What the calls of one new version to another have shown; `control` are calls with either one old."""

    caller: Release
    callee: Release
    log_e: float = 0.0
    log_safe: float = 0.0
    exposed: Tally = NOTHING
    control: Tally = NOTHING


def pairs_of(releases: Iterable[Release], edges: frozenset[Edge]) -> tuple[tuple[Release, Release], ...]:
    """The releases of which one calls the other, caller first."""
    known = tuple(releases)
    return tuple((a, b) for a in known for b in known if Edge(a.service, b.service) in edges and a != b)


def paired(caller: Release, callee: Release, intervals: Iterable[Interval], *, harmless: float) -> Paired:
    """What the calls of one new version to another have shown; of harm the most so far counts."""
    harm, effect = comparison(NotWorse(), 2, restarts=True), design_effect(2)
    safety = comparison(Worse(by=harmless), 2)
    most, exposed, control = 0.0, NOTHING, NOTHING
    for interval in intervals:
        both, *alone = (
            failed(interval.counts.get(CallEdge(caller=one, callee=other), Counts()))
            for one, other in (
                (caller.canary, callee.canary),
                (caller.canary, callee.control),
                (caller.control, callee.canary),
            )
        )
        beside = _arm(*alone)
        arms = side_by_side(_arm(both, both), beside)
        harm = harm.with_batch(*arms, temper=effect.phi)
        safety = safety.with_batch(*arms, temper=effect.phi)
        effect = effect.with_batch(beside)
        most = max(most, float(harm.log_e.min()))
        exposed, control = exposed + both, sum(alone, control)
    log_safe = float(safety.log_e.min())
    return Paired(
        caller=caller, callee=callee, log_e=most, log_safe=log_safe, exposed=exposed, control=control
    )


def _arm(one: Tally, other: Tally) -> Arm:
    return arm([one.requests, other.requests], [one.bad, other.bad])
