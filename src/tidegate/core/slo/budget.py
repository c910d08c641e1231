"""Counts of an indicator → what is left of an error budget, and how fast it burns.

The budget is how much may be bad over the whole window: its total times (1 - target). The total of a calendar
window that has not ended is not known; it is taken to grow as it has so far. Thus all windows are reckoned alike:

    allowed   = total so far * (length / elapsed) * (1 - target)
    left      = 1 - bad so far / allowed             negative once more was spent than there was
    spent     = bad since an instant / allowed       of the whole budget
    burn rate = (bad / total) / (1 - target)         1 spends the budget exactly by the end of a window

Every count is over a time that ends with the reading, so that a time of so many seconds names it. No data is
`Missing`, never a full budget.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tidegate.core.gates.evidence import Gap, Missing
from tidegate.core.slo.definitions import Objective, Slo
from tidegate.core.slo.window import elapsed, whole
from tidegate.core.slo.words import span


@dataclass(frozen=True, slots=True, kw_only=True)
class SliCount:
    """What an indicator counted: events, samples or slices, and how many of them were bad.

    Both may be fractions: Prometheus extrapolates what counters gained, and slices can be bad in part.
    """

    total: float
    bad: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SloReading:
    """What is known of one objective at an instant (`at`, seconds since 1970).

    `counts` are by the time in seconds that they cover, up to `at`; `missing` says why one is not there. `since` is
    when the change began that is judged, if one is.
    """

    slo: Slo
    objective: Objective
    at: float
    counts: Mapping[float, SliCount]
    missing: Mapping[float, Missing] = field(default_factory=dict)
    since: float | None = None

    @property
    def name(self) -> str:
        """The objective's name."""
        return self.slo.title(self.objective)

    @property
    def window(self) -> float:
        """How much of the SLO's window has passed, in seconds."""
        return elapsed(self.slo.window, self.at)

    @property
    def lasted(self) -> float | None:
        """How long the change has lasted, in seconds."""
        return None if self.since is None else whole(self.at - self.since)

    def count(self, seconds: float) -> SliCount | Missing:
        """What was counted over the last so many seconds."""
        found = self.counts.get(seconds)
        if found and found.total > 0:
            return found
        return self.missing.get(seconds) or Missing(
            gap=Gap.NO_DATA,
            what=f"{self.name} counted no {self.slo.unit} over {span(seconds)}",
            service=self.slo.service,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """An error budget: how much may be bad over the whole window, and what was counted of it so far."""

    allowed: float
    counted: SliCount

    @property
    def left(self) -> float:
        """The share that is left; negative once more was spent than there was."""
        return 1 - self.share(self.counted)

    def share(self, counted: SliCount) -> float:
        """The share of the whole budget that was spent on what was bad."""
        return counted.bad / self.allowed


def budget(reading: SloReading) -> Budget | Missing:
    """The error budget of an objective in the window that holds the reading."""
    counted = reading.count(reading.window)
    if isinstance(counted, Missing):
        return counted
    length = reading.slo.window.period(reading.at).seconds
    whole_total = counted.total * max(1.0, length / reading.window)
    return Budget(allowed=whole_total * (1 - reading.objective.target), counted=counted)


def burn_rate(counted: SliCount, objective: Objective) -> float:
    """How many times as fast as it may the budget was spent: 1 spends it exactly by the end of a window."""
    return counted.bad / counted.total / (1 - objective.target)
