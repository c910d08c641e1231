"""From the node where it shows to the node where it begins, over a known graph, by metrics alone.

The symptom is an amount: so many seconds, or failures, more than usual. A callee can have handed its caller at most its
own excess, and what no callee accounts for began at the caller. So the symptom walks down the graph, at each node
divided among the callees by their excess; what stays at a node is that node's share of the origin.

Five things mislead a plain account:
- Chance. Only what is beyond it counts against a callee, and a caller keeps only what is beyond it. A node too noisy to
  say anything lets through what lies below it.
- What only its caller measures is that caller's word. One slow resource of many is slow; if all are, it is the caller's
  clock, processor or network, and the caller keeps the blame.
- A callee that is slow because its caller sends more is a victim of that caller.
- A caller may time out on a slow callee, or be slow because it tries a failing one again. What stays at a node goes on
  to callees that are worse in the other measure, by how much more unusual they are than it.
- A node without metrics cannot be acquitted, nor found guilty. The walk passes through it, and it is suspected after
  its caller: half of what stays there, less if it is seldom called anyway.
"""

from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from math import inf

from tidegate.core.attribution.anomaly import Excess, Measure, shrunk
from tidegate.core.attribution.episode import Episode, Symptom

Graph = Mapping[str, Collection[str]]
"""Whom each node calls."""

MOST_STEPS = 1000
"""Of the walk; only a circle of callers makes as many."""
NEGLIGIBLE = 1e-6
SILENT_SHARE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A node that may be the origin: its `share` of the symptom, and by how many standard deviations it is worse than
    usual in what is worst of it; without a `score`, nothing is known of it.
    """

    node: str
    share: float
    score: float | None


def origins(graph: Graph, symptom: Symptom, episode: Episode) -> tuple[Suspect, ...]:
    """The node of the symptom and all that it depends on, the likeliest origin first."""
    walk = _Walk(graph, symptom, episode)
    shares = walk.shares()
    suspects = (
        Suspect(node=node, share=shares.get(node, 0.0), score=walk.score(node))
        for node in reached(graph, symptom.node)
    )
    return tuple(sorted(suspects, key=lambda each: (-each.share, -(each.score or 0.0))))


def reached(graph: Graph, start: str) -> list[str]:
    """A node and all that it depends on, the nearest first."""
    found, waiting = {start: None}, deque([start])
    while waiting:
        new = [callee for callee in graph.get(waiting.popleft(), ()) if callee not in found]
        found.update(dict.fromkeys(new))
        waiting.extend(new)
    return list(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Below:
    """What is below a node: how much each callee accounts for, and those of which nothing is known."""

    given: Mapping[str, float]
    silent: Collection[str]


class _Walk:
    """A walk over pairs of node and measure; whatever was worked out once is kept."""

    def __init__(self, graph: Graph, symptom: Symptom, episode: Episode) -> None:
        self._graph, self._symptom, self._episode = graph, symptom, episode
        self._excesses: dict[Symptom, Excess | None] = {}
        self._steps: dict[Symptom, Mapping[Symptom, float]] = {}

    def score(self, node: str) -> float | None:
        found = (self._excess(Symptom(node=node, measure=measure)) for measure in Measure)
        return max((excess.score for excess in found if excess is not None), default=None)

    def shares(self) -> Mapping[str, float]:
        """The share of the symptom that ends at each node."""
        ended: dict[str, float] = {}
        under_way: Mapping[Symptom, float] = {self._symptom: 1.0}
        for _ in range(MOST_STEPS):
            under_way = self._moved(under_way, ended)
            if not under_way:
                break
        for at, share in under_way.items():
            ended[at.node] = ended.get(at.node, 0.0) + share
        return ended

    def _moved(self, under_way: Mapping[Symptom, float], ended: dict[str, float]) -> Mapping[Symptom, float]:
        """One step of all that is under way; what stays goes to `ended`."""
        arrived: dict[Symptom, float] = {}
        for at, share in under_way.items():
            steps = self._steps_from(at)
            stays = share * (1.0 - sum(steps.values()))
            ended[at.node] = ended.get(at.node, 0.0) + stays
            for node in self._below(at).silent:
                suspected = stays * SILENT_SHARE * self._episode.presence(node)
                ended[node] = max(ended.get(node, 0.0), suspected)
            for to, part in steps.items():
                arrived[to] = arrived.get(to, 0.0) + share * part
        return {at: share for at, share in arrived.items() if share > NEGLIGIBLE}

    def _steps_from(self, at: Symptom) -> Mapping[Symptom, float]:
        """Where what arrives goes on to, and in which parts; the rest stays."""
        if at not in self._steps:
            steps = dict(self._to_callees(at))
            stays = 1.0 - sum(steps.values())
            for to, part in self._to_worse(at).items():
                steps[to] = stays * part
            self._steps[at] = steps
        return self._steps[at]

    def _to_callees(self, at: Symptom) -> Iterator[tuple[Symptom, float]]:
        given = self._below(at).given
        total = sum(given.values())
        kept = self._unaccounted(at, given)
        for node, amount in given.items():
            part = amount / (total + kept) * (1.0 - self._load(at.node, node))
            yield Symptom(node=node, measure=at.measure), part * self._measured(at, node, given)

    def _below(self, at: Symptom) -> _Below:
        """The nearest callees that are worse beyond chance, through those of which less, or nothing, is known."""
        given, silent, seen = {}, [], {at.node}
        waiting = deque([(at.node, self._limit(at))])
        while waiting:
            caller, limit = waiting.popleft()
            for node in self._graph.get(caller, ()):
                if node in seen:
                    continue
                seen.add(node)
                excess = self._excess(Symptom(node=node, measure=at.measure))
                if excess is None:
                    silent.append(node)
                    waiting.append((node, limit))
                elif excess.credible > 0:
                    given[node] = min(excess.credible, limit)
                elif excess.possible > 0:
                    waiting.append((node, min(limit, excess.possible)))
        return _Below(given=given, silent=silent)
