"""The promises of the e-processes: false alarms within alpha, and nearly as quick as any test can be."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from math import comb, exp, inf, log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.core.gates import eprocess
from tidegate.core.gates.eprocess import (
    Arm,
    Bound,
    Comparison,
    Floats,
    NotWorse,
    Null,
    Worse,
    arm,
    beyond,
    comparison,
    divergence,
    growth_per_request,
    within,
)

RUNS = 10_000
ALPHA = 0.01
ALPHA_PROMOTE = 0.05


def at_most(rate: float, alpha: float, runs: int = RUNS) -> bool:
    """Whether `rate` of `runs` is no more than chance allows if the true one is `alpha`: three sigma."""
    return rate <= alpha + 3 * sqrt(alpha * (1 - alpha) / runs)


# --- false alarms


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """What comes between two looks: so many requests in all, a share of them to the canary."""

    p0: float
    p1: float
    share: float
    requests: int
    looks: int


def first_alarm(state: Comparison, traffic: Traffic, alpha: float, runs: int) -> Floats:
    """The look at which each run first had evidence enough; infinite where it never had."""
    dice, first = np.random.default_rng(20240), np.full(runs, inf)
    for look in range(1, traffic.looks + 1):
        n1 = dice.binomial(traffic.requests, traffic.share, runs)
        n0 = traffic.requests - n1
        state = state.with_batch(
            arm(n1, dice.binomial(n1, traffic.p1)), arm(n0, dice.binomial(n0, traffic.p0))
        )
        first = np.where(np.isinf(first) & (state.log_e >= log(1 / alpha)), look, first)
    return first


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize(
    ("p0", "share", "requests"),
    [(0.001, 0.05, 2_000), (0.01, 0.01, 400), (0.01, 0.5, 60), (0.1, 0.2, 10)],
)
def test_a_harmless_canary_is_rarely_accused(p0: float, share: float, requests: int, restarts: bool) -> None:
    """Forty looks at ten thousand A/A runs: at most alpha of them are ever accused."""
    traffic = Traffic(p0=p0, p1=p0, share=share, requests=requests, looks=40)
    alarms = first_alarm(comparison(NotWorse(), RUNS, restarts=restarts), traffic, ALPHA, RUNS)
    assert at_most(float(np.isfinite(alarms).mean()), ALPHA)


@pytest.mark.parametrize(
    ("null", "alpha", "p0", "share", "requests"),
    [
        (NotWorse(1.3), ALPHA, 0.02, 0.2, 100),
        (NotWorse(1.0, 0.002), ALPHA, 0.001, 0.1, 1_000),
        (Worse(1.5, 0.0), ALPHA_PROMOTE, 0.02, 0.5, 200),
        (Worse(1.0, 0.005), ALPHA_PROMOTE, 0.001, 0.05, 1_000),
        (Worse(1.5, 0.005), ALPHA_PROMOTE, 0.01, 0.05, 1_000),
    ],
)
def test_on_the_border_of_a_null_errors_stay_rare(
    null: Null, alpha: float, p0: float, share: float, requests: int
) -> None:
    """The hardest case of each null: a canary exactly at the margin, at every one of twenty looks."""
    p1 = float(null.border(np.array(p0)))
    traffic = Traffic(p0=p0, p1=p1, share=share, requests=requests, looks=20)
    alarms = first_alarm(comparison(null, RUNS, restarts=True), traffic, alpha, RUNS)
    assert at_most(float(np.isfinite(alarms).mean()), alpha)


@pytest.mark.parametrize("build", [within, beyond])
@pytest.mark.parametrize("limit", [0.01, 0.1])
def test_a_rate_at_its_limit_is_rarely_misjudged(build: Callable[..., Bound], limit: float) -> None:
    state, dice = build(np.full(RUNS, limit), restarts=True), np.random.default_rng(7)
    ever = np.zeros(RUNS, dtype=bool)
    for _ in range(100):
        state = state.with_batch(arm(np.full(RUNS, 30), dice.binomial(30, limit, RUNS)))
        ever |= state.log_e >= log(1 / ALPHA_PROMOTE)
    assert at_most(float(ever.mean()), ALPHA_PROMOTE)


def test_swings_that_hit_both_arms_alike_accuse_nobody() -> None:
    """The common rate moves sevenfold up and down; only the difference of the arms counts."""
    state, dice = comparison(NotWorse(), RUNS, restarts=True), np.random.default_rng(3)
    ever = np.zeros(RUNS, dtype=bool)
    for look in range(60):
        rate = 0.01 * 7 ** float(np.sin(look / 6))
        k1, k0 = dice.binomial(30, rate, RUNS), dice.binomial(270, rate, RUNS)
        state = state.with_batch(arm(np.full(RUNS, 30), k1), arm(np.full(RUNS, 270), k0))
        ever |= state.log_e >= log(1 / ALPHA)
    assert at_most(float(ever.mean()), ALPHA)


# --- power


def information(p0: float, p1: float, share: float) -> float:
    """Nats that one request holds at best for telling a canary at p1 from a control at p0."""
    pooled = share * p1 + (1 - share) * p0
    return share * divergence(p1, pooled) + (1 - share) * divergence(p0, pooled)


@pytest.mark.parametrize(
    ("p0", "share", "ratio"),
    [
        (0.001, 0.05, 2),
        (0.001, 0.05, 5),
        (0.001, 0.01, 5),
        (0.001, 0.5, 2),
        (0.001, 0.5, 5),
        (0.01, 0.05, 2),
        (0.01, 0.05, 5),
        (0.01, 0.5, 2),
        (0.01, 0.5, 5),
    ],
)
def test_a_fault_is_found_with_little_more_than_the_fewest_requests(
    p0: float, share: float, ratio: float
) -> None:
    """Median requests are within 1.4 times the information bound, restarts included."""
    bound = log(1 / ALPHA) / information(p0, p0 * ratio, share)
    traffic = Traffic(p0=p0, p1=p0 * ratio, share=share, requests=max(int(bound / 40), 1), looks=80)
    looks = first_alarm(comparison(NotWorse(), 1_000, restarts=True), traffic, ALPHA, 1_000)
    assert float(np.median(looks)) * traffic.requests <= 1.4 * bound


@pytest.mark.parametrize(
    ("p0", "share", "by"),
    [(0.0001, 0.05, 0.005), (0.001, 0.05, 0.005), (0.001, 0.01, 0.005), (0.0, 0.05, 0.001)],
)
def test_promotion_takes_about_ln_20_by_delta_requests(p0: float, share: float, by: float) -> None:
    """A good canary is shown to be within 0.5 points of its control after 600 requests, 0.1 after 3,000."""
    expected = log(1 / ALPHA_PROMOTE) / by
    traffic = Traffic(p0=p0, p1=p0, share=share, requests=int(expected / share / 40), looks=80)
    looks = first_alarm(comparison(Worse(1.5, by), 1_000), traffic, ALPHA_PROMOTE, 1_000)
    assert 0.6 <= float(np.median(looks)) / 40 <= 1.2


def test_a_late_fault_is_found_sooner_with_restarts() -> None:
    """After four hundred good looks, a canary that turns five times worse."""

    def looks_needed(*, restarts: bool) -> float:
        good = Traffic(p0=0.01, p1=0.01, share=0.1, requests=500, looks=400)
        state, dice = comparison(NotWorse(), 200, restarts=restarts), np.random.default_rng(5)
        first = np.full(200, inf)
        for look in range(good.looks + 60):
            p1 = 0.05 if look >= good.looks else good.p1
            k1, k0 = dice.binomial(50, p1, 200), dice.binomial(450, good.p0, 200)
            state = state.with_batch(arm(np.full(200, 50), k1), arm(np.full(200, 450), k0))
            late = (look >= good.looks) & (state.log_e >= log(1 / ALPHA)) & np.isinf(first)
            first = np.where(late, look - good.looks + 1, first)
        return float(np.median(first))

    assert looks_needed(restarts=True) < 0.5 * looks_needed(restarts=False)


def test_sparse_traffic_is_gathered_and_not_lost() -> None:
    """One request a look: a batch is settled once each arm has two, and a broken canary is still found."""
    state, dice = comparison(NotWorse(), restarts=True), np.random.default_rng(11)
    for _ in range(400):
        canary = bool(dice.random() < 0.1)
        state = state.with_batch(arm(canary, canary), arm(not canary, 0))
    assert state.log_e[0] >= log(1 / ALPHA)


# --- exactness

rates = st.floats(0.001, 0.999)
sizes = st.integers(2, 6)


def expected_payoff(
    growth: Callable[[Arm, Arm], Floats], n: tuple[int, int], p: tuple[float, float]
) -> Floats:
    """E[S] of every bet, summed over all outcomes of two small binomials."""
    outcomes = list(product(range(n[0] + 1), range(n[1] + 1)))
    chance = np.array([_binomial(n[0], k1, p[0]) * _binomial(n[1], k0, p[1]) for k1, k0 in outcomes])
    bad1, bad0 = (np.array(side, dtype=float) for side in zip(*outcomes, strict=True))
    canary, control = arm(np.full(len(outcomes), n[0]), bad1), arm(np.full(len(outcomes), n[1]), bad0)
    payoffs: Floats = chance @ np.exp(growth(canary, control))
    return payoffs


def _binomial(n: int, k: int, p: float) -> float:
    return comb(n, k) * p**k * (1 - p) ** (n - k)


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A bet made in the belief that the control fails at `control_rate`, tempered, and sizes of its batch."""

    control_rate: float
    n1: int
    n0: int
    times: float
    by: float
    temper: float


