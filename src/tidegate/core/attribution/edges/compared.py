"""New instances beside old ones: evidence from rates and levels, where there is nothing to count.

Each check is a bet on ranks (`core.gates.ranks`): an instance of the new version that is harmless is as likely as any
of the old version to be the worst of an interval. The checks' e-values are averaged, which is an e-value whatever
their dependence, and the highest average so far is kept: it reaches 1/alpha with probability alpha at most (Ville).

    answering   whether anybody had an answer from it. Silence is a sign only where the source shows new instances of
                some release: one that shows none knows nothing of them
    calling     how many services it calls, if it is seen at work: one that is wrongly configured calls fewer
    errors      the worst share of good answers among its callers
    outgoing    the worst share of its own calls that succeeded
    latency,    its levels. Of memory only the growth is compared: what instances of one version use may differ as
    CPU,        much as healthy ones do by age, node and share of traffic
    memory
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from math import log, nan

import numpy as np

from tidegate.core.attribution.edges.observed import Instance, Interval, Level, Release
from tidegate.core.gates.evidence import VersionedService
from tidegate.core.gates.ranks import Margin, Ranks, Trend, ranks, trend

_SHARE = 0.01
_TIMES = 1.5
_LATENCY_MS, _CPU, _GAIN = 10.0, 5.0, 10.0
"""What is nobody's harm, as in the gates: a hundredth of the calls, half as much again and so much besides."""
_WINDOW = 3
"""Intervals over which growth is compared."""
_TELLING = 0.1
"""Nats: so much is no evidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Check:
    level: Callable[[Instance], float]
    margin: Margin
    window: int = 0

    def opened(self) -> Ranks | Trend:
        return trend(self.margin, window=self.window) if self.window else ranks(self.margin)


def _worst(shares: Iterable[float]) -> float:
    return min(shares, default=nan)


def _works(instance: Instance) -> bool:
    return bool(instance.answers or instance.levels)


def _of(level: Level) -> Callable[[Instance], float]:
    return lambda instance: instance.levels.get(level, nan)


_ANSWERING, _CALLING, _OUTGOING = "answering", "calling", "outgoing"
_CHECKS: Mapping[str, _Check] = {
    _ANSWERING: _Check(
        level=lambda instance: float(bool(instance.answers)), margin=Margin(lower_is_worse=True)
    ),
    _CALLING: _Check(
        level=lambda instance: float(len(instance.calls)) if _works(instance) else nan,
        margin=Margin(lower_is_worse=True),
    ),
    "errors": _Check(
        level=lambda instance: _worst(instance.answers.values()),
        margin=Margin(by=_SHARE, lower_is_worse=True),
    ),
    _OUTGOING: _Check(
        level=lambda instance: _worst(instance.calls.values()), margin=Margin(by=_SHARE, lower_is_worse=True)
    ),
    "latency": _Check(level=_of(Level.LATENCY), margin=Margin(times=_TIMES, by=_LATENCY_MS)),
    "CPU": _Check(level=_of(Level.CPU), margin=Margin(times=_TIMES, by=_CPU)),
    "growth of memory": _Check(level=_of(Level.MEMORY), margin=Margin(by=_GAIN), window=_WINDOW),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Compared:
    """What the instances of one release have shown; `log_e` is the most evidence of harm so far, by `why`."""

    checks: Mapping[str, Ranks | Trend]
    log_e: float = 0.0
    why: tuple[str, ...] = ()

    @property
    def made(self) -> bool:
        """Whether new instances were ever beside old ones."""
        return any(check.intervals for check in self.checks.values())

    @property
    def log_safe(self) -> float:
        """Ln of the evidence that it does no harm; each check of levels that compared anything must show it."""
        made = [
            self.checks[name].log_safe
            for name, check in _CHECKS.items()
            if not check.window and name in self.checks and self.checks[name].intervals
        ]
        return min(made, default=0.0)

    def with_interval(self, release: Release, interval: Interval) -> "Compared":
        """The evidence after one more interval."""
        canary, control = (_warm(interval, arm) for arm in (release.canary, release.control))
        checks = {
            name: check.with_levels(_levels(name, canary), _levels(name, control))
            for name, check in self.checks.items()
        }
        return replace(self, checks=checks).with_most()

    def with_most(self) -> "Compared":
        """The same, with the average of this moment kept if it is the highest."""
        log_e = {name: check.log_e for name, check in self.checks.items()}
        average = float(np.logaddexp.reduce(list(log_e.values()))) - log(len(log_e))
        if average <= self.log_e:
            return self
        telling = (name for name in sorted(log_e, key=lambda name: -log_e[name]) if log_e[name] > _TELLING)
        return replace(self, log_e=average, why=tuple(telling))


def compared(release: Release, intervals: Iterable[Interval], *, silence: bool, calls: bool) -> Compared:
    """What the instances of one release have shown.

    `silence` says whether it is a sign, `calls` whether the service calls any other; what cannot show anything takes no
    part in the average.
    """
    void = set() if silence else {_ANSWERING}
    void |= set() if calls else {_CALLING, _OUTGOING}
    state = Compared(checks={name: check.opened() for name, check in _CHECKS.items() if name not in void})
    for interval in intervals:
        state = state.with_interval(release, interval)
    return state


def shows_new(releases: Iterable[Release], intervals: Iterable[Interval]) -> bool:
    """Whether the source ever showed a new instance of any of the releases at work."""
    new = {release.canary for release in releases}
    return any(
        instance.version in new and instance.answers
        for interval in intervals
        for instance in interval.instances.values()
    )


def _warm(interval: Interval, version: VersionedService) -> dict[str, Instance]:
    named = interval.instances.items()
    return {name: seen for name, seen in named if seen.version == version and seen.warm}


def _levels(check: str, instances: Mapping[str, Instance]) -> dict[str, float]:
    return {name: _CHECKS[check].level(seen) for name, seen in instances.items()}
