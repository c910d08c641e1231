"""Simulated traffic of a canary and its control: many runs side by side, look after look, from a seed.

A `Rollout` says how often both arms fail and what makes failures come together; `looks` yields what a source
would count. Requests are split at random, every look has as many.

    independent    every request fails by itself
    client bursts  failures come in bursts of geometric size, five on average, all of one client and so in one
                   arm; `deduplicated` counts each burst once, as a source can that knows its clients
    pod bursts     each of forty pods now and then fails twenty times as often for ten seconds
    pod offsets    each pod has a rate of its own for good: log-normal
    drift          both arms share a rate whose logarithm wanders
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from tidegate.core.gates.eprocess import Arm, arm

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LOOK = 5.0
"""Seconds between two looks."""
_PODS = 40
_BURST_MEAN = 5.0
_POD_BURST_TIMES, _POD_BURST_LOOKS, _POD_BURST_EVERY = 20.0, 2, 1800.0
_DRIFT_SD, _DRIFT_MEMORY = 1.0, 0.996


class Trouble(StrEnum):
    """What makes failures come together."""

    NONE = "independent"
    CLIENT_BURSTS = "client bursts"
    POD_BURSTS = "pod bursts"
    POD_OFFSETS_SMALL = "pod offsets, sd 0.1"
    POD_OFFSETS_LARGE = "pod offsets, sd 0.3"
    DRIFT = "shared drift"


_OFFSETS = {Trouble.POD_OFFSETS_SMALL: 0.1, Trouble.POD_OFFSETS_LARGE: 0.3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """One setting: the control fails at `rate`, the canary at `ratio` times that from minute `onset` on.

    `share` of the requests goes to the canary; `requests` come in all between two looks.
    """

    rate: float
    share: float
    ratio: float = 1.0
    requests: int = 5_000
    minutes: float = 60.0
    onset: float = 0.0
    trouble: Trouble = Trouble.NONE

    @property
    def looks(self) -> int:
        return round(self.minutes * 60.0 / LOOK)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Look:
    """What was counted since the last look, at `minutes` after the canary's first request.

    `deduplicated` arms count a client's burst as one failure.
    """

    minutes: float
    canary: Arm
    control: Arm
    deduplicated: tuple[Arm, Arm]

    @property
    def exposed(self) -> bool:
        """Whether the canary had traffic."""
        return self.minutes > 0.0


def looks(rollout: Rollout, runs: int, seed: int, *, history: int = 0) -> Iterator[Look]:
    """The looks of a rollout, after `history` looks at which the canary has no traffic yet."""
    dice = np.random.default_rng(seed)
    factors = _factors(rollout, runs, dice)
    for look in range(-history, rollout.looks):
        factor_canary, factor_control = next(factors)
        harm = rollout.ratio if look * LOOK >= rollout.onset * 60.0 else 1.0
        tried = dice.binomial(rollout.requests, rollout.share if look >= 0 else 0.0, runs)
        canary = _failures(rollout, tried, harm * factor_canary, dice)
        control = _failures(rollout, rollout.requests - tried, factor_control, dice)
        yield Look(
            minutes=(look + 1) * LOOK / 60.0,
            canary=canary[0],
            control=control[0],
            deduplicated=(canary[1], control[1]),
        )


def _failures(rollout: Rollout, tried: Ints, factor: Floats, dice: np.random.Generator) -> tuple[Arm, Arm]:
    """The counts of one arm, and the same with every burst counted once."""
    rate = np.minimum(rollout.rate * factor, 1.0)
    if rollout.trouble is not Trouble.CLIENT_BURSTS:
        counted = arm(tried, dice.binomial(tried, rate))
        return counted, counted
    bursts = dice.poisson(tried * rate / _BURST_MEAN)
    more = dice.negative_binomial(np.maximum(bursts, 1), 1.0 / _BURST_MEAN) * (bursts > 0)
    return arm(tried, bursts + more), arm(tried, bursts)


def _factors(rollout: Rollout, runs: int, dice: np.random.Generator) -> Iterator[tuple[Floats, Floats]]:
    """For each look how many times its ordinary rate each arm fails, apart from harm."""
    if rollout.trouble is Trouble.DRIFT:
        yield from _drift(runs, dice)
    elif rollout.trouble is Trouble.POD_BURSTS:
        for pods in _pod_bursts(runs, dice):
            yield _arms(rollout, pods)
    else:
        sd = _OFFSETS.get(rollout.trouble, 0.0)
        pods = np.exp(dice.normal(0.0, sd, (runs, _PODS))) if sd else np.ones((runs, _PODS))
        while True:
            yield _arms(rollout, pods)


def _arms(rollout: Rollout, pods: Floats) -> tuple[Floats, Floats]:
    mine = max(round(rollout.share * _PODS), 1)
    return pods[:, :mine].mean(axis=1), pods[:, mine:].mean(axis=1)


def _drift(runs: int, dice: np.random.Generator) -> Iterator[tuple[Floats, Floats]]:
    level = dice.normal(0.0, _DRIFT_SD, runs)
    while True:
        factor = np.exp(level - _DRIFT_SD**2 / 2.0)
        yield factor, factor
        level = _DRIFT_MEMORY * level + dice.normal(0.0, _DRIFT_SD * sqrt(1.0 - _DRIFT_MEMORY**2), runs)


def _pod_bursts(runs: int, dice: np.random.Generator) -> Iterator[Floats]:
    """Factors (runs, pods); a burst begins on average every half hour of a pod."""
    left = np.zeros((runs, _PODS), dtype=np.int8)
    while True:
        begins = dice.random((runs, _PODS), dtype=np.float32) < LOOK / _POD_BURST_EVERY
        left = np.where(begins, _POD_BURST_LOOKS, np.maximum(left - 1, 0))
        yield np.where(left > 0, _POD_BURST_TIMES, 1.0)
