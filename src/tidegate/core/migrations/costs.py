"""What a statement costs those who use the database meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tidegate.core.migrations.operations import Pace
from tidegate.core.migrations.statements import Effort, Lock, Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Who waits for a statement, for how many seconds at worst at a time, and what its own time grows with."""

    waits: str
    at_worst: float
    grows: str


GROWS: Final[Mapping[Effort, str]] = {
    Effort.CATALOG: "at once, whatever the size of the table",
    Effort.SCAN: "takes longer the more rows there are: each is read",
    Effort.BUILD: "takes longer the more rows there are: each is read and sorted",
    Effort.REWRITE: "takes longer the more rows there are: each is written anew",
    Effort.UNKNOWN: "as long as your own statement takes",
}

NOBODY: Final = "nobody"


def cost(statement: Statement, pace: Pace) -> Cost:
    """The pace bounds both how long it queues for its lock and how long it holds it."""
    waits = _waits(statement.lock)
    at_worst = 0.0 if waits == NOBODY else pace.lock_timeout + pace.hold_timeout
    return Cost(waits=waits, at_worst=at_worst, grows=GROWS[statement.effort])


def _waits(lock: Lock) -> str:
    if lock.stops_reads:
        return "readers and writers"
    return "writers" if lock.stops_writes else NOBODY
