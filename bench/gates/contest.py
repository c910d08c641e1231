"""Our gate and its peers on the same simulated traffic: how often each errs, how soon each finds, at what cost.

All look at the same looks. Ours judges at every one, the peers each minute, by the values their queries return.
A run is found when it is rolled back; a peer's verdict comes at the end of its minute.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import inf, log
from typing import Protocol, Self

import numpy as np
from bench.gates.policies import (
    Argo,
    Direction,
    Flagger,
    Flags,
    Kayenta,
    Limits,
    Policy,
    Readings,
    Run,
    ZTest,
    readings,
)
from bench.gates.streams import LOOK, Floats, Look, Rollout, looks

from tidegate.core.gates.design_effect import DesignEffect, design_effect
from tidegate.core.gates.eprocess import Arm, Comparison, NotWorse, Null, Worse, arm, comparison

ALPHA, ALPHA_PROMOTE = 0.01, 0.05
MINUTE = round(60.0 / LOOK)
"""Looks of a peer's interval."""
HISTORY = 60
"""Looks at the control before the canary has traffic: five minutes."""
_FAULTY_SEED, _HARMLESS_SEED = 1, 2


class Judge(Protocol):
    """What decides about many runs of one rollout."""

    @property
    def failed(self) -> Flags: ...
    def with_look(self, look: Look) -> Self: ...


Start = Callable[[int], Judge]
"""A judge of so many runs that has seen nothing."""


# --- ours


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ours:
    """A test of errors, tempered where `effect` is there; a run fails where its null does, at `alpha`.

    The effect is learned before the canary has traffic too, if it `remembers`.
    """

    state: Comparison
    failed: Flags
    alpha: float = ALPHA
    effect: DesignEffect | None = None
    remembers: bool = True
    deduplicated: bool = False

    def with_look(self, look: Look) -> Self:
        canary, control = look.deduplicated if self.deduplicated else (look.canary, look.control)
        effect = self.effect and self.effect.with_batch(control)
        if not look.exposed:
            return replace(self, effect=effect) if self.remembers else self
        temper = 1.0 if self.effect is None else self.effect.phi
        state = self.state.with_batch(canary, control, temper=temper)
        failed = self.failed | (state.log_e >= log(1.0 / self.alpha))
        return replace(self, state=state, failed=failed, effect=effect)


_NO_HARM = NotWorse()


def ours(
    *,
    null: Null = _NO_HARM,
    alpha: float = ALPHA,
    tempered: bool = True,
    remembers: bool = True,
    deduplicated: bool = False,
) -> Callable[[int], Ours]:
    """Our test against `null`; restarts are mixed in where it is of harm."""

    def start(runs: int) -> Ours:
        return Ours(
            state=comparison(null, runs, restarts=isinstance(null, NotWorse)),
            failed=np.zeros(runs, dtype=np.bool_),
            alpha=alpha,
            effect=design_effect(runs) if tempered else None,
            remembers=remembers,
            deduplicated=deduplicated,
        )

    return start


# --- peers

See = Callable[[Arm], Readings]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Theirs:
    """A peer's policy, and the counts of the minute that is under way."""

    run: Run
    see: See
    canary: Arm
    control: Arm
    looks: int = 0

    @property
    def failed(self) -> Flags:
        return self.run.failed

    def with_look(self, look: Look) -> Self:
        if not look.exposed:
            return self
        canary, control, seen = self.canary + look.canary, self.control + look.control, self.looks + 1
        if seen % MINUTE:
            return replace(self, canary=canary, control=control, looks=seen)
        run = self.run.with_interval(self.see(canary), self.see(control))
        nothing = canary.scaled(np.zeros(len(canary.bad)))
        return replace(self, run=run, canary=nothing, control=nothing, looks=seen)


def theirs(policy: Policy, see: See) -> Start:
    """A peer that is shown the counts of each minute in its own way."""

    def start(runs: int) -> Theirs:
        nothing = arm(np.zeros(runs), np.zeros(runs))
        return Theirs(run=policy.started(runs), see=see, canary=nothing, control=nothing)

    return start


def success_rate(counts: Arm) -> Readings:
    """Per cent of good answers; NaN of none, as a division of two rates is."""
    with np.errstate(invalid="ignore"):
        return readings(100.0 - 100.0 * counts.bad / counts.requests)


def error_rate(counts: Arm) -> Readings:
    """Per cent of bad answers."""
    return readings(100.0 - success_rate(counts).values)


def both_counts(counts: Arm) -> Readings:
    return readings([counts.bad, counts.requests])