trials = st.builds(
    Trial,
    control_rate=rates,
    n1=sizes,
    n0=sizes,
    times=st.floats(1, 4),
    by=st.floats(0, 0.5),
    temper=st.sampled_from([1.0, 1.5, 9.0]),
)


@settings(max_examples=200, deadline=None)
@given(trial=trials, p0=rates, depth=st.floats(0, 1))
def test_no_bet_on_harm_profits_while_the_null_holds(trial: Trial, p0: float, depth: float) -> None:
    """E[S] <= 1 exactly, for every harmless pair of rates, every size of batch, every bet."""
    p1 = depth * min(trial.times * p0 + trial.by, 1.0)
    assert (_payoffs(NotWorse(trial.times, trial.by), trial, (p1, p0)) <= 1 + 1e-9).all()


@settings(max_examples=100, deadline=None)
@given(trial=trials, p0=rates, depth=st.floats(0, 1))
def test_no_bet_without_a_margin_profits_either(trial: Trial, p0: float, depth: float) -> None:
    """The same where the nearest point of the null is the pooled rate."""
    assert (_payoffs(NotWorse(), trial, (depth * p0, p0)) <= 1 + 1e-9).all()


@settings(max_examples=200, deadline=None)
@given(trial=trials, p1=rates, depth=st.floats(0, 1))
def test_no_bet_on_safety_profits_while_the_null_holds(trial: Trial, p1: float, depth: float) -> None:
    """E[S] <= 1 exactly over the whole wedge, its corner included."""
    null = Worse(trial.times, min(trial.by, p1))
    p0 = depth * float(null.inverse(np.array(p1)))
    assert (_payoffs(null, trial, (p1, p0)) <= 1 + 1e-9).all()


