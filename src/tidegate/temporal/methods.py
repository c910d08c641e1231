"""The methods of attribution, given what a rollout has stored."""

from collections.abc import Sequence

from tidegate.core.attribution.answer import Answer, Attribution, Basis
from tidegate.core.attribution.experiment import Experiment, observed, opened
from tidegate.core.attribution.factorial import attribution_of
from tidegate.core.attribution.suspects import Link, Suspect
from tidegate.core.errors import Refused
from tidegate.temporal.journey_file import JourneyLook
from tidegate.temporal.messages import Exposed


def by_journeys(suspects: Sequence[Exposed], looks: Sequence[JourneyLook]) -> Attribution:
    """Who is at fault by whole journeys, as an experiment."""
    try:
        return attribution_of(_experiment(suspects, looks))
    except Refused as refused:
        return Attribution(answer=Answer.NOT_IDENTIFIABLE, basis=Basis.TRACES, reason=str(refused))


def _experiment(suspects: Sequence[Exposed], looks: Sequence[JourneyLook]) -> Experiment:
    experiment = opened(map(_suspect, suspects), _links(looks), asynchronous=_asynchronous(looks))
    for look in looks:
        experiment = observed(experiment, look.found.cohorts, lost=sum(look.found.lost.values()))
    return experiment


def _suspect(exposed: Exposed) -> Suspect:
    action = exposed.action
    return Suspect(service=action.service, old=action.old, new=action.new, exposure=exposed.exposure)


def _links(looks: Sequence[JourneyLook]) -> set[Link]:
    """Who called whom, whatever their versions."""
    edges = {edge for look in looks for edge in look.found.edges}
    return {(edge.caller.service, edge.callee.service) for edge in edges if edge.caller is not None}


def _asynchronous(looks: Sequence[JourneyLook]) -> set[Link]:
    """Links of which no call was ever waited for."""
    waited = {
        (edge.caller.service, edge.callee.service)
        for look in looks
        for edge, flow in look.found.edges.items()
        if edge.caller is not None and flow.calls > flow.asynchronous
    }
    return _links(looks) - waited
