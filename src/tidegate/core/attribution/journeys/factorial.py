"""Which of several releases that are live at once did it: the answer of an experiment.

    experiment = opened(suspects, links)                    (`experiment.py`)
    experiment = observed(experiment, cohorts)              look after look, whenever one likes
    attribution_of(experiment)

THE EXPERIMENT. At every service with a release under way the mesh draws the version of each request by a hash of its
own. So journeys meet new versions in all combinations, and are at each service divided by chance alone: simultaneous
canaries are a factorial design (Fisher, 1935). What a new version does is then seen by comparing journeys that met it
with journeys that met its old version, unconfounded by the other canaries, the route, the hour, or where it shows.

ERROR CONTROL. Evidence is an e-process in every comparison (`core.gates.eprocess`), so looking often costs nothing.
That anybody innocent is ever blamed has probability alpha at most, over all suspects, pairs and looks together, whether
nobody is guilty, or somebody else, or a pair: the least of several e-values is evidence against each explanation that
one of them rules out (`cells.py` has the comparisons). `none` is an answer of its own: each suspect is shown to be not
worse than its control by what matters; that nothing was found is not enough.

WHAT IT CANNOT SEE is told by name: versions drawn together (`draws.py`), harm that reaches both arms through something
shared (`rise.py`), services nobody waits for, canaries that no journey meets, evidence that was lost.

The rules are tried in order, and the first that answers does.
"""

from collections.abc import Callable
from math import log

import numpy as np

from tidegate.core.attribution.answer import Answer, Attribution, Basis, Suspicion
from tidegate.core.attribution.journeys.experiment import Experiment
from tidegate.core.attribution.journeys.identifiable import blind_spots, lost_share
from tidegate.core.attribution.journeys.outlook import more_failing
from tidegate.core.attribution.journeys.ranking import decisive, log_odds, suspicions, unguarded
from tidegate.core.gates.eprocess import Flags
from tidegate.core.gates.words import failures, percent, rounded

_TOO_FEW = "no journeys yet that can be compared"

Ranking = tuple[Suspicion, ...]


def attribution_of(experiment: Experiment) -> Attribution:
    """What can be said so far of who is at fault."""
    ranking = suspicions(experiment)
    answers = (rule(experiment, ranking) for rule in RULES)
    return next(answer for answer in answers if answer)


def _lost(experiment: Experiment, ranking: Ranking) -> Attribution | None:
    share, most = lost_share(experiment), experiment.trial.terms.lost
    if share <= most:
        return None
    reason = f"{percent(share)} of the evidence was lost, more than {percent(most)}: what is left may deceive"
    return _cannot_tell(reason, ranking)


def _guilty(_experiment: Experiment, ranking: Ranking) -> Attribution | None:
    culprits = [suspicion for suspicion in ranking if decisive(suspicion)]
    if not culprits:
        return None
    first, others = culprits[0], culprits[1:]
    beyond = f"; beyond the bound too: {', '.join(map(_named, others))}" if others else ""
    return Attribution(
        answer=Answer.ONE if len(first.suspects) == 1 else Answer.PAIR,
        basis=Basis.TRACES,
        reason=f"{_named(first)}: {first.why}{beyond}",
        culprits=first.suspects,
        ranking=ranking,
    )


def _blind(experiment: Experiment, ranking: Ranking) -> Attribution | None:
    blind = blind_spots(experiment)
    seen = [place for place in range(len(experiment.trial.suspects)) if place not in blind]
    if not blind or not _harmless(experiment)[seen].all():
        return None
    return _cannot_tell("; ".join(blind.values()), ranking)


def _shared(experiment: Experiment, ranking: Ranking) -> Attribution | None:
    """Journeys that met nothing new fail more than before, and no suspect is likely, or each is cleared."""
    risen = experiment.rise.log_e >= log(1.0 / experiment.trial.terms.alpha)
    cleared = _harmless(experiment)[: len(experiment.trial.suspects)].all()
    if not risen or not (cleared or log_odds(experiment).max() <= 0.0):
        return None
    before, since = experiment.rise.before, experiment.rise.since
    return _cannot_tell(
        f"of journeys that met no new version {failures((since.requests, since.bad))} fail, "
        f"{failures((before.requests, before.bad))} before, and those that met one fail alike: something shared "
        "(a store, a cache, a queue) or none of these changes",
        ranking,
    )


def _none(experiment: Experiment, ranking: Ranking) -> Attribution | None:
    met = experiment.failed.totals.canary.requests[0] + experiment.failed.totals.control.requests[0] > 0.0
    mains = np.arange(len(met)) < len(experiment.trial.suspects)
    if not _harmless(experiment)[mains | met].all():
        return None
    return Attribution(
        answer=Answer.NONE,
        basis=Basis.TRACES,
        reason="journeys with any of the new versions are shown to end no worse than those without",
        ranking=ranking,
    )


def _tangled(experiment: Experiment, ranking: Ranking) -> Attribution | None:
    """Nothing comes of waiting if all who are not cleared are drawn together, or one is suspect but for that."""
    drawn_together = experiment.draws.blurred
    uncleared = ~_harmless(experiment)[: len(drawn_together)]
    hopeless = uncleared.any() and drawn_together[uncleared].all()
    if not hopeless and not (drawn_together & unguarded(experiment)).any():
        return None
    named = (
        str(suspect.canary)
        for suspect, drawn in zip(experiment.trial.suspects, drawn_together, strict=True)
        if drawn
    )
    return _cannot_tell(
        f"journeys meet {', '.join(named)} together, as where versions are drawn from one hash: what one of them does "
        "looks like the doing of all",
        ranking,
    )


def _undecided(experiment: Experiment, ranking: Ranking) -> Attribution:
    first = ranking[0]
    more = more_failing(experiment, first)
    said = f"{first.why}; about {rounded(more):,} more failing journeys would settle it" if more else _TOO_FEW
    return Attribution(
        answer=Answer.UNDECIDED,
        basis=Basis.TRACES,
        reason="; ".join((f"{_named(first)} is most suspect: {said}", *blind_spots(experiment).values())),
        ranking=ranking,
        more_failing=more,
    )


def _harmless(experiment: Experiment) -> Flags:
    """Which hypotheses are shown to do no harm that matters, suspects before pairs."""
    shown = np.min([kind.log_harmless for kind in experiment.kinds], axis=0)
    harmless: Flags = shown >= log(1.0 / experiment.trial.terms.alpha_none)
    return harmless


def _cannot_tell(reason: str, ranking: Ranking) -> Attribution:
    return Attribution(answer=Answer.NOT_IDENTIFIABLE, basis=Basis.TRACES, reason=reason, ranking=ranking)


def _named(suspicion: Suspicion) -> str:
    return " with ".join(map(str, suspicion.suspects))


RULES: tuple[Callable[[Experiment, Ranking], Attribution | None], ...] = (
    _lost,
    _guilty,
    _blind,
    _shared,
    _none,
    _tangled,
    _undecided,
)
