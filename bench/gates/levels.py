"""A gate on releases of which only levels are known: success rates, latency, CPU, memory, a number a pod and minute.

Minute by minute, as a gate at work: canary pods beside those control pods that live in the same minute.

    errors, outgoing   worst success rate among the edges that come into a pod, or leave it
    latency, cpu       of the pod
    serving            whether anyone had an answer from the pod; a pod that should be there and is silent had none
    memory trend,      gains since the window began. Memory has no check of its level: in the records pods of one
    cpu trend          node report the same number, and healthy pods of one service are up to fifty times apart

Each check is a `Ranks` or `Trend` (`tidegate.core.gates.ranks`). Pods begin to count when they are warm. Silence is
a state that lasts: a healthy pod that did not get to work in that time is taken for a bad one.

    fail           the e-values of all checks, averaged, reach 1/alpha, as in `tidegate.core.gates.judge`
    pass           each demanded check is proven safe, and no journey through the service is broken
    insufficient   otherwise; a canary without telemetry proves nothing

A journey is an edge into the service or into one that depends on it, whichever versions answer. That it breaks
while releases are in progress does not tell which of them did it: it holds them all, and fails none.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import isfinite, log, nan

from bench.gates.canaries import Case, Minute, Pod, Release, arms, living

from tidegate.core.gates.look import carriers
from tidegate.core.gates.ranks import Limit, Margin, Ranks, Trend, limit, ranks, trend
from tidegate.core.gates.verdict import Outcome

ALPHA = 0.01
ALPHA_PROMOTE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The free constants: ratios that healthy pods may be apart, and minutes until a pod is warm.

    The defaults were set before any verdict was seen: half as much again is a regression by common usage, and a
    pod is warm once its first minute is over.
    """

    latency_times: float = 1.5
    cpu_times: float = 1.5
    warm_up: int = 1


_SUCCESS_BY = 1.0
_LATENCY_BY = 10.0
_CPU_BY = 5.0
_GAIN = 10.0
"""What is nobody's harm: points of success, milliseconds, points of CPU; points gained in a window."""
_WINDOW = 3
"""Minutes in the window of a trend."""
_WHOLE, _BROKEN_SHARE = 95.0, 0.05
"""A journey is whole if so many of its calls (per cent) succeed in all but this share of the minutes."""
_NOTHING = 0.1
"""Nats: so much is no evidence."""
_MINUTE = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """What is compared: the level of a pod, and how far healthy ones may be apart.

    A signal with a `window` compares gains; it can show harm and is not asked for proof of safety. The others
    are, if they were compared at all or are `demanded`.
    """

    level: Callable[[Pod], float]
    margin: Callable[[Settings], Margin]
    window: int = 0
    demanded: bool = False

    def must_prove(self, intervals: int) -> bool:
        return self.demanded or (intervals > 0 and not self.window)

    def opened(self, settings: Settings) -> Ranks | Trend:
        margin = self.margin(settings)
        return trend(margin, window=self.window) if self.window else ranks(margin)


def _worst(rates: Mapping[str, float]) -> float:
    return min((rate for rate in rates.values() if isfinite(rate)), default=nan)


