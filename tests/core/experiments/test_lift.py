"""The lift of a variant over the control, over strata of shares."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.experiments.confidence import half_width
from tidegate.core.experiments.lift import Arms, Lift, contrast, lifted
from tidegate.core.experiments.moments import NO_UNITS, Moments


def conversions(units: int, converted: int) -> Moments:
    return Moments(units=units, total=converted, squares=converted, cubes=converted)


def arms(variant: tuple[int, int], control: tuple[int, int]) -> Arms:
    return Arms(variant=conversions(*variant), control=conversions(*control))


def lift_of(*strata: Arms, effect: float = 0.05, alpha: float = 0.05) -> Lift:
    found = lifted(strata, effect=effect, alpha=alpha)
    assert found is not None
    return found


def test_the_difference_of_two_proportions() -> None:
    found = lift_of(arms((10_000, 1_100), (10_000, 1_000)))
    error = half_width(found.information, 0.05 * 0.1, 0.05)
    variance = (1 / 9_999) * (0.11 * 0.89 + 0.1 * 0.9)
    assert found.units == 20_000
    assert found.control == pytest.approx(0.1)
    assert found.difference == pytest.approx(0.01)
    assert found.information == pytest.approx(1 / variance)
    assert (found.low, found.high) == pytest.approx((0.01 - error, 0.01 + error))
    assert found.relative is not None
    assert found.relative.estimate == pytest.approx(0.1)


TOO_FEW = {
    "no units": Arms(variant=NO_UNITS, control=NO_UNITS),
    "no control": arms((1_000, 500), (0, 0)),
    "99 units": arms((99, 50), (1_000, 500)),
    "all alike": arms((1_000, 0), (1_000, 0)),
    "nine of a thousand converted": arms((1_000, 9), (1_000, 9)),
    "few of a small arm are expected to": arms((500, 0), (9_500, 100)),
}


@pytest.mark.parametrize("stratum", TOO_FEW.values(), ids=TOO_FEW)
def test_nothing_is_said_of_too_few_units(stratum: Arms) -> None:
    assert lifted([stratum], effect=0.05, alpha=0.05) is None
    enough = arms((10_000, 1_100), (10_000, 1_000))
    assert lift_of(stratum, enough) == lift_of(enough)


def test_shares_that_follow_good_days_do_not_make_a_variant_look_good() -> None:
    """Simpson's paradox: the variant is worse in each stratum and better in the sum."""
    quiet, busy = arms((1_000, 40), (19_000, 950)), arms((10_000, 2_000), (10_000, 2_200))
    together = arms((11_000, 2_040), (29_000, 3_150))
    assert lift_of(together).low > 0
    assert lift_of(quiet, busy).high < 0


def test_two_strata_alike_are_as_one_of_twice_the_size() -> None:
    half, whole = arms((5_000, 550), (5_000, 500)), arms((10_000, 1_100), (10_000, 1_000))
    assert lift_of(half, half).difference == pytest.approx(lift_of(whole).difference)
    assert lift_of(half, half).high == pytest.approx(lift_of(whole).high, rel=1e-3)


@given(st.integers(200, 5_000), st.integers(200, 5_000))
def test_the_relative_lift_excludes_none_exactly_where_the_difference_does(one: int, other: int) -> None:
    found = lift_of(arms((10_000, one), (10_000, other)))
    assert found.relative is not None
    low, high = found.relative.low, found.relative.high
    assert (found.low > 0) == (low is not None and low > 0)
    assert (found.high < 0) == (high is not None and high < 0)


def test_a_relative_lift_has_no_end_where_the_control_may_be_next_to_nothing() -> None:
    found = lift_of(arms((100_000, 2_000), (500, 10)), effect=10.0)
    assert found.relative is not None
    assert found.relative.high is None
    assert found.relative.low is not None


def test_of_a_control_below_zero_there_is_no_relative_lift_and_of_one_at_zero_none_at_all() -> None:
    below = Moments(units=1_000, total=-1_000, squares=2_000, cubes=-1_000)
    above = Moments(units=1_000, total=1_000, squares=2_000, cubes=1_000)
    at_zero = Moments(units=1_000, total=0, squares=1_000, cubes=0)
    assert lift_of(Arms(variant=above, control=below)).relative is None
    assert lifted([Arms(variant=above, control=at_zero)], effect=0.05, alpha=0.05) is None


def test_a_small_arm_that_has_seen_nothing_yet_is_not_believed() -> None:
    """Its own variance is zero; that of both says how much it may be off."""
    small = arms((1_500, 0), (98_500, 985))
    one, other = small.errors
    assert one == pytest.approx(0.01 * 0.99 / 1_500, rel=0.05)
    assert other == pytest.approx(0.01 * 0.99 / 98_500, rel=0.05)


@pytest.mark.parametrize(("rate", "share"), [(0.02, 0.5), (0.3, 0.1)])
def test_nothing_is_claimed_of_arms_that_are_alike(rate: float, share: float) -> None:
    """Twenty looks at each of 200 experiments: at most alpha of them ever claim anything, with room for chance."""
    dice = np.random.default_rng(7)
    sizes = np.full(20, 800)
    wrong = 0
    for _ in range(200):
        n1 = dice.binomial(sizes, share)
        n0 = sizes - n1
        counts = zip(
            *(np.cumsum(x) for x in (n1, dice.binomial(n1, rate), n0, dice.binomial(n0, rate))), strict=True
        )
        looks = (contrast([arms((a, b), (c, d))], effect=0.5, alpha=0.1) for a, b, c, d in counts)
        wrong += any(look is not None and look.excluded(0.0) for look in looks)
    assert wrong <= 0.1 * 200
