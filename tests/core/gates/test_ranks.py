"""The promises of ranks: no riches on exchangeable instances, whatever their values; harm is found, offsets are not."""

from collections.abc import Iterable, Sequence
from itertools import combinations
from math import exp, inf, log, nan, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.gates.ranks import Limit, Margin, Ranks, Trend, limit, ranks, trend

DECISIVE = log(1 / 0.01)
PROVEN = log(1 / 0.05)


def instances(levels: Iterable[float], name: str = "pod") -> dict[str, float]:
    return {f"{name}-{number}": level for number, level in enumerate(levels)}


def after(state: Ranks, canary: Sequence[float], control: Sequence[float], intervals: int = 1) -> Ranks:
    for _ in range(intervals):
        state = state.with_levels(instances(canary), instances(control))
    return state


# --- margins


@pytest.mark.parametrize(
    ("margin", "level", "border"),
    [
        (Margin(), 10.0, 10.0),
        (Margin(times=2.0), 10.0, 20.0),
        (Margin(times=2.0, by=5.0), 10.0, 25.0),
        (Margin(times=2.0, by=5.0), -10.0, -5.0),
        (Margin(times=2.0, lower_is_worse=True), 10.0, 5.0),
        (Margin(times=2.0, by=1.0, lower_is_worse=True), 10.0, 4.0),
        (Margin(times=2.0, by=1.0, lower_is_worse=True), -10.0, -11.0),
    ],
)
def test_a_border_is_so_many_times_and_so_much_away_on_the_worse_side(
    margin: Margin, level: float, border: float
) -> None:
    assert margin.border(level) == border
    assert not margin.passed(border, border)
    worse = -0.1 if margin.lower_is_worse else 0.1
    assert margin.passed(border + worse, border)
    assert not margin.passed(border - worse, border)


# --- validity

POOLS = [
    (1.0, 2.0, 3.0, 4.0, 5.0),
    (1.0, 1.0, 1.0, 1.0),
    (1.0, 2.0, 2.0, 9.0),
    (-3.0, -2.0, 0.0, 5.0),
    (0.1, 1.0, 10.0, 100.0, 1000.0, 10000.0),
    tuple(float(level) for level in range(12)),
]


@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("margin", [Margin(), Margin(times=1.5), Margin(lower_is_worse=True)])
def test_money_is_not_won_on_average_when_any_instances_might_have_been_the_canary(
    pool: tuple[float, ...], size: int, margin: Margin
) -> None:
    """Exact, without dice: the mean over all choices of the canary's instances from one pool."""
    before = after(ranks(margin), (9.0,), (1.0, 2.0), intervals=2)
    paid = []
    for chosen in combinations(range(len(pool)), size):
        control = [level for place, level in enumerate(pool) if place not in chosen]
        paid.append(exp(after(before, [pool[place] for place in chosen], control).log_e))
    assert np.mean(paid) <= exp(before.log_e) + 1e-12


@pytest.mark.parametrize("state", [ranks(Margin()), trend(Margin(), window=2)])
def test_false_alarms_stay_within_alpha_at_every_look_though_values_hang_together(
    state: Ranks | Trend,
) -> None:
    """What all instances share wanders without end and each has jitter of its own: 300 rollouts, an hour each."""
    dice, runs, alarms = np.random.default_rng(7), 300, 0
    for _ in range(runs):
        shared = np.cumsum(dice.normal(size=60))
        levels = shared[:, None] + dice.exponential(size=(60, 4))
        alarms += _ever_alarmed(state, levels)
    assert alarms / runs <= 0.01 + 3 * sqrt(0.01 * 0.99 / runs)


def _ever_alarmed(state: Ranks | Trend, levels: np.ndarray) -> bool:
    for canary, *control in levels:
        state = state.with_levels(instances([canary]), instances(control))
        if state.log_e >= DECISIVE:
            return True
    return False


