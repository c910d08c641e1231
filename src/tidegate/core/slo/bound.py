"""What a gate may ask of an error budget, and the answers."""

from collections.abc import Iterator
from dataclasses import dataclass

from tidegate.core.gates.evidence import Finding, Missing
from tidegate.core.gates.words import percent
from tidegate.core.slo.alerts import BurnAlert, Severity, alerts
from tidegate.core.slo.budget import SliCount, SloReading, budget, burn_rate
from tidegate.core.slo.definitions import Objective, Slo
from tidegate.core.slo.window import elapsed, whole
from tidegate.core.slo.words import amount, span


@dataclass(frozen=True, slots=True, kw_only=True)
class SloBound:
    """What must hold of an error budget; what is absent is not asked for.

    `least_left`: the share of the budget that must be left. `most_spent`: the share of the whole budget that may be
    spent since the change began. `alerts`: the severities of which no burn-rate alert may fire.
    """

    least_left: float | None = None
    most_spent: float | None = None
    alerts: frozenset[Severity] = frozenset()


def needed_windows(
    bound: SloBound, slo: Slo, objective: Objective, at: float, since: float | None = None
) -> tuple[float, ...]:
    """The times up to an instant, in seconds, whose counts a bound asks for; `since`: when the change began."""
    budgeted = bound.least_left is not None or bound.most_spent is not None
    whole_window = {elapsed(slo.window, at)} if budgeted else set()
    changing = {whole(at - since)} if bound.most_spent is not None and since is not None else set()
    burning = {
        seconds
        for alert in alerts(slo, objective, at)
        if alert.severity in bound.alerts
        for seconds in (alert.long, alert.short)
    }
    return tuple(sorted(whole_window | changing | burning))


def held_to(bound: SloBound, reading: SloReading) -> tuple[Finding, ...]:
    """Every check of a bound; a change that has no beginning in the reading has spent nothing."""
    return (*_budget_checks(bound, reading), *_alert_checks(bound, reading))


# -- the budget -----------------------------------------------------------------------------------------------


def _budget_checks(bound: SloBound, reading: SloReading) -> Iterator[Finding]:
    if bound.least_left is not None:
        yield _left(bound.least_left, reading)
    if bound.most_spent is not None and reading.lasted is not None:
        yield _spent(bound.most_spent, reading.lasted, reading)


def _absent(name: str, missing: Missing, *, condition: bool = False) -> Finding:
    return Finding(name=name, reason=str(missing), missing=missing, condition=condition)


def _left(least: float, reading: SloReading) -> Finding:
    name, budgeted = f"{reading.name}: budget left", budget(reading)
    if isinstance(budgeted, Missing):
        return _absent(name, budgeted, condition=True)
    broken = budgeted.left < least
    reason = (
        f"{reading.name} has {percent(budgeted.left)} of its error budget left,"
        f" {'less than' if broken else 'at least'} {percent(least)}:"
        f" {_counted(budgeted.counted, reading)} over {span(reading.window)}, {amount(budgeted.allowed)} may be"
    )
    return Finding(name=name, broken=broken, reason=reason, condition=True)


def _spent(most: float, lasted: float, reading: SloReading) -> Finding:
    name, budgeted, spent = f"{reading.name}: budget spent", budget(reading), reading.count(lasted)
    if isinstance(budgeted, Missing):
        return _absent(name, budgeted)
    if isinstance(spent, Missing):
        return _absent(name, spent)
    share = budgeted.share(spent)
    broken = share > most
    reason = (
        f"{reading.name} has spent {percent(share)} of its error budget since the change began,"
        f" {'more than' if broken else 'at most'} {percent(most)}:"
        f" {_counted(spent, reading)} over {span(lasted)}, {amount(budgeted.allowed)} may be"
    )
    return Finding(name=name, broken=broken, reason=reason)


def _counted(counted: SliCount, reading: SloReading) -> str:
    return f"{amount(counted.bad)} of {amount(counted.total)} {reading.slo.unit} were bad"


# -- burn-rate alerts ------------------------------------------------------------------------------------------


def _alert_checks(bound: SloBound, reading: SloReading) -> Iterator[Finding]:
    for alert in alerts(reading.slo, reading.objective, reading.at):
        if alert.severity in bound.alerts:
            yield _alert(alert, reading)


def _alert(alert: BurnAlert, reading: SloReading) -> Finding:
    """An alert is quiet when one window is, whatever the other would say."""
    name = f"{reading.name}: {alert.severity} over {span(alert.long)} and {span(alert.short)}"
    threshold = alert.threshold(reading.slo.window.period(reading.at).seconds)
    counts = [(seconds, reading.count(seconds)) for seconds in (alert.long, alert.short)]
    known = [(seconds, each) for seconds, each in counts if isinstance(each, SliCount)]
    quiet = any(burn_rate(each, reading.objective) <= threshold for _, each in known)
    absent = next((each for _, each in counts if isinstance(each, Missing)), None)
    if absent and not quiet:
        return _absent(name, absent)
    burned = " and ".join(_burned(seconds, each, reading) for seconds, each in known)
    reason = (
        f"{reading.name} has burned its error budget {burned};"
        f" {alert.severity} above {amount(threshold)} times in both"
    )
    return Finding(name=name, broken=not quiet, reason=reason)


def _burned(seconds: float, counted: SliCount, reading: SloReading) -> str:
    rate = burn_rate(counted, reading.objective)
    return f"{amount(rate)} times as fast as it may over {span(seconds)} ({_counted(counted, reading)})"
