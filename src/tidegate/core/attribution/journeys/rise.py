"""Whether journeys that met no new version fail more than they used to.

Comparing arms cannot see what hurts both of them. So these journeys are held against what was before: a baseline that
is given, or else the first of them that were seen. The limit is the baseline's rate as high as it may
credibly be (Clopper and Pearson, 1934, at 95 %), and the margins on top of it.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import beta

from tidegate.core.gates.eprocess import Bound, Worse, arm, within
from tidegate.core.gates.evidence import NOTHING, Tally

ENOUGH = 1000
"""Journeys that make a baseline where none is given."""
_CREDIBLE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rise:
    """Evidence that journeys fail beyond the limit of the `before`; `since` is what was counted after that."""

    margin: Worse
    before: Tally = NOTHING
    since: Tally = NOTHING
    beyond: Bound | None = None

    @property
    def log_e(self) -> float:
        return float(self.beyond.log_e[0]) if self.beyond else 0.0

    def with_batch(self, batch: Tally, temper: float) -> "Rise":
        """After one more batch, whose failures come `temper` at a time."""
        if self.beyond is None:
            return baseline(self.margin, self.before + batch)
        evidence = self.beyond.with_batch(arm(batch.requests, batch.bad), temper=temper)
        return replace(self, since=self.since + batch, beyond=evidence)


def baseline(margin: Worse, before: Tally = NOTHING) -> Rise:
    """Nothing seen yet since the baseline, which grows until there is enough of it."""
    if before.requests < ENOUGH:
        return Rise(margin=margin, before=before)
    rate = beta.ppf(_CREDIBLE, before.bad + 1, max(before.requests - before.bad, 1))
    limit = margin.border(np.array([rate]))
    return Rise(margin=margin, before=before, beyond=within(limit, restarts=True))