def contestants(rate: float) -> dict[str, Start]:
    """Every policy by name; `tuned` ones know the rate of the control and allow twice that."""
    documented, default = (Limits(least=95.0),), (Limits(least=99.0),)
    tuned, worse = (Limits(least=100.0 - 200.0 * rate),), (Direction.INCREASE,)
    return {
        "tidegate": ours(),
        "Argo default": theirs(Argo(limits=documented), success_rate),
        "Argo documented": theirs(Argo(limits=documented, failure_limit=3), success_rate),
        "Argo tuned": theirs(Argo(limits=tuned, failure_limit=3), success_rate),
        "Flagger default": theirs(Flagger(limits=default), success_rate),
        "Flagger documented": theirs(Flagger(limits=default, threshold=10), success_rate),
        "Flagger tuned": theirs(Flagger(limits=tuned, threshold=5), success_rate),
        "Kayenta, once": theirs(Kayenta(directions=worse), error_rate),
        "Kayenta, every 30 min": theirs(_growing(worse, 30), error_rate),
        "Kayenta, every 5 min": theirs(_growing(worse, 5), error_rate),
        "z-test 5 %": theirs(ZTest(level=0.05), both_counts),
        "z-test 1 %": theirs(ZTest(level=0.01), both_counts),
    }


def _growing(directions: tuple[Direction, ...], every: int) -> Kayenta:
    return Kayenta(directions=directions, every=every, passing=95.0, marginal=75.0)


def ways() -> dict[str, Start]:
    """Our test as it can be had, against failures that come together."""
    return {
        "exact": ours(tempered=False),
        "tempered": ours(),
        "tempered, no history": ours(remembers=False),
        "clients known": ours(tempered=False, deduplicated=True),
        "tempered, margin of 1.3": ours(null=NotWorse(1.3)),
    }


def proofs() -> dict[str, Start]:
    """Our test of safety by margins of 1.5 times and 0.5 points; what it fails is let through."""
    null = Worse(1.5, 0.005)
    return {
        "exact": ours(null=null, alpha=ALPHA_PROMOTE, tempered=False),
        "tempered": ours(null=null, alpha=ALPHA_PROMOTE),
    }


# --- contests


@dataclass(frozen=True, slots=True, kw_only=True)
class FalseAlarms:
    """The share of rollouts that `policy` says the wrong thing of, at any look."""

    policy: str
    rollout: Rollout
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """How `policy` finds a fault: share of runs, median minutes after its onset, and median excess failures.

    `excess` counts the failures that the control would not have had in the canary's place, until the verdict. Both
    medians are absent where fewer than half of the runs are found. Runs that were rolled back before the onset
    are left out.
    """

    policy: str
    rollout: Rollout
    found: float
    minutes: float | None
    excess: float | None


def minutes_until_failed(
    rollout: Rollout, starts: Mapping[str, Start], runs: int, seed: int
) -> dict[str, Floats]:
    """For each policy and run the minutes until it is rolled back; infinite where it never is."""
    judges = {name: start(runs) for name, start in starts.items()}
    failed = {name: np.full(runs, inf) for name in starts}
    for look in looks(rollout, runs, seed, history=HISTORY):
        for name in [name for name in judges if np.isinf(failed[name]).any()]:
            judges[name] = judges[name].with_look(look)
            newly = judges[name].failed & np.isinf(failed[name])
            failed[name] = np.where(newly, look.minutes, failed[name])
        if all(np.isfinite(each).all() for each in failed.values()):
            break
    return failed


def false_alarms(rollout: Rollout, starts: Mapping[str, Start], runs: int) -> list[FalseAlarms]:
    failed = minutes_until_failed(rollout, starts, runs, _HARMLESS_SEED)
    return [
        FalseAlarms(policy=name, rollout=rollout, share=float(np.isfinite(minutes).mean()))
        for name, minutes in failed.items()
    ]


def detections(rollout: Rollout, starts: Mapping[str, Start], runs: int) -> list[Detection]:
    failed = minutes_until_failed(rollout, starts, runs, _FAULTY_SEED)
    return [_detection(name, rollout, minutes) for name, minutes in failed.items()]


def _detection(policy: str, rollout: Rollout, failed: Floats) -> Detection:
    after = failed[failed > rollout.onset] - rollout.onset
    middle = float(np.median(after)) if len(after) else inf
    canary_requests = middle * 60.0 / LOOK * rollout.requests * rollout.share
    return Detection(
        policy=policy,
        rollout=rollout,
        found=float(np.isfinite(after).mean()) if len(after) else 0.0,
        minutes=None if middle == inf else middle,
        excess=None if middle == inf else canary_requests * rollout.rate * (rollout.ratio - 1.0),
    )


def evidence(rollout: Rollout, runs: int) -> Floats:
    """Ln E of our test, (looks, runs), were it never acted on."""
    judge, seen = ours()(runs), []
    for look in looks(rollout, runs, _FAULTY_SEED, history=HISTORY):
        judge = judge.with_look(look)
        if look.exposed:
            seen.append(judge.state.log_e)
    return np.array(seen)
