"""Limits of SLOs held to their error budgets, for as many judges as there are.

    SloLimit ──bound_of──► SloBound ──slo_readings──► SloReading ──held_to──► findings

Judges look oftener than budgets change: those that ask about the same limit and change within `fresh_seconds` share one
answer. What cannot be read is a finding that is missing, never an error and never a full budget; it is kept as long as
any other, so that a source that is down is not asked at every look.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from tidegate.core.errors import Problem
from tidegate.core.gates.evidence import Finding, Gap, Missing
from tidegate.core.slo.alerts import Severity, alerts
from tidegate.core.slo.bound import SloBound, held_to
from tidegate.core.slo.definitions import ServiceLevels, Slo
from tidegate.core.strategy import SloLimit
from tidegate.observers.prometheus.clients import unaskable
from tidegate.observers.prometheus.indicators import ClientOf, slo_readings
from tidegate.sources.words import did_you_mean, quoted

FRESH_SECONDS: Final = 15.0
KEPT: Final = 4096
"""So many answers are kept: limits times changes under way."""

Findings = tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Check:
    """What was asked, when, and what is or will be the answer."""

    at: float
    findings: asyncio.Task[Findings]


class PrometheusBudgets:
    """Checks the SLOs of `levels` by the clients of their data sources; `clock` gives seconds since 1970."""

    def __init__(
        self,
        levels: ServiceLevels,
        client_of: ClientOf,
        clock: Callable[[], float] = time.time,
        *,
        fresh_seconds: float = FRESH_SECONDS,
    ) -> None:
        self._levels = levels
        self._client_of = client_of
        self._clock = clock
        self._fresh_seconds = fresh_seconds
        self._checks: dict[tuple[SloLimit, float], _Check] = {}

    def validate(self, limits: Iterable[SloLimit]) -> tuple[Problem, ...]:
        """SLOs that are unknown or cannot be asked for, and alerts that an SLO is too short to have."""
        now = self._clock()
        return tuple(problem for limit in dict.fromkeys(limits) for problem in self._problems(limit, now))

    async def check(self, limit: SloLimit, since: float) -> Findings:
        """What is to be said of each objective; a caller that is cancelled leaves the others theirs."""
        return await asyncio.shield(self._newest(limit, since))

    async def aclose(self) -> None:
        """End what is still being asked; the clients stay open."""
        unfinished = [each.findings for each in self._checks.values() if not each.findings.done()]
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)

    # -- validating ----------------------------------------------------------------------------------------------

    def _problems(self, limit: SloLimit, now: float) -> Iterator[Problem]:
        slo = self._levels.slos.get(limit.slo)
        if slo is None:
            yield self._unknown(limit)
            return
        if problem := unaskable(slo):
            yield problem
        if limit.burn_rates:
            yield from _without_alerts(slo, now)

    def _unknown(self, limit: SloLimit) -> Problem:
        hint = did_you_mean(limit.slo, self._levels.slos) or "tidegate slo list DIR shows those there are"
        return Problem(message=f"no SLO {quoted(limit.slo)} is known", hint=hint)

    # -- checking ------------------------------------------------------------------------------------------------

    def _newest(self, limit: SloLimit, since: float) -> asyncio.Task[Findings]:
        """The check that all callers share until it is no longer fresh."""
        now, key = self._clock(), (limit, since)
        check = self._checks.pop(key, None)
        if check is None or (check.findings.done() and not 0.0 <= now - check.at < self._fresh_seconds):
            check = _Check(at=now, findings=asyncio.create_task(self._findings(limit, since, now)))
        self._checks[key] = check
        if len(self._checks) > KEPT:
            del self._checks[next(iter(self._checks))]  # the one that was not wanted for longest
        return check.findings

    async def _findings(self, limit: SloLimit, since: float, now: float) -> Findings:
        slo = self._levels.slos.get(limit.slo)
        if slo is None:
            missing = Missing(gap=Gap.NO_DATA, what=str(self._unknown(limit)))
            return (Finding(name=limit.slo, reason=str(missing), missing=missing),)
        bound = bound_of(limit)
        readings = await slo_readings(self._client_of, slo, bound, at=now, since=since)
        return tuple(found for reading in readings for found in held_to(bound, reading))


def bound_of(limit: SloLimit) -> SloBound:
    """What a limit asks of an error budget: that no one be paged for it, if burn rates count."""
    pages = frozenset({Severity.PAGE}) if limit.burn_rates else frozenset()
    return SloBound(least_left=limit.least_left, most_spent=limit.most_spent, alerts=pages)


def _without_alerts(slo: Slo, now: float) -> Iterator[Problem]:
    for objective in slo.objectives:
        if not any(alert.severity is Severity.PAGE for alert in alerts(slo, objective, now)):
            message = f"the window of SLO {quoted(slo.title(objective))}, {slo.window}, is too short for alerts to page"
            hint = "write burnRates: false for it, or give it a longer timeWindow"
            yield Problem(message=message, location=slo.location, hint=hint)
