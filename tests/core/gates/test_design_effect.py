"""The design effect of a control: one where requests fail by themselves, and the truth where they do not."""

from collections.abc import Callable, Iterator
from itertools import product
from math import comb, log, pi, sin

import numpy as np
import pytest

from tidegate.core.gates import design_effect as module
from tidegate.core.gates.design_effect import DesignEffect, design_effect
from tidegate.core.gates.eprocess import Arm, Floats, NotWorse, Worse, arm, comparison

RUNS = 500
ALPHA = 0.01
Dice = np.random.Generator


def observed(batches: Iterator[Arm], streams: int = RUNS) -> DesignEffect:
    effect = design_effect(streams)
    for batch in batches:
        effect = effect.with_batch(batch)
    return effect


def bursts(dice: Dice, requests: int, rate: float, mean: float, runs: int = RUNS) -> Arm:
    """Failures in bursts of geometric size: their design effect is 2 mean - 1."""
    count = dice.poisson(requests * rate / mean, runs)
    more = dice.negative_binomial(np.maximum(count, 1), 1 / mean) * (count > 0)
    return arm(np.full(runs, requests), count + more)


def independent(dice: Dice, requests: int, rate: float) -> Arm:
    return arm(np.full(RUNS, requests), dice.binomial(requests, rate, RUNS))


@pytest.mark.parametrize(
    ("requests", "rate"), [(5_000, 0.001), (5_000, 0.01), (1_000, 0.3), (50, 0.01), (1, 0.1), (2, 0.5)]
)
def test_requests_that_fail_by_themselves_have_a_design_effect_of_one(requests: int, rate: float) -> None:
    dice = np.random.default_rng(1)
    effect = observed(independent(dice, requests, rate) for _ in range(200))
    assert np.median(effect.phi) == 1.0
    assert np.mean(effect.phi > 1.05) <= 0.01


@pytest.mark.parametrize("mean", [2.0, 5.0, 10.0])
@pytest.mark.parametrize("rate", [0.001, 0.01])
def test_bursts_are_known_by_their_size(mean: float, rate: float) -> None:
    dice = np.random.default_rng(2)
    effect = observed(bursts(dice, 5_000, rate, mean) for _ in range(200))
    assert np.median(effect.phi) == pytest.approx(2 * mean - 1, rel=0.15)


def test_bursts_that_outlast_a_look_show_in_longer_blocks() -> None:
    """Four looks of trouble every twenty: neighbours are mostly alike, neighbouring blocks are not."""
    dice = np.random.default_rng(3)
    rates = [0.03 if (look % 20) < 4 else 0.01 for look in range(400)]
    effect = observed(independent(dice, 1_000, rate) for rate in rates)
    assert np.median(effect.phi) > 4.0


def test_a_rate_that_drifts_slowly_is_no_burst() -> None:
    """Up and down sevenfold within an hour of looks at every five seconds."""
    dice = np.random.default_rng(4)
    rates = [0.01 * 7 ** sin(2 * pi * look / 720) for look in range(360)]
    effect = observed(independent(dice, 1_000, rate) for rate in rates)
    assert np.mean(effect.phi > 1.05) <= 0.05


@pytest.mark.parametrize("look", [1, 2, 5, 20])
def test_it_takes_several_looks_to_be_clear(look: int) -> None:
    """The first differences are rarely taken for more than chance."""
    dice = np.random.default_rng(5)
    effect = observed(independent(dice, 1_000, 0.01) for _ in range(look))
    assert np.mean(effect.phi > 1.0) <= 0.05


@pytest.mark.parametrize(("n", "m"), [(1, 1), (2, 3), (1, 5), (4, 4)])
@pytest.mark.parametrize("rate", [0.05, 0.5, 0.8])
def test_a_squared_difference_is_on_average_what_chance_makes_it(n: int, m: int, rate: float) -> None:
    """Summed over all outcomes of two small binomials."""
    outcomes = np.array(list(product(range(n + 1), range(m + 1))), dtype=float)
    chance = np.array([_binomial(n, int(i), rate) * _binomial(m, int(j), rate) for i, j in outcomes])
    square, expected = module._difference(
        arm(np.full(len(outcomes), n), outcomes[:, 0]), arm(np.full(len(outcomes), m), outcomes[:, 1])
    )
    assert chance @ square == pytest.approx(chance @ expected)


