"""The fewest causes to give up: against brute force where that is possible, with a bound where it is not."""

import random
from collections.abc import Collection
from itertools import chain, combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.core import feedback, graph, hitting
from tidegate.core.feedback import Breaking, fewest_to_break

Edge = tuple[str, str]
Case = dict[Edge, tuple[str, ...]]

NODES = "abcde"
CAUSES = st.lists(st.sampled_from("uvwxyz"), min_size=1, max_size=2, unique=True).map(tuple)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Up to fourteen edges with few causes between them; edges that stay lead forward only."""
    ends = st.tuples(st.sampled_from(NODES), st.sampled_from(NODES))
    found: Case = draw(st.dictionaries(ends, CAUSES, max_size=14))
    stay = draw(st.sets(st.sampled_from(list(combinations(NODES, 2))), max_size=3))
    return found | dict.fromkeys(stay, ())


def successors(case: Case) -> dict[str, list[str]]:
    return {node: [after for before, after in case if before == node] for node in NODES}


def broken(case: Case, given_up: Collection[str]) -> bool:
    """Is no cycle left? Straight from the definition."""
    rest = {edge: causes for edge, causes in case.items() if not causes or not set(causes) <= set(given_up)}
    return sum(map(len, graph.layers(successors(rest)))) == len(NODES)


def solved(case: Case) -> Breaking[str]:
    return fewest_to_break(successors(case), lambda before, after: case[before, after])


@settings(max_examples=40, deadline=None)
@given(cases())
def test_no_smaller_set_breaks_every_cycle(case: Case) -> None:
    """Edges go only with all their causes, one cause stands behind many edges, some edges stay."""
    found = solved(case)
    assert found.proven
    assert broken(case, found.causes)
    fewer = range(len(found.causes))
    assert not any(broken(case, some) for size in fewer for some in combinations("uvwxyz", size))


@pytest.mark.parametrize("limit", ["MOST_EDGES", "MOST_ROUNDS"])
@settings(max_examples=25, deadline=None)
@given(case=cases())
def test_where_the_search_is_cut_short_the_set_still_breaks_every_cycle_within_its_bound(
    limit: str, case: Case
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(feedback, limit, 0)
        found = solved(case)
    assert broken(case, found.causes)
    best = len(solved(case).causes)
    assert found.at_least <= best <= len(found.causes)
    assert found.proven == (found.at_least == len(found.causes))
    for cause in found.causes:
        assert not broken(case, set(found.causes) - {cause}), "thinned: nothing in it is superfluous"


def knot(services: int, calls: int, seed: int) -> dict[str, list[str]]:
    """Steps of releases that wait for each other at random: `calls` edges between `services` releases."""
    draw = random.Random(seed)
    found: dict[str, list[str]] = {}
    for number in range(services):
        found[f"deploy/{number}"], found[f"expose/{number}"] = [f"expose/{number}"], []
    pairs = [(one, other) for one in range(services) for other in range(services) if one != other]
    for before, after in draw.sample(pairs, calls):
        found[f"expose/{before}"].append(f"deploy/{after}")
    return found


def causes_of(before: str, after: str) -> tuple[Edge, ...]:
    return ((before, after),) if before.startswith("expose/") else ()


def is_broken(steps: dict[str, list[str]], given_up: Collection[Edge]) -> bool:
    rest = {
        node: [after for after in found if (node, after) not in given_up] for node, found in steps.items()
    }
    return sum(map(len, graph.layers(rest))) == len(rest)


@pytest.mark.parametrize(("services", "calls"), [(30, 90), (60, 180)])
def test_knots_of_some_dozens_are_solved_exactly(services: int, calls: int) -> None:
    steps = knot(services, calls, seed=1)
    found = fewest_to_break(steps, causes_of)
    assert is_broken(steps, found.causes)
    assert found.proven


@pytest.mark.parametrize(("services", "calls"), [(100, 300), (100, 500), (700, 2100)])
def test_large_knots_have_an_answer_with_a_lower_bound(
    services: int, calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it is proven smallest depends on how much of the search there was time for; the rest does not."""
    monkeypatch.setattr(hitting, "MOST_SECONDS", 0.3)
    steps = knot(services, calls, seed=1)
    found = fewest_to_break(steps, causes_of)
    assert is_broken(steps, found.causes)
    assert 0 < found.at_least <= len(found.causes) < calls / 2


def test_knots_apart_are_solved_apart_and_those_with_a_common_cause_together() -> None:
    """Two circles of two: with a cause in common one is enough, else it takes one each."""
    steps = {"a": ["b"], "b": ["a"], "c": ["d"], "d": ["c"]}
    apart = fewest_to_break(steps, lambda before, after: (before + after,))
    assert (len(apart.causes), apart.at_least) == (2, 2)
    common = fewest_to_break(steps, lambda before, after: ("both",) if before in "ac" else (before + after,))
    assert common == Breaking(causes=("both",), at_least=1)


def test_an_edge_with_two_causes_goes_only_with_both() -> None:
    steps = {"a": ["b"], "b": ["c"], "c": ["a"]}
    causes = {("a", "b"): ("x", "y"), ("b", "c"): ("x", "z"), ("c", "a"): ("u", "v", "w")}
    found = fewest_to_break(steps, lambda before, after: causes[before, after])
    assert found.proven
    assert set(found.causes) in ({"x", "y"}, {"x", "z"})


def test_without_a_cycle_nothing_is_to_be_given_up() -> None:
    assert fewest_to_break({"a": ["b"], "b": []}, lambda *_: ("x",)) == Breaking()


def test_a_search_without_time_names_everything_and_proves_what_was_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hitting, "MOST_SECONDS", 0.0)
    cycles = [tuple((cause,) for cause in chain(pair)) for pair in combinations("uvwxyz", 2)]
    found = hitting.smallest_hitting_set(cycles, at_least=1)
    assert all(any(set(edge) <= set(found.causes) for edge in cycle) for cycle in cycles)
    assert 1 <= found.at_least <= 5
