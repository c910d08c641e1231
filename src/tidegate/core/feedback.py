"""The fewest causes to give up so that a graph has no cycle: minimum feedback arc set, which is NP-hard.

An edge goes when all its causes are given up; one cause may stand behind many edges, and an edge without any
stays. Every cycle must hold an edge that can go. The knots of the graph are taken apart, except where they
share a cause, and each is broken in one of two ways:

    exact    A hitting set: choose the fewest causes such that each known cycle loses an edge, by HiGHS; look
             for cycles that are left, and choose again. Once none is left the choice is the fewest, because
             whatever breaks all cycles breaks the known ones.
    greedy   Where the knot is too hard for that: the edges that point backwards in a sequence of few such
             edges (`sequence`), or what the search had come to, mended where a cycle is left, then thinned.
             How many cycles there are without a common cause, or what the search has proven, is the lower
             bound.

The exact search is limited in rounds, and each in seconds: a slower machine may prove less, and then says so.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice, pairwise
from typing import Final, Generic

from tidegate.core import graph
from tidegate.core.graph import Graph, Node
from tidegate.core.hitting import Cause, Cycle, Hitting, smallest_hitting_set
from tidegate.core.sequence import sequence

Causes = tuple[Cause, ...]

MOST_EDGES: Final = 2_000
"""The largest knot, by its edges, that the exact search begins with."""

MOST_ROUNDS: Final = 12
"""How often the exact search looks for further cycles; each time adds many of them."""

MOST_STARTS: Final = 1_000
"""From how many nodes of a knot one search for cycles sets out."""

MOST_THINNING: Final = 20_000_000
"""How many edges thinning may look at, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaking(Generic[Cause]):
    """Causes whose removal leaves no cycle, and how many any such set has at least."""

    causes: tuple[Cause, ...] = ()
    at_least: int = 0

    @property
    def proven(self) -> bool:
        """Is there surely no smaller set?"""
        return len(self.causes) == self.at_least


def fewest_to_break(graph_: Graph[Node], causes: Callable[[Node, Node], Causes[Cause]]) -> Breaking[Cause]:
    """The fewest causes whose removal leaves no cycle, or few of them and a lower bound."""
    broken = [knot.broken() for knot in _knots(graph_, causes)]
    return Breaking(
        causes=tuple(chain.from_iterable(part.causes for part in broken)),
        at_least=sum(part.at_least for part in broken),
    )


def _knots(
    graph_: Graph[Node], causes: Callable[[Node, Node], Causes[Cause]]
) -> Iterator["_Knot[Node, Cause]"]:
    """The parts of the graph that have cycles; those that share a cause are one."""
    parts = [_edges_inside(graph_, group, causes) for group in graph.cyclic_components(graph_)]
    holders: dict[Cause, list[int]] = {}
    for number, part in enumerate(parts):
        for cause in dict.fromkeys(chain.from_iterable(part.values())):
            holders.setdefault(cause, []).append(number)
    neighbours: dict[int, list[int]] = {number: [] for number in range(len(parts))}
    for numbers in holders.values():
        for one, other in pairwise((*numbers, numbers[0])):
            neighbours[one].append(other)
    for together in graph.strong_components(neighbours):
        yield _Knot(edges=dict(chain.from_iterable(parts[number].items() for number in together)))


def _edges_inside(
    graph_: Graph[Node], group: Iterable[Node], causes: Callable[[Node, Node], Causes[Cause]]
) -> dict[tuple[Node, Node], Causes[Cause]]:
    inside = dict.fromkeys(group)
    return {
        (node, after): causes(node, after) for node in inside for after in graph_[node] if after in inside
    }


