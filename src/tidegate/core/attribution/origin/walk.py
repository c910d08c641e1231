"""From the node where it shows to the node where it begins, over a known graph, by metrics alone.

The symptom is an amount: so many seconds, or failures, more than usual. It walks down the graph, at each node divided
as `account` says; what stays at a node is that node's share of the origin.

A node without metrics keeps nothing, as nothing speaks against it. It is suspected after its caller: half of what stays
there, less if it is seldom called anyway.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from tidegate.core.attribution.origin.account import Account, Graph
from tidegate.core.attribution.origin.anomaly import Measure
from tidegate.core.attribution.origin.episode import Episode, Symptom

MOST_STEPS = 100
"""Of the walk; what is still under way then, in a circle of callers, stays where it is."""
NEGLIGIBLE = 1e-6
SILENT_SHARE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A node that may be the origin: its `share` of the symptom, and by how many standard deviations it is worse than
    usual in what is worst of it. Without a `score` nothing is known of it.
    """

    node: str
    share: float
    score: float | None


def origins(graph: Graph, symptom: Symptom, episode: Episode) -> tuple[Suspect, ...]:
    """The node of the symptom and all that it depends on, the likeliest origin first."""
    account = Account(graph, symptom, episode)
    shares = _shares(account, symptom, episode)
    suspects = (
        Suspect(node=node, share=shares.get(node, 0.0), score=_score(account, node))
        for node in reached(graph, symptom.node)
    )
    return tuple(sorted(suspects, key=lambda each: (-each.share, -(each.score or 0.0))))


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


def _shares(account: Account, symptom: Symptom, episode: Episode) -> Mapping[str, float]:
    """The share of the symptom that ends at each node, and what the silent ones are suspected of."""
    ended: dict[str, float] = {}
    suspected: dict[str, float] = {}
    under_way: Mapping[Symptom, float] = {symptom: 1.0}
    for _ in range(MOST_STEPS):
        for at, share in under_way.items():
            split = account.split(at)
            stays = share * split.stays
            ended[at.node] = ended.get(at.node, 0.0) + stays
            for node in split.silent:
                doubt = stays * SILENT_SHARE * episode.presence(node)
                suspected[node] = max(suspected.get(node, 0.0), doubt)
        under_way = _moved(account, under_way)
    for at, share in under_way.items():
        ended[at.node] = ended.get(at.node, 0.0) + share
    return {**suspected, **ended}


def _moved(account: Account, under_way: Mapping[Symptom, float]) -> Mapping[Symptom, float]:
    """One step of all that goes on."""
    arrived: dict[Symptom, float] = {}
    for at, share in under_way.items():
        for to, part in account.split(at).parts.items():
            arrived[to] = arrived.get(to, 0.0) + share * part
    return {at: share for at, share in arrived.items() if share > NEGLIGIBLE}
