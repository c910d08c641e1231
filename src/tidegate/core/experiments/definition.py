"""What an experiment asks."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import inf

from tidegate.core.ids import FlagKey


class Kind(StrEnum):
    """What a metric makes of the outcomes of a unit: whether there was any, how many, or their sum."""

    CONVERSION = "conversion"
    COUNT = "count"
    VALUE = "value"


class Better(StrEnum):
    """Which way of a metric is good."""

    HIGHER = "higher"
    LOWER = "lower"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """Outcomes that are counted, a unit without any counting zero, and none more than `cap`.

    `minimum_effect`, a share of the control's mean, is the least difference that matters.
    """

    name: str
    kind: Kind
    better: Better = Better.HIGHER
    minimum_effect: float = 0.05
    cap: float = inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """A metric that must not become worse by more than `margin`, a share of the control's mean."""

    metric: Metric
    margin: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From `since` on, in seconds since 1970, units are drawn into variants with these `shares`, which add up to one.

    Without shares nobody is drawn.
    """

    since: float
    shares: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """Variants of a flag beside its `control`.

    What a unit does within `window` seconds after it was first served a variant is its outcome. `alpha` is the chance
    of claiming any difference where there is none, of all metrics and variants together, and as much of guards.
    Without `periods` the shares are those of exposure.
    """

    name: str
    flag: FlagKey
    control: str
    window: float
    metrics: tuple[Metric, ...]
    guards: tuple[Guard, ...] = ()
    periods: tuple[Period, ...] = ()
    alpha: float = 0.05

    @property
    def measured(self) -> tuple[Metric, ...]:
        """Every metric, those of guards included."""
        return (*self.metrics, *(guard.metric for guard in self.guards))
