"""Versions that are drawn together are found by the draws, whatever becomes of the journeys."""

import numpy as np
import pytest
from tests.core.attribution.journeys.traffic import CART, PAY, suspect

from tidegate.core.attribution.journeys.cells import Rows, crossed
from tidegate.core.attribution.journeys.draws import no_draws
from tidegate.core.attribution.journeys.suspects import Suspect
from tidegate.core.gates.eprocess import Arm


@pytest.mark.parametrize(
    ("why", "cells", "together"),
    [
        ("independent", (40, 160, 160, 640), False),
        ("one hash", (200, 0, 0, 800), True),
        ("one hash, one of them less exposed", (100, 100, 0, 800), True),
        ("half of the journeys by one hash", (120, 80, 80, 720), True),
        ("hardly", (50, 150, 150, 650), False),
        ("kept apart", (0, 200, 200, 600), False),
        ("too few to say", (4, 0, 0, 16), False),
        ("never both", (0, 0, 0, 0), False),
    ],
)
def test_drawn_together(why: str, cells: tuple[int, int, int, int], together: bool) -> None:
    """The cells are journeys that met both new, only the first, only the second, neither."""
    both, one, other, none = cells
    rows = Rows(
        new=np.array([[1.0, 1.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]),
        old=np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]),
    )
    journeys = np.array(cells, dtype=float)[:, None]
    draws = no_draws((CART, PAY)).with_journeys(crossed(rows, Arm(journeys, np.zeros((4, 1)))))
    assert draws.tangled.tolist() == [[False, together], [together, False]], why
    assert draws.met_new.tolist() == [both + one, both + other]
    assert draws.met_old.tolist() == [other + none, one + none]


@pytest.mark.parametrize(
    ("suspects", "blurred"),
    [
        (
            (suspect("cart", salt="a"), suspect("pay", salt="a"), suspect("stock", salt="b")),
            [True, True, False],
        ),
        ((suspect("cart"), suspect("pay"), suspect("stock", salt="b")), [False, False, False]),
    ],
)
def test_one_salt_is_one_draw(suspects: tuple[Suspect, ...], blurred: list[bool]) -> None:
    assert no_draws(suspects).blurred.tolist() == blurred
