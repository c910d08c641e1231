"""The evidence on every hypothesis from journeys that are bad in one sense: failed, or slow.

What is counted has an axis of outcomes: one for failures, one for each threshold of latency. Evidence of harm and
of its absence are e-processes (`core.gates.eprocess`), so that one may look whenever one likes.
"""

from dataclasses import dataclass, replace
from math import log

import numpy as np

from tidegate.core.attribution.journeys.cells import (
    Arms,
    Crossed,
    Places,
    cells_of,
    main_arms,
    pair_arms,
    whole_arms,
)
from tidegate.core.attribution.journeys.likelihood import Likelihood, no_likelihood
from tidegate.core.gates.design_effect import DesignEffect, design_effect
from tidegate.core.gates.eprocess import Arm, Comparison, Flags, Floats, NotWorse, Worse, comparison


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Weighed:
    """Evidence on the comparisons of `cells`: `mains` and `pairs` of harm, `harmless` of its absence.

    `harmless`, `likelihood` and what was counted in all (`totals`) have one place for each hypothesis, suspects
    before pairs. `effect` is how bad journeys come together on each suspect's control, at least `floor`.
    """

    outcomes: int
    suspects: int
    places: Places
    mains: Comparison
    pairs: Comparison
    harmless: Comparison
    likelihood: Likelihood
    totals: Arms
    effect: DesignEffect
    floor: float

    @property
    def log_mains(self) -> Floats:
        """Ln of the evidence of harm in each comparison (j, k), averaged over the outcomes."""
        return averaged(self.mains.log_e.reshape(self.outcomes, self.suspects, self.suspects))

    @property
    def log_pairs(self) -> Floats:
        """The same against each of the two alone, (2, pairs)."""
        return averaged(self.pairs.log_e.reshape(self.outcomes, 2, -1))

    @property
    def log_harmless(self) -> Floats:
        """Ln of the evidence that a hypothesis is not worse by what matters in any outcome."""
        least: Floats = self.harmless.log_e.reshape(self.outcomes, -1).min(axis=0)
        return least

    @property
    def log_likelihood(self) -> Floats:
        """Ln of how much better each hypothesis explains what was bad than chance does."""
        return averaged(self.likelihood.log_ratio)

    def with_journeys(self, journeys: Crossed, tangled: Flags) -> "Weighed":
        """After one more batch, of which `tangled` says which suspects are drawn together."""
        mains = main_arms(journeys, tangled)
        cells = cells_of(journeys, self.places, tangled)
        whole = whole_arms(mains, cells)
        temper = self.temper
        return replace(
            self,
            mains=_weighed(self.mains, mains, temper[:, : self.suspects, None]),
            pairs=_weighed(self.pairs, pair_arms(cells), temper[:, None, self.suspects :]),
            harmless=_weighed(self.harmless, whole, temper),
            likelihood=self.likelihood.with_batch(whole, _everywhere(journeys.counts), temper),
            totals=self.totals + whole,
            effect=self.effect.with_batch(_flat(_of_suspects(whole.control, self.suspects))),
        )

    @property
    def temper(self) -> Floats:
        """The design effect of each hypothesis: of a pair, that of its worse member."""
        effect = np.maximum(self.effect.phi, self.floor).reshape(self.outcomes, self.suspects)
        one, other = self.places
        return np.concatenate((effect, np.maximum(effect[:, one], effect[:, other])), axis=1)


def nothing_weighed(
    *,
    outcomes: int,
    suspects: int,
    places: Places,
    nulls: tuple[NotWorse, Worse],
    ceiling: float,
    floor: float,
) -> Weighed:
    """No evidence yet; `nulls` are what harm and its absence are held against, `ceiling` as for a comparison."""
    pairs = len(places[0])
    every = (outcomes, suspects + pairs)
    harm, safety = nulls
    nothing = Arm(np.zeros(every), np.zeros(every))
    return Weighed(
        outcomes=outcomes,
        suspects=suspects,
        places=places,
        mains=comparison(harm, outcomes * suspects**2, restarts=True),
        pairs=comparison(harm, outcomes * 2 * pairs, restarts=True),
        harmless=comparison(safety, outcomes * (suspects + pairs), ceiling=ceiling),
        likelihood=no_likelihood(every),
        totals=Arms(canary=nothing, control=nothing),
        effect=design_effect(outcomes * suspects),
        floor=floor,
    )


def _weighed(evidence: Comparison, arms: Arms, temper: Floats) -> Comparison:
    """The evidence after one more batch.

    Nothing is gathered of a control whose canary has no journeys: it would be tempered by what was known of bursts when
    the waiting began.
    """
    each = np.broadcast_to(temper, arms.canary.requests.shape).ravel()
    canary, control = _flat(arms.canary), _flat(arms.control)
    begun = evidence.canary.requests + canary.requests > 0.0
    return evidence.with_batch(canary, control.scaled(begun), temper=each)


def _everywhere(counts: Arm) -> Arm:
    return Arm(counts.requests.sum(axis=0)[:, None], counts.bad.sum(axis=0)[:, None])


def _flat(arm: Arm) -> Arm:
    return Arm(arm.requests.ravel(), arm.bad.ravel())


def _of_suspects(arm: Arm, suspects: int) -> Arm:
    return Arm(arm.requests[:, :suspects], arm.bad[:, :suspects])


def averaged(log_e: Floats) -> Floats:
    """Ln of the average over the outcomes: evidence as well, however they depend on each other."""
    averaged: Floats = np.logaddexp.reduce(log_e, axis=0) - log(len(log_e))
    return averaged
