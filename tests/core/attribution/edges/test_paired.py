"""Two new versions that fail where they meet."""

from dataclasses import replace
from math import log

import pytest
from tests.core.attribution.edges.shop import CART, EDGES, FRONT, NEW, OLD, PAY, STOCK, at, looks, release

from tidegate.core.attribution.edges.paired import Paired, paired, pairs_of
from tidegate.core.gates.evidence import CallEdge, Counts
from tidegate.core.ids import Version

CALLER, CALLEE = release(FRONT), release(CART)
CELLS = ((NEW, NEW), (NEW, OLD), (OLD, NEW), (OLD, OLD))


def met(*bad: tuple[Version, Version], share: float = 0.4) -> Paired:
    """What is found if calls fail between these versions of caller and callee."""
    cells = {CallEdge(caller=at(FRONT, one), callee=at(CART, other)) for one, other in bad}

    def change(minute: int, edge: CallEdge, counts: Counts) -> Counts:
        return (
            replace(counts, bad=round(counts.requests * share)) if minute >= 10 and edge in cells else counts
        )

    row = looks([CALLER, CALLEE], change, share=0.3)
    return paired(CALLER, CALLEE, row, harmless=0.01)


def test_calls_that_fail_only_where_both_are_new_show_a_pair() -> None:
    found = met((NEW, NEW))
    assert found.log_e > log(100)
    assert found.exposed.rate == pytest.approx(0.4, abs=0.01)
    assert found.control.bad == 0
    assert found.control.requests > found.exposed.requests
    assert found.log_safe < 0.0


@pytest.mark.parametrize("bad", [(), ((NEW, NEW), (NEW, OLD)), ((NEW, NEW), (OLD, NEW)), CELLS])
def test_a_pair_is_not_what_one_of_it_does_alone(bad: tuple[tuple[Version, Version], ...]) -> None:
    assert met(*bad).log_e == 0.0


def test_a_harmless_pair_is_shown_to_be_so() -> None:
    assert met().log_safe > log(20)


def test_pairs_are_releases_of_which_one_calls_the_other() -> None:
    front, cart, pay, stock = (release(name) for name in (FRONT, CART, PAY, STOCK))
    assert pairs_of((stock, front, cart, pay), EDGES) == ((front, cart), (front, pay), (cart, stock))
