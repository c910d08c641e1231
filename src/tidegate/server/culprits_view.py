"""What the API shows of what is at fault in a rollout: the answer, where failures begin, and the failing traces kept.

Versions are written as people read them, `payments@2.0.0`; a caller is absent where calls come from outside.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tidegate.core.attribution.answer import Attribution
from tidegate.core.gates.evidence import CallEdge, VersionedService
from tidegate.core.traces.journey import Journey, Origin
from tidegate.core.traces.reading import Spread


@dataclass(frozen=True, slots=True, kw_only=True)
class PathEdgeView:
    """One edge on the way of failures to the entries; `failed` is how often a failure went over it."""

    caller: str | None
    callee: str
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginView:
    """Where failures began, and how far they came: how many, in how many failing journeys, over which edges.

    `hops` is the number of calls, in all, that failed on the way to the entries because of them.
    """

    at_fault: str
    caller: str | None
    callee: str
    ending: str
    failures: int
    journeys: int
    hops: int
    over: tuple[PathEdgeView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CulpritsView:
    """What is at fault in a rollout; without an `attribution` nothing failed so far that anyone asked about.

    `journeys` and `failed` count what was seen while the new versions were live. `traces` are the failing ones that
    were kept, the newest first. `lost` counts by reason what could not be used as evidence.
    """

    rollout: str
    attribution: Attribution | None
    journeys: int = 0
    failed: int = 0
    origins: tuple[OriginView, ...] = ()
    traces: tuple[Journey, ...] = ()
    lost: Mapping[str, int] = field(default_factory=dict)


def origin_views(origins: Mapping[Origin, Spread]) -> tuple[OriginView, ...]:
    """Origins for a reader: those first that fail the most journeys."""
    views = (_origin_view(origin, spread) for origin, spread in origins.items())
    return tuple(sorted(views, key=_weight))


def traces_kept(journeys: Iterable[Journey], most: int) -> tuple[Journey, ...]:
    """The newest `most` of the journeys, the newest first."""
    return tuple(sorted(journeys, key=lambda journey: -journey.entry.start)[:most])


def _origin_view(origin: Origin, spread: Spread) -> OriginView:
    return OriginView(
        at_fault=str(origin.at_fault),
        caller=_written(origin.edge.caller),
        callee=str(origin.edge.callee),
        ending=origin.ending,
        failures=spread.failures,
        journeys=spread.journeys,
        hops=spread.hops,
        over=_path(spread.over),
    )


def _path(over: Mapping[CallEdge, int]) -> tuple[PathEdgeView, ...]:
    views = (
        PathEdgeView(caller=_written(edge.caller), callee=str(edge.callee), failed=failed)
        for edge, failed in over.items()
    )
    return tuple(sorted(views, key=lambda view: (-view.failed, view.caller or "", view.callee)))


def _written(version: VersionedService | None) -> str | None:
    return None if version is None else str(version)


def _weight(view: OriginView) -> tuple[int, int, str]:
    return -view.journeys, -view.failures, f"{view.at_fault} {view.caller} {view.callee} {view.ending}"
