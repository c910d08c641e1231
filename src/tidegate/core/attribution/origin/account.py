"""What of an excess at one node its callees account for, and what it has to account for itself.

A callee can have handed its caller at most its own excess, and what no callee accounts for began at the caller. An
excess is divided by the squares of these amounts, as one fault is likelier than several. Five things mislead so plain
an account:
- Chance. Only what is beyond it counts against a callee, and a caller keeps only what is beyond it. Through a node too
  noisy to tell anything, what lies below it is seen.
- What only its caller measures is that caller's word. One slow resource of many is slow; if all are, it is the caller's
  clock, processor or network, and the caller keeps the blame.
- A callee that is slow because its caller sends more is a victim of that caller. A load that doubled explains all.
- A caller may time out on a slow callee, or be slow because it tries a failing one again. What stays at a node goes on
  to callees that are worse in the other measure, by how much more unusual they are than the node itself.
- A node without metrics can be neither acquitted nor found guilty. What lies below it is seen through it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from math import hypot, inf

from tidegate.core.attribution.origin.anomaly import Excess, shrunk
from tidegate.core.attribution.origin.episode import Episode, Symptom

Graph = Mapping[str, Collection[str]]
"""Whom each node calls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Which `parts` of an excess go on to where; the rest stays. Of the `silent` callees nothing is known."""

    parts: Mapping[Symptom, float]
    silent: Collection[str]

    @property
    def stays(self) -> float:
        """The part that stays."""
        return max(1.0 - sum(self.parts.values()), 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Below:
    """The nearest callees that are worse beyond chance, each with the most that can have come up from it, and those
    of which nothing is known.
    """

    worse: Mapping[str, float]
    silent: Collection[str]


class Account:
    """The accounts of all nodes in one episode; whatever was worked out once is kept."""

    def __init__(self, graph: Graph, shown: Symptom, episode: Episode) -> None:
        self._graph, self._shown, self._episode = graph, shown, episode
        self._excesses: dict[Symptom, Excess | None] = {}
        self._splits: dict[Symptom, Split] = {}

    def excess(self, at: Symptom) -> Excess | None:
        """What a node costs more than usual; none if that cannot be told."""
        if at not in self._excesses:
            self._excesses[at] = self._episode.excess(at.node, at.measure)
        return self._excesses[at]

    def split(self, at: Symptom) -> Split:
        """What becomes of an excess that came as far as this."""
        if at not in self._splits:
            below = self._below(at, self._limit(at))
            same = Split(parts=dict(self._to_callees(at, below.worse)), silent=below.silent)
            other = {to: same.stays * part for to, part in self._to_other_measure(at)}
            self._splits[at] = Split(parts={**same.parts, **other}, silent=below.silent)
        return self._splits[at]

    def _limit(self, at: Symptom) -> float:
        """What may have come through a node at most. What shows is a fact, however noisy its node."""
        excess = self.excess(at)
        return inf if excess is None or at == self._shown else excess.possible

    def _below(self, at: Symptom, limit: float) -> _Below:
        """What is below a node of which at most `limit` came: the widest way to each callee counts."""
        worse: dict[str, float] = {}
        silent: list[str] = []
        seen, waiting = {at.node}, [(-limit, at.node)]
        while waiting:
            narrowest, caller = heappop(waiting)  # the widest of all ways so far, as they are negative
            new = [node for node in self._graph.get(caller, ()) if node not in seen]
            seen.update(new)
            for node in new:
                excess = self.excess(Symptom(node=node, measure=at.measure))
                if excess is None:
                    silent.append(node)
                    heappush(waiting, (narrowest, node))
                elif excess.credible > 0:
                    worse[node] = min(excess.possible, -narrowest)
                elif excess.possible > 0:
                    heappush(waiting, (max(-excess.possible, narrowest), node))
        return _Below(worse=worse, silent=silent)

    def _to_callees(self, at: Symptom, worse: Mapping[str, float]) -> Iterator[tuple[Symptom, float]]:
        callees = {Symptom(node=node, measure=at.measure): limit for node, limit in worse.items()}
        found = {to: excess for to in callees if (excess := self.excess(to)) is not None}
        given = {to: min(excess.credible, callees[to]) for to, excess in found.items()}
        accounted = sum(min(excess.amount, callees[to]) for to, excess in found.items())
        total = sum(amount**2 for amount in given.values()) + self._own(at, accounted, found.values()) ** 2
        measured = self._measured(at, worse)
        for to, amount in given.items():
            part = amount**2 / total * (1.0 - self._load(at.node, to.node))
            yield to, part if self._graph.get(to.node) else part * measured

    def _own(self, at: Symptom, accounted: float, others: Iterable[Excess]) -> float:
        """What of the excess of a node is beyond what others account for, and beyond chance."""
        mine = self.excess(at)
        if mine is None:
            return 0.0
        return shrunk(mine.amount - accounted, hypot(mine.noise, *(excess.noise for excess in others)))

    def _measured(self, at: Symptom, suspects: Collection[str]) -> float:
        """The part of what a caller measures at its resources that is theirs: all if one is worse, none if all are."""
        resources = [
            node
            for node in self._graph.get(at.node, ())
            if not self._graph.get(node) and self.excess(Symptom(node=node, measure=at.measure)) is not None
        ]
        worse = sum(node in suspects for node in resources)
        return 1.0 if worse <= 1 else 1.0 - (worse - 1) / (len(resources) - 1)

    def _load(self, caller: str, callee: str) -> float:
        """The part of what is worse at a callee that the caller's own load explains."""
        return min(self._episode.growth(caller), self._episode.growth(callee), 1.0)

    def _to_other_measure(self, at: Symptom) -> Iterator[tuple[Symptom, float]]:
        mine = self.excess(at)
        there = Symptom(node=at.node, measure=at.measure.other)
        worse = [Symptom(node=node, measure=there.measure) for node in self._below(there, inf).worse]
        scores = [excess.score for each in worse if (excess := self.excess(each)) is not None]
        if mine is None or not scores:
            return
        goes_on = max(scores) / (max(scores) + max(mine.score, 0.0))
        for to, score in zip(worse, scores, strict=True):
            yield to, goes_on * score / sum(scores)
