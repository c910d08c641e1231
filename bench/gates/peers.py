"""What the gate's peers would have done with recorded canaries: their policies on levels, minute by minute.

They get what their documentation has users configure: the success rate of the canary's incoming calls and, where
they ask for it, latency; Kayenta compares with the control and gets CPU too. A value is the mean over pods. Pods
that are there but without traffic read NaN, and without any pod measured there is no value, as queries answer.

A peer looks from when the first canary pod is ready until no pod of the old version is left. The z-test of
`policies` is not here: it needs counts.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from math import isfinite, nan

from bench.gates.canaries import SILENT, Case, Pod, Release, arms
from bench.gates.policies import Argo, Direction, Flagger, Kayenta, Limits, Policy, Readings, readings


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A policy with the metrics it reads, each over a window of `every` minutes, as long as its interval."""

    name: str
    policy: Policy
    metrics: tuple[Callable[[Pod], float], ...]
    every: int = 1


def _mean(values: Iterable[float]) -> float:
    known = [value for value in values if isfinite(value)]
    return sum(known) / len(known) if known else nan


def _success(pod: Pod) -> float:
    return _mean(pod.incoming.values())


def _latency(pod: Pod) -> float:
    return pod.latency


def _cpu(pod: Pod) -> float:
    return pod.cpu


_ENOUGH, _GOOD, _QUICK = Limits(least=95.0), Limits(least=99.0), Limits(most=500.0)
_WORSE = (Direction.DECREASE, Direction.INCREASE, Direction.INCREASE)

PEERS = (
    Peer(name="Argo Rollouts, default", policy=Argo(limits=(_ENOUGH,)), metrics=(_success,)),
    Peer(
        name="Argo Rollouts, documented",
        policy=Argo(limits=(_ENOUGH,), failure_limit=3),
        metrics=(_success,),
        every=5,
    ),
    Peer(
        name="Argo Rollouts, tuned",
        policy=Argo(limits=(_ENOUGH,), failure_limit=3),
        metrics=(_success,),
    ),
    Peer(
        name="Flagger, default",
        policy=Flagger(limits=(_GOOD, _QUICK)),
        metrics=(_success, _latency),
    ),
    Peer(
        name="Flagger, samples",
        policy=Flagger(limits=(_GOOD, _QUICK), threshold=5),
        metrics=(_success, _latency),
    ),
    Peer(
        name="Flagger, documented",
        policy=Flagger(limits=(_GOOD, _QUICK), threshold=10),
        metrics=(_success, _latency),
    ),
    Peer(
        name="Kayenta, once (75/50)",
        policy=Kayenta(directions=_WORSE, every=10, lifetime=10),
        metrics=(_success, _latency, _cpu),
    ),
    Peer(
        name="Kayenta, every 5 min (95/75)",
        policy=Kayenta(directions=_WORSE, every=5, lifetime=15, passing=95.0, marginal=75.0),
        metrics=(_success, _latency, _cpu),
    ),
)
"""Settings are those of `policies` and of the peers' documentation; tuned: more failures are allowed."""


def failed_at(peer: Peer, case: Case, release: Release) -> float | None:
    """When the peer would have rolled a release back, seconds since 1970; never, if it would not."""
    run = peer.policy.started(1)
    for at, canary, control in _intervals(peer, case, release):
        run = run.with_interval(_read(peer, canary), _read(peer, control))
        if run.failed[0]:
            return at
    return None


def _intervals(peer: Peer, case: Case, release: Release) -> Iterator[tuple[float, list[Pod], list[Pod]]]:
    """The pods that each query sees, with the time of the query."""
    looks = [(minute.at, *arms(case, release, minute)) for minute in case.minutes]
    both = [look for look in looks if look[1] and look[2]]
    for end in range(peer.every, len(both) + 1, peer.every):
        window = both[end - peer.every : end]
        canary = [pod for _, pods, _ in window for pod in pods.values()]
        yield window[-1][0], canary, [pod for _, _, pods in window for pod in pods.values()]


def _read(peer: Peer, pods: list[Pod]) -> Readings:
    measured = [pod for pod in pods if pod is not SILENT]
    values = [[_mean(map(metric, measured))] for metric in peer.metrics]
    return readings(values, bool(measured))
