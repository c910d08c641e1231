"""With which shares a flag is served, by its definition alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.experiments.intended import intended
from tidegate.core.flags.definitions import Flag, FlagSet, Json
from tidegate.core.flags.serving import Exposure, Switch, served
from tidegate.core.ids import FlagKey, RolloutId, StepId

KEY = FlagKey("new-checkout")


def flag(
    targeting: dict[str, Json] | None = None, default: str | None = "off", *, enabled: bool = True
) -> Flag:
    variants: dict[str, Json] = {"on": True, "off": False, "red": "red"}
    return Flag(key=KEY, variants=variants, default=default, targeting=targeting or {}, enabled=enabled)


def exposure(variant: str, share: float, audience: str = "") -> Exposure:
    return Exposure(
        rollout=RolloutId("r"),
        step=StepId(variant),
        flag=KEY,
        variant=variant,
        share=share,
        salt=variant,
        audience=audience,
    )


def exposed(*exposures: Exposure, base: Flag | None = None) -> Flag:
    return served(FlagSet(flags={KEY: base or flag()}), exposures, [], []).flags[KEY]


CASES = [
    ({}, {"off": 1.0}),
    ({"fractional": [["on", 1], ["off", 3]]}, {"on": 0.25, "off": 0.75}),
    ({"fractional": [["on"], ["off"]]}, {"on": 0.5, "off": 0.5}),
    (
        {"fractional": [{"var": "email"}, ["on", 20], ["red", 30.0], ["off", 50]]},
        {"on": 0.2, "red": 0.3, "off": 0.5},
    ),
    ({"fractional": [["on", 0]]}, {}),
    ({"if": [{"var": "beta"}, "on", "off"]}, {}),
    ({"if": [{"var": "beta"}, "on", {"var": "beta"}, "red", "off"]}, {}),
    ({"var": "color"}, {}),
]


@pytest.mark.parametrize(("targeting", "shares"), CASES)
def test_a_split_has_shares_and_a_rule_about_users_has_none(
    targeting: dict[str, Json], shares: dict[str, float]
) -> None:
    found = intended(flag(targeting))
    assert {name: share for name, share in found.items() if share} == pytest.approx(shares)


@given(st.integers(1, 99_999))
def test_an_exposure_has_the_share_that_the_rollout_asked_for(parts: int) -> None:
    found = intended(exposed(exposure("on", parts / 100_000)))
    assert found == pytest.approx({"on": parts / 100_000, "off": 1 - parts / 100_000, "red": 0.0})


def test_exposures_over_each_other_are_drawn_by_lots_of_their_own() -> None:
    found = intended(exposed(exposure("on", 0.5), exposure("red", 0.2)))
    assert found == pytest.approx({"red": 0.2, "on": 0.4, "off": 0.4})


def test_an_exposure_over_a_split_leaves_the_rest_split() -> None:
    base = flag({"fractional": [["on", 1], ["off", 1]]})
    assert intended(exposed(exposure("on", 0.5), base=base)) == pytest.approx(
        {"on": 0.75, "off": 0.25, "red": 0.0}
    )


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_where_an_audience_is_served_shares_are_not_known(share: float) -> None:
    assert intended(exposed(exposure("on", share, audience='{"var": "beta"}'))) == {}


def test_where_a_rule_lies_below_an_exposure_shares_are_not_known() -> None:
    assert intended(exposed(exposure("on", 0.5), base=flag({"var": "color"}))) == {}


def test_everyone_is_served_what_is_fully_out_or_switched_off() -> None:
    assert intended(exposed(exposure("on", 1.0))) == {"on": 1.0, "off": 0.0, "red": 0.0}
    switch = Switch(flag=KEY, variant="off", by="ann", reason="broken", at=1.0)
    off = served(FlagSet(flags={KEY: flag()}), [exposure("on", 0.5)], [switch], []).flags[KEY]
    assert intended(off) == {"on": 0.0, "off": 1.0, "red": 0.0}


@pytest.mark.parametrize("undrawn", [flag(enabled=False), flag(default=None)])
def test_nobody_is_drawn_where_whoever_asks_has_a_default_of_their_own(undrawn: Flag) -> None:
    assert intended(undrawn) == {}
