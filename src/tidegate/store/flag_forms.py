"""Feature flags as their rows have them: definitions as JSON, exposures and removals."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from enum import StrEnum
from typing import Any

from tidegate.core.errors import Location
from tidegate.core.flags.definitions import Flag, FlagSet
from tidegate.core.flags.serving import Exposure, Removal
from tidegate.core.ids import FlagKey, RolloutId, StepId
from tidegate.store.chain import Row


class Standing(StrEnum):
    """What has become of a flag that a rollout removes."""

    REMOVED = "removed"  # defined, and not served
    GONE = "gone"  # not defined any more: whoever defines it anew is served
    RESTORED = "restored"  # served again, as it was where no file defines it any more


def encoded_flags(flags: FlagSet) -> Mapping[str, Any]:
    """Definitions as JSON."""
    return {"flags": [encoded_flag(flag) for flag in flags.flags.values()], "metadata": dict(flags.metadata)}


def decoded_flags(stored: Mapping[str, Any]) -> FlagSet:
    """The definitions that were encoded."""
    flags = [_decoded_flag(each) for each in stored["flags"]]
    return FlagSet(flags={flag.key: flag for flag in flags}, metadata=stored["metadata"])


def encoded_flag(flag: Flag) -> Mapping[str, Any]:
    """A definition as JSON, with its place."""
    return asdict(flag)


def _decoded_flag(stored: Mapping[str, Any]) -> Flag:
    place = stored["location"]
    return Flag(**{**stored, "location": place and Location(**place)})


def read_exposure(row: Row) -> Exposure:
    """An exposure, from its row."""
    return Exposure(**{each.name: row[each.name] for each in fields(Exposure)})


def removals(stored: Iterable[Row]) -> tuple[Removal, ...]:
    """The removals that hold, from their rows."""
    return tuple(
        Removal(rollout=RolloutId(row["rollout"]), step=StepId(row["step"]), flag=FlagKey(row["flag"]))
        for row in stored
        if row["standing"] == Standing.REMOVED
    )


def restored(stored: Iterable[Row]) -> tuple[Flag, ...]:
    """The flags that are served again as they were kept, from the rows of their removals."""
    return tuple(
        _decoded_flag(row["definition"])
        for row in stored
        if row["standing"] == Standing.RESTORED and row["definition"]
    )
