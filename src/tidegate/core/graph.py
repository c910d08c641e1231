"""Questions about directed graphs: layers, cycles, what is reachable.

A graph is a mapping from each node to its successors; nodes are strings and every answer is in the order in
which the mapping gives them, so that the same input always reads the same.
"""

from collections import deque
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

Node = TypeVar("Node", bound=Hashable)
Graph = Mapping[Node, Sequence[Node]]


def layers(graph: Graph[Node]) -> tuple[tuple[Node, ...], ...]:
    """Nodes by longest distance from a source (Kahn 1962). Nodes on or behind a cycle are left out."""
    waiting = dict.fromkeys(graph, 0)
    for successors in graph.values():
        for node in successors:
            waiting[node] += 1
    found: list[tuple[Node, ...]] = []
    ready = [node for node, count in waiting.items() if count == 0]
    while ready:
        found.append(tuple(ready))
        released: list[Node] = []
        for node in ready:
            for successor in graph[node]:
                waiting[successor] -= 1
                if waiting[successor] == 0:
                    released.append(successor)
        ready = released
    return tuple(found)


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
    if not graph:
        return ()
    number = {node: i for i, node in enumerate(graph)}
    edges = [(number[node], number[after]) for node, successors in graph.items() for after in successors]
    starts, ends = zip(*edges, strict=True) if edges else ((), ())
    matrix = csr_array((np.ones(len(edges)), (starts, ends)), shape=(len(graph), len(graph)))
    _, labels = connected_components(matrix, directed=True, connection="strong")
    groups: dict[int, list[Node]] = {}
    for node, label in zip(graph, labels, strict=True):
        groups.setdefault(int(label), []).append(node)
    return tuple(tuple(group) for group in groups.values())


def cyclic_components(graph: Graph[Node]) -> tuple[tuple[Node, ...], ...]:
    """The groups that contain a cycle: more than one node, or one that leads to itself."""
    return tuple(group for group in strong_components(graph) if len(group) > 1 or group[0] in graph[group[0]])


def shortest_cycle(graph: Graph[Node], group: Iterable[Node]) -> tuple[Node, ...]:
    """A shortest cycle inside `group`, each node once; the way back to the first is understood."""
    inside = dict.fromkeys(group)
    cycles = (cycle_through(graph, node, inside) for node in inside)
    return min(filter(None, cycles), key=len, default=())


def cycle_through(graph: Graph[Node], start: Node, inside: Collection[Node]) -> tuple[Node, ...]:
    """A shortest cycle through `start` and otherwise inside `inside`, or nothing."""
    came_from: dict[Node, Node] = {}
    frontier = deque([start])
    while frontier:
        node = frontier.popleft()
        for successor in graph[node]:
            if successor == start:
                return _path(came_from, start, node)
            if successor in inside and successor not in came_from:
                came_from[successor] = node
                frontier.append(successor)
    return ()


def _path(came_from: Mapping[Node, Node], start: Node, end: Node) -> tuple[Node, ...]:
    path = [end]
    while path[-1] != start:
        path.append(came_from[path[-1]])
    return tuple(reversed(path))