def _payoffs(null: Null, trial: Trial, p: tuple[float, float]) -> Floats:
    def growth(canary: Arm, control: Arm) -> Floats:
        rate, temper = (np.full(len(canary.bad), x) for x in (trial.control_rate, trial.temper))
        return eprocess._growth(null, rate, canary, control, temper)

    return expected_payoff(growth, (trial.n1, trial.n0), p)


@given(limit=st.floats(0.001, 0.99), depth=st.floats(0, 1), n=st.integers(0, 12))
def test_one_arm_bets_do_not_profit_at_or_inside_the_limit(limit: float, depth: float, n: int) -> None:
    """E[E] <= 1 after one batch, for rates within a limit and for rates beyond it."""
    bad = np.arange(n + 1)
    for build, p in ((within, depth * limit), (beyond, limit + depth * (1 - limit))):
        chance = np.array([_binomial(n, int(k), p) for k in bad])
        state = build(np.full(n + 1, limit), restarts=True).with_batch(arm(np.full(n + 1, n), bad))
        assert chance @ np.exp(state.log_e) <= 1 + 1e-9


@given(rate=st.floats(0.0, 1.0), share=st.floats(0.01, 0.99))
def test_the_promised_growth_of_a_good_canary_is_never_negative(rate: float, share: float) -> None:
    assert growth_per_request(Worse(1.5, 0.005), rate, share) >= -1e-9


# --- states

counts = st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 400), st.integers(0, 40))


def _batch(n1: int, k1: int, n0: int, k0: int) -> tuple[Arm, Arm]:
    return arm(n1, k1), arm(n0, k0)


@given(st.lists(counts, max_size=12))
def test_one_account_a_bet_equals_the_sum_of_all_its_starts(batches: list[tuple[int, int, int, int]]) -> None:
    """Merging loses nothing: the wealth is that of every start kept apart, plus what is unspent."""
    merged, plain = comparison(NotWorse(), restarts=True), comparison(NotWorse())
    starts: list[Floats] = []
    for batch in batches:
        before = plain
        plain, merged = plain.with_batch(*_batch(*batch)), merged.with_batch(*_batch(*batch))
        growth = plain.wealth.invested[0] - before.wealth.invested[0]
        if plain.wealth.starts[0] > before.wealth.starts[0]:
            k = len(starts)
            starts = [start + growth for start in [*starts, np.full(11, -log((k + 1) * (k + 2) * 11))]]
    unspent = 1 / (len(starts) + 1)
    assert exp(merged.log_e[0]) == pytest.approx(sum(np.exp(start).sum() for start in starts) + unspent)


