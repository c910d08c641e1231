"""E-processes: evidence about rates of bad requests that stays valid however often one looks at it.

THE BET. A release is judged like a gambler's claim. Someone says "the canary is not worse than its
control"; we bet against that with one unit of money, at odds that would be fair or worse for us if the
saying were true. Our wealth `E` is the evidence. While the saying (the *null*) is true nobody can grow
rich: `E` is a supermartingale that starts at one, so by Ville's inequality (1939)

    P(E ever reaches 1/alpha) <= alpha,

over all looks together, however many, at whatever moments, and however we decide when to look. So one may
look every five seconds, stop at any moment, and carry the wealth from one stage of a rollout to the next.

THE ODDS. A batch has n1 requests of the canary, k1 of them bad, and n0, k0 of the control. Before it is
seen we name a point (a, b): "control fails at rate a, canary at rate b", with b on the other side of the
null's border. Let (c0, c1) be the point of the null nearest to it,

    (c0, c1) = argmin  n1 KL(b || c1) + n0 KL(a || c0),

and let the bet pay the likelihood ratio

    S = (b/c1)^k1 ((1-b)/(1-c1))^(n1-k1) (a/c0)^k0 ((1-a)/(1-c0))^(n0-k0).

Turner, Ly and Grünwald (2024, arXiv:2106.02693) call this the safe test of two proportions; for nulls with
sloping borders see arXiv:2203.09785. It is exact and needs no large numbers: for true rates (p0, p1)

    ln E[S] = n1 ln(1 + (p1-c1)(b-c1)/(c1(1-c1))) + n0 ln(1 + (p0-c0)(a-c0)/(c0(1-c0)))

is concave in (p0, p1), is 0 at (c0, c1), and its gradient there is minus that of the distance minimised
above. Over a convex null it is therefore largest at (c0, c1), where it is 0. So E[S] <= 1 for every (p0, p1)
of the null, for all batch sizes, whatever the common rate does between batches and however foolish a and b
are. Being foolish costs money, never validity. Rates may differ from request to request inside a batch too
(Jensen), as long as the two arms' own averages lie in the null.

THE NULLS. Each is convex, which is all that the proof needs.

    NotWorse(times, by)   p1 <= times p0 + by                 wealth shows harm
    Worse(times, by)      p1 >= times p0  and  p1 >= p0 + by  wealth shows p1 < max(times p0, p0 + by)
    within(limit)         p <= limit                          one arm; wealth shows harm
    beyond(limit)         p >= limit                          one arm; wealth shows that the limit is kept

`Worse` is the wedge above two lines. One could bet against each line with half the money; projecting on the
wedge itself is as valid (it is convex) and does not cost that half.

MANY BETS. Nobody knows b, so the money is spread evenly over several (below, `_RATIOS` ...) and the wealths
are added up: an average of supermartingales is one. This costs at most ln(number of bets), and buys being
within a factor of about 1.3 of the fewest requests with which any test could tell.

LATE FAULTS. Wealth lost while all was well has to be won back when a fault sets in late. So part of the
money waits: at batch k = 0, 1, 2 ... a fresh stake of gamma_k = 1/((k+1)(k+2)) is brought in, and 1/(k+2) is
still unspent afterwards. All starts share their bets, so a stake once placed on bet j grows by the same S_j
whenever it was brought in, and with w_j the share of bet j

    M_t,j = sum over k of gamma_k w_j S_k,j S_k+1,j ... S_t,j  obeys  M_t,j = (M_t-1,j + gamma_t w_j) S_t,j.

Merging every start of one bet into one account is therefore no approximation: it is the sum itself, and no
list of starts has to be kept. E_t = (sum over j of M_t,j) + 1/(t+2), and given the past
E[E_t] <= sum_j (M_t-1,j + gamma_t w_j) + 1/(t+2) = sum_j M_t-1,j + 1/(t+1) = E_t-1.

WHAT IS BEYOND NEED is thrown away where a `ceiling` is set: min(E, ceiling) is a supermartingale too. Proof
of safety thus does not pile up over hours of calm, and a few bad answers afterwards show at once.

WAITING FOR BOTH ARMS. A batch in which one arm is empty has S = 1 and would be lost, and one with a single
canary request has an accidental ratio n1 : n0, which wastes most of what it knows when rates differ much.
Batches are therefore gathered until each arm has two requests (about 2/w requests at share w). The rule
looks at numbers of requests and never at how they went, so given the numbers the bad ones are still
binomial and S is still exact; and two requests are little, so that not even a canary with a request an hour
waits for long. One caveat: what is gathered is judged as one batch, so if both the share and the common
rate changed while two requests were being awaited, the averages of the arms are of different mixtures. At
ordinary traffic every batch is settled at once.

FAILURES THAT COME TOGETHER are one piece of news told several times. Known by their design effect phi (the
variance of counts over that of a binomial, `design_effect.py`), they are made up for by smaller bets: S becomes
S^l with 0 < l <= 1, and E[S^l] <= E[S]^l <= 1 by Jensen, so where failures do not come together nothing is
lost but speed, as long as phi is chosen before the batch is seen. Of a batch that is gathered only what was
chosen before its beginning counts. How small is small enough? Let bursts come at random, of exponential size
with mean m, so that phi = 2m. A bet on rates r times the null's pays r^(l size) a burst, with mean
1/(1 - l m ln r), against a price of l m (r-1), and so is fair for

    1/l >= phi h(r),   h(r) = 1 / (2/ln r - 2/(r-1)),

which is phi itself for r near one and nearly twice that for r = 30: large bets are the ones that a single burst
can win. Sizes are counts, so 1/l = 1 + (phi-1) h(r) is used: one where phi is, and for geometric sizes within a
fifth of the least that is fair.

Everything is vectorised: a state holds many streams (first axis) that share their null and nothing else;
wealth is (streams, bets) and kept in logarithms, so that nothing overflows. States are values; change makes
a new one.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf, log
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_RATIOS = np.array([1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0])
"""Bets on harm: so many times the border of the null ..."""
_DISTANCES = np.array([0.01, 0.1, 0.5, 0.9])
"""... and so far above it, for where there are next to no errors and no ratio reaches ten per cent."""
_CAP = 0.97
"""No bet on harm is surer than this: one good answer must not ruin it."""
_EQUALS = np.array([0.5, 0.8, 1.0, 1.15])
"""Bets on a canary that is not worse: about like its control."""
_FRACTIONS = np.array([0.02, 0.1, 0.3, 0.6, 0.85])
"""Bets on a limit that is kept: so much of it is used."""

_ENOUGH = 2.0
"""Requests that each arm has before a batch is settled."""
_PRIOR_BAD, _PRIOR_REQUESTS = 0.5, 50.0
"""What is believed of a control before its first batch; the bets forgive it if it is wrong."""
_MEMORY, _FADING = 20.0, 0.98
"""The control's past fades by this factor a batch, once it is worth so many errors."""
_NO_BET = 1.0001
"""Bets that multiply by less than this are tempered as by this, where h(r) is one and can still be computed."""
_SURE = np.array(0.999)
_TINY = 1e-9
_HALVINGS = 26
"""Halvings in the search for (c0, c1). The point found is on the border and at most 2^-26 of the bracket
away from the minimum. There the gradient is zero, so ln E[S] is off by the square of that times n/c: below
1e-5 for a batch of a billion requests, below 1e-10 for ten thousand."""


