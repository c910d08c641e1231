"""Rollouts expose and remove flags, forth and back; what hinders them is said before and at the time."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.actuators.conformance import tokens, walk

from tidegate.core.errors import EffectFailed, Location
from tidegate.core.flags.definitions import Flag, FlagSet
from tidegate.core.flags.serving import Exposure, Switch
from tidegate.core.ids import FlagKey
from tidegate.core.plan.steps import Action, ExposeFlag, Milestone, RemoveFlag
from tidegate.flags.actuator import FlagActuator
from tidegate.ports import Token
from tidegate.store.flags import FlagStore

from .desks import BASE, BASKET, NOW, REFUND, boolean, desk_in, entry, flag_set, token

ON = ExposeFlag(flag=REFUND, off="off", on="on")
STAFF = ExposeFlag(flag=REFUND, off="off", on="on", audience_name="staff", audience='{"var": "staff"}')
GONE = RemoveFlag(flag=REFUND)
PLACE = Location(file="shop.yaml", line=7)


@pytest.mark.parametrize(
    ("action", "exposures"),
    [(ON, (0.05, 0.25, 1.0)), (STAFF, (0.5, 1.0)), (GONE, (1.0,))],
    ids=["everyone", "audience", "removal"],
)
async def test_it_goes_forth_and_back_as_every_actuator_does(
    tmp_path: Path, action: ExposeFlag | RemoveFlag, exposures: tuple[float, ...]
) -> None:
    async with desk_in(tmp_path) as desk:
        before = desk.served().flags
        await walk(FlagActuator(desk), action, tokens("r-1", "flag"), desk.served, exposures)
        assert desk.served().flags == before


@pytest.mark.parametrize(
    ("action", "exposure", "told"),
    [
        (ON, 0.05, "refund is on for 5% of everyone"),
        (STAFF, 1.0, "refund is on for 100% of staff"),
        (GONE, 1.0, "refund is not served any more"),
    ],
)
async def test_receipts_say_what_was_done(tmp_path: Path, action: Action, exposure: float, told: str) -> None:
    async with desk_in(tmp_path) as desk:
        receipt = await FlagActuator(desk).apply(action, exposure, token())
    assert (receipt.token, receipt.summary) == (token(), told)


# What hinders


def switched_off(store: FlagStore, flag: FlagKey = REFUND) -> None:
    store.switch_off(Switch(flag=flag, variant="off", by="ada", reason="twice", at=NOW), entry())


def required_off(store: FlagStore) -> None:
    switched_off(store, BASKET)


def removed(store: FlagStore) -> None:
    store.remove(REFUND, token(step="flag-removal/refund", rollout="r-0"), BASE.flags[REFUND])


def half_exposed(store: FlagStore) -> None:
    other = Token(rollout=token(rollout="r-0").rollout, step=token().step, attempt=1)
    exposure = Exposure(
        rollout=other.rollout, step=other.step, flag=REFUND, variant="on", share=0.5, salt="r-0"
    )
    store.expose(exposure, other, "on")


def exposed_and_switched_off(store: FlagStore) -> None:
    half_exposed(store)
    switched_off(store)


def exposed_and_removed(store: FlagStore) -> None:
    half_exposed(store)
    removed(store)


def nothing(_: FlagStore) -> None:
    """The world is as it was defined."""


PLACED = flag_set(boolean(BASKET), boolean(REFUND, metadata={"requires": "basket"}, location=PLACE))
BOTH = "shop.yaml:7: flag 'refund' "
SWITCH_ON = "switch on the one that it requires: `tidegate flags on`"
TAKE_OUT = "take it out of what they require first"
Happening = Callable[[FlagStore], object]


@pytest.mark.parametrize(
    ("action", "base", "happening", "told"),
    [
        (
            ExposeFlag(flag=FlagKey("refunds"), off="off", on="on"),
            PLACED,
            nothing,
            "flag 'refunds' is not defined here (did you mean 'refund'?)",
        ),
        (
            RemoveFlag(flag=FlagKey("x")),
            PLACED,
            nothing,
            "flag 'x' is not defined here (define it in a file that is given to --flags)",
        ),
        (
            ExposeFlag(flag=REFUND, off="no", on="onn"),
            PLACED,
            nothing,
            f"{BOTH}has no variant 'onn' (did you mean 'on'?)\n{BOTH}has no variant 'no' (it has on, off)",
        ),
        (
            replace(STAFF, audience='{"vra": "staff"}'),
            PLACED,
            nothing,
            "audience 'staff' of flag 'refund': unknown operator 'vra' (did you mean 'var'?)",
        ),
        (
            ON,
            flag_set(boolean(REFUND, enabled=False, location=PLACE)),
            nothing,
            f'{BOTH}is disabled by its definition (enable it there: `"state": "ENABLED"`)',
        ),
        (
            ON,
            PLACED,
            switched_off,
            f"{BOTH}was switched off by ada: twice (once that is mended: `tidegate flags on refund --reason R`)",
        ),
        (
            ON,
            PLACED,
            required_off,
            f"{BOTH}is off, as it requires basket (ada: twice) ({SWITCH_ON})",
        ),
        (ON, PLACED, removed, f"{BOTH}was removed by a rollout (define another one, under a new name)"),
        (
            GONE,
            PLACED,
            switched_off,
            f"{BOTH}was switched off by ada: twice (once that is mended: `tidegate flags on refund --reason R`)",
        ),
        (
            RemoveFlag(flag=BASKET),
            PLACED,
            nothing,
            f"flag 'basket' is required by refund, which would be off without it ({TAKE_OUT})",
        ),
    ],
)
async def test_what_hinders_a_step_is_found_before_it_begins_and_when_it_is_done(
    tmp_path: Path, action: Action, base: FlagSet, happening: Happening, told: str
) -> None:
    async with desk_in(tmp_path, base) as desk:
        await desk.change(happening)
        actuator = FlagActuator(desk)
        assert "\n".join(map(str, await actuator.validate(action))) == told
        before = desk.served()
        if isinstance(action, RemoveFlag) and action.flag not in before.flags.flags:
            return
        with pytest.raises(EffectFailed) as failure:
            await actuator.apply(action, 1.0, token())
        assert str(failure.value) == told.replace("\n", "; ")
        assert desk.served() == before


async def test_of_two_rollouts_one_waits_for_the_other(tmp_path: Path) -> None:
    async with desk_in(tmp_path) as desk:
        await desk.change(half_exposed)
        told = [str(problem) for problem in await FlagActuator(desk).validate(ON)]
    hint = "wait until it has ended, or abort it: `tidegate abort r-0 --reason R`"
    assert told == [f"flag 'refund' is exposed at 50% by rollout r-0 ({hint})"]


async def test_a_flag_that_is_not_the_same_for_everyone_is_not_removed(tmp_path: Path) -> None:
    targeted: Flag = boolean(REFUND, targeting={"if": [{"var": "beta"}, "on"]})
    async with desk_in(tmp_path, flag_set(targeted)) as desk:
        actuator = FlagActuator(desk)
        assert await actuator.validate(GONE) == ()  # the change may expose it to everyone before
        with pytest.raises(EffectFailed, match=r"is not the same for everyone \(expose one variant"):
            await actuator.apply(GONE, 1.0, token())
        await actuator.apply(ON, 1.0, token())
        await actuator.apply(GONE, 1.0, token(step="flag-removal/refund"))
        assert await actuator.verify(GONE, 1.0) is None


# What is missing


@pytest.mark.parametrize(
    ("happening", "action", "exposure", "missing"),
    [
        (nothing, ON, 0.0, None),
        (nothing, ON, 0.25, "refund is on for 0%, wanted is 25%"),
        (half_exposed, ON, 0.5, None),
        (half_exposed, ON, 0.0, "refund is on for 50%, wanted is 0%"),
        (half_exposed, STAFF, 0.5, "refund is on for 0%, wanted is 50%"),
        (exposed_and_switched_off, ON, 0.5, "refund is off: ada: twice"),
        (exposed_and_removed, ON, 0.5, "refund is not served"),
        (nothing, GONE, 1.0, "refund is still served"),
        (removed, GONE, 1.0, None),
        (removed, GONE, 0.0, "refund is not served: no file defines it any more"),
    ],
)
async def test_what_is_served_is_held_against_what_is_wanted(
    tmp_path: Path, happening: Happening, action: Action, exposure: float, missing: str | None
) -> None:
    async with desk_in(tmp_path) as desk:
        await desk.change(happening)
        assert await FlagActuator(desk).verify(action, exposure) == missing


async def test_steps_that_are_not_of_flags_are_not_its_own(tmp_path: Path) -> None:
    async with desk_in(tmp_path) as desk:
        with pytest.raises(EffectFailed, match="flags cannot carry out a step of kind 'milestone'"):
            await FlagActuator(desk).validate(Milestone(name="exposed"))
