"""How much worse the canary is: a confidence sequence of the difference of the two rates.

    spread = spread.with_batch(canary, control)      batch after batch
    spread.interval                                  (low, high), valid at every look at once

It is a test turned round. For every margin d of a grid two sayings are bet against, as in `eprocess.py`:

    p1 - p0 <= d     what wins against it pushes the lower end of the interval up
    p1 - p0 >= d     what wins against it pushes the upper end down

Both are half planes, hence convex, and the point (c0, c0 + d) of the border nearest to a bet (a, b) makes the
likelihood ratio an e-variable for the side on which (a, b) does not lie. The bet is what both arms showed in
batches before this one; it lies on one side of the border, so it bets against the other side's saying, and
against its own not at all (a factor of one). One bet suffices here: nothing is decided by it, an interval
that is a little wide does no harm.

WHY IT HOLDS. Let the true difference be D. The lower end passes D only if the first margin of the grid at or
above D was rejected as well, because it is the end of an unbroken run of rejected margins from the left. Of
that one margin the saying is true, so by Ville's inequality it is ever rejected with a chance of at most half
of `DOUBT`; likewise from the right. It does not matter that all margins share their data, nor when one
looks. What was once rejected stays so, and the interval never grows.

WHAT IT SAYS. The difference D is taken to be the same in every batch, while the rates may drift together. Where
a fault sets in late, the interval speaks of no one time.
"""

from dataclasses import dataclass, replace
from math import log

import numpy as np

from tidegate.core.gates.eprocess import Floats
from tidegate.core.gates.evidence import NOTHING, Tally

DOUBT = 0.05
"""The chance that the interval ever misses the difference: it is one of 95 %."""

_STEPS = np.geomspace(1e-5, 1.0, 61)[:-1]
"""Twelve margins a decade: an end of the interval is at most a fifth wider than it need be."""
_MARGINS = np.concatenate((-_STEPS[::-1], [0.0], _STEPS))
_PRIOR_BAD, _PRIOR_REQUESTS = 0.5, 50.0
_ENOUGH = 2.0
_HALVINGS = 40
_SMALLEST = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spread:
    """Evidence about every margin: against "at most so much worse" and against "at least"."""

    at_most: Floats
    at_least: Floats
    excluded_below: Floats
    excluded_above: Floats
    canary: Tally = NOTHING
    control: Tally = NOTHING
    gathered_canary: Tally = NOTHING
    gathered_control: Tally = NOTHING

    def with_batch(self, canary: Tally, control: Tally) -> "Spread":
        """After one more batch; gathered until each arm has two requests, as the gate's evidence is."""
        canary, control = self.gathered_canary + canary, self.gathered_control + control
        if min(canary.requests, control.requests) < _ENOUGH:
            return replace(self, gathered_canary=canary, gathered_control=control)
        a, b = _guessed(self.control), _guessed(self.canary)
        growth = _growth(a, b, canary, control)
        at_most = self.at_most + np.where(b - a > _MARGINS, growth, 0.0)
        at_least = self.at_least + np.where(b - a < _MARGINS, growth, 0.0)
        return Spread(
            at_most=at_most,
            at_least=at_least,
            excluded_below=np.maximum(self.excluded_below, at_most),
            excluded_above=np.maximum(self.excluded_above, at_least),
            canary=self.canary + canary,
            control=self.control + control,
        )

    @property
    def interval(self) -> tuple[float, float]:
        """Between what the difference is, canary less control, with a doubt of `DOUBT` over all looks."""
        needed = log(2.0 / DOUBT)
        below = _run(self.excluded_below >= needed)
        above = _run((self.excluded_above >= needed)[::-1])
        low = float(_MARGINS[below - 1]) if below else -1.0
        high = float(_MARGINS[len(_MARGINS) - above]) if above else 1.0
        return low, high


def spread() -> Spread:
    """Nothing known yet: any difference is possible."""
    nothing = np.zeros(len(_MARGINS))
    return Spread(at_most=nothing, at_least=nothing, excluded_below=nothing, excluded_above=nothing)


def _run(rejected: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> int:
    """How many from the left are rejected without a gap."""
    return len(rejected) if rejected.all() else int(np.argmin(rejected))


def _guessed(past: Tally) -> float:
    return (past.bad + _PRIOR_BAD) / (past.requests + _PRIOR_REQUESTS)


def _growth(a: float, b: float, canary: Tally, control: Tally) -> Floats:
    """Ln of what the bet (a, b) pays at each margin."""
    n1, n0 = float(canary.requests), float(control.requests)
    low, high = np.maximum(0.0, -_MARGINS), np.minimum(1.0, 1.0 - _MARGINS)
    for _ in range(_HALVINGS):
        c0 = (low + high) / 2.0
        c1 = c0 + _MARGINS
        rising = n1 * (c1 - b) * c0 * (1.0 - c0) + n0 * (c0 - a) * c1 * (1.0 - c1) > 0.0
        low, high = np.where(rising, low, c0), np.where(rising, c0, high)
    c0 = np.clip((low + high) / 2.0, _SMALLEST, 1.0 - _SMALLEST)
    c1 = np.clip(c0 + _MARGINS, _SMALLEST, 1.0 - _SMALLEST)
    return _log_ratio(b, c1, canary) + _log_ratio(a, c0, control)


def _log_ratio(bet: float, null: Floats, tally: Tally) -> Floats:
    good = tally.requests - tally.bad
    gained: Floats = tally.bad * (log(bet) - np.log(null)) + good * (np.log1p(-bet) - np.log1p(-null))
    return gained
