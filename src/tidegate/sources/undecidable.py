"""Which gates of a change cannot come to an answer with the traffic that the catalog declares."""

from collections.abc import Iterator
from dataclasses import dataclass

from tidegate.core.catalog import Catalog
from tidegate.core.change import Change, FlagExposure
from tidegate.core.errors import Problem
from tidegate.core.gates.sizing import Shortfall, shortfalls
from tidegate.core.strategy import Strategy
from tidegate.sources.change_source import Source
from tidegate.sources.tree import Node


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """Something that is exposed: its name, what requests reach, how many there are a second, and where that stands."""

    name: str
    new: str
    strategy: Strategy
    traffic: float | None
    place: Node
    stages: Node


def undecidable(source: Source, change: Change) -> Iterator[Problem]:
    """The stages whose gates would need more requests than there are by the end of their wait."""
    for judged in (*_releases(source, change), *_flags(source, change)):
        places = judged.stages.at("canary", "stages").elements
        for shortfall in shortfalls(judged.strategy.stages, judged.traffic):
            place = places[min(shortfall.stage, len(places) - 1)] if places else judged.place
            yield _undecided(judged, shortfall, place)


def _releases(source: Source, change: Change) -> Iterator[_Judged]:
    for node, release in zip(source.releases, change.releases, strict=True):
        yield _Judged(
            name=release.service,
            new=release.version,
            strategy=release.strategy,
            traffic=source.catalog.services[release.service].traffic,
            place=node.at("service"),
            stages=source.own_or_spec(node, "strategy"),
        )


def _flags(source: Source, change: Change) -> Iterator[_Judged]:
    for node, exposure in zip(source.exposures, change.exposures, strict=True):
        traffic = _traffic(source.catalog, change, exposure)
        name, new = f"flag {exposure.flag}", f"its variant {exposure.on}"
        for audience, of_audience in zip(exposure.audiences, node.at("audiences").elements, strict=True):
            yield _Judged(
                name=f"{name} for {audience.name}",
                new=new,
                strategy=audience.strategy,
                traffic=traffic,
                place=of_audience,
                stages=of_audience.at("strategy"),
            )
        yield _Judged(
            name=name,
            new=new,
            strategy=exposure.strategy,
            traffic=traffic,
            place=node.at("flag"),
            stages=source.own_or_spec(node, "strategy"),
        )


def _traffic(catalog: Catalog, change: Change, exposure: FlagExposure) -> float | None:
    """The most requests a second that can evaluate a flag: those of all services that do; None where one is unknown."""
    released = {release.service: release.evaluates for release in change.releases}
    evaluating = [
        service.traffic
        for name, service in catalog.services.items()
        if exposure.flag in released.get(name, service.flags)
    ]
    known = [traffic for traffic in evaluating if traffic is not None]
    return sum(known) if known and len(known) == len(evaluating) else None


def _undecided(judged: _Judged, shortfall: Shortfall, place: Node) -> Problem:
    stage = judged.strategy.stages[shortfall.stage]
    message = (
        f"the gate of {judged.name} cannot come to an answer at {stage.exposure * 100:g}%: by the end of its wait "
        f"about {shortfall.expected:,.0f} requests reach {judged.new}, and to show that {shortfall.claim} "
        f"takes {shortfall.needed:,.0f} at least"
    )
    return place.problem(message, "more exposure, a longer wait, a wider boundary, or action: observe")
