"""How a release is exposed and what its evidence must show before it goes on.

Durations are seconds, shares are fractions of one, latencies are milliseconds.
"""

from dataclasses import dataclass
from enum import StrEnum


class OnInsufficient(StrEnum):
    """What a stage does when its time to wait is over and the evidence still cannot tell."""

    HOLD = "hold"
    ROLLBACK = "rollback"


class GateAction(StrEnum):
    """What a gate does when it finds harm. One that only observes is reported and holds nothing up.

    Stepping down is going back to the exposure that passed last, if there is one, and holding there.
    """

    OBSERVE = "observe"
    HOLD = "hold"
    STEP_DOWN = "stepDown"
    ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundaries:
    """What a release must not do: the limits that its evidence is held against.

    `success_rate` is the lowest acceptable share of good answers; `latency_ms` the threshold above which an
    answer is slow, of which `latency_share` must stay below it; `latency_compared` asks that the canary's
    answers take no longer than its control's at any quantile. `worse_by` (a difference of shares) and
    `worse_times` (a ratio) are the margins within which a canary counts as not worse than its control;
    `offset_times` is the ratio up to which being worse is no harm, for instances that differ by themselves.
    `design_effect` is how many times the variance of counts is known to be that of independent failures; what is
    measured of it counts besides.
    """

    success_rate: float = 0.99
    latency_ms: float | None = None
    latency_share: float = 0.99
    latency_compared: bool = False
    worse_by: float = 0.005
    worse_times: float = 1.5
    offset_times: float = 1.0
    design_effect: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """An absolute bound on a service that callers or journeys depend on, whichever versions answer."""

    service: str
    success_rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """A ratio of a team's own, such as orders paid of orders begun: which share must be good, if any must."""

    name: str
    success_rate: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A level of instances, such as memory or the length of a queue, and how far it may go.

    A canary's instance may be `worse_times` as bad as the control's worst and, in the signal's unit, `worse_by` worse.
    At most `limit_share` of readings may be beyond `limit`, if there is one. An instance counts once it was seen for
    `warm_up` seconds. With `trend` the gain of instances over
    so many readings is compared too, in which `worse_by` is allowed.
    """

    name: str
    worse_times: float = 1.5
    worse_by: float = 0.0
    lower_is_worse: bool = False
    limit: float | None = None
    limit_share: float = 0.05
    trend: int = 0
    warm_up: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Conformance:
    """Answers are held against the contract of the version that gave them, a share (`sample`) of all of them.

    With a `success_rate` so many must keep it; without, the new version is only compared with the old one.
    """

    sample: float
    success_rate: float | None = None


class OnSpent(StrEnum):
    """What is done about a change whose error budget is spent beforehand: it begins paused, or not at all."""

    HOLD = "hold"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class SloLimit:
    """What must hold of an SLO while a release is exposed.

    With less than `least_left` of its error budget nothing more is exposed. It is harm if the change spends more than
    `most_spent` of the whole budget, or if the budget burns as fast as people are paged for.
    """

    slo: str
    least_left: float | None = 0.0
    most_spent: float | None = None
    burn_rates: bool = True
    on_spent: OnSpent = OnSpent.HOLD


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The limits and error rates one stage is judged with, and what is done when they are broken.

    `alpha` bounds the chance of ever finding harm in a harmless release at this step, `alpha_promote` that of
    passing one that is worse than the margin.
    """

    name: str = "boundaries"
    action: GateAction = GateAction.ROLLBACK
    boundaries: Boundaries = Boundaries()
    guards: tuple[Guard, ...] = ()
    ratios: tuple[Ratio, ...] = ()
    levels: tuple[Level, ...] = ()
    slos: tuple[SloLimit, ...] = ()
    conformance: Conformance | None = None
    alpha: float = 0.01
    alpha_promote: float = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One exposure of a release: `exposure` is the share of traffic on the new version.

    It is held for at least `bake` seconds, or with `early` until every gate has its proof, and at most `wait`
    seconds; then `on_insufficient` says what is done. A stage without gates passes when it has baked.
    """

    exposure: float = 1.0
    bake: float = 0.0
    wait: float = 600.0
    early: bool = False
    on_insufficient: OnInsufficient = OnInsufficient.HOLD
    gates: tuple[Gate, ...] = ()


class StrategyKind(StrEnum):
    """The two ways of exposing a release."""

    CANARY = "canary"
    BLUE_GREEN = "blueGreen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """How one release is exposed: its stages in rising exposure, the last one everything."""

    kind: StrategyKind
    stages: tuple[Stage, ...]
