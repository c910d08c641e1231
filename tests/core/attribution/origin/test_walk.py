"""Where it begins, on small graphs: each of the things that mislead a plain account, as a story."""

from collections.abc import Mapping
from math import nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.attribution.origin.incidents import FAILURES, LATENCY, SILENT, Change, episode

from tidegate.core.attribution.origin.account import Account, Graph
from tidegate.core.attribution.origin.anomaly import Measure
from tidegate.core.attribution.origin.episode import Symptom
from tidegate.core.attribution.origin.walk import Suspect, origins, reached

SHOP: Graph = {"web": ("cart", "mail"), "cart": ("db", "queue"), "mail": (), "db": (), "queue": ()}


def slow(**seconds: float) -> dict[str, dict[str, float]]:
    return {node: {"latency": value} for node, value in seconds.items()}


def failing(**availability: float) -> dict[str, dict[str, float]]:
    return {node: {"availability": value} for node, value in availability.items()}


def ranked(
    change: Change,
    *,
    graph: Graph = SHOP,
    symptom: Symptom = LATENCY,
    before: Change | None = None,
    normal: Change | None = None,
) -> tuple[Suspect, ...]:
    return origins(graph, symptom, episode(*graph, change=change, before=before, normal=normal))


def shares(suspects: tuple[Suspect, ...]) -> Mapping[str, float]:
    """Those suspects that have a share worth speaking of."""
    return {suspect.node: suspect.share for suspect in suspects if suspect.share >= 0.005}


@pytest.mark.parametrize(
    ("change", "symptom", "found"),
    [
        pytest.param(slow(web=0.3), LATENCY, {"web": 1.0}, id="nothing below is worse"),
        pytest.param(slow(web=0.3, cart=0.3), LATENCY, {"cart": 1.0}, id="a callee accounts for it"),
        pytest.param(slow(web=0.3, cart=0.3, db=0.3), LATENCY, {"db": 1.0}, id="so does the callee's callee"),
        pytest.param(slow(web=0.3, db=0.3), LATENCY, {"web": 1.0}, id="the one between is shown to be well"),
        pytest.param(slow(web=0.5, cart=0.3), LATENCY, {"web": 0.5, "cart": 0.5}, id="half of it is its own"),
        pytest.param(slow(web=0.3, mail=9.0), LATENCY, {"mail": 1.0}, id="a callee that more depends on"),
        pytest.param(slow(web=0.3, db=0.3, cart=0.09), LATENCY, {"web": 1.0}, id="faster is not slower"),
        pytest.param(failing(web=90, cart=90), FAILURES, {"cart": 1.0}, id="failures likewise"),
        pytest.param(failing(cart=90), LATENCY, {"cart": 1.0}, id="nothing shows where it is said to"),
    ],
)
def test_what_no_callee_accounts_for_began_at_the_caller(
    change: Change, symptom: Symptom, found: Mapping[str, float]
) -> None:
    assert shares(ranked(change, symptom=symptom)) == pytest.approx(found, abs=0.1)


def test_a_small_leaf_that_wavers_is_not_preferred_to_what_holds_all_up() -> None:
    steady, wavering = {"latency": 0.3}, {"latency": 0.9, "requests": 20.0}
    few = {"mail": {"requests": 20.0}}
    found = ranked({"web": steady, "cart": steady, "mail": wavering}, before=few, normal=few)
    assert found[0].node == "cart"
    assert shares(found)["cart"] > 0.9


def test_what_its_caller_alone_measures_is_the_callers_word() -> None:
    assert ranked(slow(web=0.3, cart=0.3, db=0.25, queue=0.25))[0].node == "cart"
    assert ranked(slow(web=0.3, cart=0.3, db=0.25))[0].node == "db"


def test_what_is_slow_because_it_is_sent_more_is_a_victim_of_the_sender() -> None:
    sick = {"latency": 0.3, "requests": 3000.0}
    assert ranked({"web": sick, "cart": sick})[0].node == "web"
    assert ranked({"web": {"latency": 0.3}, "cart": sick})[0].node == "cart"


def test_a_caller_that_gives_up_on_a_slow_callee_fails_because_of_it() -> None:
    found = ranked({"web": {"availability": 97.0}, "mail": {"latency": 2.0}}, symptom=FAILURES)
    assert [suspect.node for suspect in found[:2]] == ["mail", "web"]


def test_a_caller_that_tries_a_failing_callee_again_is_slow_because_of_it() -> None:
    found = ranked({"web": {"latency": 0.12}, "cart": {"availability": 30.0}})
    assert found[0].node == "cart"


def test_slowness_elsewhere_does_not_clear_who_fails_more_unusually() -> None:
    found = ranked({"web": {"availability": 10.0}, "mail": {"latency": 0.12}}, symptom=FAILURES)
    assert found[0].node == "web"