@given(st.lists(st.tuples(counts, counts), max_size=8))
def test_streams_do_not_know_each_other(batches: list[tuple[tuple[int, ...], tuple[int, ...]]]) -> None:
    """Two streams side by side end where each would end alone."""
    both = comparison(Worse(1.5, 0.005), 2, ceiling=4.0)
    alone = [comparison(Worse(1.5, 0.005), ceiling=4.0) for _ in range(2)]
    for pair in batches:
        n1, k1, n0, k0 = (list(side) for side in zip(*pair, strict=True))
        both = both.with_batch(arm(n1, k1), arm(n0, k0))
        alone = [state.with_batch(*_batch(*one)) for state, one in zip(alone, pair, strict=True)]
    assert both.log_e == pytest.approx([state.log_e[0] for state in alone])


def test_replayed_is_what_was_seen_live() -> None:
    """The same batches make the same state, to the last bit, and batches without requests change nothing."""
    dice = np.random.default_rng(2)
    batches = [(arm(50, dice.binomial(50, 0.1)), arm(500, dice.binomial(500, 0.05))) for _ in range(50)]
    live = comparison(NotWorse(1.2, 0.001), restarts=True)
    for batch in batches:
        live = live.with_batch(*batch).with_batch(arm(0, 0), arm(0, 0))
    again = comparison(NotWorse(1.2, 0.001), restarts=True)
    for batch in batches:
        again = again.with_batch(*batch)
    assert (live.wealth.invested == again.wealth.invested).all()
    assert live.control_rate == again.control_rate


def test_evidence_of_safety_does_not_pile_up() -> None:
    """Above its ceiling it is thrown away, so a few failures show after any length of calm."""
    state = comparison(Worse(1.5, 0.005), ceiling=6.0)
    for _ in range(100):
        state = state.with_batch(arm(100, 0), arm(1_900, 1))
    assert state.log_e[0] == pytest.approx(6.0)
    assert state.with_batch(arm(100, 5), arm(1_900, 1)).log_e[0] < log(1 / ALPHA_PROMOTE)


def test_a_source_that_counts_late_never_has_more_failures_than_requests() -> None:
    assert arm(3, 5).bad == 3


@pytest.mark.parametrize("null", [NotWorse(), NotWorse(1.3, 0.01), Worse(1.5, 0.005)])
@pytest.mark.parametrize("batch", [(10**9, 10**9, 10**9, 10**9), (10**9, 0, 10**9, 0), (2, 2, 10**9, 10**8)])
def test_nothing_overflows(null: Null, batch: tuple[int, int, int, int]) -> None:
    """Not even a billion failures a look, many times over."""
    state = comparison(null, restarts=True)
    for _ in range(20):
        state = state.with_batch(*_batch(*batch))
    assert np.isfinite(state.log_e).all()


# --- tempering


def test_a_tempered_bet_is_smaller_and_a_larger_bet_is_tempered_more() -> None:
    times = np.array([1.0, 1.25, 2.0, 5.0, 30.0])
    assert eprocess._tempering(times, np.array(1.0)) == pytest.approx(np.ones(5))
    assert eprocess._tempering(times, np.array(9.0)) == pytest.approx(
        [9.0, 9.31, 10.04, 11.77, 16.41], abs=0.01
    )


@pytest.mark.parametrize("mean", [2.0, 5.0, 10.0])
@pytest.mark.parametrize("times", [1.25, 2.0, 5.0, 30.0])
def test_a_tempered_bet_is_nearly_fair_under_geometric_bursts(mean: float, times: float) -> None:
    """What a burst pays on average is what it costs, with a fifth more of tempering at most."""
    least = float(eprocess._tempering(np.array(times), np.array(2 * mean - 1)))
    payoff = times ** (1 / (1.2 * least))
    paid = (payoff - 1) / (1 - (1 - 1 / mean) * payoff)
    assert 0 < paid <= mean * (times - 1) / (1.2 * least)


def test_a_batch_is_tempered_by_what_was_known_before_it_began() -> None:
    """What is learned while requests are being gathered comes too late for them."""
    first, second = (arm(1, 1), arm(9, 0)), (arm(9, 1), arm(9, 1))
    learned = comparison(NotWorse()).with_batch(*first, temper=2.0).with_batch(*second, temper=9.0)
    known = comparison(NotWorse()).with_batch(arm(10, 2), arm(18, 1), temper=2.0)
    assert learned.log_e == pytest.approx(known.log_e)
    assert learned.with_batch(*second, temper=9.0).log_e != known.with_batch(*second, temper=2.0).log_e


def test_tempering_is_of_each_stream_and_one_changes_nothing() -> None:
    batch = arm([50, 50], [5, 5]), arm([500, 500], [20, 20])
    plain, tempered = (
        comparison(NotWorse(), 2).with_batch(*batch, temper=temper) for temper in (1.0, [1.0, 4.0])
    )
    assert plain.log_e[0] == tempered.log_e[0] == plain.log_e[1] > tempered.log_e[1]
