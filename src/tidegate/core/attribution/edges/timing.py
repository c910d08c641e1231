"""How well the beginning of a release explains in which intervals an edge failed: a Bayes factor.

THE MODEL. In each interval the edge fails with a chance that is p0 where the release is not exposed and q > p0 where
it is; in an interval that the beginning cuts, with what lies between by the share of it that was exposed. Against
it stands one chance for all intervals. Both are averaged over all values of the chances, evenly (a grid), so there
is nothing to tune, and a release pays for each interval that failed without it and for each that was quiet
with it, by as much as the rest of the record says that this is unlikely.

THE BEGINNING is not a point. A step takes its time, so exposure began anywhere within it; and a fault may sleep until
something wakes it (a cache that runs out, a leak), so with an even chance it shows at any later moment. A
release that was quiet at first loses therefore at most some nats to one that was not. None explains what was before
it began.

IDLE. While nobody calls a service, its old version neither, the release exposes nothing: an order that fails before
the payment is not the payment's fault.

EDGES fail together, so their factors are not multiplied: the logarithms are averaged, each weighted by how many
of its intervals failed after the first release began (a composite likelihood of weight one). An edge that the release
cannot bear on adds nothing to it.

WHAT IT IS NOT. Time was not dealt by lot. Whatever else began in the same minute explains the record as well. So
this orders suspects and blames none.
"""

from collections.abc import Mapping, Sequence
from math import log

import numpy as np

from tidegate.core.attribution.edges.observed import Edge, Interval, Release
from tidegate.core.gates.eprocess import Flags, Floats
from tidegate.core.ids import ServiceName

_RATES = (np.arange(10) + 0.5) / 10
_P0, _Q = (rates[np.triu_indices(len(_RATES), 1)] for rates in np.meshgrid(_RATES, _RATES, indexing="ij"))
"""Every two chances of which the second is higher."""
_WITHIN, _LATER = 7, 20
"""Beginnings that are tried: within the first step, and later."""
_LOG_WEIGHTS = -np.log(2.0 * np.repeat((_WITHIN, _LATER), (_WITHIN, _LATER)))
"""An even chance for either, and for each within it."""
_INSTANT = 1e-9


def fit(
    release: Release,
    intervals: Sequence[Interval],
    failing: Mapping[Edge, Sequence[bool]],
    reach: Mapping[Edge, frozenset[ServiceName]],
    *,
    before: float,
) -> float:
    """Ln of how much likelier the failing intervals are if the release began them than if nothing did."""
    late = np.array([interval.until > before for interval in intervals])
    exposed = exposure(release, intervals)
    total, weights = 0.0, 0
    for edge, fails in failing.items():
        failed = np.array(fails)
        weight = int((failed & late).sum())
        weights += weight
        if weight and release.service in reach[edge]:
            total += weight * _log_factor(failed, exposed)
    return total / max(weights, 1)


def exposure(release: Release, intervals: Sequence[Interval]) -> Floats:
    """The share of each interval in which the release was exposed, a row for each beginning that is tried."""
    since = np.array([interval.since for interval in intervals])
    until = np.array([interval.until for interval in intervals])
    last = max(float(until.max()), release.reached)
    within = np.linspace(release.began, release.reached, _WITHIN)
    later = np.linspace(release.reached, last, _LATER, endpoint=False)
    begun = np.maximum(since, np.concatenate((within, later))[:, None])
    lasting = np.maximum(until - since, _INSTANT)
    shares = np.clip((np.minimum(until, release.ended) - begun) / lasting, 0.0, 1.0)
    exposed: Floats = shares * [not idle(release, interval) for interval in intervals]
    return exposed


def idle(release: Release, interval: Interval) -> bool:
    """Whether nobody called the service, although others were, and its old version was there to answer."""
    if interval.counts:
        return all(edge.callee.service != release.service for edge in interval.counts)
    instances = [each for each in interval.instances.values() if each.version.service == release.service]
    old = any(each.version == release.control for each in instances)
    return old and not any(each.answers or each.calls for each in instances)


def _log_factor(failed: Flags, exposed: Floats) -> float:
    begun = [_log_mean(_log_likelihood(failed, _P0 + (_Q - _P0) * row[:, None])) for row in exposed]
    never = _log_mean(_log_likelihood(failed, np.tile(_RATES, (len(failed), 1))))
    return float(np.logaddexp.reduce(begun + _LOG_WEIGHTS)) - never


def _log_likelihood(failed: Flags, chance: Floats) -> Floats:
    total: Floats = np.where(failed[:, None], np.log(chance), np.log1p(-chance)).sum(axis=0)
    return total


def _log_mean(values: Floats) -> float:
    return float(np.logaddexp.reduce(values)) - log(len(values))