@dataclass(frozen=True, slots=True, eq=False)
class Arm:
    """Requests and bad requests of one arm, a number for each stream."""

    requests: Floats
    bad: Floats

    def __add__(self, other: "Arm") -> "Arm":
        return Arm(self.requests + other.requests, self.bad + other.bad)

    def scaled(self, factor: Floats | Flags) -> "Arm":
        return Arm(self.requests * factor, self.bad * factor)


def arm(requests: ArrayLike, bad: ArrayLike) -> Arm:
    """Counts of one arm; a source that counts a request late may not make it have more bad than requests."""
    tried = np.atleast_1d(np.asarray(requests, dtype=np.float64))
    return Arm(tried, np.minimum(np.atleast_1d(np.asarray(bad, dtype=np.float64)), tried))


def _nothing(streams: int) -> Arm:
    return Arm(np.zeros(streams), np.zeros(streams))


# --- wealth


@dataclass(frozen=True, slots=True, eq=False)
class Wealth:
    """The money of each stream: ln of what is on each bet, and what still waits for later starts."""

    invested: Floats
    starts: Floats
    restarts: bool
    ceiling: float

    @property
    def reserve(self) -> Floats:
        """Ln of the money that waits: 1/(k+1) after k starts."""
        return -np.log1p(self.starts) if self.restarts else np.full_like(self.starts, -inf)

    @property
    def log_e(self) -> Floats:
        return np.logaddexp(_log_sum(self.invested), self.reserve)

    def with_growth(self, growth: Floats, settled: Flags) -> "Wealth":
        """Bring in the stake of this start, let every bet grow, throw away what is beyond need."""
        staked = np.logaddexp(self.invested, self._stake()) if self.restarts else self.invested
        invested = np.where(settled[:, None], staked + growth, self.invested)
        excess = np.maximum(_log_sum(invested) - self.ceiling, 0.0)
        return replace(self, invested=invested - excess[:, None], starts=self.starts + settled)

    def _stake(self) -> Floats:
        gamma = -np.log1p(self.starts) - np.log(self.starts + 2.0)
        return gamma[:, None] - log(self.invested.shape[1])


