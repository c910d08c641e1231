"""Questions about directed graphs: layers, cycles, what is reachable, the fewest edges to blame for cycles.

A graph is a mapping from each node to its successors; nodes are strings and every answer is in the order in
which the mapping gives them, so that the same input always reads the same.
"""

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

Node = TypeVar("Node", bound=Hashable)
Blame = TypeVar("Blame", bound=Hashable)
Graph = Mapping[Node, Sequence[Node]]

MOST_ROUNDS = 200
"""How often `fewest_to_break` looks for further cycles before it settles for a set not proven smallest."""


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
    inside = tuple(group)
    cycles = (_cycle_through(graph, node, frozenset(inside)) for node in inside)
    return min(filter(None, cycles), key=len, default=())


def _cycle_through(graph: Graph[Node], start: Node, inside: frozenset[Node]) -> tuple[Node, ...]:
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


def fewest_to_break(
    graph: Graph[Node], blame: Callable[[Node, Node], Blame | None]
) -> tuple[tuple[Blame, ...], bool]:
    """The fewest causes whose removal leaves no cycle, and whether that is proven to be the fewest.

    `blame` names the cause of an edge, or None for an edge that cannot be given up; one cause may stand
    behind many edges. Every cycle must hold at least one cause. This is minimum feedback arc set, solved as a
    hitting set over cycles that are generated as they are found; exact, through HiGHS, although NP-hard.
    """
    cycles: list[tuple[Blame, ...]] = []
    chosen: tuple[Blame, ...] = ()
    for _ in range(MOST_ROUNDS):
        rest = {
            node: [after for after in successors if blame(node, after) not in chosen]
            for node, successors in graph.items()
        }
        found = [_causes(rest, group, blame) for group in cyclic_components(rest)]
        if not found:
            return chosen, True
        cycles += found
        chosen = _smallest_hitting_set(cycles)
    return chosen, False


def _causes(
    graph: Graph[Node], group: Iterable[Node], blame: Callable[[Node, Node], Blame | None]
) -> tuple[Blame, ...]:
    cycle = shortest_cycle(graph, group)
    edges = zip(cycle, (*cycle[1:], cycle[0]), strict=True)
    causes = (blame(before, after) for before, after in edges)
    return tuple(dict.fromkeys(cause for cause in causes if cause is not None))


def _smallest_hitting_set(sets: Sequence[tuple[Blame, ...]]) -> tuple[Blame, ...]:
    causes = list(dict.fromkeys(cause for members in sets for cause in members))
    matrix = np.array([[cause in members for cause in causes] for members in sets], dtype=float)
    answer = milp(
        np.ones(len(causes)),
        constraints=LinearConstraint(matrix, lb=1),
        integrality=np.ones(len(causes)),
        bounds=Bounds(0, 1),
    )
    return tuple(cause for cause, taken in zip(causes, answer.x, strict=True) if taken > 0.5)
