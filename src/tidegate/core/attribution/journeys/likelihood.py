"""Which hypothesis explains the failures best: for ranking, not for blame.

Of the bad journeys of a batch, k1 on the canary and k0 on the control, each is the canary's with probability
w r / (w r + 1 - w) if it fails r times as often and has the share w of both. The likelihood ratio against r = 1 is

    within = r^k1 / (1 + w (r - 1))^(k1 + k0),

averaged over several r. It needs no rate of the control, so it knows something from the first failure on, sooner than
an e-process, and it compares within batches only: what both arms share from hour to hour, or a share that grows from
stage to stage, does not come in.

Journeys elsewhere, on neither arm, tell besides how often journeys fail anyway, if they fail alike on all routes:

    alike = r^k1 / (1 + u (r - 1))^K      of all K bad journeys, u being the canary's share of all journeys.

Whether they do shows in how many of the K were on the two arms at all, k = k1 + k0, beside the share q that the arms
have of journeys: routes = B(k+1, K-k+1) / (q^k (1-q)^(K-k)) is the Bayes factor for routes that differ. So

    likelihood ratio = (alike + routes within) / (1 + routes).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import betaln, xlog1py, xlogy

from tidegate.core.attribution.journeys.cells import Arms
from tidegate.core.gates.eprocess import Arm, Floats

_RATIOS = np.array([1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0])
_ENOUGH = 2.0
"""Journeys that each arm has before a batch is used, as in the e-process."""
_TINY = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Likelihood:
    """Ln of both likelihoods at each ratio (last axis), and what is gathered until both arms have enough.

    `bad` are all bad journeys so far, `met` those on the two arms, and `expected` how many of them would be if routes
    were alike.
    """

    within: Floats
    alike: Floats
    bad: Floats
    met: Floats
    expected: Floats
    canary: Arm
    control: Arm
    everywhere: Arm

    @property
    def log_ratio(self) -> Floats:
        """Ln of the likelihood ratio of each hypothesis."""
        routes = self._routes()
        either: Floats = np.logaddexp(_averaged(self.alike), _averaged(self.within) + routes)
        return either - np.logaddexp(0.0, routes)

    def _routes(self) -> Floats:
        share = np.clip(self.expected / np.maximum(self.bad, _TINY), _TINY, 1.0 - _TINY)
        elsewhere = self.bad - self.met
        differ = betaln(self.met + 1.0, elsewhere + 1.0)
        routes: Floats = differ - xlogy(self.met, share) - xlog1py(elsewhere, -share)
        return routes

    def with_batch(self, arms: Arms, everywhere: Arm, temper: Floats) -> "Likelihood":
        """After one more batch, whose failures come `temper` at a time; `everywhere` has those on neither arm too."""
        canary, control = self.canary + arms.canary, self.control + arms.control
        everywhere = self.everywhere + everywhere
        both = canary + control
        settled = np.minimum(canary.requests, control.requests) >= _ENOUGH
        news = np.where(settled, 1.0 / temper, 0.0)
        on_arms = everywhere.bad * both.requests / np.maximum(everywhere.requests, 1.0)
        return Likelihood(
            within=self.within + news[..., None] * _gained(canary, both),
            alike=self.alike + news[..., None] * _gained(canary, everywhere),
            bad=self.bad + news * everywhere.bad,
            met=self.met + news * both.bad,
            expected=self.expected + news * on_arms,
            canary=canary.scaled(~settled),
            control=control.scaled(~settled),
            everywhere=everywhere.scaled(~settled),
        )


def no_likelihood(shape: tuple[int, ...]) -> Likelihood:
    """Nothing known yet of so many hypotheses."""
    none = np.zeros(shape)
    nothing, unknown = Arm(none, none), np.zeros((*shape, len(_RATIOS)))
    return Likelihood(
        within=unknown,
        alike=unknown,
        bad=none,
        met=none,
        expected=none,
        canary=nothing,
        control=nothing,
        everywhere=nothing,
    )


def _gained(canary: Arm, of: Arm) -> Floats:
    """Ln of the likelihood ratio of the canary's bad journeys among these, at each ratio."""
    share = canary.requests / np.maximum(of.requests, 1.0)
    price = of.bad[..., None] * np.log1p(np.multiply.outer(share, _RATIOS - 1.0))
    gained: Floats = np.multiply.outer(canary.bad, np.log(_RATIOS)) - price
    return gained


def _averaged(gained: Floats) -> Floats:
    averaged: Floats = np.logaddexp.reduce(gained, axis=-1) - np.log(len(_RATIOS))
    return averaged