def _wealth(streams: int, bets: int, *, restarts: bool, ceiling: float) -> Wealth:
    invested = np.full((streams, bets), -inf if restarts else -log(bets))
    return Wealth(invested, np.zeros(streams), restarts, ceiling)


def _log_sum(values: Floats) -> Floats:
    total: Floats = np.logaddexp.reduce(values, axis=-1)
    return total


# --- two arms


class Null(Protocol):
    """What a comparison bets against: the region on one side of a border p1 = border(p0)."""

    @property
    def bets(self) -> int: ...
    def border(self, c0: Floats) -> Floats: ...
    def slope(self, c0: Floats) -> Floats | float: ...
    def inverse(self, c1: Floats) -> Floats: ...
    def canary_rates(self, a: Floats) -> Floats:
        """The bets b, on the far side of the border, given that the control fails at rates `a`."""
        ...


@dataclass(frozen=True, slots=True)
class NotWorse:
    """p1 <= times p0 + by. Wealth against it is evidence of harm."""

    times: float = 1.0
    by: float = 0.0

    @property
    def bets(self) -> int:
        return len(_RATIOS) + len(_DISTANCES)

    def border(self, c0: Floats) -> Floats:
        return self.times * c0 + self.by

    def slope(self, c0: Floats) -> Floats | float:  # noqa: ARG002 - one line, one slope
        return self.times

    def inverse(self, c1: Floats) -> Floats:
        return (c1 - self.by) / self.times

    def canary_rates(self, a: Floats) -> Floats:
        return _rates_above(self.border(a))


@dataclass(frozen=True, slots=True)
class Worse:
    """p1 >= times p0 and p1 >= p0 + by. Wealth against it is evidence of safety."""

    times: float = 1.0
    by: float = 0.0

    @property
    def bets(self) -> int:
        return len(_EQUALS)

    def border(self, c0: Floats) -> Floats:
        return np.maximum(self.times * c0, c0 + self.by)

    def slope(self, c0: Floats) -> Floats:
        steep: Flags = self.times * c0 > c0 + self.by
        return np.where(steep, self.times, 1.0)

    def inverse(self, c1: Floats) -> Floats:
        return np.minimum(c1 / self.times, c1 - self.by)

    def canary_rates(self, a: Floats) -> Floats:
        below: Floats = np.minimum(a * _EQUALS, (a + self.border(a)) / 2.0)
        return below


