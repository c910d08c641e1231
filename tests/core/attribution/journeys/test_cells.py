"""The arms of every hypothesis are what counting journey by journey gives."""

from collections.abc import Callable

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.core.attribution.journeys.traffic import CART, PAY, new, old

from tidegate.core.attribution.journeys.cells import (
    Crossed,
    Rows,
    cells_of,
    crossed,
    main_arms,
    pair_arms,
    rows_of,
    whole_arms,
)
from tidegate.core.gates.eprocess import Arm, Flags, Floats
from tidegate.core.traces.reading import Outcomes

SUSPECTS, OUTCOMES = 3, 2
PAIRS = ((0, 1), (0, 2), (1, 2))
PLACES = (np.array([0, 0, 1]), np.array([1, 2, 2]))
NOTHING, OLD, NEW = range(3)
NOBODY = np.zeros((SUSPECTS, SUSPECTS), dtype=bool)

Met = list[int]
"""What a journey met of each suspect."""


@st.composite
def journeys(draw: st.DrawFn) -> Crossed:
    """Rows of journeys, and how many of each were bad in two senses."""
    number = draw(st.integers(1, 8))
    met = draw(arrays(np.int64, (number, SUSPECTS), elements=st.integers(NOTHING, NEW)))
    bad, fine = (draw(arrays(np.int64, (number, OUTCOMES), elements=st.integers(0, 9))) for _ in range(2))
    counts = Arm((bad + fine).astype(float), bad.astype(float))
    return crossed(Rows(new=(met == NEW).astype(float), old=(met == OLD).astype(float)), counts)


TANGLED = arrays(np.bool_, (SUSPECTS, SUSPECTS)).map(
    lambda drawn: (drawn | drawn.T) & ~np.eye(SUSPECTS, dtype=bool)
)


def counted(journeys: Crossed, which: Callable[[Met], bool]) -> Floats:
    """Requests and bad ones of the rows that are meant, one after the other."""
    met = (journeys.rows.old + 2 * journeys.rows.new).astype(int).tolist()
    chosen = [number for number, row in enumerate(met) if which(row)]
    return np.array(
        [amounts[chosen].sum(axis=0) for amounts in (journeys.counts.requests, journeys.counts.bad)]
    )


def at(arm: Arm, *place: int) -> Floats:
    index: tuple[slice | int, ...] = (slice(None), *place)
    return np.array([arm.requests[index], arm.bad[index]])


@given(journeys(), TANGLED)
def test_mains(journeys: Crossed, tangled: Flags) -> None:
    """New against old; and once for each other suspect without the journeys that might be its doing."""
    arms = main_arms(journeys, tangled)
    for j, k in np.ndindex(SUSPECTS, SUSPECTS):
        out = [] if j == k else [k, *np.flatnonzero(tangled[j])]

        def apart(met: Met, arm: int, j: int = j, out: Met = out) -> bool:
            return met[j] == arm and all(met[other] != NEW for other in out)

        assert (at(arms.canary, j, k) == counted(journeys, lambda met: apart(met, NEW))).all()
        assert (at(arms.control, j, k) == counted(journeys, lambda met: apart(met, OLD))).all()


def cell(journeys: Crossed, pair: tuple[int, int], *arms: tuple[int, int]) -> Floats:
    """What met the two in one of these combinations of versions."""
    return counted(journeys, lambda met: (met[pair[0]], met[pair[1]]) in arms)


@given(journeys())
def test_pairs(journeys: Crossed) -> None:
    """Both new against each of the two alone."""
    arms = pair_arms(cells_of(journeys, PLACES, NOBODY))
    for place, pair in enumerate(PAIRS):
        for way, alone in enumerate(((NEW, OLD), (OLD, NEW))):
            assert (at(arms.canary, way, place) == cell(journeys, pair, (NEW, NEW))).all()
            assert (at(arms.control, way, place) == cell(journeys, pair, alone)).all()


@given(journeys())
def test_every_hypothesis_against_whatever_else(journeys: Crossed) -> None:
    mains = main_arms(journeys, NOBODY)
    arms = whole_arms(mains, cells_of(journeys, PLACES, NOBODY))
    for j in range(SUSPECTS):
        assert (at(arms.canary, j) == at(mains.canary, j, j)).all()
        assert (at(arms.control, j) == at(mains.control, j, j)).all()
    for place, pair in enumerate(PAIRS, SUSPECTS):
        assert (at(arms.canary, place) == cell(journeys, pair, (NEW, NEW))).all()
        assert (at(arms.control, place) == cell(journeys, pair, (NEW, OLD), (OLD, NEW), (OLD, OLD))).all()


def test_a_pair_is_not_looked_at_where_a_third_is_drawn_with_it() -> None:
    """What the third does would look like its doing; a pair that is drawn together needs no such care."""
    rows = Rows(new=np.ones((1, SUSPECTS)), old=np.zeros((1, SUSPECTS)))
    met = crossed(rows, Arm(np.full((1, 1), 7.0), np.full((1, 1), 3.0)))
    first_two = NOBODY.copy()
    first_two[0, 1] = first_two[1, 0] = True
    assert cells_of(met, PLACES, first_two).new_new.requests.tolist() == [[7.0, 0.0, 0.0]]
    assert cells_of(met, PLACES, NOBODY).new_new.requests.tolist() == [[7.0, 7.0, 7.0]]


def test_rows_are_cohorts_that_met_a_suspect_in_a_version_of_its_release() -> None:
    mine, nothing = Outcomes(journeys=3), Outcomes(journeys=5)
    cohorts = {new("cart") | old("pay"): mine, new("search"): nothing, frozenset(): nothing}
    rows, ended = rows_of((CART, PAY), cohorts)
    assert (rows.new.tolist(), rows.old.tolist(), ended) == ([[1.0, 0.0]], [[0.0, 1.0]], (mine,))
