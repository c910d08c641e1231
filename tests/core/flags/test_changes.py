"""What has become of flags between two sets."""

import pytest

from tidegate.core.flags.changes import Change, changes
from tidegate.core.flags.definitions import Flag, FlagSet
from tidegate.core.ids import FlagKey

KEY, OTHER = FlagKey("checkout"), FlagKey("search")
ON = Flag(key=KEY, variants={"on": True, "off": False}, default="on")
OFF = Flag(key=KEY, variants={"on": True, "off": False}, default="off")
SEARCH = Flag(key=OTHER, variants={"on": True}, default="on")


def flag_set(*flags: Flag, owner: str = "shop") -> FlagSet:
    return FlagSet(flags={flag.key: flag for flag in flags}, metadata={"owner": owner})


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (flag_set(ON, SEARCH), flag_set(SEARCH, ON), {}),
        (flag_set(), flag_set(ON), {KEY: Change.CREATED}),
        (flag_set(ON), flag_set(), {KEY: Change.DELETED}),
        (flag_set(ON, SEARCH), flag_set(OFF, SEARCH), {KEY: Change.UPDATED}),
        (flag_set(ON), flag_set(SEARCH), {KEY: Change.DELETED, OTHER: Change.CREATED}),
        (flag_set(ON), flag_set(ON, owner="payments"), {KEY: Change.UPDATED}),
    ],
)
def test_each_flag_that_is_not_as_it_was_is_named(
    old: FlagSet, new: FlagSet, found: dict[FlagKey, Change]
) -> None:
    assert changes(old, new) == found
