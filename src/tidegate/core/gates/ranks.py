"""Ranks: evidence from levels of instances (CPU, memory, a queue), where there is nothing to count.

`eprocess.py` judges counts. A level is one number for each instance and interval; what can be trusted about
such numbers is their order. The bets below need no distribution, no variance and no history.

THE BET. In an interval the canary has instances, and m instances of the control were measured with them. A
canary instance *stands out* if it is worse than every one of the m by more than the margin; of ten or more,
one in ten may be an outlier and is spared (s of them). If that instance is exchangeable with the m, it is
equally likely to have any rank among the m + 1, so that whatever the distribution

    P(it stands out) <= c = (s + 1)/(m + 1).

With x the share of the canary's instances that stand out, E[x] <= c, however they depend on each other. So
for each rate b > c, named before the interval is seen,

    S = x b/c + (1 - x)(1 - b)/(1 - c)        pays E[S] <= 1,

and the wealth won by it is an e-process: many bets at once, late starts and Ville's bound are as described in
`eprocess.py`. Ties do not stand out, and neither does what is not a number. An interval without instances on
both sides bets nothing: no data is no evidence, in either direction.

HOW SOON. At most ln(1/c) is won in an interval: ln 3 against two instances, ln 5 against four. With alpha at
1 % no test of order alone can end before 5 and 3 intervals; this one takes 6 and 4. That is what the absence
of counts costs.

WHAT IS ASSUMED. Values of one instance hang together over time, and that is allowed. What must hold is
exchangeability *given the past*: whatever was seen so far, a harmless canary instance is not likelier than a
control instance to be beyond all others in the next interval. An instance that is persistently different
(another node, a cold cache, a hot shard) violates this, and no number of intervals can tell it from harm:
the false-alarm rate is then not alpha but the chance that the odd instance is of the canary. Hence

    the margin    "worse" means beyond `times` the other's level and `by` above it, so that only offsets
                  beyond the margin are mistaken. It must cover how far instances of one version are apart.
    warm-up       is the caller's: an instance is given here once it is warm.
    trend         compares what each instance gained since the window began, so that a constant offset
                  cancels. Windows do not overlap: an increase of which a part is already known is not
                  exchangeable given the past. (Exact by itself; averaged with checks that look within a window
                  it is the approximation that `judge.py` states of gathered batches.) A leak shows here
                  before its level is high. Instances that persistently grow at different paces are
                  mistaken as above.
    a limit       needs no control and no exchangeability: it tests the claim that on average at most a given
                  share of the canary's instances is beyond a level, given the past. It is as true as that.

SAFETY. `log_safe` is evidence that the canary stands out (or is beyond the limit) in less than half of the
intervals, or less than a limit's share: a pass needs proof, and an interval that was not measured proves
nothing. A share x is paid as a fraction of a bad request, a^x d^(1-x) <= x a + (1-x) d, so `eprocess.beyond`
stays valid.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import inf, isfinite

import numpy as np

from tidegate.core.gates.eprocess import Bound, Floats, Wealth, arm, beyond, within

Values = Mapping[str, float]
"""A level for each instance."""

_BOLDNESS = np.array([0.3, 0.9])
"""Bets b, so far between the chance c and certainty: one for harm now and then, one for harm all the time."""
_SPARED = 10
"""Of so many control instances one may be an outlier."""
_OFTEN = 0.5
"""A harmless canary stands out in a smaller share of intervals: even against a single control instance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """How far apart harmless instances may be: `times` as bad and, in the signal's unit, `by` worse.

    `times` is at least one, `by` at least zero. Where lower is worse, as of a success rate, `times` divides.
    """

    times: float = 1.0
    by: float = 0.0
    lower_is_worse: bool = False

    def border(self, level: float) -> float:
        """The worst that an instance may be beside one at `level`; a negative level widens nothing."""
        if self.lower_is_worse:
            return min(level, level / self.times) - self.by
        return max(level, level * self.times) + self.by

    def passed(self, level: float, border: float) -> bool:
        return level < border if self.lower_is_worse else level > border


