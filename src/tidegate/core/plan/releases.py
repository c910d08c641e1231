"""The releases of a plan as its own steps tell them, and what makes steps, or pairs of versions, none of it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from tidegate.core.contracts.pair import Live, Pair, Side
from tidegate.core.errors import Problem
from tidegate.core.ids import ServiceName, StepId, Version, migration_as_service
from tidegate.core.migrations.phases import Part
from tidegate.core.plan.plan import Plan
from tidegate.core.plan.steps import Deploy, Expose, Migrate, Retire

Kind = TypeVar("Kind", Deploy, Expose, Retire)
KINDS: Final = ("deploy", "expose", "retire")


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """The three steps of one service: their ids, and what they do."""

    deploy: StepId
    expose: StepId
    retire: StepId
    start: Deploy
    move: Expose
    stop: Retire

    def version(self, side: Side) -> Version:
        """The old or the new version."""
        return self.move.old if side is Side.OLD else self.move.new

    @property
    def laned(self) -> frozenset[ServiceName]:
        """The consumers that a lane keeps to their own side of this service."""
        return frozenset(consumer for consumer, _ in self.start.lanes)


Releases = Mapping[ServiceName, Released]


def releases_of(plan: Plan) -> Releases:
    """Every release of a plan that has its three steps."""
    deploys, exposes, retires = _steps(plan, Deploy), _steps(plan, Expose), _steps(plan, Retire)
    return {
        name: Released(
            deploy=deploys[name][0],
            expose=exposes[name][0],
            retire=retires[name][0],
            start=deploys[name][1],
            move=exposes[name][1],
            stop=retires[name][1],
        )
        for name in deploys
        if name in exposes and name in retires
    }


def _steps(plan: Plan, kind: type[Kind]) -> Mapping[ServiceName, tuple[StepId, Kind]]:
    return {
        step.action.service: (step.id, step.action) for step in plan.steps if isinstance(step.action, kind)
    }


def contracts_of(plan: Plan) -> Mapping[ServiceName, StepId]:
    """For each migration whose old shape the plan gives up, as a provider of its data, the step that does so."""
    return {
        migration_as_service(step.action.migration.name): step.id
        for step in plan.steps
        if isinstance(step.action, Migrate) and step.action.part is Part.CONTRACT
    }


def contradictions(plan: Plan) -> Iterator[Problem]:
    """What no plan of releases has: steps missing or twice, or that speak of other versions than each other."""
    counted = Counter(
        (action.service, action.kind)
        for action in (step.action for step in plan.steps)
        if isinstance(action, Deploy | Expose | Retire)
    )
    for name in dict.fromkeys(service for service, _ in counted):
        if any(counted[name, kind] != 1 for kind in KINDS):
            yield Problem(message=f"{name} does not have one step each to deploy, to expose and to retire it")
    releases = releases_of(plan)
    for release in releases.values():
        exposed = plan.by_id[release.expose].stages
        if not exposed or exposed[-1].exposure != 1:
            yield Problem(message=f"{release.expose} does not end at 100 %: the old version would stay live")
        yield from _differing(release)
        for consumer, version in release.start.lanes:
            if consumer not in releases or releases[consumer].move.new != version:
                message = f"{release.deploy} has a lane for {consumer} {version}, which is not released"
                yield Problem(message=message)


def _differing(release: Released) -> Iterator[Problem]:
    if release.start.version != release.move.new:
        yield Problem(message=f"{release.deploy} and {release.expose} name different new versions")
    if release.stop.version != release.move.old:
        yield Problem(message=f"{release.expose} and {release.retire} name different old versions")
    if set(release.move.laned) != release.laned:
        yield Problem(message=f"{release.deploy} and {release.expose} name different lanes")


def strangers(pairs: Iterable[Pair], plan: Plan) -> Iterator[Problem]:
    """Versions in pairs that are none of the plan's."""
    releases, contracts = releases_of(plan), contracts_of(plan)
    lives = (live for pair in pairs for live in (pair.consumer, pair.provider))
    ends = {(live.service, live.side, live.version): live for live in lives}
    for live in ends.values():
        if live.service not in contracts and _strange(live, releases.get(live.service)):
            yield Problem(message=f"{live} as the {live.side} version of {live.service} is none of this plan")


def _strange(live: Live, release: Released | None) -> bool:
    return live.side is Side.NEW if release is None else live.version != release.version(live.side)
