"""Multiwindow, multi-burn-rate alerts, as in "Alerting on SLOs" of Google's SRE Workbook.

An alert is set by the share of the budget that burns in its long window. From that follows the burn rate which fires
it: share * SLO window / long window. With an SLO window of 30 days:

    severity  long  short  share  burn rate
    page       1h     5m    2 %       14.4
    page       6h    30m    5 %        6
    ticket     1d     2h   10 %        3
    ticket     3d     6h   10 %        1

The short window must burn as fast, so that an alert ends soon after its cause. Other SLO windows keep the shares. A
burn rate of at most 1 leaves the budget whole until the window ends, so none below 1 is asked for; and an alert whose
long window is not shorter than the SLO's has nothing to add to the budget itself. No window is shorter than a slice.

A burn rate is at most 1 / (1 - target): an alert that asks for more cannot fire, and those below it must do.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from tidegate.core.slo.definitions import Objective, Slo


class Severity(StrEnum):
    """Whether someone must act at once, or soon."""

    PAGE = "page"
    TICKET = "ticket"


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnAlert:
    """Fires when both windows (seconds) burn faster than `share` of the budget in the long one."""

    severity: Severity
    share: float
    long: float
    short: float

    def threshold(self, length: float) -> float:
        """The burn rate above which it fires, for an SLO window of so many seconds."""
        return max(1.0, self.share * length / self.long)


_HOUR: Final = 3600.0
ALERTS: Final = (
    BurnAlert(severity=Severity.PAGE, share=0.02, long=_HOUR, short=_HOUR / 12),
    BurnAlert(severity=Severity.PAGE, share=0.05, long=6 * _HOUR, short=_HOUR / 2),
    BurnAlert(severity=Severity.TICKET, share=0.1, long=24 * _HOUR, short=2 * _HOUR),
    BurnAlert(severity=Severity.TICKET, share=0.1, long=72 * _HOUR, short=6 * _HOUR),
)


def alerts(slo: Slo, objective: Objective, at: float) -> Iterator[BurnAlert]:
    """The alerts that an objective can have in the window that holds an instant."""
    length = slo.window.period(at).seconds
    shortest = objective.slice_seconds or 0.0
    for alert in ALERTS:
        longer = replace(alert, long=max(alert.long, shortest), short=max(alert.short, shortest))
        if longer.long < length:
            yield longer