def _rates_above(border: Floats) -> Floats:
    rates = np.concatenate((border * _RATIOS, border + _DISTANCES), axis=-1)
    above: Floats = np.maximum(np.minimum(rates, _CAP), border)
    return above


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Evidence against `null` in many streams of canary and control."""

    null: Null
    wealth: Wealth
    canary: Arm
    control: Arm
    temper: Floats
    past: Arm

    @property
    def log_e(self) -> Floats:
        """Ln of the evidence of each stream; ln(1/alpha) is decisive."""
        return self.wealth.log_e

    @property
    def control_rate(self) -> Floats:
        """What the next bet takes the control's rate to be, from past batches alone."""
        return (self.past.bad + _PRIOR_BAD) / (self.past.requests + _PRIOR_REQUESTS)

    def with_batch(self, canary: Arm, control: Arm, *, temper: ArrayLike = 1.0) -> "Comparison":
        """The evidence after one more batch, settled if both arms have enough and gathered otherwise.

        `temper` is the design effect of each stream, at least one, as known before this batch.
        """
        begun = self.canary.requests + self.control.requests > 0.0
        temper = np.where(begun, self.temper, np.asarray(temper, dtype=np.float64))
        canary, control = self.canary + canary, self.control + control
        settled = np.minimum(canary.requests, control.requests) >= _ENOUGH
        waiting = replace(
            self, canary=canary.scaled(~settled), control=control.scaled(~settled), temper=temper
        )
        if not settled.any():
            return waiting
        growth = _growth(self.null, self.control_rate, canary, control, temper)
        fading = np.where(settled & (self.past.bad > _MEMORY), _FADING, 1.0)
        return replace(
            waiting,
            wealth=self.wealth.with_growth(growth, settled),
            past=self.past.scaled(fading) + control.scaled(settled),
        )


def comparison(null: Null, streams: int = 1, *, restarts: bool = False, ceiling: float = inf) -> Comparison:
    """No evidence yet against `null`, in so many streams. `ceiling` is the most ln E that is kept."""
    nothing = _nothing(streams)
    wealth = _wealth(streams, null.bets, restarts=restarts, ceiling=ceiling)
    return Comparison(null, wealth, nothing, nothing, np.ones(streams), nothing)


def _growth(null: Null, control_rate: Floats, canary: Arm, control: Arm, temper: Floats) -> Floats:
    a = np.minimum(control_rate, null.inverse(_SURE))[:, None]
    b = null.canary_rates(a)
    n1, k1, n0, k0 = (x[:, None] for x in (canary.requests, canary.bad, control.requests, control.bad))
    # Settled streams have more than one request on each side; the others are masked and need only be finite.
    c0, c1 = _projected(null, a, b, np.maximum(n1, 1.0), np.maximum(n0, 1.0))
    growth = _log_ratio(b, c1, n1, k1) + _log_ratio(a, c0, n0, k0)
    if (temper <= 1.0).all():
        return growth
    return growth / _tempering(np.maximum(b / c1, a / c0), temper[:, None])


def _tempering(times: Floats, effect: Floats) -> Floats:
    """1/l for bets that a bad request multiplies by `times`, at most, under a design effect."""
    r = np.maximum(times, _NO_BET)
    h = 0.5 / (1.0 / np.log(r) - 1.0 / (r - 1.0))
    return 1.0 + (np.maximum(effect, 1.0) - 1.0) * h


def _log_ratio(bet: Floats, null: Floats, requests: Floats, bad: Floats) -> Floats:
    gained: Floats = bad * np.log(bet / null) + (requests - bad) * (np.log1p(-bet) - np.log1p(-null))
    return gained


