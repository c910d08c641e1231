"""Why an experiment cannot tell, however much more of it is seen."""

from collections.abc import Iterator, Mapping
from math import inf, log, log1p

from tidegate.core.attribution.journeys.experiment import Experiment
from tidegate.core.attribution.journeys.rise import ENOUGH
from tidegate.core.gates.words import percent

_UNLIKELY = 1e-6


def lost_share(experiment: Experiment) -> float:
    """How much of the evidence could not be used."""
    return experiment.lost / max(experiment.lost + experiment.seen.requests, 1)


def blind_spots(experiment: Experiment) -> Mapping[int, str]:
    """The suspects, by their places, of whom journeys say nothing, and why."""
    return {
        place: reason
        for place in range(len(experiment.trial.suspects))
        if (reason := next(_blindness(experiment, place), ""))
    }


def _blindness(experiment: Experiment, place: int) -> Iterator[str]:
    suspect = experiment.trial.suspects[place]
    new, old = experiment.draws.met_new[place], experiment.draws.met_old[place]
    if suspect.service in experiment.trial.detached:
        yield f"nobody waits for an answer of {suspect.service}: what fails there does not fail the journey"
    if new + old == 0.0 and experiment.seen.requests >= ENOUGH:
        yield f"none of {experiment.seen.requests:,} journeys met {suspect.service}"
    for version, met, other, share in (
        (suspect.canary, new, old, suspect.exposure),
        (suspect.control, old, new, 1.0 - suspect.exposure),
    ):
        if met == 0.0 and other * _nats(share) >= log(1.0 / _UNLIKELY):
            yield f"none of {other:,.0f} journeys through {suspect.service} met {version}, {percent(share)} should"


def _nats(share: float) -> float:
    """How unlikely it is that one draw misses what has this share, as minus its logarithm."""
    return -log1p(-share) if share < 1.0 else inf
