"""What a definition says of a flag besides how it is evaluated."""

from collections.abc import Mapping
from datetime import date

import pytest

from tidegate.core.flags.definitions import Flag, FlagSet, Json
from tidegate.core.flags.facts import expiry, is_fully_on, off_variant, on_variant, owner_of, required_flags
from tidegate.core.ids import FlagKey

KEY = FlagKey("x")


def flag(
    variants: Mapping[str, Json],
    *,
    default: str | None = None,
    targeted: bool = False,
    enabled: bool = True,
    **facts: str,
) -> Flag:
    targeting: dict[str, Json] = {"if": [True, default]} if targeted else {}
    return Flag(
        key=KEY,
        variants=variants,
        default=default,
        targeting=targeting,
        enabled=enabled,
        metadata=dict(facts),
    )


BOTH = {"yes": True, "no": False}
SIZES = {"small": 1, "medium": 2, "large": 3}


@pytest.mark.parametrize(
    ("given", "off", "on"),
    [
        (flag(BOTH), "no", "yes"),
        (flag({"off": "grey", "on": "blue"}), "off", "on"),
        (flag(BOTH | {"off": False}), "off", None),
        (flag(SIZES, default="small"), "small", None),
        (flag(SIZES, default="small", off="medium"), "medium", None),
        (flag({"a": False, "b": False}, default="b"), "b", "a"),
        (flag(SIZES), None, None),
        (flag({"only": 1}), None, "only"),
    ],
)
def test_which_variant_is_off_and_which_is_on(given: Flag, off: str | None, on: str | None) -> None:
    assert off_variant(given) == off
    assert on_variant(given, off or "") == on


@pytest.mark.parametrize(
    ("given", "fully"),
    [
        (flag(BOTH, default="yes"), True),
        (flag(BOTH, default="no"), False),
        (flag(BOTH, default="yes", targeted=True), False),
        (flag(BOTH, default="yes", enabled=False), False),
        (flag(BOTH), False),
        (flag(SIZES, default="large", off="small"), True),
    ],
)
def test_a_flag_is_fully_on_where_everyone_is_served_one_variant_that_is_not_off(
    given: Flag, fully: bool
) -> None:
    assert is_fully_on(given) is fully


def test_what_a_flag_requires_is_listed_with_commas() -> None:
    assert required_flags(flag(BOTH)) == ()
    assert required_flags(flag(BOTH, requires=" a, b ,, a")) == ("a", "b")


def test_what_a_flag_does_not_say_its_set_may() -> None:
    flags = FlagSet(
        flags={KEY: flag(BOTH, expires="2027-01-31")}, metadata={"owner": "money", "expires": "2030-01-01"}
    )
    assert (owner_of(flags, KEY), expiry(flags, KEY)) == ("money", date(2027, 1, 31))
    assert expiry(flags, FlagKey("other")) == date(2030, 1, 1)
    nothing = FlagSet(flags={KEY: flag(BOTH)})
    assert (owner_of(nothing, KEY), expiry(nothing, KEY)) == ("", None)