def _projected(null: Null, a: Floats, b: Floats, n1: Floats, n0: Floats) -> tuple[Floats, Floats]:
    """The point of the null's border that is nearest to (a, b) in the sense of the essay."""
    if null == NotWorse():
        pooled = (n1 * b + n0 * a) / (n1 + n0)
        return pooled, pooled

    def falling(c0: Floats) -> Floats:
        c1 = null.border(c0)
        to_canary = n1 * null.slope(c0) * (c1 - b) * (c0 * (1.0 - c0))
        return to_canary + n0 * (c0 - a) * (c1 * (1.0 - c1))

    c0 = _bisected(falling, np.maximum(null.inverse(b), 0.0), a)
    return c0, null.border(c0)


def _bisected(slope: Callable[[Floats], Floats], one_end: Floats, other_end: Floats) -> Floats:
    """Where the slope of a convex function turns from falling to rising between two ends, in any order."""
    middle, step = (one_end + other_end) / 2.0, np.abs(other_end - one_end) / 2.0
    for _ in range(_HALVINGS):
        step = step / 2.0
        middle = middle - np.copysign(step, slope(middle))
    return middle


def growth_per_request(null: Worse, rate: float, share: float) -> float:
    """Nats that a canary request at `share` of the traffic adds on average if both arms fail at `rate`."""
    a = np.minimum(np.array([[max(rate, _TINY)]]), null.inverse(_SURE))
    n1, n0 = np.array([[share]]), np.array([[1.0 - share]])
    c0, c1 = _projected(null, a, a, n1, n0)
    gained = _log_ratio(a, c1, n1, n1 * a) + _log_ratio(a, c0, n0, n0 * a)
    return float(gained[0, 0] / share)


# --- one arm


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """Evidence against "the rate is within `limits`" or against "beyond", in many streams of one arm.

    The null is one point or half a line from it, so the nearest point is the limit itself and nothing has
    to be gathered or learned: every batch is settled at once with the same bets.
    """

    limits: Floats
    rates: Floats
    wealth: Wealth

    @property
    def log_e(self) -> Floats:
        """Ln of the evidence of each stream; ln(1/alpha) is decisive."""
        return self.wealth.log_e

    def with_batch(self, batch: Arm, *, temper: ArrayLike = 1.0) -> "Bound":
        """The evidence after one more batch; `temper` is the design effect of each stream, as known before it."""
        n, k, limits = batch.requests[:, None], batch.bad[:, None], self.limits[:, None]
        effect = np.broadcast_to(np.asarray(temper, dtype=np.float64), self.limits.shape)[:, None]
        growth = _log_ratio(self.rates, limits, n, k) / _tempering(self.rates / limits, effect)
        return replace(self, wealth=self.wealth.with_growth(growth, batch.requests > 0.0))


def within(limits: ArrayLike, *, restarts: bool = False, ceiling: float = inf) -> Bound:
    """No evidence yet against p <= limit, a limit for each stream; wealth will show harm."""
    border = _limits(limits)
    return _bound(border, _rates_above(border[:, None]), restarts=restarts, ceiling=ceiling)


def beyond(limits: ArrayLike, *, restarts: bool = False, ceiling: float = inf) -> Bound:
    """No evidence yet against p >= limit, a limit for each stream; wealth will show that it is kept."""
    border = _limits(limits)
    return _bound(border, border[:, None] * _FRACTIONS, restarts=restarts, ceiling=ceiling)


def _limits(limits: ArrayLike) -> Floats:
    return np.clip(np.atleast_1d(np.asarray(limits, dtype=np.float64)), _TINY, float(_SURE))


def _bound(limits: Floats, rates: Floats, *, restarts: bool, ceiling: float) -> Bound:
    wealth = _wealth(len(limits), rates.shape[1], restarts=restarts, ceiling=ceiling)
    return Bound(limits, rates, wealth)


def divergence(rate: float, limit: float) -> float:
    """KL(rate || limit): nats that a request adds on average against a limit if it fails at `rate`."""
    p, q = (min(max(x, _TINY), 1.0 - _TINY) for x in (rate, limit))
    return p * log(p / q) + (1.0 - p) * log((1.0 - p) / (1.0 - q))
