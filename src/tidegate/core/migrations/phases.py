"""The phases of a migration, in order, and the parts of it that are steps of a plan."""

from collections.abc import Mapping
from enum import StrEnum


class Phase(StrEnum):
    """How far a migration has come. Each phase is entered once all before it are through.

    Up to and with `switch` the way back is open: the old shape has every write. `contract` gives the old shape up.
    """

    EXPAND = "expand"
    DUAL_WRITE = "dual-write"
    BACKFILL = "backfill"
    VERIFY = "verify"
    SWITCH = "switch"
    CONTRACT = "contract"


PHASES = tuple(Phase)
"""In order."""

WHAT: Mapping[Phase, str] = {
    Phase.EXPAND: "what is new is put beside what is old, unseen by anybody",
    Phase.DUAL_WRITE: "a write in either shape appears in both; the new shape can be read and written",
    Phase.BACKFILL: "rows from before get their new shape",
    Phase.VERIFY: "constraints are validated, and the two shapes compared",
    Phase.SWITCH: "the new shape is the one that is believed; the old one follows it",
    Phase.CONTRACT: "the old shape goes, for good",
}


class Part(StrEnum):
    """What of a migration is one step of a plan."""

    EXPAND = "expand"
    BACKFILL = "backfill"
    SWITCH = "switch"
    CONTRACT = "contract"


PARTS: Mapping[Part, tuple[Phase, ...]] = {
    Part.EXPAND: (Phase.EXPAND, Phase.DUAL_WRITE),
    Part.BACKFILL: (Phase.BACKFILL, Phase.VERIFY),
    Part.SWITCH: (Phase.SWITCH,),
    Part.CONTRACT: (Phase.CONTRACT,),
}
"""The phases that a part goes through."""


def before(phase: Phase) -> Phase | None:
    """The phase that comes before, if any."""
    place = PHASES.index(phase)
    return PHASES[place - 1] if place else None
