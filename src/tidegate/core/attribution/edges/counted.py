"""Calls of a new version beside those of the old one, edge by edge: exact evidence, valid however often one looks.

The two versions are compared within an interval and on one edge at a time, with the service at its other end held
fixed: as callee, among the calls of one caller; as caller, among its calls to one callee. Calls that have the new
version of another release at the other end are left out, because it might be that one's fault (`paired` has them). So
both arms differ by nothing but the release, and a service whose callee is sick is sick on both.

    failed     no answer, a status of 500 and above, or of 400 to 499: a callee that rejects the calls of one new
               caller alone points at that caller, one that rejects the calls of all points at itself
    slow       of the good answers, those beyond the threshold that the source counts by; without one, beyond the
               bucket that held nine in ten of the control's answers in earlier intervals

Each is a stream of its own (`core.gates.eprocess`), tempered where failures of the control come together. Their
average is kept at its highest, as in `compared`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import accumulate
from math import log

import numpy as np

from tidegate.core.attribution.edges.observed import Edge, Interval, Release, edge_of
from tidegate.core.gates.design_effect import DesignEffect, design_effect
from tidegate.core.gates.eprocess import Arm, Comparison, NotWorse, Worse, arm, comparison
from tidegate.core.gates.evidence import NO_HISTOGRAM, NOTHING, CallEdge, Counts, Histogram, Tally

_MEASURES = ("failed", "slow")
_MOST = 0.9
"""Of the control's answers so many are not slow."""
_TELLING = 0.1
"""Nats: so much is no evidence."""

_Cells = Mapping[Edge, Counts]
"""What one version counted on each edge."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Counted:
    """What the calls of one release have shown; `log_e` is the most evidence of harm so far, on edges as in `why`.

    Streams are the edges, once for each measure. `canary` and `control` are calls on all of them, the bad ones failed;
    `times` has the control's answers on each.
    """

    release: Release
    edges: tuple[Edge, ...]
    harm: Comparison
    safety: Comparison
    effect: DesignEffect
    times: Mapping[Edge, Histogram] = field(default_factory=dict)
    canary: Tally = NOTHING
    control: Tally = NOTHING
    log_e: float = 0.0
    why: tuple[str, ...] = ()

    @property
    def made(self) -> bool:
        """Whether both versions were ever called on one edge in one interval."""
        return bool((self.harm.wealth.starts > 0.0).any())

    @property
    def log_safe(self) -> float:
        """Ln of the evidence that it does no harm worth speaking of, on every edge where that could be compared."""
        compared = self.safety.wealth.starts > 0.0
        return float(self.safety.log_e[compared].min()) if compared.any() else 0.0

    def with_cells(self, canary: _Cells, control: _Cells) -> "Counted":
        """The evidence after one more interval."""
        arms = self._arm(canary), self._arm(control)
        beside = side_by_side(*arms)
        phi = self.effect.phi
        return replace(
            self,
            harm=self.harm.with_batch(*beside, temper=phi),
            safety=self.safety.with_batch(*beside, temper=phi),
            effect=self.effect.with_batch(arms[1]),
            times={
                **self.times,
                **{edge: self._past(edge) + counts.times for edge, counts in control.items()},
            },
            canary=self.canary + _together(canary),
            control=self.control + _together(control),
        ).with_most()

    def with_most(self) -> "Counted":
        """The same, with the average of this moment kept if it is the highest."""
        log_e = self.harm.log_e
        average = float(np.logaddexp.reduce(log_e)) - log(len(log_e))
        if average <= self.log_e:
            return self
        telling = [stream for stream in np.argsort(-log_e, kind="stable") if log_e[stream] > _TELLING]
        return replace(self, log_e=average, why=tuple(map(self._told, telling)))

    def _arm(self, cells: _Cells) -> Arm:
        counted = [cells.get(edge, Counts()) for edge in self.edges]
        tallies = [failed(counts) for counts in counted]
        tallies += [_slow(counts, self._past(edge)) for edge, counts in zip(self.edges, counted, strict=True)]
        return arm([tally.requests for tally in tallies], [tally.bad for tally in tallies])

    def _past(self, edge: Edge) -> Histogram:
        return self.times.get(edge, NO_HISTOGRAM)

    def _told(self, stream: int) -> str:
        measure, number = divmod(stream, len(self.edges))
        edge = self.edges[number]
        if edge.callee == self.release.service:
            return f"calls from {edge.caller or 'outside'} {_MEASURES[measure]}"
        return f"calls to {edge.callee} {_MEASURES[measure]}"


def counted(
    release: Release,
    releases: Iterable[Release],
    edges: Iterable[Edge],
    intervals: Iterable[Interval],
    *,
    harmless: float,
) -> Counted:
    """What the calls of one of the releases have shown; a difference of shares up to `harmless` is no harm."""
    mine = tuple(sorted((edge for edge in edges if release.service in edge), key=_in_order))
    streams = len(_MEASURES) * len(mine)
    state = Counted(
        release=release,
        edges=mine,
        harm=comparison(NotWorse(), streams, restarts=True),
        safety=comparison(Worse(by=harmless), streams),
        effect=design_effect(streams),
    )
    others = frozenset(other.canary for other in releases) - {release.canary}
    for interval in intervals if mine else ():
        clean = {
            edge: counts
            for edge, counts in interval.counts.items()
            if edge.caller not in others and edge.callee not in others
        }
        canary, control = (_cells(clean, version) for version in (release.canary, release.control))
        if canary or control:  # else the source looked elsewhere
            state = state.with_cells(canary, control)
    return state


def _in_order(edge: Edge) -> tuple[str, str]:
    return edge.caller or "", edge.callee


def _cells(counts: Mapping[CallEdge, Counts], version: object) -> _Cells:
    cells: dict[Edge, Counts] = {}
    for edge, seen in counts.items():
        if version in (edge.caller, edge.callee):
            key = edge_of(edge)
            cells[key] = cells.get(key, Counts()) + seen
    return cells


def side_by_side(canary: Arm, control: Arm) -> tuple[Arm, Arm]:
    """What both arms have of one interval, nothing where either has none.

    A comparison gathers until both arms have enough; a control that waited alone would be of another time, before the
    release began or before the failure.
    """
    both = (canary.requests > 0.0) & (control.requests > 0.0)
    return canary.scaled(both), control.scaled(both)


def failed(counts: Counts) -> Tally:
    """Calls, and those that were not served."""
    return Tally(requests=counts.requests, bad=counts.bad + counts.rejected)


def _together(cells: _Cells) -> Tally:
    return sum(map(failed, cells.values()), NOTHING)


def _slow(counts: Counts, past: Histogram) -> Tally:
    threshold = counts.threshold_ms if counts.threshold_ms is not None else _high(past)
    return (counts.in_time(threshold) if threshold is not None else None) or NOTHING


def _high(times: Histogram) -> float | None:
    """The end of the bucket within which most answers were; none if they were beyond all or there were none."""
    below = zip(times.bounds, accumulate(times.counts), strict=False)
    return next((bound for bound, count in below if count >= _MOST * max(sum(times.counts), 1)), None)
