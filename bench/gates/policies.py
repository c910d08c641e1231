"""How the peers of the gate decide, re-implemented from descriptions of their sources, interval by interval.

    Argo       Argo Rollouts: a measurement outside its limits is Failed; the run fails with more Failed ones
               than `failure_limit`, ever, or more Errors in a row than `error_limit`. No control.
    Flagger    a tick with any value outside its limits is a failed check; the rollback comes at the first
               tick that begins with `threshold` of them, ever. No control.
    Kayenta    Mann-Whitney test of the canary's values against the control's, for each metric, over a window
               that grows; a run with a score of `marginal` or less fails, the last one below `passing` too.
    ZTest      two proportions, cumulated, tested anew at every interval, as dashboards do. Not a product.

What a query returned is a `Readings`: a value for each metric and stream, which may be NaN, or no value at
all; peers tell these apart. Streams do not know each other. Runs are values; each interval makes a new one.
"""

from dataclasses import dataclass, replace
from enum import IntEnum, IntFlag
from math import inf
from statistics import NormalDist
from typing import Protocol, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Readings:
    """What the queries of one interval returned, (metrics, streams); `values` say nothing where not `present`."""

    values: Floats
    present: Flags


def readings(values: ArrayLike, present: ArrayLike = True) -> Readings:
    """Readings of one metric if `values` has one axis (a value for each stream), of several if it has two."""
    table = np.atleast_2d(np.asarray(values, dtype=np.float64))
    return Readings(values=table, present=np.broadcast_to(np.asarray(present, dtype=np.bool_), table.shape))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Values that a metric may have, both ends included."""

    least: float = -inf
    most: float = inf


def _within(limits: tuple[Limits, ...], seen: Readings) -> Flags:
    """Whether each value is within the limits of its metric; NaN is not, nor is no value."""
    least = np.array([[limit.least] for limit in limits])
    most = np.array([[limit.most] for limit in limits])
    within: Flags = seen.present & (seen.values >= least) & (seen.values <= most)
    return within


class Run(Protocol):
    """A policy at work on many streams."""

    @property
    def failed(self) -> Flags:
        """Whether the policy has rolled each stream back."""
        ...

    def with_interval(self, canary: Readings, control: Readings) -> Self: ...


class Policy(Protocol):
    """Rules that a `Run` follows."""

    def started(self, streams: int) -> Run: ...


# --- Argo Rollouts


@dataclass(frozen=True, slots=True, kw_only=True)
class Argo:
    """One success condition for each metric, and how often it may be missed."""

    limits: tuple[Limits, ...]
    failure_limit: int = 0
    error_limit: int = 4

    def started(self, streams: int) -> "ArgoRun":
        none = np.zeros((len(self.limits), streams), dtype=np.int64)
        return ArgoRun(policy=self, misses=none, errors=none, failed=np.zeros(streams, dtype=np.bool_))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ArgoRun:
    """Failed measurements so far and Errors in a row, of each metric and stream.

    A query that returns nothing is an Error, one that returns NaN is Failed. An Error is asked again after ten
    seconds; here at the next interval.
    """

    policy: Argo
    misses: Ints
    errors: Ints
    failed: Flags

    def with_interval(self, canary: Readings, control: Readings) -> Self:  # noqa: ARG002 - it has no control
        misses = self.misses + (canary.present & ~_within(self.policy.limits, canary))
        errors = np.where(canary.present, 0, self.errors + 1)
        over = (misses > self.policy.failure_limit) | (errors > self.policy.error_limit)
        return replace(self, misses=misses, errors=errors, failed=self.failed | over.any(axis=0))


# --- Flagger


@dataclass(frozen=True, slots=True, kw_only=True)
class Flagger:
    """Limits of each metric, and how many failed checks lead back."""

    limits: tuple[Limits, ...]
    threshold: int = 1

    def started(self, streams: int) -> "FlaggerRun":
        return FlaggerRun(
            policy=self,
            failed_checks=np.zeros(streams, dtype=np.int64),
            failed=np.zeros(streams, dtype=np.bool_),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FlaggerRun:
    """Failed checks of each stream so far; passing ones do not wipe them out. No value is a failed check."""

    policy: Flagger
    failed_checks: Ints
    failed: Flags

    def with_interval(self, canary: Readings, control: Readings) -> Self:  # noqa: ARG002 - it has no control
        passed = _within(self.policy.limits, canary).all(axis=0)
        # The threshold is tested before the checks of the tick: the rollback is one tick late.
        over = self.failed_checks >= self.policy.threshold
        return replace(self, failed_checks=self.failed_checks + ~passed, failed=self.failed | over)


# --- Kayenta

_CONFIDENCE = 0.98
_TOLERANCE = 0.25
_NORMAL_QUANTILE = NormalDist().inv_cdf((1.0 + _CONFIDENCE) / 2.0)


class Label(IntEnum):
    """How the canary's values of a metric compare with the control's."""

    PASS = 0
    HIGH = 1
    LOW = 2
    NODATA = 3


class Direction(IntFlag):
    """Which deviations of a metric are bad."""

    INCREASE = 1
    DECREASE = 2
    EITHER = INCREASE | DECREASE


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shift:
    """How much higher the canary is: Hodges-Lehmann estimate and the ends of its 98 % confidence interval."""

    estimate: Floats
    low: Floats
    high: Floats


def shift(canary: Floats, control: Floats) -> Shift:
    """The shift of each stream between samples (streams, values); NaN is left out.

    W(mu) of the Mann-Whitney test of (canary - mu, control), with its correction for continuity, is a falling
    step function that jumps at the differences between the two samples. So its roots are order statistics of
    these differences, the smallest or largest where W does not get that far. Streams without differences are NaN.
    """
    differences = canary[:, :, None] - control[:, None, :]
    ordered = np.sort(differences.reshape(len(canary), -1), axis=1)  # NaN comes last
    n, m = _counted(canary), _counted(control)
    pairs = n * m
    beyond = pairs / 2.0 - 0.5 - _NORMAL_QUANTILE * _deviation(canary, control)
    outer = np.maximum(np.floor(beyond), 0.0)
    middle = _nth(ordered, np.floor((pairs - 1.0) / 2.0)) + _nth(ordered, np.floor(pairs / 2.0))
    return Shift(estimate=middle / 2.0, low=_nth(ordered, outer), high=_nth(ordered, pairs - 1.0 - outer))


def _nth(ordered: Floats, place: Floats) -> Floats:
    places = np.maximum(place, 0.0).astype(np.int64)[:, None]
    chosen: Floats = np.take_along_axis(ordered, places, axis=1)[:, 0]
    return chosen


def _counted(sample: Floats) -> Floats:
    counted: Floats = np.sum(~np.isnan(sample), axis=1, dtype=np.float64)
    return counted


def _deviation(canary: Floats, control: Floats) -> Floats:
    """Standard deviation of the Mann-Whitney statistic, corrected for ties within each sample."""
    n, m = _counted(canary), _counted(control)
    both = np.maximum(n + m, 2.0)
    tied = (_ties(canary) + _ties(control)) / (both * (both - 1.0))
    deviation: Floats = np.sqrt(n * m / 12.0 * np.maximum(both + 1.0 - tied, 0.0))
    return deviation


def _ties(sample: Floats) -> Floats:
    """Sum of t^3 - t over groups of t equal values."""
    alike = np.count_nonzero(sample[:, :, None] == sample[:, None, :], axis=2)
    tied: Floats = np.where(alike > 0, alike * alike - 1.0, 0.0).sum(axis=1)
    return tied


def classified(canary: Floats, control: Floats, direction: Direction) -> Ints:
    """The `Label` of each stream between samples (streams, values) of one metric; effect size 1.0."""
    moved, ratio = shift(canary, control), _mean(canary) / _mean(control)
    bound = _TOLERANCE * np.abs(moved.estimate)
    high = (Direction.INCREASE in direction) & (moved.low > bound) & ~(ratio < 1.0)
    low = (Direction.DECREASE in direction) & (moved.high < -bound) & ~(ratio > 1.0)
    absent = np.isnan(moved.estimate)
    return np.select([absent, high, low], [Label.NODATA, Label.HIGH, Label.LOW], Label.PASS)


def _mean(sample: Floats) -> Floats:
    """Mean of each stream without NaN; NaN where it is 0 or there is nothing, so that no ratio is made of it."""
    total, n = np.nansum(sample, axis=1), _counted(sample)
    return np.where((n > 0.0) & (total != 0.0), total / np.maximum(n, 1.0), np.nan)


def score(labels: Ints) -> Floats:
    """Points of each stream, 0 to 100, from the labels (metrics, streams) of one group."""
    absent = np.count_nonzero(labels == Label.NODATA, axis=0)
    counted = len(labels) - absent
    good = np.count_nonzero(labels == Label.PASS, axis=0)
    points = np.where(counted > 0, 100.0 * good / np.maximum(counted, 1), 100.0)
    return np.where(2 * absent >= len(labels), 0.0, points)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kayenta:
    """Which deviations of each metric are bad, when it is judged, and the score that it must reach.

    `every` and `lifetime` count intervals: the first judgement is after `every`, the last after `lifetime`.
    """

    directions: tuple[Direction, ...]
    every: int = 60
    lifetime: int = 60
    passing: float = 75.0
    marginal: float = 50.0

    def started(self, streams: int) -> "KayentaRun":
        nothing = np.empty((len(self.directions), streams, 0))
        return KayentaRun(
            policy=self, canary=nothing, control=nothing, failed=np.zeros(streams, dtype=np.bool_)
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KayentaRun:
    """All values since the start, (metrics, streams, intervals); NaN where there was none."""

    policy: Kayenta
    canary: Floats
    control: Floats
    failed: Flags

    def with_interval(self, canary: Readings, control: Readings) -> Self:
        seen = replace(self, canary=_longer(self.canary, canary), control=_longer(self.control, control))
        intervals = seen.canary.shape[2]
        due = intervals % self.policy.every == 0 and intervals <= self.policy.lifetime
        return replace(seen, failed=self.failed | _rejected(seen)) if due else seen


def _rejected(run: KayentaRun) -> Flags:
    columns = zip(run.canary, run.control, run.policy.directions, strict=True)
    points = score(np.stack([classified(*column) for column in columns]))
    last = run.canary.shape[2] + run.policy.every > run.policy.lifetime
    rejected: Flags = points < run.policy.passing if last else points <= run.policy.marginal
    return rejected


def _longer(past: Floats, seen: Readings) -> Floats:
    column = np.where(seen.present, seen.values, np.nan)
    return np.concatenate((past, column[:, :, None]), axis=2)


# --- z-test


@dataclass(frozen=True, slots=True, kw_only=True)
class ZTest:
    """One-sided test of two pooled proportions at `level`, over all counts so far.

    It needs counts: metric 0 is the bad requests of an arm and metric 1 all of them.
    """

    level: float

    def started(self, streams: int) -> "ZTestRun":
        nothing = np.zeros((2, streams))
        return ZTestRun(
            policy=self, canary=nothing, control=nothing, failed=np.zeros(streams, dtype=np.bool_)
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ZTestRun:
    """Counts of both arms so far, and whether the test was ever significant."""

    policy: ZTest
    canary: Floats
    control: Floats
    failed: Flags

    def with_interval(self, canary: Readings, control: Readings) -> Self:
        seen = replace(self, canary=self.canary + canary.values, control=self.control + control.values)
        critical = NormalDist().inv_cdf(1.0 - self.policy.level)
        return replace(seen, failed=self.failed | (_z(seen.canary, seen.control) > critical))


def _z(canary: Floats, control: Floats) -> Floats:
    """Standardised difference of two proportions; 0 where there is nothing to compare."""
    (k1, n1), (k0, n0) = canary, control
    pooled = (k1 + k0) / np.maximum(n1 + n0, 1.0)
    variance = pooled * (1.0 - pooled) * (n1 + n0) / np.maximum(n1 * n0, 1.0)
    difference = k1 / np.maximum(n1, 1.0) - k0 / np.maximum(n0, 1.0)
    compared = (n1 > 0.0) & (n0 > 0.0) & (variance > 0.0)
    return np.where(compared, difference / np.sqrt(np.where(compared, variance, 1.0)), 0.0)
