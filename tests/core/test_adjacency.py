"""Graphs in arrays give the answers of networkx and of the definitions."""

from typing import Any

import networkx as nx  # type: ignore[import-untyped]  # it ships no types
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.adjacency import Adjacency

COUNT = 7
Edges = list[tuple[int, int]]
nodes = st.integers(0, COUNT - 1)
any_edges = st.lists(st.tuples(nodes, nodes), max_size=20, unique=True)
edges_down = any_edges.map(lambda edges: [(a, b) for a, b in edges if a < b])


def adjacency(edges: Edges) -> Adjacency:
    return Adjacency.of(COUNT, [a for a, _ in edges], [b for _, b in edges])


def digraph(edges: Edges) -> Any:
    graph = nx.DiGraph()
    graph.add_nodes_from(range(COUNT))
    graph.add_edges_from(edges)
    return graph


@given(any_edges)
def test_successors_stand_in_the_order_of_the_edges(edges: Edges) -> None:
    graph = adjacency(edges)
    for node in range(COUNT):
        assert graph.successors(np.array([node])).tolist() == [b for a, b in edges if a == node]
    both = graph.successors(np.array([3, 1])).tolist()
    assert both == [b for a, b in edges if a == 3] + [b for a, b in edges if a == 1]


@given(any_edges)
def test_the_edges_are_those_given(edges: Edges) -> None:
    graph = adjacency(edges)
    assert sorted(zip(graph.starts.tolist(), graph.ends.tolist(), strict=True)) == sorted(edges)


@given(edges_down)
def test_layers_are_the_generations_of_networkx(edges: Edges) -> None:
    ours = [sorted(layer.tolist()) for layer in adjacency(edges).layers()]
    assert ours == [sorted(layer) for layer in nx.topological_generations(digraph(edges))]


@given(any_edges)
def test_components_are_those_of_networkx(edges: Edges) -> None:
    labels = adjacency(edges).components().tolist()
    ours = {frozenset(i for i in range(COUNT) if labels[i] == label) for label in labels}
    assert ours == {frozenset(group) for group in nx.strongly_connected_components(digraph(edges))}


@given(edges_down, st.lists(st.integers(0, 9), min_size=COUNT, max_size=COUNT))
def test_the_longest_path_from_a_node_is_the_heaviest_of_all(edges: Edges, weights: list[int]) -> None:
    def heaviest(node: int) -> int:
        return weights[node] + max((heaviest(b) for a, b in edges if a == node), default=0)

    found = adjacency(edges).longest(np.array(weights)).tolist()
    assert found == [heaviest(node) for node in range(COUNT)]


def test_a_node_stands_where_its_last_predecessor_released_it() -> None:
    layers = Adjacency.of(5, [0, 0, 1, 1, 0], [4, 3, 4, 2, 3]).layers()
    assert [layer.tolist() for layer in layers] == [[0, 1], [3, 4, 2]]


def test_a_graph_of_nothing() -> None:
    empty = Adjacency.of(0, [], [])
    assert empty.layers() == []
    assert empty.components().tolist() == []
