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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, fsum, lgamma, log, sqrt
from typing import Final

ALPHA: Final = 0.001
"""The chance that a mismatch is ever claimed where there is none."""

_CONCENTRATIONS: Final = (10.0, 100.0, 1_000.0, 10_000.0)
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
    intended = {name: share for name, share in shares.items() if share > 0.0}
    counted = {name: counts.get(name, 0) for name in intended}
    units = sum(counted.values())
    if not units or len(intended) < 2:
        return None

    def off(name: str) -> float:
        """How far, in standard deviations of the whole."""
        share = intended[name]
        return abs(counted[name] - share * units) / sqrt(share * (1.0 - share))

    furthest = max(intended, key=off)
    return Ratio(
        since=since,
        variant=furthest,
        counted=counted[furthest],
        units=units,
        share=intended[furthest],
        log_e=log_evidence(tuple(counted.values()), tuple(intended.values())),
        log_needed=log((period + 1) * (period + 2) / ALPHA),
    )


def log_evidence(counted: Sequence[float], intended: Sequence[float]) -> float:
    """Ln of the evidence that units are not drawn with the intended shares."""
    each = [_log_ratio(counted, intended, concentration) for concentration in _CONCENTRATIONS]
    most = max(each)
    return most + log(fsum(exp(one - most) for one in each) / len(each))


def _log_ratio(counted: Sequence[float], intended: Sequence[float], concentration: float) -> float:
    """Ln of the likelihood averaged over a Dirichlet distribution, over that of the intended shares."""
    whole = lgamma(concentration) - lgamma(concentration + sum(counted))
    return whole + fsum(
        lgamma(concentration * share + units) - lgamma(concentration * share) - units * log(share)
        for units, share in zip(counted, intended, strict=True)
    )
