"""Outcomes that are told before anyone tells of their unit: logs and spans leave a process at different moments."""

from dataclasses import dataclass
from typing import Final

MOST_EARLY: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Something that a unit did at a second since 1970."""

    metric: str
    value: float
    at: float


class Early:
    """The newest outcomes of unknown units, at most so many."""

    def __init__(self, most: int = MOST_EARLY) -> None:
        self._most = most
        self._kept: dict[int, list[Outcome]] = {}
        self._number = 0

    def keep(self, unit: int, outcome: Outcome) -> None:
        """Remember what an unknown unit did; units that came first are forgotten first."""
        self._kept.setdefault(unit, []).append(outcome)
        self._number += 1
        while self._number > self._most:
            self.take(next(iter(self._kept)))

    def take(self, unit: int) -> list[Outcome]:
        """What a unit did before it was known."""
        found = self._kept.pop(unit, [])
        self._number -= len(found)
        return found
