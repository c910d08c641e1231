"""Graphs: layers and cycles, against definitions and brute force."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from tidegate.core import graph

NODES = "abcde"


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, list[str]]:
    edges = draw(st.sets(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), max_size=12))
    return {node: sorted(after for before, after in edges if before == node) for node in NODES}


def reaches(g: dict[str, list[str]], start: str, end: str) -> bool:
    return any(end in graph.reachable(g, [after]) for after in g[start])


@given(graphs())
def test_components_are_the_nodes_that_reach_each_other(g: dict[str, list[str]]) -> None:
    groups = graph.strong_components(g)
    assert sorted(node for group in groups for node in group) == list(NODES)
    for a, b in combinations(NODES, 2):
        together = any(a in group and b in group for group in groups)
        assert together == (reaches(g, a, b) and reaches(g, b, a))


@given(graphs())
def test_layers_hold_every_node_that_no_cycle_leads_to_each_after_all_that_lead_to_it(
    g: dict[str, list[str]],
) -> None:
    depth = {node: number for number, layer in enumerate(graph.layers(g)) for node in layer}
    on_cycle = [node for node in NODES if reaches(g, node, node)]
    behind = graph.reachable(g, on_cycle)
    assert set(depth) == set(NODES) - behind
    for before, successors in g.items():
        for after in successors:
            if after in depth:
                assert depth[before] < depth[after]


@given(graphs())
def test_a_shortest_cycle_is_a_cycle_and_none_is_shorter(g: dict[str, list[str]]) -> None:
    for group in graph.cyclic_components(g):
        cycle = graph.shortest_cycle(g, group)
        assert all(after in g[before] for before, after in zip(cycle, (*cycle[1:], cycle[0]), strict=True))
        assert len(set(cycle)) == len(cycle)
        assert not any(
            _is_cycle(g, nodes) for size in range(1, len(cycle)) for nodes in combinations(group, size)
        )


def _is_cycle(g: dict[str, list[str]], nodes: tuple[str, ...]) -> bool:
    inside = {node: [after for after in g[node] if after in nodes] for node in nodes}
    return len(graph.shortest_cycle(inside, nodes)) == len(nodes)


def test_an_empty_graph_has_no_components() -> None:
    assert graph.strong_components({}) == ()
