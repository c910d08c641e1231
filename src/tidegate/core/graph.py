"""Questions about directed graphs: layers, cycles, what is reachable.

A graph is a mapping from each node to its successors; nodes are strings and every answer is in the order in
which the mapping gives them, so that the same input always reads the same. What passes over the whole graph is
worked out on numbered nodes, in arrays (`adjacency`).
"""

from collections import deque
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from itertools import chain
from typing import TypeVar

import numpy as np

from tidegate.core.adjacency import Adjacency

Node = TypeVar("Node", bound=Hashable)
Graph = Mapping[Node, Sequence[Node]]

MOST_STARTS = 64
"""Through how many nodes of a group `shortest_cycle` looks for a way round."""


def layers(graph: Graph[Node]) -> tuple[tuple[Node, ...], ...]:
    """Nodes by longest distance from a source. Nodes on or behind a cycle are left out."""
    nodes = list(graph)
    return tuple(tuple(nodes[i] for i in layer.tolist()) for layer in _numbered(graph).layers())


def _numbered(graph: Graph[Node]) -> Adjacency:
    number = {node: i for i, node in enumerate(graph)}
    lengths = np.fromiter(map(len, graph.values()), dtype=np.int64, count=len(graph))
    ends = np.fromiter(map(number.__getitem__, chain.from_iterable(graph.values())), dtype=np.int64)
    return Adjacency(begins=np.concatenate(([0], np.cumsum(lengths))), ends=ends)


def reachable(graph: Graph[Node], seeds: Iterable[Node]) -> frozenset[Node]:
    """The seeds and everything that can be reached from them."""
    found = set(seeds)
    frontier = deque(found)
    while frontier:
        for node in graph[frontier.popleft()]:
            if node not in found:
                found.add(node)
                frontier.append(node)
    return frozenset(found)


def strong_components(graph: Graph[Node]) -> tuple[tuple[Node, ...], ...]:
    """Groups of nodes that reach each other, single nodes included, in the order of their first members."""
    groups: dict[int, list[Node]] = {}
    for node, label in zip(graph, _numbered(graph).components().tolist(), strict=True):
        groups.setdefault(label, []).append(node)
    return tuple(map(tuple, groups.values()))


def cyclic_components(graph: Graph[Node]) -> tuple[tuple[Node, ...], ...]:
    """The groups that contain a cycle: more than one node, or one that leads to itself."""
    return tuple(group for group in strong_components(graph) if len(group) > 1 or group[0] in graph[group[0]])


def shortest_cycle(graph: Graph[Node], group: Iterable[Node]) -> tuple[Node, ...]:
    """A shortest cycle inside `group`, each node once; the way back to the first is understood.

    Of a group of more than `MOST_STARTS` nodes, the shortest through one of the first so many.
    """
    members = tuple(group)
    inside = frozenset(members)
    best: tuple[Node, ...] = ()
    for node in members[:MOST_STARTS]:
        best = cycle_through(graph, node, inside, len(best) or None) or best
    return best


def cycle_through(
    graph: Graph[Node], start: Node, inside: Collection[Node], shorter_than: int | None = None
) -> tuple[Node, ...]:
    """A shortest cycle through `start` and otherwise inside `inside`, if there is one shorter than that."""
    most = len(inside) + 1 if shorter_than is None else shorter_than - 1
    came_from: dict[Node, Node] = {}
    frontier = [start]
    for _ in range(most):
        reached: list[Node] = []
        for node in frontier:
            for successor in graph[node]:
                if successor == start:
                    return _path(came_from, start, node)
                if successor in inside and successor not in came_from:
                    came_from[successor] = node
                    reached.append(successor)
        frontier = reached
    return ()


def _path(came_from: Mapping[Node, Node], start: Node, end: Node) -> tuple[Node, ...]:
    path = [end]
    while path[-1] != start:
        path.append(came_from[path[-1]])
    return tuple(reversed(path))
