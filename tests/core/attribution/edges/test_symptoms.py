"""In which minutes an edge fails: by rates, by counts, and where it is silent although its caller works."""

from dataclasses import replace

import pytest
from tests.core.attribution.edges.shop import (
    BEGIN,
    CART,
    EDGES,
    FRONT,
    LAST,
    PAY,
    Counted,
    Different,
    failing,
    looks,
    minutes,
    of,
)

from tidegate.core.attribution.edges.observed import Edge, Instance, Interval
from tidegate.core.attribution.edges.symptoms import symptoms
from tidegate.core.gates.evidence import CallEdge, Counts

BEFORE = 60.0 * BEGIN


def failed(row: tuple[Interval, ...], edge: Edge) -> list[int]:
    return [minute for minute, fails in enumerate(symptoms(row, EDGES, before=BEFORE)[edge]) if fails]


def without_calls(minute: int, seen: Instance) -> Instance:
    return replace(seen, calls={}) if minute % 2 else seen


@pytest.mark.parametrize(
    ("different", "edge", "minutes_failed"),
    [
        (of("cart-1", failing(1.0)), Edge(FRONT, CART), []),
        (of("cart-1", failing(0.5), since=12), Edge(FRONT, CART), list(range(12, LAST))),
        (of("cart-1", failing(0.995)), Edge(FRONT, CART), []),
        (of("cart-1", failing(0.5), since=12), Edge(FRONT, PAY), []),
        (of("cart-1", failing(0.5), since=4), Edge(FRONT, CART), []),
    ],
)
def test_rates_fail_below_all_that_was_usual(
    different: Different, edge: Edge, minutes_failed: list[int]
) -> None:
    assert failed(minutes([], different), edge) == minutes_failed


def quieter(minute: int, name: str, seen: Instance) -> Instance | None:
    if minute < 12 or name not in {"front-1", "pay-1"}:
        return seen
    if name == "pay-1":
        return replace(seen, answers={})
    return replace(seen, calls={CART: 1.0})


def test_an_edge_that_is_called_no_more_fails() -> None:
    assert failed(minutes([], quieter), Edge(FRONT, PAY)) == list(range(12, LAST))


def test_an_edge_is_not_missed_where_its_caller_is_not_seen() -> None:
    def unseen(minute: int, name: str, seen: Instance) -> Instance | None:
        return None if minute >= 12 and name == "front-1" else quieter(minute, name, seen)

    row = tuple(
        replace(each, instances={n: i for n, i in each.instances.items() if i.version.service != CART})
        for each in minutes([], unseen)
    )
    assert failed(row, Edge(FRONT, PAY)) == []


def test_an_edge_that_was_never_called_is_not_missed() -> None:
    row = looks([])
    nowhere = Edge(PAY, CART)
    assert not any(symptoms(row, [nowhere], before=BEFORE)[nowhere])


def test_calls_from_outside_are_not_missed() -> None:
    def nobody(minute: int, edge: CallEdge, seen: Counts) -> Counts:
        return Counts() if minute >= 12 and edge.caller is None else seen

    assert failed(looks([], nobody), Edge(None, FRONT)) == []


@pytest.mark.parametrize(
    ("counted", "minutes_failed"),
    [
        (lambda minute, _, seen: replace(seen, bad=int(minute >= 12)), []),
        (lambda minute, _, seen: replace(seen, bad=20 * (minute >= 12)), list(range(12, LAST))),
        (lambda minute, _, seen: replace(seen, rejected=20 * (minute >= 12)), list(range(12, LAST))),
        (lambda _minute, _, seen: replace(seen, bad=20), []),
        (lambda minute, _, seen: replace(seen, requests=0) if minute >= 12 else seen, list(range(12, LAST))),
    ],
)
def test_counts_fail_where_the_earlier_share_does_not_explain_them(
    counted: Counted, minutes_failed: list[int]
) -> None:
    def only(minute: int, edge: CallEdge, seen: Counts) -> Counts:
        return counted(minute, edge, seen) if edge.callee.service == CART else seen

    assert failed(looks([], only), Edge(FRONT, CART)) == minutes_failed


def test_without_a_past_a_hundredth_is_usual() -> None:
    row = looks([], lambda _minute, _edge, seen: replace(seen, bad=50))
    edge = Edge(FRONT, CART)
    assert all(symptoms(row, [edge], before=0.0)[edge])
