"""Which hypothesis explains the failures best: for ranking, not for blame.

Of the bad journeys of a batch, k1 on the canary and k0 on the control, each is the canary's with probability
w r / (w r + 1 - w) if it fails r times as often and has the share w of both. The likelihood ratio against r = 1 is

    r^k1 / (1 + w (r - 1))^(k1 + k0),

averaged over several r. It needs no rate of the control, so it knows something from the first failure on, sooner than
an e-process, and it compares within batches only: what both arms share from hour to hour, or a share that grows from
stage to stage, does not come in.
"""

from dataclasses import dataclass

import numpy as np

from tidegate.core.attribution.cells import Arms
from tidegate.core.gates.eprocess import Arm, Floats

_RATIOS = np.array([1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0])
_ENOUGH = 2.0
"""Journeys that each arm has before a batch is used, as in the e-process."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Likelihood:
    """Ln of the likelihood at each ratio (last axis), and what is gathered until both arms have enough."""

    gained: Floats
    canary: Arm
    control: Arm

    @property
    def log_ratio(self) -> Floats:
        """Ln of the average over the ratios."""
        averaged: Floats = np.logaddexp.reduce(self.gained, axis=-1) - np.log(len(_RATIOS))
        return averaged

    def with_batch(self, arms: Arms, temper: Floats) -> "Likelihood":
        """After one more batch, whose failures come `temper` at a time."""
        canary, control = self.canary + arms.canary, self.control + arms.control
        settled = np.minimum(canary.requests, control.requests) >= _ENOUGH
        share = canary.requests / np.maximum(canary.requests + control.requests, 1.0)
        gain = np.multiply.outer(canary.bad, np.log(_RATIOS)) - (canary.bad + control.bad)[
            ..., None
        ] * np.log1p(np.multiply.outer(share, _RATIOS - 1.0))
        return Likelihood(
            gained=self.gained + np.where(settled, 1.0 / temper, 0.0)[..., None] * gain,
            canary=canary.scaled(~settled),
            control=control.scaled(~settled),
        )


def no_likelihood(shape: tuple[int, ...]) -> Likelihood:
    """Nothing known yet of so many hypotheses."""
    nothing = Arm(np.zeros(shape), np.zeros(shape))
    return Likelihood(gained=np.zeros((*shape, len(_RATIOS))), canary=nothing, control=nothing)