_SIGNALS: Mapping[str, Signal] = {
    "serving": Signal(
        level=lambda pod: float(isfinite(_worst(pod.incoming))),
        margin=lambda _: Margin(lower_is_worse=True),
        demanded=True,
    ),
    "errors": Signal(
        level=lambda pod: _worst(pod.incoming),
        margin=lambda _: Margin(by=_SUCCESS_BY, lower_is_worse=True),
        demanded=True,
    ),
    "outgoing": Signal(
        level=lambda pod: _worst(pod.outgoing),
        margin=lambda _: Margin(by=_SUCCESS_BY, lower_is_worse=True),
    ),
    "latency": Signal(
        level=lambda pod: pod.latency or nan,
        margin=lambda settings: Margin(times=settings.latency_times, by=_LATENCY_BY),
        demanded=True,
    ),
    "cpu": Signal(
        level=lambda pod: pod.cpu,
        margin=lambda settings: Margin(times=settings.cpu_times, by=_CPU_BY),
        demanded=True,
    ),
    "cpu trend": Signal(level=lambda pod: pod.cpu, margin=lambda _: Margin(by=_GAIN), window=_WINDOW),
    "memory trend": Signal(level=lambda pod: pod.memory, margin=lambda _: Margin(by=_GAIN), window=_WINDOW),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict on one release, when it was reached (seconds since 1970), and why."""

    verdict: Outcome
    at: float
    reason: str


def judged(case: Case, settings: Settings) -> dict[str, Judgement]:
    """The verdict on every release of a case: the first `fail`, or what is said at the last minute."""
    return {release.service: _watched(case, release, settings) for release in case.releases}


def _watched(case: Case, release: Release, settings: Settings) -> Judgement:
    watch = opened(case, release, settings)
    for minute in case.minutes:
        if minute.at >= release.began:
            watch = watch.with_minute(minute)
        if watch.harmful:
            return Judgement(verdict=Outcome.FAIL, at=minute.at, reason=watch.why_harmful)
    missing = watch.missing
    verdict = Outcome.INSUFFICIENT if missing else Outcome.PASS
    at = case.minutes[-1].at
    return Judgement(verdict=verdict, at=at, reason="; ".join(missing) or "every check is proven safe")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Watch:
    """What is known of one release so far."""

    case: Case
    release: Release
    settings: Settings
    checks: Mapping[str, Ranks | Trend]
    journeys: Mapping[tuple[str, str], Limit]

    def with_minute(self, minute: Minute) -> "Watch":
        warm_up = self.settings.warm_up * _MINUTE
        canary, control = arms(self.case, self.release, minute, warm_up=warm_up)
        checks = {
            name: self.checks[name].with_levels(_levels(signal, canary), _levels(signal, control))
            for name, signal in _SIGNALS.items()
        }
        journeys = {
            edge: state.with_levels(_answered(self.case, minute, *edge))
            for edge, state in self.journeys.items()
        }
        return replace(self, checks=checks, journeys=journeys)

    @property
    def harmful(self) -> tuple[str, ...]:
        """The checks that carry a failure, none if there is no failure; one that knows nothing carries nothing."""
        carrying = carriers(self._harm, log(len(self.checks) / ALPHA))
        return tuple(name for name in carrying if self._harm[name] > _NOTHING)

    @property
    def _harm(self) -> dict[str, float]:
        return {name: check.log_e for name, check in self.checks.items()}

    @property
    def why_harmful(self) -> str:
        return f"worse than the pods of the old version beside it: {', '.join(self.harmful)}"

    @property
    def missing(self) -> tuple[str, ...]:
        """What a pass still needs."""
        return (*self._unproven(), *self._alarming(), *self._broken())

    def _unproven(self) -> Iterator[str]:
        for name, check in self.checks.items():
            proven = check.log_safe >= log(1.0 / ALPHA_PROMOTE)
            if _SIGNALS[name].must_prove(check.intervals) and not proven:
                yield f"{name} not proven safe in {check.intervals} comparisons"

    def _alarming(self) -> Iterator[str]:
        return (f"{name} alone shows harm" for name, log_e in self._harm.items() if log_e >= log(1.0 / ALPHA))

    def _broken(self) -> Iterator[str]:
        harm = {f"{caller} -> {callee}": kept.log_e for (caller, callee), kept in self.journeys.items()}
        broken = carriers(harm, log(max(len(harm), 1) / ALPHA))
        return (f"the journey {edge} is broken, by which release is not known" for edge in broken)


def opened(case: Case, release: Release, settings: Settings) -> Watch:
    """A watch that has seen nothing."""
    below = limit(_WHOLE, share=_BROKEN_SHARE, lower_is_worse=True)
    return Watch(
        case=case,
        release=release,
        settings=settings,
        checks={name: signal.opened(settings) for name, signal in _SIGNALS.items()},
        journeys=dict.fromkeys(_journeys(case, release.service), below),
    )


def _journeys(case: Case, service: str) -> Iterator[tuple[str, str]]:
    """The edges into a service and into everything that depends on it."""
    reached, ahead = {service}, [service]
    while ahead:
        callee = ahead.pop()
        for caller in sorted(case.callers.get(callee, ())):
            yield caller, callee
            if caller not in reached:
                reached.add(caller)
                ahead.append(caller)


def _levels(signal: Signal, pods: Mapping[str, Pod]) -> dict[str, float]:
    return {name: signal.level(pod) for name, pod in pods.items()}


def _answered(case: Case, minute: Minute, caller: str, callee: str) -> dict[str, float]:
    """The success rate of an edge over the callee's pods of every version; a minute without calls has none."""
    answered = [pod.incoming.get(caller, nan) for pod in living(case, minute, callee)]
    rates = [rate for rate in answered if isfinite(rate)]
    return {callee: sum(rates) / len(rates)} if rates else {}
