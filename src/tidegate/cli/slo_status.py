"""The status of SLOs as text of 80 columns and as JSON. Pure: values in, lines out."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from math import floor
from typing import Any, Final

from tidegate.cli.plan_text import wrapped
from tidegate.core.gates.evidence import Finding, Missing
from tidegate.core.slo.alerts import ALERTS
from tidegate.core.slo.budget import Budget
from tidegate.core.slo.status import AlertStatus, ObjectiveStatus
from tidegate.core.slo.words import span

_NAME: Final = 30
_LEFT: Final = 9
_RATES: Final = 9
_MOST: Final = 999
_NONE: Final = "-"
_UNKNOWN: Final = "?"


def text(statuses: Sequence[ObjectiveStatus]) -> Iterator[str]:
    """A row for each objective; below the table, what is spent, fires or is missing.

    The cells of alerts are the burn rates of their long and short windows.
    """
    alerts = [f"{alert.severity} {span(alert.long)}" for alert in ALERTS]
    yield _cells("SLO", "left", alerts)
    for each in statuses:
        yield from _row(each)
    remarks = dict.fromkeys(remark for each in statuses for remark in _remarks(each))
    yield from map(wrapped, remarks)


def _cells(name: str, left: str, alerts: Sequence[str]) -> str:
    columns = [f"{cell:>{_RATES}}" for cell in alerts]
    return " ".join([f"{name:<{_NAME}}", f"{left:>{_LEFT}}", *columns])


def _row(status: ObjectiveStatus) -> Iterator[str]:
    """Its name comes on a line of its own where it is too long for the column."""
    name = status.reading.name
    if len(name) > _NAME:
        yield name
        name = ""
    yield _cells(name, _left(status.budget), [_rates(each) for _, each in zip_longest(ALERTS, status.alerts)])


def _left(budget: Budget | Missing) -> str:
    """The share that is left, rounded down: what is spent never looks as if it were not."""
    if isinstance(budget, Missing):
        return _UNKNOWN
    return f"{floor(round(budget.left * 1000, 6)) / 10:.1f} %"


def _rates(status: AlertStatus | None) -> str:
    """None where the SLO's window is too short for the alert."""
    if status is None:
        return _NONE
    return "/".join(_rate(each) for each in (status.long_rate, status.short_rate))


def _rate(rate: float | None) -> str:
    """Two decimals below ten, none above; beyond `_MOST` it does not matter any more."""
    if rate is None:
        return _UNKNOWN
    return f">{_MOST}" if rate > _MOST else f"{rate:.{0 if rate >= 10 else 2}f}"


def _remarks(status: ObjectiveStatus) -> Iterator[str]:
    if status.left.broken:
        yield f"spent: {status.left.reason}"
    for each in status.alerts:
        if each.finding.broken:
            yield f"fires: {each.finding.reason}"
    yield from (f"missing: {each}" for each in _missing(status))


def _missing(status: ObjectiveStatus) -> Iterator[Missing]:
    return (each.missing for each in status.findings if each.missing)


# -- JSON ------------------------------------------------------------------------------------------------------


def values(status: ObjectiveStatus) -> dict[str, Any]:
    """One objective."""
    reading = status.reading
    return {
        "name": reading.slo.name,
        "objective": reading.objective.name or None,
        "service": reading.slo.service,
        "target": reading.objective.target,
        "budget": _budget_values(status),
        "alerts": [_alert_values(each) for each in status.alerts],
        "missing": [{"gap": each.gap, "what": each.what} for each in dict.fromkeys(_missing(status))],
    }


def _budget_values(status: ObjectiveStatus) -> dict[str, Any] | None:
    found = status.budget
    if isinstance(found, Missing):
        return None
    return {
        "left": found.left,
        "spent": status.left.broken,
        "bad": found.counted.bad,
        "total": found.counted.total,
        "allowed": found.allowed,
        "unit": status.reading.slo.unit,
        "seconds": status.reading.window,
    }


def _alert_values(status: AlertStatus) -> dict[str, Any]:
    return {
        "severity": status.alert.severity,
        "longSeconds": status.alert.long,
        "shortSeconds": status.alert.short,
        "longRate": status.long_rate,
        "shortRate": status.short_rate,
        "threshold": status.threshold,
        "fires": _broken(status.finding),
    }


def _broken(finding: Finding) -> bool | None:
    """None where what is missing could have told."""
    return None if finding.missing else finding.broken
