"""What people are shown of an SLO: the budget, every alert, what is wrong and what is missing."""

from dataclasses import dataclass
from typing import Final

from tidegate.core.gates.evidence import Finding, Missing
from tidegate.core.slo.alerts import BurnAlert, Severity, alerts
from tidegate.core.slo.bound import SloBound, held_to
from tidegate.core.slo.budget import Budget, SloReading, budget, burn_rate

EVERYTHING: Final = SloBound(least_left=0.0, alerts=frozenset(Severity))
"""The bound whose windows a status needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertStatus:
    """One alert: the burn rates of its windows (None where nothing is known) and the one above which it fires."""

    alert: BurnAlert
    threshold: float
    long_rate: float | None
    short_rate: float | None
    finding: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectiveStatus:
    """One objective: `left` says whether its budget is spent, each of `alerts` whether it fires."""

    reading: SloReading
    budget: Budget | Missing
    left: Finding
    alerts: tuple[AlertStatus, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that is said of it."""
        return (self.left, *(each.finding for each in self.alerts))


def status(reading: SloReading) -> ObjectiveStatus:
    """The status of one objective, by a reading of the windows of `EVERYTHING`."""
    left, *fires = held_to(EVERYTHING, reading)
    possible = alerts(reading.slo, reading.objective, reading.at)
    return ObjectiveStatus(
        reading=reading,
        budget=budget(reading),
        left=left,
        alerts=tuple(_alert(each, reading, found) for each, found in zip(possible, fires, strict=True)),
    )


def _alert(alert: BurnAlert, reading: SloReading, finding: Finding) -> AlertStatus:
    return AlertStatus(
        alert=alert,
        threshold=alert.threshold(reading.slo.window.period(reading.at).seconds),
        long_rate=_rate(alert.long, reading),
        short_rate=_rate(alert.short, reading),
        finding=finding,
    )


def _rate(seconds: float, reading: SloReading) -> float | None:
    counted = reading.count(seconds)
    return None if isinstance(counted, Missing) else burn_rate(counted, reading.objective)
