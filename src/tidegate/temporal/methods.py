"""The methods of attribution, given what a rollout has stored."""

from collections.abc import Sequence
from dataclasses import replace

from tidegate.core.attribution.answer import Answer, Attribution, Basis
from tidegate.core.attribution.edges.attribute import attribute_by_edges
from tidegate.core.attribution.edges.observed import Release, interval_of
from tidegate.core.attribution.journeys.experiment import Experiment, observed, opened
from tidegate.core.attribution.journeys.factorial import attribution_of
from tidegate.core.attribution.journeys.suspects import Link, Suspect, Terms
from tidegate.core.errors import Refused
from tidegate.core.plan.steps import ExposeFlag
from tidegate.core.traces.reading import TraceReading
from tidegate.temporal.messages import Counted, Exposed


def by_journeys(suspects: Sequence[Exposed], looks: Sequence[TraceReading]) -> Attribution:
    """Who is at fault by whole journeys, as an experiment; `looks` are what they came to between two moments."""
    try:
        return attribution_of(_experiment(suspects, looks))
    except Refused as refused:
        return Attribution(answer=Answer.NOT_IDENTIFIABLE, basis=Basis.TRACES, reason=str(refused))


def by_edges(suspects: Sequence[Exposed], looks: Sequence[Counted]) -> Attribution:
    """Who is at fault by what was counted of edges, and by when each release began."""
    intervals = [interval_of(each.batch, at=each.at) for each in looks]
    return attribute_by_edges(map(_release, suspects), intervals, alpha=Terms().alpha)


def _experiment(suspects: Sequence[Exposed], looks: Sequence[TraceReading]) -> Experiment:
    experiment = opened(
        map(_suspect, suspects),
        _links(looks) | _evaluating(suspects),
        asynchronous=_asynchronous(looks),
        terms=_terms(suspects),
    )
    for look in looks:
        experiment = observed(experiment, look.cohorts, lost=sum(look.lost.values()))
    return experiment


def _terms(suspects: Sequence[Exposed]) -> Terms:
    """As usual, and with as much failing together as the gates of any suspect were told."""
    usual = Terms()
    told = max(suspect.design_effect for suspect in suspects)
    return replace(usual, boundaries=replace(usual.boundaries, design_effect=told))


def _suspect(exposed: Exposed) -> Suspect:
    action = exposed.action
    return Suspect(service=action.service, old=action.old, new=action.new, exposure=exposed.exposure)


def _release(exposed: Exposed) -> Release:
    action, since = exposed.action, exposed.since
    return Release(service=action.service, old=action.old, new=action.new, began=since, reached=since)


def _links(looks: Sequence[TraceReading]) -> set[Link]:
    """Who called whom, whatever their versions."""
    edges = {edge for look in looks for edge in look.edges}
    return {(edge.caller.service, edge.callee.service) for edge in edges if edge.caller is not None}


def _evaluating(suspects: Sequence[Exposed]) -> set[Link]:
    """A flag is where the services are that implement it: it may fail only where it meets a new version of one."""
    flags = [suspect.action for suspect in suspects if isinstance(suspect.action, ExposeFlag)]
    return {(service, flag.service) for flag in flags for service in flag.services}


def _asynchronous(looks: Sequence[TraceReading]) -> set[Link]:
    """Links of which no call was ever waited for."""
    waited = {
        (edge.caller.service, edge.callee.service)
        for look in looks
        for edge, flow in look.edges.items()
        if edge.caller is not None and flow.calls > flow.asynchronous
    }
    return _links(looks) - waited
