"""Old pods taken for canaries: each failure of one is a false alarm, and no label is needed to know it.

The pods are as different as pods of one service are, as long as they are, and live through the same incidents.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from bench.gates.canaries import Case, Minute, Release, service_of


def placebos(cases: Iterable[Case]) -> Iterator[Case]:
    """For each old pod that outlives the first step of a release a case in which it is the canary."""
    for case in cases:
        for release in case.releases:
            ready = min(release.ready.values())
            old = (pod for pod in case.before if service_of(pod) == release.service)
            yield from (
                _taken(case, release, pod) for pod in old if release.gone.get(pod, ready + 1.0) > ready
            )


def _taken(case: Case, release: Release, pod: str) -> Case:
    canary = f"{release.service}-v0-placebo"
    gone = {canary if name == pod else name: at for name, at in release.gone.items()}
    ready = {canary: min(release.ready.values())}
    return replace(
        case,
        name=f"{case.name} {pod}",
        before=tuple(name for name in case.before if name != pod),
        releases=(replace(release, ready=ready, gone=gone),),
        minutes=tuple(_renamed(minute, release, pod, canary) for minute in case.minutes),
    )


def _renamed(minute: Minute, release: Release, pod: str, canary: str) -> Minute:
    """The minute without the true canary's pods, one pod bearing another name."""
    pods = {
        canary if name == pod else name: seen
        for name, seen in minute.pods.items()
        if not release.is_new(name)
    }
    return replace(minute, pods=pods)