# --- levels


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ranks:
    """Evidence about the levels of canary instances beside those of control instances."""

    margin: Margin
    worse: Wealth
    calm: Bound

    @property
    def log_e(self) -> float:
        """Ln of the evidence of harm; ln(1/alpha) is decisive."""
        return float(self.worse.log_e[0])

    @property
    def log_safe(self) -> float:
        """Ln of the evidence that the canary stands out in less than half of the intervals."""
        return float(self.calm.log_e[0])

    @property
    def intervals(self) -> int:
        """How many intervals had measured instances on both sides."""
        return int(self.worse.starts[0])

    def with_levels(self, canary: Values, control: Values) -> "Ranks":
        """The evidence after one more interval; none is added if either side has no measured instance."""
        canary, control = _measured(canary), _measured(control)
        if not canary or not control:
            return self
        spared = len(control) // _SPARED
        border = _border(self.margin, control, spared)
        share = _share(self.margin.passed(level, border) for level in canary.values())
        growth = _growth(share, chance=(spared + 1) / (len(control) + 1))
        return replace(
            self,
            worse=self.worse.with_growth(growth, np.array([True])),
            calm=self.calm.with_batch(arm(1.0, share)),
        )


def ranks(margin: Margin, *, ceiling: float = inf) -> Ranks:
    """No evidence yet. `ceiling` is the most ln E of safety that is kept."""
    nothing = np.full((1, len(_BOLDNESS)), -inf)
    worse = Wealth(nothing, np.zeros(1), restarts=True, ceiling=inf)
    return Ranks(margin=margin, worse=worse, calm=beyond(_OFTEN, ceiling=ceiling))


def _border(margin: Margin, control: Values, spared: int) -> float:
    worst_first = sorted(control.values(), reverse=not margin.lower_is_worse)
    return margin.border(worst_first[spared])


def _growth(share: float, chance: float) -> Floats:
    b = chance + (1.0 - chance) * _BOLDNESS
    paid: Floats = np.log(share * b / chance + (1.0 - share) * (1.0 - b) / (1.0 - chance))
    return paid[None, :]


# --- trends


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trend:
    """Evidence about what the instances gain, in windows of `window` intervals end to end."""

    ranks: Ranks
    window: int
    left: int = 0
    canary: Values = field(default_factory=dict)
    control: Values = field(default_factory=dict)

    @property
    def log_e(self) -> float:
        """Ln of the evidence of harm; ln(1/alpha) is decisive."""
        return self.ranks.log_e

    @property
    def log_safe(self) -> float:
        """Ln of the evidence that the canary's gain stands out in less than half of the windows."""
        return self.ranks.log_safe

    @property
    def intervals(self) -> int:
        """How many windows had instances on both sides that were measured at both ends."""
        return self.ranks.intervals

    def with_levels(self, canary: Values, control: Values) -> "Trend":
        """The evidence after one more interval; an instance missing at either end of a window is left out."""
        if self.left > 0:
            return replace(self, left=self.left - 1)
        gained = self.ranks.with_levels(_gained(self.canary, canary), _gained(self.control, control))
        return replace(self, ranks=gained, left=self.window - 1, canary=dict(canary), control=dict(control))


def trend(margin: Margin, *, window: int, ceiling: float = inf) -> Trend:
    """No evidence yet; `margin` is about gains over `window` intervals, of which there is at least one."""
    return Trend(ranks=ranks(margin, ceiling=ceiling), window=window)


def _gained(before: Values, after: Values) -> dict[str, float]:
    return {name: level - before[name] for name, level in after.items() if name in before}


# --- limits


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Limit:
    """Evidence about the share of canary instances that are beyond a level, control or none."""

    level: float
    margin: Margin
    exceeded: Bound
    kept: Bound

    @property
    def log_e(self) -> float:
        """Ln of the evidence that more than the share is beyond; ln(1/alpha) is decisive."""
        return float(self.exceeded.log_e[0])

    @property
    def log_safe(self) -> float:
        """Ln of the evidence that less than the share is beyond."""
        return float(self.kept.log_e[0])

    def with_levels(self, canary: Values) -> "Limit":
        """The evidence after one more interval; none is added if no instance was measured."""
        measured = _measured(canary)
        if not measured:
            return self
        share = _share(self.margin.passed(level, self.level) for level in measured.values())
        return replace(
            self,
            exceeded=self.exceeded.with_batch(arm(1.0, share)),
            kept=self.kept.with_batch(arm(1.0, share)),
        )


def limit(level: float, *, share: float, lower_is_worse: bool = False, ceiling: float = inf) -> Limit:
    """No evidence yet about "at most `share` of the instances is beyond `level`", above or below it."""
    return Limit(
        level=level,
        margin=Margin(lower_is_worse=lower_is_worse),
        exceeded=within(share, restarts=True),
        kept=beyond(share, ceiling=ceiling),
    )


def _measured(values: Values) -> dict[str, float]:
    return {name: level for name, level in values.items() if isfinite(level)}


def _share(standing_out: Iterable[bool]) -> float:
    counted = tuple(standing_out)
    return sum(counted) / len(counted)
