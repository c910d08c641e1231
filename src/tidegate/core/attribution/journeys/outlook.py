"""How many more failing journeys would settle it.

A failing journey that met either version of a suspect is one toss of a coin: it met the new one with probability w if
that does no harm, and theta = w r / (w r + 1 - w) if journeys fail r times as often with it. Each toss adds
KL(theta || w) to the logarithm of the evidence, on average.
"""

from math import ceil

from tidegate.core.attribution.answer import Suspicion
from tidegate.core.attribution.journeys.experiment import Experiment
from tidegate.core.gates.eprocess import divergence
from tidegate.core.gates.evidence import Tally


def more_failing(experiment: Experiment, strongest: Suspicion) -> int | None:
    """Failing journeys until the strongest suspicion is decisive if it is right; none if there is nothing to go by.

    Where it does not look harmful at all, it is taken to be as bad as the margin within which nobody minds.
    """
    exposed, control = strongest.exposed, strongest.control
    if not exposed.requests or not control.requests:
        return None
    share = exposed.requests / (exposed.requests + control.requests)
    ratio = max(_rate(exposed) / _rate(control), experiment.trial.terms.boundaries.worse_times)
    theta = share * ratio / (share * ratio + 1.0 - share)
    tosses = (strongest.log_e_needed - strongest.log_e) / divergence(theta, share)
    concerned = (exposed.bad + control.bad + 1.0) / (experiment.seen.bad + 1.0)
    return ceil(tosses / concerned)


def _rate(tally: Tally) -> float:
    """The share that failed, as if half of one more journey had: nothing is known to be zero."""
    return (tally.bad + 0.5) / (tally.requests + 1.0)
