"""Whether units were drawn into variants as was intended, on evidence that may be looked at any time.

A sample-ratio mismatch says that something besides chance decides who is counted where. Whatever that is may decide the
outcomes too, so no difference means anything then.

The test is that of Lindon and Malek (2022, NeurIPS, arXiv:2011.03567). While units are drawn with the intended shares,
the likelihood of any other shares over theirs, averaged over a Dirichlet distribution around the intended ones, is a
martingale that starts at one, and ever reaches 1/alpha with a chance of alpha at most. How narrow the distribution is
decides which deviations are found soon, so the evidence is an average over several.

Each period of shares is tested by itself: the first gets a half of alpha, the next a sixth, then a twelfth, and so on,
which adds up to alpha however many there are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, logsumexp

ALPHA: Final = 0.001
"""The chance that a mismatch is ever claimed where there is none."""

_CONCENTRATIONS: Final = np.array([10.0, 100.0, 1_000.0, 10_000.0])
"""As if so many units had been seen before: deviations from about ten points down to half a point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """How a period's units were drawn: of `units` the `variant` that is furthest off has `counted`, not its `share`.

    `log_e` is ln of the evidence against the intended shares, decisive from `log_needed`.
    """

    since: float
    variant: str
    counted: int
    units: int
    share: float
    log_e: float
    log_needed: float

    @property
    def mismatch(self) -> bool:
        """Whether this is beyond chance."""
        return self.log_e >= self.log_needed

    @property
    def excess(self) -> float:
        """So many units too many the variant has; below zero too few."""
        return self.counted - self.share * self.units


def ratio(period: int, since: float, counts: Mapping[str, int], shares: Mapping[str, float]) -> Ratio | None:
    """Of the period with this number, from 0, the counts by variant beside their shares; absent without units."""
    variants = [name for name, share in shares.items() if share > 0.0]
    units = sum(counts.get(name, 0) for name in variants)
    if not units or len(variants) < 2:
        return None
    intended = np.array([shares[name] for name in variants])
    counted = np.array([counts.get(name, 0) for name in variants], dtype=np.float64)
    off = np.abs(counted - units * intended) / np.sqrt(intended * (1.0 - intended))
    furthest = int(np.argmax(off))
    return Ratio(
        since=since,
        variant=variants[furthest],
        counted=int(counted[furthest]),
        units=units,
        share=float(intended[furthest]),
        log_e=log_evidence(counted, intended),
        log_needed=log((period + 1) * (period + 2) / ALPHA),
    )


def log_evidence(counted: NDArray[np.float64], intended: NDArray[np.float64]) -> float:
    """Ln of the evidence that units are not drawn with the intended shares."""
    prior = _CONCENTRATIONS[:, None] * intended
    drawn = gammaln(prior + counted) - gammaln(prior)
    together = gammaln(_CONCENTRATIONS) - gammaln(_CONCENTRATIONS + counted.sum())
    log_e = together + drawn.sum(axis=1) - (counted * np.log(intended)).sum()
    return float(logsumexp(log_e)) - log(len(_CONCENTRATIONS))
