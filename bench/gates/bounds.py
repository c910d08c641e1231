"""Our tests against the least that any test needs, in requests: looks are many and small, so no clock rounds.

efficiency   median requests until a fault is found, over ln(1/alpha)/I (I: information of a request)
promotion    median canary requests until "not worse than the margins" is shown, over ln(1/alpha)/growth
throughput   looks that one core takes in a second of its own time, a stream each
"""

from dataclasses import dataclass
from math import inf, log
from time import process_time

import numpy as np
from bench.gates.contest import ALPHA, ALPHA_PROMOTE
from bench.gates.streams import Floats

from tidegate.core.gates.design_effect import design_effect
from tidegate.core.gates.eprocess import (
    Comparison,
    NotWorse,
    Worse,
    arm,
    comparison,
    divergence,
    growth_per_request,
)

SETTINGS = (
    (0.001, 0.01, 5.0),
    (0.001, 0.05, 2.0),
    (0.001, 0.05, 5.0),
    (0.001, 0.05, 20.0),
    (0.001, 0.5, 1.5),
    (0.001, 0.5, 2.0),
    (0.001, 0.5, 5.0),
    (0.01, 0.01, 5.0),
    (0.01, 0.01, 20.0),
    (0.01, 0.05, 2.0),
    (0.01, 0.05, 5.0),
    (0.01, 0.05, 20.0),
    (0.01, 0.5, 2.0),
    (0.01, 0.5, 5.0),
    (0.05, 0.1, 2.0),
)
"""(control's error rate, canary's share, ratio of the rates)."""

MARGINS = (
    (0.0001, 0.05, 0.005),
    (0.001, 0.05, 0.005),
    (0.001, 0.01, 0.005),
    (0.01, 0.05, 0.005),
    (0.0001, 0.05, 0.001),
)
"""(error rate of both, canary's share, margin in shares)."""


def information(p0: float, p1: float, share: float) -> float:
    """What one request tells about the canary being worse, both arms counted, in nats."""
    middle = share * p1 + (1 - share) * p0
    return share * divergence(p1, middle) + (1 - share) * divergence(p0, middle)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """Requests of both arms a look (`batch`), the canary's share of them, and the error rates of both."""

    control: float
    canary: float
    share: float
    batch: int


def requests_until(state: Comparison, traffic: Traffic, looks: int, alpha: float) -> Floats:
    """For each stream the requests of both arms until its evidence reaches 1/alpha; infinite if it never does.

    Ends when more than half of the streams are through: their median is known.
    """
    runs, dice = len(state.log_e), np.random.default_rng(1)
    reached = np.full(runs, inf)
    for look in range(1, looks + 1):
        canary = dice.binomial(traffic.batch, traffic.share, runs)
        control = traffic.batch - canary
        state = state.with_batch(
            arm(canary, dice.binomial(canary, traffic.canary)),
            arm(control, dice.binomial(control, traffic.control)),
        )
        shown = (state.log_e >= log(1 / alpha)) & np.isinf(reached)
        reached = np.where(shown, look * traffic.batch, reached)
        if np.isfinite(reached).mean() > 0.5:
            break
    return reached


@dataclass(frozen=True, slots=True, kw_only=True)
class Efficiency:
    """Requests of both arms that a fault takes, least possible (`bound`) and in the median.

    `excess` are the failures among the median ones that the control would not have had in the canary's place.
    """

    rate: float
    share: float
    ratio: float
    bound: float
    requests: float
    excess: float

    @property
    def times(self) -> float:
        return self.requests / self.bound


def efficiency(rate: float, share: float, ratio: float, runs: int) -> Efficiency:
    """Our harm test, restarts mixed in."""
    bound = log(1 / ALPHA) / information(rate, rate * ratio, share)
    traffic = Traffic(control=rate, canary=rate * ratio, share=share, batch=max(int(bound / 200), 1))
    state = comparison(NotWorse(), runs, restarts=True)
    requests = float(np.median(requests_until(state, traffic, 1_000, ALPHA)))
    excess = requests * share * rate * (ratio - 1.0)
    return Efficiency(rate=rate, share=share, ratio=ratio, bound=bound, requests=requests, excess=excess)


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """Canary requests that the proof of "not worse" takes for a good canary: `bound`, and in the median."""

    rate: float
    share: float
    margin: float
    bound: float
    requests: float

    @property
    def times(self) -> float:
        return self.requests / self.bound


def promotion(rate: float, share: float, margin: float, runs: int) -> Promotion:
    """Our safety test."""
    null = Worse(1.5, margin)
    bound = log(1 / ALPHA_PROMOTE) / growth_per_request(null, rate, share)
    traffic = Traffic(control=rate, canary=rate, share=share, batch=max(int(bound / share / 60), 1))
    reached = requests_until(comparison(null, runs), traffic, 200, ALPHA_PROMOTE)
    requests = float(np.median(reached)) * share
    return Promotion(rate=rate, share=share, margin=margin, bound=bound, requests=requests)


@dataclass(frozen=True, slots=True, kw_only=True)
class Throughput:
    """Stream updates a second of one core's time: the harm test, and with design effect and tempering."""

    plain: float
    tempered: float


def throughput(streams: int = 2_000, looks: int = 100) -> Throughput:
    """Dice are thrown before the clock starts; an update is one look at one stream."""
    return Throughput(
        plain=_updates_a_second(streams, looks, tempered=False),
        tempered=_updates_a_second(streams, looks, tempered=True),
    )


def _updates_a_second(streams: int, looks: int, *, tempered: bool) -> float:
    dice = np.random.default_rng(1)
    sizes = np.full(streams, 250), np.full(streams, 4_750)
    batches = [tuple(arm(n, dice.binomial(n, 0.005)) for n in sizes) for _ in range(looks)]
    state, effect = comparison(NotWorse(), streams, restarts=True), design_effect(streams)
    started = process_time()
    for canary, control in batches:
        state = state.with_batch(canary, control, temper=np.maximum(effect.phi, 1.01) if tempered else 1.0)
        effect = effect.with_batch(control) if tempered else effect
    return streams * looks / (process_time() - started)
