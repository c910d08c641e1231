"""All suspicions of an experiment, the strongest first.

BLAME needs evidence in every comparison of a hypothesis, so the least of them is its evidence: that is an e-process
against "something else explains it". Half of alpha is for suspects, half for pairs, each divided among them.

RANKS go by likelihood, which knows something sooner, and by a prior: of five faults, four are taken to be of one
release by itself, since few changes touch what another one, made at the same time, relies on. Whoever is to blame
comes first.
"""

from collections.abc import Iterator
from math import log

import numpy as np

from tidegate.core.attribution.answer import Suspicion
from tidegate.core.attribution.journeys.experiment import Experiment
from tidegate.core.attribution.journeys.weighing import Weighed, averaged
from tidegate.core.gates.eprocess import Flags, Floats
from tidegate.core.gates.evidence import Tally
from tidegate.core.gates.shift import QUANTILES
from tidegate.core.gates.words import failures, percent

_ALPHA_OF_ONE = 1.0 / 2.0
_PRIOR_OF_ONE = 4.0 / 5.0


def suspicions(experiment: Experiment) -> tuple[Suspicion, ...]:
    """Every suspect and every pair, by how strongly the evidence speaks against it."""
    odds = log_odds(experiment)
    found = list(enumerate(_all(experiment)))
    found.sort(key=lambda each: (not decisive(each[1]), -odds[each[0]], each[1].suspects))
    return tuple(suspicion for _, suspicion in found)


def decisive(suspicion: Suspicion) -> bool:
    """Whether there is enough evidence for blame."""
    return suspicion.log_e >= suspicion.log_e_needed


def log_evidence(experiment: Experiment) -> Floats:
    """Ln of the e-value against each hypothesis: what its least convincing comparison says."""
    mains = averaged(np.stack([kind.log_mains for kind in experiment.kinds]))
    pairs = averaged(np.stack([kind.log_pairs for kind in experiment.kinds]))
    return np.concatenate((mains.min(axis=1), pairs.min(axis=0)))


def unguarded(experiment: Experiment) -> Flags:
    """Which suspects would be to blame if nobody else could explain it."""
    mains = averaged(np.stack([kind.log_mains for kind in experiment.kinds]))
    flagged: Flags = np.diagonal(mains) >= log_needed(experiment)[: len(mains)]
    return flagged


def log_needed(experiment: Experiment) -> Floats:
    """Ln of the e-value from which on each hypothesis is to blame."""
    return log(1.0 / experiment.trial.terms.alpha) - _log_share(experiment, _ALPHA_OF_ONE)


def log_odds(experiment: Experiment) -> Floats:
    """Ln of the odds of each hypothesis against chance."""
    likelihood = averaged(np.stack([kind.log_likelihood for kind in experiment.kinds]))
    return likelihood + _log_share(experiment, _PRIOR_OF_ONE)


def _log_share(experiment: Experiment, of_one: float) -> Floats:
    """Ln of what each hypothesis has of a whole: suspects share one part and pairs, if there are any, the rest."""
    mains, pairs = len(experiment.trial.suspects), len(experiment.trial.pairs)
    each = [of_one / mains] * mains + [(1.0 - of_one) / pairs] * pairs if pairs else [1.0 / mains] * mains
    return np.log(each)


def _all(experiment: Experiment) -> list[Suspicion]:
    canaries = [suspect.canary for suspect in experiment.trial.suspects]
    named = (tuple(canaries[member] for member in members) for members in experiment.trial.hypotheses)
    against, needed = log_evidence(experiment).tolist(), log_needed(experiment).tolist()
    counted = (tallies(experiment.failed, 0, place) for place in range(len(needed)))
    return [
        Suspicion(
            suspects=suspects,
            log_e=log_e,
            log_e_needed=enough,
            effect=_effect(exposed, control),
            exposed=exposed,
            control=control,
            why=why,
        )
        for suspects, log_e, enough, (exposed, control), why in zip(
            named, against, needed, counted, _reasons(experiment), strict=True
        )
    ]


def _effect(exposed: Tally, control: Tally) -> float | None:
    if exposed.rate is None or control.rate is None:
        return None
    return exposed.rate - control.rate


def tallies(kind: Weighed, outcome: int, place: int) -> tuple[Tally, Tally]:
    """What was counted of a hypothesis in all: with it, and without."""
    exposed, control = (
        Tally(requests=int(arm.requests[outcome, place]), bad=int(arm.bad[outcome, place]))
        for arm in (kind.totals.canary, kind.totals.control)
    )
    return exposed, control


def _reasons(experiment: Experiment) -> Iterator[str]:
    """What speaks most against each hypothesis: journeys that failed, or answers that came late."""
    kinds = np.array([kind.log_likelihood for kind in experiment.kinds])
    outcomes = [kind.likelihood.log_ratio.argmax(axis=0) for kind in experiment.kinds]
    for place, loudest in enumerate(kinds.argmax(axis=0)):
        kind, outcome = experiment.kinds[loudest], int(outcomes[loudest][place])
        late = f"answers came later than {percent(QUANTILES[outcome])} did"
        yield _compared(kind, outcome, place, late if kind is experiment.slow else "journeys failed")


def _compared(kind: Weighed, outcome: int, place: int, what: str) -> str:
    exposed, control = (failures((each.requests, each.bad), what) for each in tallies(kind, outcome, place))
    return f"{exposed} with it, {control} without"
