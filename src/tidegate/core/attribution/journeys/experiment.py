"""Releases that are live at once as a factorial experiment, and its evidence, look after look."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import log

import numpy as np

from tidegate.core.attribution.journeys.cells import Rows, crossed, rows_of
from tidegate.core.attribution.journeys.draws import Draws, no_draws
from tidegate.core.attribution.journeys.latency import past_after, slow
from tidegate.core.attribution.journeys.rise import Rise, baseline
from tidegate.core.attribution.journeys.suspects import Link, Suspect, Terms, Trial, trial_of
from tidegate.core.attribution.journeys.weighing import Weighed, nothing_weighed
from tidegate.core.gates.eprocess import Arm, Flags, NotWorse, Worse
from tidegate.core.gates.evidence import NO_HISTOGRAM, NOTHING, Histogram, Tally
from tidegate.core.gates.shift import QUANTILES
from tidegate.core.traces.reading import Cohort, Outcomes

DEFAULT_TERMS = Terms()
_KEPT = 3.0
"""So many times the evidence of harmlessness that is needed is kept, in logarithms, as in a gate's case."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Experiment:
    """Everything that journeys have shown of a trial.

    `failed` and `slow` weigh the two kinds of harm, the second only if latency counts, by thresholds from `past`.
    `seen` are the journeys that met a suspect's service; `lost` is how much besides could not be used.
    """

    trial: Trial
    failed: Weighed
    slow: Weighed | None
    draws: Draws
    rise: Rise
    past: Histogram = NO_HISTOGRAM
    seen: Tally = NOTHING
    lost: int = 0

    @property
    def kinds(self) -> tuple[Weighed, ...]:
        return (self.failed,) if self.slow is None else (self.failed, self.slow)


def opened(
    suspects: Iterable[Suspect],
    links: Iterable[Link],
    *,
    asynchronous: Iterable[Link] = (),
    before: Tally = NOTHING,
    terms: Terms = DEFAULT_TERMS,
) -> Experiment:
    """An experiment without evidence; raises `Refused` if the suspects cannot be told apart by one.

    `links` are calls that were seen, `asynchronous` those of them that nobody waits for. `before` is how journeys
    through these services ended when none of the suspects was live, if that is known.
    """
    trial = trial_of(suspects, links, asynchronous, terms)
    limits = terms.boundaries
    margin = Worse(limits.worse_times, limits.worse_by)
    failed = _kind(trial, outcomes=1, harm=NotWorse(limits.offset_times))
    slower = _kind(trial, outcomes=len(QUANTILES), harm=NotWorse(by=limits.worse_by))
    return Experiment(
        trial=trial,
        failed=failed,
        slow=slower if limits.latency_compared else None,
        draws=no_draws(trial.suspects),
        rise=baseline(margin, before),
    )


def _kind(trial: Trial, *, outcomes: int, harm: NotWorse) -> Weighed:
    limits = trial.terms.boundaries
    one, other = np.array(trial.pairs, dtype=np.intp).reshape(-1, 2).T
    return nothing_weighed(
        outcomes=outcomes,
        suspects=len(trial.suspects),
        places=(one, other),
        nulls=(harm, Worse(limits.worse_times, limits.worse_by)),
        ceiling=_KEPT * log(1.0 / trial.terms.alpha_none),
        floor=limits.design_effect,
    )


def observed(experiment: Experiment, cohorts: Mapping[Cohort, Outcomes], *, lost: int = 0) -> Experiment:
    """The experiment after one more look: how journeys of each cohort ended since the last.

    Only whole journeys may be among them, because of one that is not nobody knows which versions it met. How many
    there were besides is `lost`: if it is a version that loses them, those that are left deceive. So a look of which
    too much was lost is lost altogether.
    """
    rows, ended = rows_of(experiment.trial.suspects, cohorts)
    journeys = sum(each.journeys for each in ended)
    if lost > experiment.trial.terms.lost * (lost + journeys):
        return replace(experiment, lost=experiment.lost + lost + journeys)
    known = replace(experiment, lost=experiment.lost + lost)
    if not ended:
        return known
    times = [each.times for each in ended]
    late = slow(known.past, times) if known.slow else None
    seen = with_rows(known, rows, failures(ended), late)
    return replace(seen, past=past_after(known.past, times)) if known.slow else seen


def failures(ended: Iterable[Outcomes]) -> Arm:
    """Journeys and failed journeys of each row, (rows, 1)."""
    counted = np.array([(each.journeys, each.failed) for each in ended], dtype=np.float64)
    return Arm(counted[:, :1], counted[:, 1:])


def with_rows(experiment: Experiment, rows: Rows, failed: Arm, late: Arm | None = None) -> Experiment:
    """The experiment after rows of journeys: how many failed, (rows, 1), and how many were late, (rows, thresholds)."""
    journeys = crossed(rows, failed)
    draws = experiment.draws.with_journeys(journeys)
    untouched = rows.new.max(axis=1) == 0.0
    temper = float(experiment.failed.temper.max())
    slower = experiment.slow
    return replace(
        experiment,
        failed=experiment.failed.with_journeys(journeys, draws.tangled),
        slow=slower.with_journeys(crossed(rows, late), draws.tangled) if slower and late else slower,
        draws=draws,
        rise=experiment.rise.with_batch(_sum(failed, untouched), temper),
        seen=experiment.seen + _sum(failed, slice(None)),
    )


def _sum(counts: Arm, which: Flags | slice) -> Tally:
    return Tally(requests=int(counts.requests[which].sum()), bad=int(counts.bad[which].sum()))
