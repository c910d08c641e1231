"""One fault after the other on one mesh: canaries out, a share each, looks, and an answer.

Nothing here knows who is guilty: that is for `score`. A run ends with the first culprit that is named, with a search
by toggles where watching cannot tell or has not told in time and users' requests fail, or when its time is over.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from bench.attribution.matrix.counts import Counts, counting
from bench.attribution.matrix.faults import Fault
from bench.attribution.matrix.field import Field, Shares
from bench.attribution.matrix.search import Found, search
from bench.attribution.matrix.shop import NEW, OLD
from bench.attribution.matrix.traffic import Traffic

from tidegate.core.attribution import toggles
from tidegate.core.attribution.answer import Answer, Attribution
from tidegate.core.attribution.edges.observed import Release
from tidegate.core.attribution.journeys.experiment import Experiment, observed, opened
from tidegate.core.attribution.journeys.factorial import attribution_of
from tidegate.core.attribution.journeys.suspects import Link, Suspect
from tidegate.core.gates.evidence import NOTHING, Tally
from tidegate.core.traces.increase import increase
from tidegate.core.traces.reading import TraceReading
from tidegate.observers.envoy import EnvoyObserver

EXPOSURE = 0.25
SETTLE_SECONDS = 4.5
"""After a change of weights: as long as journeys from before it may still be counted."""

LOOK_SECONDS = 0.5
BASELINE = 1_200
"""Journeys before anything is released, to know how many fail then."""

ALLOWED = 0.02
"""The share of users' requests that may fail before anybody looks for a culprit."""

STOPPING = frozenset({Answer.ONE, Answer.PAIR, Answer.NOT_IDENTIFIABLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What came of one fault: what watching said after `seconds` and so many requests; a search, if there was one.

    `counted` is what the counts of edges of the same time say.
    """

    fault: Fault
    watched: Attribution
    counted: Attribution
    seconds: float
    requests: Tally
    found: Found | None
    lost: int


async def trials(
    field: Field, traffic: Traffic, faults: Sequence[Fault], seconds: float
) -> AsyncIterator[Run]:
    """Each fault in turn; `seconds` is how long one may be watched."""
    before = await _baseline(traffic)
    for number, fault in enumerate(faults):
        traffic.forget()
        rollout = f"{fault.name}-{number}"
        counts = await counting(EnvoyObserver(field.layout.root))
        await asyncio.to_thread(field.release, rollout, fault.releases)
        try:
            yield await _run(
                field, traffic, _Trial(fault=fault, counts=counts, before=before, seconds=seconds)
            )
        finally:
            await asyncio.to_thread(field.clear)


async def _baseline(traffic: Traffic) -> Tally:
    """How journeys end when nothing is released."""
    before = NOTHING
    while before.requests < BASELINE:
        await asyncio.sleep(LOOK_SECONDS)
        cohorts = (await traffic.table.read()).cohorts.values()
        before = sum((Tally(requests=each.journeys, bad=each.failed) for each in cohorts), NOTHING)
    return before


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trial:
    fault: Fault
    counts: Counts
    before: Tally
    seconds: float

    @property
    def shares(self) -> Shares:
        return dict.fromkeys(self.fault.releases, EXPOSURE)


async def _run(field: Field, traffic: Traffic, trial: _Trial) -> Run:
    traffic.table.want(trial.shares)
    await trial.counts.look()
    began = time.time()
    await asyncio.to_thread(field.share, trial.shares)
    exposed = time.time()
    await asyncio.sleep(SETTLE_SECONDS)
    experiment = await _watched(field, traffic, trial, began)
    watched, ended = attribution_of(experiment), time.time()
    await trial.counts.look()
    counted = trial.counts.attribution(_releases(trial, began, exposed))
    requests = traffic.sent(began, ended)
    return Run(
        fault=trial.fault,
        watched=watched,
        counted=counted,
        seconds=ended - began,
        requests=requests,
        found=await _searched(field, traffic, trial, requests) if _untold(watched, requests) else None,
        lost=experiment.lost,
    )


async def _watched(field: Field, traffic: Traffic, trial: _Trial, began: float) -> Experiment:
    """Look until there is a culprit, or there never will be, or time is over."""
    last = await traffic.table.read()
    experiment = opened(_suspects(field, trial), _links(last), before=trial.before)
    while time.time() - began < trial.seconds:
        await asyncio.sleep(LOOK_SECONDS)
        await trial.counts.look()
        now = await traffic.table.read()
        grown = increase(last, now)
        experiment, last = observed(experiment, grown.cohorts, lost=sum(grown.lost.values())), now
        if attribution_of(experiment).answer in STOPPING:
            break
    return experiment


def _suspects(field: Field, trial: _Trial) -> list[Suspect]:
    services = field.state.services
    return [
        Suspect(service=service, old=OLD, new=NEW, exposure=share, salt=services[service].salt)
        for service, share in trial.shares.items()
    ]


def _releases(trial: _Trial, began: float, exposed: float) -> list[Release]:
    return [
        Release(service=service, old=OLD, new=NEW, began=began, reached=exposed) for service in trial.shares
    ]


def _links(reading: TraceReading) -> frozenset[Link]:
    """Who was seen to call whom."""
    return frozenset((edge.caller.service, edge.callee.service) for edge in reading.edges if edge.caller)


def _untold(watched: Attribution, requests: Tally) -> bool:
    """Whether users' requests fail, and nobody is named."""
    return not watched.culprits and (requests.rate or 0.0) > ALLOWED


async def _searched(field: Field, traffic: Traffic, trial: _Trial, requests: Tally) -> Found:
    suspects = [suspect.canary for suspect in _suspects(field, trial)]
    return await search(field, traffic, trial.shares, toggles.opened(suspects, requests, ALLOWED))
