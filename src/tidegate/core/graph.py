"""Questions about directed graphs: layers, cycles, what is reachable, the fewest edges to blame for cycles.

A graph is a mapping from each node to its successors; nodes are strings and every answer is in the order in
which the mapping gives them, so that the same input always reads the same. What passes over the whole graph is
worked out on numbered nodes, in arrays (`adjacency`).
"""

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from itertools import chain
from typing import TypeVar

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from tidegate.core.adjacency import Adjacency

Node = TypeVar("Node", bound=Hashable)
Blame = TypeVar("Blame", bound=Hashable)
Graph = Mapping[Node, Sequence[Node]]

MOST_ROUNDS = 200
"""How often `fewest_to_break` looks for further cycles before it settles for a set not proven smallest."""

MOST_STARTS = 64
"""Through how many nodes of a group `shortest_cycle` looks for a way round."""

MOST_BRANCHES = 1000
"""How many branches HiGHS may follow for one hitting set before it settles for its best so far."""


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
        best = _cycle_through(graph, node, inside, len(best) or len(members) + 1) or best
    return best


def _cycle_through(graph: Graph[Node], start: Node, inside: frozenset[Node], limit: int) -> tuple[Node, ...]:
    """The first shortest cycle through `start` of fewer than `limit` nodes, if there is one."""
    came_from: dict[Node, Node] = {}
    frontier = [start]
    for _ in range(limit - 1):
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


def fewest_to_break(
    graph: Graph[Node], blame: Callable[[Node, Node], Blame | None]
) -> tuple[tuple[Blame, ...], bool]:
    """The fewest causes whose removal leaves no cycle, and whether that is proven to be the fewest.

    `blame` names the cause of an edge, or None for an edge that cannot be given up; one cause may stand
    behind many edges. Every cycle must hold at least one cause. This is minimum feedback arc set, solved as a
    hitting set over cycles that are generated as they are found; exact, through HiGHS, although NP-hard.
    """
    tangle = _knotted(graph)
    cycles: list[tuple[Blame, ...]] = []
    chosen: tuple[Blame, ...] = ()
    proven = True
    for _ in range(MOST_ROUNDS):
        found = _disjoint_cycles(_without(tangle, blame, chosen), blame)
        if not found:
            return chosen, proven
        cycles += found
        chosen, proven = _smallest_hitting_set(cycles)
    left = _disjoint_cycles(_without(tangle, blame, chosen), blame)
    return tuple(dict.fromkeys((*chosen, *chain.from_iterable(left)))), False


def _disjoint_cycles(
    graph: Graph[Node], blame: Callable[[Node, Node], Blame | None]
) -> list[tuple[Blame, ...]]:
    """Cycles as their causes, no two with one in common: without all of these causes no cycle is left."""
    found: list[tuple[Blame, ...]] = []
    rest = _knotted(graph)
    while rest:
        causes = [_causes(rest, group, blame) for group in cyclic_components(rest)]
        found += causes
        rest = _knotted(_without(rest, blame, chain.from_iterable(causes)))
    return found


def _knotted(graph: Graph[Node]) -> Graph[Node]:
    """The part of a graph that lies on cycles."""
    home = {node: number for number, group in enumerate(cyclic_components(graph)) for node in group}
    return {node: [after for after in graph[node] if home.get(after) == home[node]] for node in home}


def _without(
    graph: Graph[Node], blame: Callable[[Node, Node], Blame | None], causes: Iterable[Blame]
) -> Graph[Node]:
    given = set(causes)
    return {
        node: [after for after in successors if blame(node, after) not in given]
        for node, successors in graph.items()
    }


def _causes(
    graph: Graph[Node], group: Iterable[Node], blame: Callable[[Node, Node], Blame | None]
) -> tuple[Blame, ...]:
    cycle = shortest_cycle(graph, group)
    edges = zip(cycle, (*cycle[1:], cycle[0]), strict=True)
    causes = (blame(before, after) for before, after in edges)
    return tuple(dict.fromkeys(cause for cause in causes if cause is not None))


def _smallest_hitting_set(sets: Sequence[tuple[Blame, ...]]) -> tuple[tuple[Blame, ...], bool]:
    """The fewest causes of which each set holds one, and whether HiGHS could prove it."""
    number = {cause: i for i, cause in enumerate(dict.fromkeys(chain.from_iterable(sets)))}
    columns = [number[cause] for members in sets for cause in members]
    begins = np.concatenate(([0], np.cumsum([len(members) for members in sets])))
    matrix = csr_array((np.ones(len(columns)), columns, begins), shape=(len(sets), len(number)))
    answer = milp(
        np.ones(len(number)),
        constraints=LinearConstraint(matrix, lb=1),
        integrality=np.ones(len(number)),
        bounds=Bounds(0, 1),
        options={"node_limit": MOST_BRANCHES},
    )
    if answer.x is None:
        return tuple(number), False
    return tuple(cause for cause, taken in zip(number, answer.x, strict=True) if taken > 0.5), answer.success