@pytest.mark.parametrize(
    ("change", "ranking"),
    [
        pytest.param(
            {**slow(web=0.3, cart=0.3), "db": SILENT}, ["cart", "db"], id="suspected after its caller"
        ),
        pytest.param({**slow(web=0.3, db=0.3), "cart": SILENT}, ["db"], id="seen through"),
        pytest.param({**slow(cart=0.3), "web": SILENT}, ["cart"], id="also where it shows"),
        pytest.param(
            {"web": SILENT, "cart": SILENT, "mail": SILENT}, ["web", "cart", "mail"], id="none is told of"
        ),
    ],
)
def test_a_node_without_metrics_is_neither_guilty_nor_well(change: Change, ranking: list[str]) -> None:
    assert list(shares(ranked(change))) == ranking


def test_what_is_seldom_called_anyway_is_suspected_less_when_silent() -> None:
    change = {**slow(web=0.3, cart=0.3), "db": SILENT, "queue": SILENT}
    found = shares(ranked(change, before={"db": SILENT}, normal={"db": SILENT}))
    assert found == pytest.approx({"cart": 1.0, "queue": 0.5}, abs=0.01)


def test_the_score_is_of_what_is_worst_and_absent_where_nothing_is_known() -> None:
    found = {suspect.node: suspect.score for suspect in ranked({**slow(web=0.3, cart=0.3), "mail": SILENT})}
    assert found["mail"] is None
    assert found["cart"] is not None
    assert found["cart"] > 20


CIRCLE: Graph = {"web": ("cart",), "cart": ("web",)}


def test_a_circle_of_callers_ends() -> None:
    found = ranked(slow(web=0.3, cart=0.3), graph=CIRCLE)
    assert sum(suspect.share for suspect in found) == pytest.approx(1.0)


def test_a_deep_chain_is_walked_to_its_end() -> None:
    names = ["web", *(f"s{number}" for number in range(50))]
    chain = {name: (callee,) for name, callee in zip(names, [*names[1:], "end"], strict=True)} | {"end": ()}
    assert ranked({name: {"latency": 0.3} for name in chain}, graph=chain)[0].node == "end"


def test_a_node_is_reached_once_however_many_call_it() -> None:
    graph = {"web": ("cart", "mail"), "cart": ("db",), "mail": ("db", "web")}
    assert reached(graph, "web") == ("web", "cart", "mail", "db")


def test_accounts_are_kept() -> None:
    account = Account(SHOP, LATENCY, episode(*SHOP, change=slow(web=0.3)))
    assert account.split(LATENCY) is account.split(LATENCY)
    assert account.excess(LATENCY) is account.excess(LATENCY)


NODES = ("web", "a", "b", "c", "d")
GRAPHS = st.fixed_dictionaries({node: st.lists(st.sampled_from(NODES), unique=True) for node in NODES})
VALUES = st.sampled_from([0.05, 0.1, 0.11, 0.2, 0.5])


def changes(values: st.SearchStrategy[float]) -> st.SearchStrategy[dict[str, dict[str, float]]]:
    return st.fixed_dictionaries({node: st.fixed_dictionaries({"latency": values}) for node in NODES})


KNOWN, PARTLY_KNOWN = changes(VALUES), changes(VALUES | st.just(nan))


@settings(max_examples=25)
@given(graph=GRAPHS, change=KNOWN)
def test_the_whole_symptom_ends_somewhere_on_any_graph(graph: Graph, change: Change) -> None:
    found = ranked(change, graph=graph)
    assert {suspect.node for suspect in found} == set(reached(graph, "web"))
    assert sum(suspect.share for suspect in found) == pytest.approx(1.0, abs=1e-3)


@settings(max_examples=25)
@given(graph=GRAPHS, change=PARTLY_KNOWN)
def test_the_order_of_callees_does_not_matter(graph: Graph, change: Change) -> None:
    other = {node: tuple(reversed(tuple(callees))) for node, callees in graph.items()}
    first, second = shares(ranked(change, graph=graph)), shares(ranked(change, graph=other))
    assert first == pytest.approx(second, abs=1e-6)


@settings(max_examples=25)
@given(graph=GRAPHS, change=PARTLY_KNOWN)
def test_seconds_or_milliseconds_do_not_matter(graph: Graph, change: Change) -> None:
    usual = {node: {"latency": 0.1} for node in NODES}
    scaled = {node: {"latency": 100.0} for node in NODES}
    larger = {node: {"latency": values["latency"] * 1000.0} for node, values in change.items()}
    first = shares(ranked(change, graph=graph, before=usual, normal=usual))
    second = shares(ranked(larger, graph=graph, before=scaled, normal=scaled))
    assert first == pytest.approx(second, abs=1e-6)


def test_measures_are_told_apart() -> None:
    assert Symptom(node="web", measure=Measure.LATENCY) != Symptom(node="web", measure=Measure.AVAILABILITY)
