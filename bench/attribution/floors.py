"""What anybody would guess: rankings of the releases of a recorded case without any theory."""

from collections.abc import Callable, Mapping, Sequence
from math import isfinite, nan
from statistics import fmean

from bench.gates.canaries import Case, Pod, Release, arms

Guess = Callable[[Case], Sequence[str]]
"""The services of a case, the most suspect first."""


def latest(case: Case) -> list[str]:
    """What began last before the failure was detected, then what began after it."""
    detected_at = case.minutes[-1].at if case.detected_at is None else case.detected_at

    def order(release: Release) -> tuple[bool, float, str]:
        return release.began > detected_at, -release.began, release.service

    return [release.service for release in sorted(case.releases, key=order)]


def differing(case: Case) -> list[str]:
    """By how much the success rate of new pods is below that of old ones beside them, on average."""
    gaps = {release.service: _gap(case, release) for release in case.releases}
    return sorted(gaps, key=lambda service: (-gaps[service], service))


def _gap(case: Case, release: Release) -> float:
    gaps = []
    for minute in case.minutes:
        canary, control = (_success(list(pods.values())) for pods in arms(case, release, minute))
        gaps.append(control - canary)
    return fmean([gap for gap in gaps if isfinite(gap)] or [0.0])


def _success(pods: Sequence[Pod]) -> float:
    rates = [rate for pod in pods for rate in pod.incoming.values() if isfinite(rate)]
    return fmean(rates) if rates else nan


FLOORS: Mapping[str, Guess] = {"latest change": latest, "per-pod canary difference": differing}
