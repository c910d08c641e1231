"""Whose fault it can be when calls of an edge fail."""

import pytest
from tests.core.attribution.edges.shop import CART, EDGES, FRONT, PAY, STOCK

from tidegate.core.attribution.edges.observed import Edge
from tidegate.core.attribution.edges.reach import bearing


@pytest.mark.parametrize(
    ("edge", "suspects"),
    [
        (Edge(None, FRONT), {FRONT, CART, PAY, STOCK}),
        (Edge(FRONT, PAY), {FRONT, CART, PAY, STOCK}),
        (Edge(CART, STOCK), {FRONT, CART, STOCK}),
    ],
)
def test_who_bears_on_an_edge(edge: Edge, suspects: set[str]) -> None:
    assert bearing(EDGES)[edge] == suspects


def test_a_circle_has_an_end() -> None:
    circle = {Edge(FRONT, CART), Edge(CART, FRONT)}
    assert bearing(circle) == {edge: {FRONT, CART} for edge in circle}
