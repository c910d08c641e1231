"""Graphs: layers, cycles and the fewest causes to blame, against definitions and brute force."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import OptimizeResult

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


@given(graphs())
def test_the_fewest_causes_to_break_every_cycle(g: dict[str, list[str]]) -> None:
    """Each edge is its own cause; brute force finds no smaller set."""
    chosen, proven = graph.fewest_to_break(g, lambda a, b: (a, b))
    edges = [(a, b) for a, successors in g.items() for b in successors]
    assert proven
    assert _is_broken(g, chosen)
    if chosen:
        assert not any(_is_broken(g, fewer) for fewer in combinations(edges, len(chosen) - 1))


def _is_broken(g: dict[str, list[str]], without: tuple[tuple[str, str], ...]) -> bool:
    rest = {a: [b for b in successors if (a, b) not in without] for a, successors in g.items()}
    return sum(map(len, graph.layers(rest))) == len(rest)


def test_edges_without_a_cause_are_never_given_up() -> None:
    g = {"a": ["b"], "b": ["a"]}
    assert graph.fewest_to_break(g, lambda a, _: "mine" if a == "a" else None) == (("mine",), True)


def test_it_says_so_when_the_set_is_not_proven_smallest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph, "MOST_ROUNDS", 1)
    chosen, proven = graph.fewest_to_break({"a": ["b"], "b": ["a"]}, lambda a, b: a + b)
    assert len(chosen) == 1
    assert not proven


def test_many_knots_are_broken_at_once_each_by_one_of_its_edges() -> None:
    g = {str(i): [str(i ^ 1)] for i in range(600)}
    chosen, proven = graph.fewest_to_break(g, lambda a, b: (a, b))
    assert proven
    assert len(chosen) == 300


def test_a_set_not_proven_smallest_still_breaks_every_cycle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two cycles share an edge; one round sees but one of them."""
    monkeypatch.setattr(graph, "MOST_ROUNDS", 0)
    g = {"a": ["b"], "b": ["a", "c"], "c": ["a"]}
    chosen, proven = graph.fewest_to_break(g, lambda a, b: (a, b))
    assert not proven
    assert _is_broken(g, chosen)


def test_without_an_answer_of_the_solver_every_cause_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph, "milp", lambda *_, **__: OptimizeResult(x=None, success=False))
    assert graph.fewest_to_break({"a": ["b"], "b": ["a"]}, lambda a, b: a + b) == (("ab", "ba"), False)


def test_of_a_large_group_a_way_round_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph, "MOST_STARTS", 1)
    g = {"a": ["b"], "b": ["c"], "c": ["a", "d"], "d": ["c"]}
    assert graph.shortest_cycle(g, g) == ("a", "b", "c")


def test_an_empty_graph_has_no_components() -> None:
    assert graph.strong_components({}) == ()
