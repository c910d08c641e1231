"""What is to be known of flags while they are served, and what is remarked on."""

# ruff: noqa: E501 - each whole message stays on its row of the table

from datetime import UTC, date, datetime
from typing import Any

import pytest

from tidegate.core.flags.definitions import Flag, FlagSet
from tidegate.core.flags.hygiene import (
    DAY,
    FlagView,
    Kind,
    Remark,
    Standing,
    inventory,
)
from tidegate.core.flags.serving import Exposure, Switch
from tidegate.core.ids import FlagKey, RolloutId, StepId

KEY = FlagKey("sale")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC).timestamp()
ON_OFF = {"on": True, "off": False}
OWNED = {"owner": "group:shop"}
SWITCH = Switch(flag=KEY, variant="off", by="ann", reason="errors", at=NOW)


def flag(**definition: Any) -> Flag:
    return Flag(**{"key": KEY, "variants": ON_OFF, "default": "off", "metadata": OWNED, **definition})


def exposure(share: float, variant: str = "on", audience: str = "") -> Exposure:
    return Exposure(
        rollout=RolloutId("r1"),
        step=StepId("flag/sale"),
        flag=KEY,
        variant=variant,
        share=share,
        salt="s",
        audience=audience,
    )


def viewed(given: Flag, standing: Standing | None = None, **metadata: str) -> FlagView:
    (view,) = inventory(FlagSet(flags={KEY: given}, metadata=metadata), standing or Standing(), NOW).flags
    return view


def test_a_flag_as_people_look_at_it() -> None:
    given = flag(metadata={"since": "2026-11-01", "expires": "2027-06-01", "requires": "base"})
    standing = Standing(
        exposures=(exposure(0.05), exposure(1.0, audience='{"var": "vip"}')),
        switches=(SWITCH,),
        evaluated={KEY: NOW - 5},
    )
    assert viewed(given, standing, owner="group:shop") == FlagView(
        key=KEY,
        enabled=True,
        variants=("on", "off"),
        default="off",
        owner="group:shop",
        since=date(2026, 11, 1),
        expires=date(2027, 6, 1),
        exposure=0.0,
        exposures=standing.exposures,
        switch=SWITCH,
        requires=(FlagKey("base"),),
        evaluated=NOW - 5,
        remarks=(Remark(kind=Kind.OFF, message="ann has switched it off: errors"),),
    )


VIP: dict[str, Any] = {"if": [{"var": "vip"}, "on"]}

EXPOSURES: list[tuple[Flag, tuple[Exposure, ...], float | None]] = [
    (flag(), (), 0.0),
    (flag(default="on"), (), 1.0),
    (flag(default="on", enabled=False), (), 0.0),
    (flag(default=None), (), None),
    (flag(targeting=VIP), (), None),
    (flag(), (exposure(0.05), exposure(0.25)), 0.25),
    (flag(targeting=VIP), (exposure(0.25),), None),
    (flag(targeting=VIP), (exposure(1.0),), 1.0),
    (flag(), (exposure(0.25), exposure(0.5, audience='{"var": "vip"}')), None),
    (flag(), (exposure(1.0, variant="off"),), None),
]


@pytest.mark.parametrize(("given", "exposures", "share"), EXPOSURES, ids=range(len(EXPOSURES)))
def test_at_what_exposure_a_flag_is(
    given: Flag, exposures: tuple[Exposure, ...], share: float | None
) -> None:
    other = Exposure(
        rollout=RolloutId("r2"), step=StepId("flag/x"), flag=FlagKey("x"), variant="on", share=0.9, salt="t"
    )
    assert viewed(given, Standing(exposures=(*exposures, other))).exposure == share


def remark(kind: Kind, message: str) -> Remark:
    return Remark(kind=kind, message=message)


OLD = {**OWNED, "since": "2026-10-25"}
FULLY_ON = remark(Kind.STALE, "fully on, and here for 30 days: remove it from code, then here")

REMARKS: list[tuple[Flag, Standing, list[Remark]]] = [
    (flag(), Standing(), []),
    (flag(metadata={}), Standing(), [remark(Kind.OWNERLESS, "it has no owner: name one in its metadata")]),
    (flag(default="on", metadata=OLD), Standing(), [FULLY_ON]),
    (flag(metadata=OLD), Standing(), []),
    (flag(metadata=OLD), Standing(exposures=(exposure(1.0),)), [FULLY_ON]),
    (flag(default="on", metadata={**OWNED, "since": "2026-10-26"}), Standing(), []),
    (flag(default="on"), Standing(), []),
    (flag(), Standing(evaluated={KEY: NOW - 30 * DAY}), [remark(Kind.STALE, "not evaluated for 30 days: remove it")]),
    (flag(), Standing(evaluated={KEY: NOW - 30 * DAY + 1}), []),
    (flag(metadata={**OWNED, "expires": "2026-12-09"}), Standing(), []),
    (flag(metadata={**OWNED, "expires": "2026-12-08"}), Standing(), [remark(Kind.EXPIRING, "it is to be gone from 2026-12-08 on, in 14 days")]),
    (flag(metadata={**OWNED, "expires": "2026-11-25"}), Standing(), [remark(Kind.EXPIRING, "it is to be gone from 2026-11-25 on, in 1 day")]),
    (flag(metadata={**OWNED, "expires": "2026-11-24"}), Standing(), [remark(Kind.EXPIRED, "it was to be gone from 2026-11-24 on: remove it")]),
]  # fmt: skip


@pytest.mark.parametrize(("given", "standing", "found"), REMARKS, ids=range(len(REMARKS)))
def test_what_should_be_seen_to(given: Flag, standing: Standing, found: list[Remark]) -> None:
    assert list(viewed(given, standing).remarks) == found


def test_a_shorter_patience_may_be_asked_for() -> None:
    flags = FlagSet(flags={KEY: flag(default="on", metadata={**OWNED, "since": "2026-11-20"})})
    kinds = [
        [each.kind for each in inventory(flags, Standing(), NOW, stale).flags[0].remarks] for stale in (4, 5)
    ]
    assert kinds == [[Kind.STALE], []]


def test_flags_are_in_the_order_of_their_keys() -> None:
    flags = {FlagKey(name): flag(key=FlagKey(name)) for name in ("b", "a", "c")}
    assert [view.key for view in inventory(FlagSet(flags=flags), Standing(), NOW).flags] == ["a", "b", "c"]