def _binomial(n: int, k: int, p: float) -> float:
    return comb(n, k) * p**k * (1 - p) ** (n - k)


@pytest.mark.parametrize("batch", [(0, 0), (100, 0), (100, 100), (1, 1)])
def test_where_nothing_varies_there_is_no_effect(batch: tuple[int, int]) -> None:
    assert observed((arm(*batch) for _ in range(20)), 1).phi.tolist() == [1.0]
    assert design_effect(2).phi.tolist() == [1.0, 1.0]


def test_looks_without_requests_are_waited_over() -> None:
    """A silent look neither ends a block nor makes a pair."""
    dice = np.random.default_rng(6)
    batches = [bursts(dice, 1_000, 0.01, 5.0, runs=1) for _ in range(40)]
    silent = arm(0, 0)
    gaps = (batch for one in batches for batch in (silent, one))
    assert observed(gaps, 1).pairs[0] == observed(iter(batches), 1).pairs[0]


def test_streams_do_not_know_each_other() -> None:
    dice = np.random.default_rng(7)
    pairs = [(bursts(dice, 500, 0.02, 4.0, runs=1), bursts(dice, 900, 0.01, 1.0, runs=1)) for _ in range(60)]
    both = observed((arm([*a.requests, *b.requests], [*a.bad, *b.bad]) for a, b in pairs), 2).phi
    alone = [observed((pair[i] for pair in pairs), 1).phi[0] for i in (0, 1)]
    assert both.tolist() == alone


# --- what it is for


def alarmed(draw: Callable[[Dice, int], Arm], *, tempered: bool, ratio: float = 1.0) -> Floats:
    """The look at which each run first accuses the canary, of 240; five minutes of control go before."""
    dice = np.random.default_rng(8)
    effect = observed(draw(dice, 4_750) for _ in range(60))
    state, first = comparison(NotWorse(), RUNS, restarts=True), np.full(RUNS, np.inf)
    for look in range(240):
        canary, control = draw(dice, 250), draw(dice, 4_750)
        canary = arm(canary.requests, canary.bad * ratio)
        state = state.with_batch(canary, control, temper=effect.phi if tempered else 1.0)
        effect = effect.with_batch(control)
        first = np.where(np.isinf(first) & (state.log_e >= log(1 / ALPHA)), look, first)
    return first


def test_bursts_no_longer_accuse_the_harmless() -> None:
    """Bursts of five on average: nearly every run is accused, and with tempering about alpha of them."""

    def draw(dice: Dice, requests: int) -> Arm:
        return bursts(dice, requests, 0.005, 5.0)

    assert np.isfinite(alarmed(draw, tempered=False)).mean() > 0.9
    assert np.isfinite(alarmed(draw, tempered=True)).mean() <= 0.02
    assert np.isfinite(alarmed(draw, tempered=True, ratio=5.0)).mean() > 0.9


def test_bursts_no_longer_pass_the_harmful() -> None:
    """At the very margin of half a point: with tempering no more than alpha are shown to be safe."""
    dice, null, alpha = np.random.default_rng(9), Worse(1.5, 0.005), 0.05
    effect = observed(bursts(dice, 4_750, 0.005, 5.0) for _ in range(60))
    exact, tempered = comparison(null, RUNS), comparison(null, RUNS)
    passed, passed_tempered = np.zeros((2, RUNS), dtype=np.bool_)
    for _ in range(120):
        canary, control = bursts(dice, 250, 0.01, 5.0), bursts(dice, 4_750, 0.005, 5.0)
        exact = exact.with_batch(canary, control)
        tempered = tempered.with_batch(canary, control, temper=effect.phi)
        effect = effect.with_batch(control)
        passed = passed | (exact.log_e >= log(1 / alpha))
        passed_tempered = passed_tempered | (tempered.log_e >= log(1 / alpha))
    assert passed.mean() > 0.4
    assert passed_tempered.mean() <= alpha + 0.02


def test_tempering_costs_nothing_where_there_are_no_bursts() -> None:
    def draw(dice: Dice, requests: int) -> Arm:
        return independent(dice, requests, 0.005)

    tempered, plain = (alarmed(draw, tempered=way, ratio=2.0) for way in (True, False))
    assert np.mean(tempered != plain) <= 0.02
