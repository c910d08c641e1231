"""Levels and a topological order of one random graph by tidegate's arrays and by the libraries people use.

Each gets the edges in the form it takes best: tidegate as arrays (and once as the pairs that the others get), the
others as a list of pairs. All must find the same levels.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from itertools import chain
from typing import Any

import networkx as nx  # type: ignore[import-untyped]  # it ships no types
import numpy as np
import rustworkx as rx
from bench.planning.worlds import dag

from tidegate.core.adjacency import Adjacency, Numbers

REPEATS = 3
Pairs = list[tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """How one library builds a graph, finds its levels, and an order."""

    name: str
    build: Callable[[int, Any], Any]
    levels: Callable[[Any], Sequence[Any]]
    order: Callable[[Any], Sequence[int]]


def _arrays(pairs: Pairs) -> tuple[Numbers, Numbers]:
    flat = np.fromiter(chain.from_iterable(pairs), dtype=np.int64, count=2 * len(pairs))
    return flat[::2], flat[1::2]


def _ours_of_pairs(count: int, pairs: Pairs) -> Adjacency:
    return Adjacency.of(count, *_arrays(pairs))


def _rustworkx(count: int, pairs: Pairs) -> Any:
    graph = rx.PyDiGraph()
    graph.add_nodes_from(range(count))
    graph.add_edges_from_no_data(pairs)
    return graph


def _networkx(count: int, pairs: Pairs) -> Any:
    graph = nx.DiGraph()
    graph.add_nodes_from(range(count))
    graph.add_edges_from(pairs)
    return graph


def _graphlib(count: int, pairs: Pairs) -> dict[int, list[int]]:
    """Predecessors, as graphlib wants them."""
    found: dict[int, list[int]] = {node: [] for node in range(count)}
    for before, after in pairs:
        found[after].append(before)
    return found


def _graphlib_levels(graph: dict[int, list[int]]) -> list[tuple[int, ...]]:
    sorter = TopologicalSorter(graph)
    sorter.prepare()
    found = []
    while sorter.is_active():
        found.append(sorter.get_ready())
        sorter.done(*found[-1])
    return found


def _our_order(graph: Adjacency) -> Sequence[int]:
    order: Sequence[int] = np.concatenate(graph.layers()).tolist()
    return order


OURS = Library(
    name="tidegate",
    build=lambda count, ends: Adjacency.of(count, *ends),
    levels=Adjacency.layers,
    order=_our_order,
)
OTHERS = (
    Library(name="tidegate (pairs)", build=_ours_of_pairs, levels=Adjacency.layers, order=_our_order),
    Library(name="rustworkx", build=_rustworkx, levels=rx.topological_generations, order=rx.topological_sort),
    Library(
        name="networkx",
        build=_networkx,
        levels=lambda graph: list(nx.topological_generations(graph)),
        order=lambda graph: list(nx.topological_sort(graph)),
    ),
    Library(
        name="graphlib",
        build=_graphlib,
        levels=_graphlib_levels,
        order=lambda graph: list(TopologicalSorter(graph).static_order()),
    ),
)


def measure_graphs(count: int, edges: int) -> None:
    """A line for each library: building the graph, its levels, an order, and each with the build."""
    print(f"levels and order of {count:,} nodes and {edges:,} edges, CPU seconds, best of {REPEATS}")
    print(
        f"  {'':<18} {'build':>8} {'levels':>8} {'order':>8} {'build and levels':>17} {'build and order':>16}"
    )
    pairs = dag(count, edges)
    sizes = set()
    for library, given in ((OURS, _arrays(pairs)), *((other, pairs) for other in OTHERS)):
        build, graph = _best(lambda: library.build(count, given))  # noqa: B023 - called at once
        levels, found = _best(lambda: library.levels(graph))  # noqa: B023
        order, _ = _best(lambda: library.order(graph))  # noqa: B023
        sizes.add(tuple(map(len, found)))
        print(
            f"  {library.name:<18} {build:8.3f} {levels:8.3f} {order:8.3f} {build + levels:17.3f} {build + order:16.3f}"
        )
    assert len(sizes) == 1, "all find the same levels"


def _best(work: Callable[[], Any]) -> tuple[float, Any]:
    return min((_timed(work) for _ in range(REPEATS)), key=lambda timed: timed[0])


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.process_time()
    found = work()
    return time.process_time() - began, found
