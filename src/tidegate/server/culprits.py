"""What is at fault in a rollout, put together from what the rollout and the store know."""

from collections import Counter
from collections.abc import Iterable, Sequence

from tidegate.core.attribution.answer import Answer, Attribution, Basis
from tidegate.core.gates.evidence import CallEdge, VersionedService
from tidegate.core.gates.verdict import Outcome
from tidegate.core.plan.steps import Exposing
from tidegate.core.rollout.state import Rollout
from tidegate.core.traces.journey import Journey, Origin
from tidegate.core.traces.reading import Spread, TraceReading
from tidegate.server.culprits_view import CulpritsView, origin_views, traces_kept

MOST_TRACES = 100


def culprits_of(rollout: Rollout, seen: Sequence[TraceReading], kept: Iterable[Journey]) -> CulpritsView:
    """The view of a rollout; `seen` is what journeys came to, look after look."""
    ended = [outcomes for each in seen for outcomes in each.cohorts.values()]
    return CulpritsView(
        rollout=rollout.id,
        attribution=rollout.attribution or _alone(rollout),
        journeys=sum(outcomes.journeys for outcomes in ended),
        failed=sum(outcomes.failed for outcomes in ended),
        origins=origin_views(_origins(seen)),
        traces=traces_kept(kept, MOST_TRACES),
        lost=sum((Counter(each.lost) for each in seen), Counter()),
    )


def _alone(rollout: Rollout) -> Attribution | None:
    """Where nobody was asked because the release that failed was the only one live."""
    for step in rollout.plan.steps:
        verdict, action = rollout.steps[step.id].verdict, step.action
        if verdict is not None and verdict.outcome is Outcome.FAIL and isinstance(action, Exposing):
            return Attribution(
                answer=Answer.ONE,
                basis=Basis.EDGES,
                reason=f"no other release was live beside its old version: {verdict.reason}",
                culprits=(VersionedService(service=action.service, version=action.new),),
            )
    return None


def _origins(seen: Iterable[TraceReading]) -> dict[Origin, Spread]:
    """Where failures began, over all looks."""
    total: dict[Origin, Spread] = {}
    for each in seen:
        for origin, spread in each.origins.items():
            total[origin] = _sum(total.get(origin, Spread()), spread)
    return total


def _sum(one: Spread, other: Spread) -> Spread:
    over: Counter[CallEdge] = Counter(one.over)
    over.update(other.over)
    return Spread(
        failures=one.failures + other.failures,
        journeys=one.journeys + other.journeys,
        hops=one.hops + other.hops,
        over=over,
    )