@given(
    st.lists(st.floats(0, 100), min_size=1, max_size=4),
    st.lists(st.floats(0, 100), min_size=1, max_size=4),
    st.floats(0, 50),
)
def test_a_worse_canary_is_never_less_evidence(
    canary: list[float], control: list[float], worse: float
) -> None:
    start = ranks(Margin(times=1.2, by=1.0))
    raised = [level + worse for level in canary]
    assert after(start, raised, control).log_e >= after(start, canary, control).log_e - 1e-12


# --- power


@pytest.mark.parametrize(
    ("canary", "control", "intervals"),
    [
        ([9.0], [1.0], 9),
        ([9.0], [1.0, 2.0], 6),
        ([9.0], [1.0, 2.0, 3.0, 4.0], 4),
        ([9.0, 9.0], [1.0, 2.0, 3.0], 5),
        ([9.0], [*[1.0] * 20, 99.0], 4),
    ],
)
def test_harm_is_found_after_this_many_intervals(
    canary: Sequence[float], control: Sequence[float], intervals: int
) -> None:
    start = ranks(Margin())
    assert after(start, canary, control, intervals - 1).log_e < DECISIVE
    assert after(start, canary, control, intervals).log_e >= DECISIVE


def test_harm_that_sets_in_late_is_found_soon_too() -> None:
    calm = after(ranks(Margin()), [3.0], [1.0, 2.0, 3.0, 4.0], intervals=30)
    assert calm.log_e < 0.0
    assert after(calm, [9.0], [1.0, 2.0, 3.0, 4.0], intervals=7).log_e < DECISIVE
    assert after(calm, [9.0], [1.0, 2.0, 3.0, 4.0], intervals=8).log_e >= DECISIVE


def test_one_bad_instance_of_three_is_found_where_its_share_is_beyond_chance() -> None:
    control = [1.0, 2.0, 3.0, 4.0, 5.0]
    assert after(ranks(Margin()), [9.0, 1.0, 1.0], control, intervals=60).log_e >= DECISIVE
    assert after(ranks(Margin()), [9.0, 1.0, 1.0], control[:2], intervals=60).log_e < 1e-9


@pytest.mark.parametrize("lower_is_worse", [False, True])
def test_offsets_within_the_margin_are_forgiven_for_ever_and_those_beyond_are_taken_for_harm(
    *, lower_is_worse: bool
) -> None:
    margin = Margin(times=1.5, by=1.0, lower_is_worse=lower_is_worse)
    border = margin.border(10.0)
    beyond = border - 1.0 if lower_is_worse else border + 1.0
    assert after(ranks(margin), [border], [10.0] * 4, intervals=200).log_e < 0.0
    assert after(ranks(margin), [beyond], [10.0] * 4, intervals=5).log_e >= DECISIVE


# --- no data


@pytest.mark.parametrize(
    ("canary", "control"), [([], [1.0]), ([1.0], []), ([nan], [1.0]), ([9.0], [inf]), ([], [])]
)
def test_an_interval_without_numbers_on_both_sides_is_no_evidence_at_all(
    canary: Sequence[float], control: Sequence[float]
) -> None:
    before = after(ranks(Margin()), [9.0], [1.0, 2.0])
    assert before.intervals == 1
    assert after(before, canary, control, intervals=100) is before


def test_what_is_not_a_number_is_no_instance() -> None:
    start = ranks(Margin())
    assert after(start, [9.0, nan], [1.0, inf]).log_e == after(start, [9.0], [1.0]).log_e


# --- safety


def test_calm_is_proven_in_a_few_intervals_and_only_by_intervals_that_were_measured() -> None:
    start = ranks(Margin(), ceiling=2 * PROVEN)
    assert start.log_safe == pytest.approx(0.0)
    calm = after(start, [1.0], [1.0, 2.0], intervals=6)
    assert after(start, [1.0], [1.0, 2.0], intervals=5).log_safe < PROVEN <= calm.log_safe
    assert after(start, [1.0], [1.0, 2.0], intervals=99).log_safe == pytest.approx(2 * PROVEN)
    assert after(start, [9.0], [1.0, 2.0], intervals=99).log_safe < 0.0


