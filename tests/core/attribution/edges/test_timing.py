"""How well the beginning of a release explains when an edge failed."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.attribution.edges.shop import CART, EDGES, FRONT, LAST, PAY, STOCK, looks, minutes, release

from tidegate.core.attribution.edges.observed import Edge, Instance, Release
from tidegate.core.attribution.edges.reach import bearing
from tidegate.core.attribution.edges.timing import exposure, fit, idle

REACH = bearing(EDGES)
BEGUN = 12
TO_CART = Edge(FRONT, CART)


def fitting(each: Release, failed: Iterable[int], edge: Edge = TO_CART) -> float:
    row = minutes([each])
    bad = set(failed)
    return fit(each, row, {edge: [minute in bad for minute in range(LAST)]}, REACH, before=600.0)


def test_what_began_when_calls_began_to_fail_fits_best() -> None:
    failed = range(BEGUN, LAST)
    fits = {began: fitting(release(CART, began), failed) for began in range(BEGUN - 6, BEGUN + 7)}
    assert max(fits, key=fits.__getitem__) == BEGUN
    falling = [fits[BEGUN + step] for step in range(7)]
    assert falling == sorted(falling, reverse=True)
    assert all(fits[BEGUN] - fits[began] > 0.5 for began in fits if began != BEGUN)


def test_a_release_that_was_quiet_at_first_loses_only_some_nats() -> None:
    failed = range(BEGUN, LAST)
    on_time, early = (fitting(release(CART, began), failed) for began in (BEGUN, BEGUN - 8))
    assert 1.0 < on_time - early < 4.0


def test_what_began_after_the_failures_fits_worse_than_nothing() -> None:
    assert fitting(release(CART, LAST - 2), range(BEGUN, LAST - 4)) < 0.0


def test_a_step_that_takes_its_time_may_have_exposed_anywhere_within() -> None:
    slow = replace(release(CART, BEGUN - 4), reached=60.0 * (BEGUN + 1))
    sudden = release(CART, BEGUN - 4)
    assert fitting(slow, range(BEGUN, LAST)) > fitting(sudden, range(BEGUN, LAST)) + 0.2


def test_a_release_that_ended_explains_that_failures_ended() -> None:
    failed = range(BEGUN, BEGUN + 8)
    lasting = release(CART, BEGUN)
    ended = replace(lasting, ended=60.0 * (BEGUN + 8))
    assert fitting(ended, failed) > fitting(lasting, failed) + 3.0


def test_an_edge_that_the_release_cannot_bear_on_adds_nothing() -> None:
    assert fitting(release(PAY, BEGUN), range(BEGUN, LAST), Edge(CART, STOCK)) == 0.0


def test_where_nothing_failed_since_the_first_began_there_is_nothing_to_explain() -> None:
    assert fitting(release(CART, BEGUN), []) == 0.0
    assert fitting(release(CART, BEGUN), [1, 2]) == 0.0


def test_edges_weigh_by_how_often_they_failed() -> None:
    each = release(PAY, BEGUN)
    row = minutes([each])
    near, far = Edge(FRONT, PAY), Edge(CART, STOCK)
    fails = [minute >= BEGUN for minute in range(LAST)]
    alone = fit(each, row, {near: fails}, REACH, before=600.0)
    half = fit(each, row, {near: fails, far: fails}, REACH, before=600.0)
    assert half == pytest.approx(alone / 2)


# --- exposure


def test_an_interval_that_the_beginning_cuts_counts_by_its_exposed_share() -> None:
    cut = replace(release(CART), began=615.0, reached=615.0)
    row = minutes([cut], last=12)
    assert list(exposure(cut, row)[0]) == pytest.approx([0.0] * 10 + [0.75, 1.0])


def test_nothing_is_exposed_while_nobody_calls_the_service() -> None:
    def uncalled(minute: int, name: str, seen: Instance) -> Instance:
        return replace(seen, answers={}, calls={}) if minute >= 11 and name.startswith("cart") else seen

    row = minutes([release(CART)], uncalled, last=13)
    assert [idle(release(CART), interval) for interval in row] == [False] * 11 + [True] * 2
    assert list(exposure(release(CART), row)[0]) == [0.0] * 10 + [1.0, 0.0, 0.0]


def test_a_service_whose_old_instances_are_gone_may_be_silent_because_it_fails() -> None:
    row = minutes(
        [release(CART)], lambda _, name, seen: None if name == "cart-1" else replace(seen, answers={})
    )
    assert not any(idle(release(CART), interval) for interval in row)


def test_counts_tell_themselves_who_was_not_called() -> None:
    row = looks([release(CART)])
    assert not idle(release(CART), row[0])
    kept = {edge: seen for edge, seen in row[0].counts.items() if edge.callee.service != CART}
    assert idle(release(CART), replace(row[0], counts=kept))


@settings(max_examples=20)
@given(st.lists(st.booleans(), min_size=LAST, max_size=LAST))
def test_no_record_makes_a_beginning_likelier_without_bound(fails: list[bool]) -> None:
    failed = [minute for minute, bad in enumerate(fails) if bad]
    assert -40.0 < fitting(release(CART, BEGUN), failed) < 25.0
