"""A recorded canary release (`bench.gates.canaries`) as attribution by edges reads it, minute by minute.

Pods of a released service are told apart by version and are silent where nothing was measured of them; they are warm
a minute after they were ready. The pods of other services are of one version.

A NAME THAT OUTLIVES ITS POD. Rows go on under the names of deleted pods, and their latency, CPU and memory are those
of a pod that lives, to the last digit: records are joined by address, and the address was given to the successor. So
such a row is one more record of that pod, and of two that differ the worse is taken; any other row of a deleted pod is
left out.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from math import inf, isfinite
from typing import TypeVar

from bench.gates.canaries import Case, Minute, Pod, Release, arms, service_of

from tidegate.core.attribution.edges import observed
from tidegate.core.attribution.edges.observed import Edge, Instance, Interval, Level
from tidegate.core.gates.evidence import VersionedService
from tidegate.core.ids import ServiceName, Version

_OLD, _NEW = Version("old"), Version("new")
_MINUTE = 60.0
_WARM_UP = 60.0


def releases_of(case: Case) -> tuple[observed.Release, ...]:
    """The releases of a case, in the order of their names: what the plan names first tells nothing."""
    return tuple(sorted(map(_release, case.releases), key=lambda release: release.service))


def _release(release: Release) -> observed.Release:
    return observed.Release(
        service=ServiceName(release.service),
        old=_OLD,
        new=_NEW,
        began=release.began,
        reached=max(release.began, min(release.ready.values())),
    )


def edges_of(case: Case) -> frozenset[Edge]:
    """Who calls whom, by the case's own account, which names the hosts of pods too."""
    named = {*case.before, *chain.from_iterable(minute.pods for minute in case.minutes)}
    services = {service_of(pod) for pod in named}
    return frozenset(
        Edge(ServiceName(caller), ServiceName(callee))
        for callee in services & case.callers.keys()
        for caller in case.callers[callee]
    )


def intervals_of(case: Case, *, until: float = inf) -> tuple[Interval, ...]:
    """What was known at a time, seconds since 1970: everything, unless a time is given."""
    return tuple(_interval(case, minute) for minute in case.minutes if minute.at <= until)


def _interval(case: Case, minute: Minute) -> Interval:
    known = _under_one_name(case, minute)
    instances = {pod: _instance(seen, _OLD, pod) for pod, seen in known.pods.items()}
    for release in case.releases:
        instances |= _of_release(case, release, known)
    return Interval(since=minute.at - _MINUTE, until=minute.at, instances=instances)


def _of_release(case: Case, release: Release, minute: Minute) -> dict[str, Instance]:
    canary, control = arms(case, release, minute)
    warm = arms(case, release, minute, warm_up=_WARM_UP)[0]
    new = {pod: _instance(seen, _NEW, pod, warm=pod in warm) for pod, seen in canary.items()}
    return new | {pod: _instance(seen, _OLD, pod) for pod, seen in control.items()}


def _instance(seen: Pod, version: Version, pod: str, *, warm: bool = True) -> Instance:
    levels = {Level.LATENCY: seen.latency or inf, Level.CPU: seen.cpu, Level.MEMORY: seen.memory}
    return Instance(
        version=VersionedService(service=ServiceName(service_of(pod)), version=version),
        answers={ServiceName(caller): share for caller, share in _shares(seen.incoming)},
        calls={ServiceName(callee): share for callee, share in _shares(seen.outgoing)},
        levels={level: value for level, value in levels.items() if isfinite(value)},
        warm=warm,
    )


def _shares(rates: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    return ((other, rate / 100.0) for other, rate in rates.items() if isfinite(rate))


# --- names that outlive their pods


def _under_one_name(case: Case, minute: Minute) -> Minute:
    gone = {pod for release in case.releases for pod, at in release.gone.items() if at <= minute.at}
    living = {pod: seen for pod, seen in minute.pods.items() if pod not in gone}
    late = [(pod, seen) for pod, seen in minute.pods.items() if pod in gone]
    pods = {pod: _with_records(seen, _records(pod, seen, late)) for pod, seen in living.items()}
    return Minute(at=minute.at, pods=pods)


def _records(pod: str, seen: Pod, late: Iterable[tuple[str, Pod]]) -> list[Pod]:
    return [
        other
        for name, other in late
        if service_of(name) == service_of(pod) and _levels(other) == _levels(seen)
    ]


def _levels(pod: Pod) -> tuple[float, float, float]:
    return pod.latency, pod.cpu, pod.memory


def _with_records(seen: Pod, records: Iterable[Pod]) -> Pod:
    incoming, outgoing = dict(seen.incoming), dict(seen.outgoing)
    for record in records:
        incoming |= _worse(incoming, record.incoming)
        outgoing |= _worse(outgoing, record.outgoing)
    return Pod(latency=seen.latency, cpu=seen.cpu, memory=seen.memory, incoming=incoming, outgoing=outgoing)


_Name = TypeVar("_Name")


def _worse(known: Mapping[_Name, float], others: Mapping[_Name, float]) -> dict[_Name, float]:
    return {
        name: rate for name, rate in others.items() if isfinite(rate) and not known.get(name, inf) <= rate
    }
