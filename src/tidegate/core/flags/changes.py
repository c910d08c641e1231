"""What has become of flags between two sets, in the words in which flagd tells of it."""

from collections.abc import Mapping
from enum import StrEnum

from tidegate.core.flags.definitions import FlagSet
from tidegate.core.ids import FlagKey


class Change(StrEnum):
    """What has become of a flag."""

    CREATED = "write"
    UPDATED = "update"
    DELETED = "delete"


def changes(old: FlagSet, new: FlagSet) -> Mapping[FlagKey, Change]:
    """What has become of each flag that is not as it was; what holds for the whole set holds for each."""
    same = old.metadata == new.metadata
    gone = dict.fromkeys(old.flags.keys() - new.flags.keys(), Change.DELETED)
    come = dict.fromkeys(new.flags.keys() - old.flags.keys(), Change.CREATED)
    stayed = (
        key for key in new.flags.keys() & old.flags.keys() if not (same and new.flags[key] == old.flags[key])
    )
    return {**gone, **come, **dict.fromkeys(stayed, Change.UPDATED)}
