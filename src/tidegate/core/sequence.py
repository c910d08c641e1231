"""Nodes of a graph in a sequence in which few edges point backwards, in time near-linear in the edges.

After Eades, Lin and Smyth, "A fast and effective heuristic for the feedback arc set problem" (1993): a sink
goes to the end, a source to the front, and where there is neither, the node that gives most and takes least
goes to the front. Edges have weights: a heavy one rather points forward.
"""

from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Generic

from tidegate.core.graph import Graph, Node

Weight = Callable[[Node, Node], int]

SINK, SOURCE, OTHER = 0, 1, 2
"""Which node is taken first."""


def sequence(graph: Graph[Node], weight: Weight[Node]) -> tuple[Node, ...]:
    """Every node of the graph once; edges from a node to itself count for nothing."""
    return _Draft(graph, weight).sequence()


class _Draft(Generic[Node]):
    """A sequence in the making: what each node still gives and takes, and the nodes by who is next.

    The heap holds an entry for every state that a node has been in; one that is out of date is passed over.
    """

    def __init__(self, graph: Graph[Node], weight: Weight[Node]) -> None:
        edges = [(a, b, weight(a, b)) for a, after in graph.items() for b in after if a != b]
        self.number = {node: i for i, node in enumerate(graph)}
        self.nodes = tuple(graph)
        self.gives: dict[Node, dict[Node, int]] = {node: {} for node in graph}
        self.takes: dict[Node, dict[Node, int]] = {node: {} for node in graph}
        for before, after, heavy in edges:
            self.gives[before][after] = self.takes[after][before] = heavy
        self.surplus = {
            node: sum(self.gives[node].values()) - sum(self.takes[node].values()) for node in graph
        }
        self.heap = [self._entry(node) for node in graph]
        heapify(self.heap)

    def sequence(self) -> tuple[Node, ...]:
        front: list[Node] = []
        back: list[Node] = []
        while self.heap:
            entry = heappop(self.heap)
            node = self.nodes[entry[2]]
            if node in self.surplus and entry == self._entry(node):
                (back if entry[0] == SINK else front).append(node)
                self._take_out(node)
        return (*front, *reversed(back))

    def _entry(self, node: Node) -> tuple[int, int, int]:
        rank = OTHER if self.gives[node] and self.takes[node] else SOURCE if self.gives[node] else SINK
        return rank, -self.surplus[node], self.number[node]

    def _take_out(self, node: Node) -> None:
        for after, heavy in self.gives.pop(node).items():
            del self.takes[after][node]
            self.surplus[after] += heavy
            heappush(self.heap, self._entry(after))
        for before, heavy in self.takes.pop(node).items():
            del self.gives[before][node]
            self.surplus[before] -= heavy
            heappush(self.heap, self._entry(before))
        del self.surplus[node]
