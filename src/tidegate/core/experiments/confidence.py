"""A confidence sequence: an interval that holds at every look together, however many and whenever they are.

An estimate of a mean, or of a difference of means, is nearly normal around the truth with variance 1/I, and I, its
information, grows as units come. I times the error is then nearly a Brownian motion at time I, whose likelihood ratio,
mixed over effects normal around zero with standard deviation `scale`, is a martingale that starts at one:

    M(I) = exp(I^2 error^2 scale^2 / (2 (1 + I scale^2))) / sqrt(1 + I scale^2)

It ever reaches 1/alpha with a chance of alpha at most (Ville 1939); turned round, that is a half-width. This is the
asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2024, Annals of Statistics 52(6),
arXiv:2103.06476), theorem 2.2, which proves that it holds for means of anything with a little more than a variance,
estimated on the way.

It is nearly as narrow as it can be once a difference as large as `scale` can be told, and wide before, so that a
variant that does much harm would be seen late. Half of alpha is therefore given to a scale ten times as large, and the
narrower of the two intervals is taken.
"""

from math import exp, log, log1p, sqrt
from typing import Final

POWER: Final = 0.8416
"""Quantile of the normal distribution at 80 %: the chance with which a difference is to be found."""

_SCALES: Final = (1.0, 10.0)
_LOG_MOST: Final = 60.0
_HALVINGS: Final = 60


def half_width(information: float, scale: float, alpha: float) -> float:
    """How far the estimate may be off, in its own unit; narrowest for differences like `scale`."""
    share = alpha / len(_SCALES)
    return min(_half_width(information, scale * times, share) for times in _SCALES)


def _half_width(information: float, scale: float, alpha: float) -> float:
    gathered = information * scale**2
    return sqrt(2.0 / information * (1.0 + 1.0 / gathered) * (0.5 * log1p(gathered) - log(alpha)))


def needed(effect: float, alpha: float) -> float:
    """The information with which a difference of `effect`, which is the scale too, is probably told from none."""
    low, high = -_LOG_MOST, _LOG_MOST
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        information = exp(middle)
        short = sqrt(information) * (1.0 - half_width(information, 1.0, alpha)) < POWER
        low, high = (middle, high) if short else (low, middle)
    return exp(high) / effect**2
