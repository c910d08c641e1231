"""From the node where it shows to the node where it begins, over a known graph, by metrics alone.

The symptom is an amount: so many seconds, or failures, more than usual. It walks down the graph, at each node divided
as `account` says; what stays at a node is that node's share of the origin.

A node without metrics keeps nothing, as nothing speaks against it. It is suspected after its caller: half of what stays
there, less if it is seldom called anyway.
"""

from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from tidegate.core.attribution.origin.account import Account, Graph, Split
from tidegate.core.attribution.origin.anomaly import Measure
from tidegate.core.attribution.origin.episode import Episode, Symptom

MOST_STEPS = 100
"""Of the walk; what is still under way then, in a circle of callers, stays where it is."""
NEGLIGIBLE = 1e-6
SILENT_SHARE = 0.5
DIGITS = 6
"""Of a share; what differs less does not differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A node that may be the origin: its `share` of the symptom, and by how many standard deviations it is worse than
    usual in what is worst of it. Without a `score` nothing is known of it.
    """

    node: str
    share: float
    score: float | None


def origins(graph: Graph, symptom: Symptom, episode: Episode) -> tuple[Suspect, ...]:
    """The node of the symptom and all that it depends on, the likeliest origin first.

    Of those with the same share, the one comes first through which more of the symptom went, then the more unusual.
    """
    account = Account(graph, symptom, episode)
    trail = _walked(account, symptom, episode)
    suspects = (
        Suspect(node=node, share=round(trail.share(node), DIGITS), score=_score(account, node))
        for node in reached(graph, symptom.node)
    )
    rank = {
        suspect: (-suspect.share, -trail.came(suspect.node), -(suspect.score or 0.0)) for suspect in suspects
    }
    return tuple(sorted(rank, key=rank.__getitem__))


def reached(graph: Graph, start: str) -> tuple[str, ...]:
    """A node and all that it depends on, the nearest first."""
    found, waiting = {start: None}, deque([start])
    while waiting:
        new = [callee for callee in graph.get(waiting.popleft(), ()) if callee not in found]
        found.update(dict.fromkeys(new))
        waiting.extend(new)
    return tuple(found)


def _score(account: Account, node: str) -> float | None:
    found = (account.excess(Symptom(node=node, measure=measure)) for measure in Measure)
    return max((excess.score for excess in found if excess is not None), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trail:
    """How much of the symptom came to each node, `ended` there, and what silent nodes are `suspected` of."""

    arrived: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    ended: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    suspected: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def share(self, node: str) -> float:
        return max(self.ended[node], self.suspected[node])

    def came(self, node: str) -> float:
        return round(self.arrived[node], DIGITS)


def _walked(account: Account, symptom: Symptom, episode: Episode) -> _Trail:
    trail = _Trail()
    under_way: Mapping[Symptom, float] = {symptom: 1.0}
    for _ in range(MOST_STEPS):
        for at, share in under_way.items():
            _leave(trail, at.node, share, account.split(at), episode)
        under_way = _moved(account, under_way)
    for at, share in under_way.items():
        trail.ended[at.node] += share
    return trail


def _leave(trail: _Trail, node: str, share: float, split: Split, episode: Episode) -> None:
    """Note what came to a node and what of it stays there."""
    stays = share * split.stays
    trail.arrived[node] += share
    trail.ended[node] += stays
    for silent in split.silent:
        suspected = stays * SILENT_SHARE * episode.presence(silent)
        trail.suspected[silent] = max(trail.suspected[silent], suspected)


def _moved(account: Account, under_way: Mapping[Symptom, float]) -> Mapping[Symptom, float]:
    """One step of all that goes on."""
    arrived: dict[Symptom, float] = {}
    for at, share in under_way.items():
        for to, part in account.split(at).parts.items():
            arrived[to] = arrived.get(to, 0.0) + share * part
    return {at: share for at, share in arrived.items() if share > NEGLIGIBLE}