@dataclass(frozen=True, kw_only=True)
class _Knot(Generic[Node, Cause]):
    """The edges of a part of the graph, each with its causes, and the ways to break it."""

    edges: Mapping[tuple[Node, Node], Causes[Cause]]

    @cached_property
    def edges_of(self) -> Mapping[Cause, Sequence[tuple[Node, Node]]]:
        """The edges behind which each cause stands."""
        found: dict[Cause, list[tuple[Node, Node]]] = {}
        for edge, causes in self.edges.items():
            for cause in causes:
                found.setdefault(cause, []).append(edge)
        return found

    def broken(self) -> Breaking[Cause]:
        """The fewest causes that break it, or few."""
        known = self.disjoint_cycles(frozenset())
        if len(self.edges) > MOST_EDGES:
            return Breaking(causes=self.mended(self.backwards()), at_least=len(known))
        return self.exactly(known)

    def exactly(self, known: Sequence[Cycle[Cause]]) -> Breaking[Cause]:
        """The fewest causes, or few where the limits were reached."""
        cycles = [*known]
        best: Hitting[Cause] = Hitting(causes=(), at_least=len(known), finished=True)
        for _ in range(MOST_ROUNDS):
            best = smallest_hitting_set(cycles, at_least=best.at_least)
            left = self.short_cycles(frozenset(best.causes))
            if not left:
                return Breaking(causes=best.causes, at_least=best.at_least)
            if not best.finished:
                break
            cycles += left
        few = min(self.mended(best.causes), self.mended(self.backwards()), key=len)
        return Breaking(causes=few, at_least=best.at_least)

    def backwards(self) -> tuple[Cause, ...]:
        """The causes of edges that point backwards in a sequence of all nodes."""
        order = sequence(self.left(frozenset()), lambda a, b: 1 if self.edges[a, b] else len(self.edges))
        position = {node: i for i, node in enumerate(order)}
        found = (causes for (a, b), causes in self.edges.items() if position[a] >= position[b])
        return tuple(dict.fromkeys(chain.from_iterable(found)))

    def mended(self, chosen: tuple[Cause, ...]) -> tuple[Cause, ...]:
        """`chosen` with what it takes to leave no cycle, without what is not needed for that."""
        enough = dict.fromkeys(chosen)
        while left := self.disjoint_cycles(enough.keys()):
            enough |= dict.fromkeys(chain.from_iterable(cycle[0] for cycle in left))
        return self.thinned(tuple(enough))

    def thinned(self, chosen: tuple[Cause, ...]) -> tuple[Cause, ...]:
        """What is left of a set after taking back, one by one, what is not needed in it."""
        given_up = dict.fromkeys(chosen)
        rest = {node: list(after) for node, after in self.left(given_up.keys()).items()}
        for cause in chosen[: MOST_THINNING // len(self.edges)]:
            del given_up[cause]
            back = [edge for edge in self.edges_of[cause] if self.stays(edge, given_up)]
            for before, after in back:
                rest[before].append(after)
            if any(before in graph.reachable(rest, [after]) for before, after in back):
                given_up[cause] = None
                for before, after in back:
                    rest[before].remove(after)
        return tuple(cause for cause in chosen if cause in given_up)

    def stays(self, edge: tuple[Node, Node], given_up: Collection[Cause]) -> bool:
        """Whether an edge is there although some causes are given up."""
        causes = self.edges[edge]
        return not causes or any(cause not in given_up for cause in causes)

    def left(self, given_up: Collection[Cause]) -> dict[Node, list[Node]]:
        """The graph without what goes with some causes."""
        found: dict[Node, list[Node]] = {node: [] for edge in self.edges for node in edge}
        for before, after in self.edges:
            if self.stays((before, after), given_up):
                found[before].append(after)
        return found

    def short_cycles(self, given_up: Collection[Cause]) -> list[Cycle[Cause]]:
        """A shortest cycle through each node that is left on one."""
        rest = self.left(given_up)
        nodes = list(chain.from_iterable(graph.cyclic_components(rest)))
        cycles = (graph.cycle_through(rest, node, rest) for node in nodes)
        found = {frozenset(causes): causes for causes in map(self.causes_on, cycles)}
        return list(found.values())

    def disjoint_cycles(self, given_up: Collection[Cause]) -> list[Cycle[Cause]]:
        """Short cycles of which no two share a cause; none exactly where no cycle is left."""
        rest = self.left(given_up)
        found: list[Cycle[Cause]] = []
        for node in islice(chain.from_iterable(graph.cyclic_components(rest)), MOST_STARTS):
            while cycle := graph.cycle_through(rest, node, rest):
                found.append(self.causes_on(cycle))
                for cause in dict.fromkeys(chain.from_iterable(found[-1])):
                    self.take_out(rest, cause)
        return found

    def causes_on(self, cycle: Sequence[Node]) -> Cycle[Cause]:
        """The causes of each edge of a cycle that can go."""
        edges = pairwise((*cycle, cycle[0]))
        return tuple(dict.fromkeys(causes for edge in edges if (causes := self.edges[edge])))

    def take_out(self, rest: Mapping[Node, list[Node]], cause: Cause) -> None:
        """Remove every edge behind which a cause stands."""
        for before, after in self.edges_of[cause]:
            if after in rest[before]:
                rest[before].remove(after)
