"""How one step of a plan can move: begun, finished, undone, passed over; to fail or to crash is to stay.

The rollout machine (`core.rollout`) makes these moves and no others, at whatever moment it is killed. It never
begins again what it has undone; another rollout may.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tidegate.core.ids import StepId


class Standing(StrEnum):
    """Where a step stands. Partly and returning: its effect may be there in part, old and new both live."""

    WAITING = "waiting"
    PARTLY = "partly"
    DONE = "done"
    RETURNING = "returning"


BEGUN: Final = frozenset({Standing.PARTLY, Standing.DONE, Standing.RETURNING})


class Verb(StrEnum):
    """What happens to a step."""

    BEGIN = "begin"
    FINISH = "finish"
    UNDO = "begin to undo"
    UNDONE = "finish undoing"
    LEAVE = "pass over"


MOVES: Final[Mapping[Standing, Mapping[Verb, Standing]]] = {
    Standing.WAITING: {Verb.BEGIN: Standing.PARTLY, Verb.LEAVE: Standing.WAITING},
    Standing.PARTLY: {Verb.FINISH: Standing.DONE, Verb.UNDO: Standing.RETURNING},
    Standing.DONE: {Verb.UNDO: Standing.RETURNING},
    Standing.RETURNING: {Verb.UNDONE: Standing.WAITING},
}
"""Where each verb takes a step; `begin` and `begin to undo` have conditions on other steps besides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One step moves."""

    verb: Verb
    step: StepId

    def __str__(self) -> str:
        return f"{self.verb} {self.step}"