# --- trends


def grown(state: Trend, steps: dict[str, tuple[float, float]], intervals: int) -> Trend:
    """Each instance starts at its first number and gains its second at every interval; `c` is the canary's."""
    for interval in range(intervals):
        levels = {name: start + gain * interval for name, (start, gain) in steps.items()}
        canary = {name: level for name, level in levels.items() if name.startswith("c")}
        state = state.with_levels(
            canary, {name: level for name, level in levels.items() if name not in canary}
        )
    return state


LEAK = {"c": (10.0, 2.0), "a": (300.0, 0.1), "b": (20.0, 0.2), "d": (400.0, 0.0)}


def test_a_leak_shows_as_a_trend_long_before_its_level_is_high() -> None:
    leaking = grown(trend(Margin(by=5.0), window=5), LEAK, intervals=26)
    assert leaking.log_e >= DECISIVE
    assert leaking.log_safe < 0.0
    assert leaking.intervals == 5
    assert grown(trend(Margin(by=5.0), window=5), LEAK, intervals=25).log_e < DECISIVE


def test_a_constant_offset_is_no_trend() -> None:
    steady = grown(trend(Margin(by=5.0), window=5), LEAK | {"c": (900.0, 0.1)}, intervals=60)
    assert steady.log_e < 0.0
    assert steady.log_safe >= PROVEN


def test_gains_within_the_margin_are_no_trend() -> None:
    assert grown(trend(Margin(by=10.0), window=5), LEAK, intervals=60).log_e < 0.0


def test_an_instance_that_is_not_there_at_both_ends_of_a_window_is_left_out() -> None:
    start = trend(Margin(), window=1)
    began = start.with_levels({"c": 1.0}, {"a": 1.0})
    assert began.log_e == 0.0
    assert began.with_levels({"new": 900.0}, {"a": 1.0}).log_e == 0.0
    assert began.with_levels({"c": 900.0}, {"new": 1.0}).log_e == 0.0
    assert began.with_levels({"c": 900.0, "new": 1.0}, {"a": 1.0}).log_e > 0.0


# --- limits


def limited(state: Limit, canary: Sequence[float], intervals: int) -> Limit:
    for _ in range(intervals):
        state = state.with_levels(instances(canary))
    return state


@pytest.mark.parametrize(
    ("canary", "intervals"), [([95.0], 3), ([95.0, 10.0], 8), ([10.0], None), ([90.0], None)]
)
def test_a_limit_is_exceeded_after_this_many_intervals(
    canary: Sequence[float], intervals: int | None
) -> None:
    start = limit(90.0, share=0.05)
    if intervals is None:
        assert limited(start, canary, 100).log_e < 0.0
    else:
        assert limited(start, canary, intervals - 1).log_e < DECISIVE
        assert limited(start, canary, intervals).log_e >= DECISIVE


def test_a_limit_is_kept_only_by_what_was_measured_and_may_be_a_least_one() -> None:
    start = limit(99.0, share=0.2, lower_is_worse=True, ceiling=4.0)
    assert limited(start, [nan], 100) is start
    assert limited(start, [], 100) is start
    assert limited(start, [100.0], 99).log_safe == pytest.approx(4.0)
    assert limited(start, [98.0], 3).log_e > 0.0
    assert limited(start, [98.0], 3).log_safe < 0.0


@pytest.mark.parametrize("share", [0.05, 0.2])
def test_a_limit_wins_nothing_on_average_where_its_share_is_beyond_it(share: float) -> None:
    """Exact: one, both or none of two instances beyond the limit, in every way that keeps the share."""
    start = limit(1.0, share=share)
    none, one, both = (exp(limited(start, pods, 1).log_e) for pods in ([0.0, 0.0], [0.0, 2.0], [2.0, 2.0]))
    together = share * both + (1 - share) * none
    apart = 2 * share * one + (1 - 2 * share) * none
    assert max(together, apart) <= 1.0 + 1e-12
