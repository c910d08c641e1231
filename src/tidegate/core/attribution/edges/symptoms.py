"""In which intervals calls failed, edge by edge, against what was usual before the first release began.

    rates    the share of good answers is lower than in any earlier interval by more than a hundredth
    counts   more calls failed than the earlier share explains
    silence  an edge that was called before is called no more, while its caller is seen at work

What decides is only whether an interval fails, not by how much: shares of different edges and of quiet and busy
minutes do not compare, and the first share of new instances that fails anything shows already.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from math import isfinite, nan
from statistics import fmean

from scipy.stats import binom

from tidegate.core.attribution.edges.counted import failed
from tidegate.core.attribution.edges.observed import Edge, Interval, edge_of
from tidegate.core.gates.evidence import NOTHING, Tally

_BY = 0.01
_CHANCE = 0.01
"""An interval fails if so many failures would be rarer than this."""
_PRIOR = Tally(requests=50, bad=0)
_HALF = 0.5
"""A share of which nothing is known yet is taken for half a failure in so many calls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One edge in one interval: calls where they were counted, else the share of good answers, if any."""

    tally: Tally = NOTHING
    share: float = nan

    @property
    def called(self) -> bool:
        return self.tally.requests > 0 or isfinite(self.share)


def symptoms(
    intervals: Sequence[Interval], edges: Iterable[Edge], *, before: float
) -> dict[Edge, tuple[bool, ...]]:
    """For each edge whether it failed in each interval; `before` is when the first release began."""
    seen = [_seen(interval) for interval in intervals]
    working = [frozenset(chain.from_iterable(each)) - {None} for each in seen]
    early = sum(interval.until <= before for interval in intervals)
    return {
        edge: _failing(
            [each.get(edge, Seen()) for each in seen],
            [edge.caller in services for services in working],
            early,
        )
        for edge in edges
    }


def _failing(seen: Sequence[Seen], working: Sequence[bool], early: int) -> tuple[bool, ...]:
    past = [each for each in seen[:early] if each.called]
    usual = sum((each.tally for each in past), _PRIOR)
    rate = (usual.bad + _HALF) / usual.requests
    lowest = min((each.share for each in past if isfinite(each.share)), default=1.0) - _BY
    return tuple(
        _fails(each, rate, lowest) if each.called else bool(past) and caller
        for each, caller in zip(seen, working, strict=True)
    )


def _fails(seen: Seen, rate: float, lowest: float) -> bool:
    if seen.tally.requests:
        return bool(binom.sf(seen.tally.bad - 1, seen.tally.requests, rate) < _CHANCE)
    return seen.share < lowest


def _seen(interval: Interval) -> dict[Edge, Seen]:
    shares: dict[Edge, list[float]] = {}
    for instance in interval.instances.values():
        service = instance.version.service
        for caller, share in instance.answers.items():
            shares.setdefault(Edge(caller, service), []).append(share)
        for callee, share in instance.calls.items():
            shares.setdefault(Edge(service, callee), []).append(share)
    rated = {edge: Seen(share=fmean(of_edge)) for edge, of_edge in shares.items()}
    return {**rated, **_tallies(interval)}


def _tallies(interval: Interval) -> dict[Edge, Seen]:
    tallies: dict[Edge, Seen] = {}
    for edge, counts in interval.counts.items():
        key = edge_of(edge)
        tallies[key] = Seen(tally=tallies.get(key, Seen()).tally + failed(counts))
    return tallies
