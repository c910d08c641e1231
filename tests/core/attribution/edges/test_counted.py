"""Calls of the new version beside those of the old one: who is pointed at, and who is not."""

from collections.abc import Callable
from dataclasses import replace
from math import log

import numpy as np
import pytest
from tests.core.attribution.edges.shop import (
    CART,
    EDGES,
    FRONT,
    NEW,
    OLD,
    PAY,
    STOCK,
    Counted,
    at,
    looks,
    release,
)

from tidegate.core.attribution.edges import counted as module
from tidegate.core.attribution.edges.counted import counted
from tidegate.core.attribution.edges.observed import Interval
from tidegate.core.gates.evidence import CallEdge, Counts, Histogram, VersionedService
from tidegate.core.ids import ServiceName, Version

RELEASED = (release(FRONT), release(CART), release(PAY))
DECISIVE = log(100)
BOUNDS = (10.0, 100.0)


def seen(service: ServiceName, change: Counted) -> module.Counted:
    mine = next(each for each in RELEASED if each.service == service)
    return counted(mine, RELEASED, EDGES, looks(RELEASED, change), harmless=0.01)


def bad_between(
    caller: VersionedService | None, callee: VersionedService, share: float, kind: str = "bad"
) -> Counted:
    """A share of calls fails where both ends match; a version that is `*` is any."""

    def matches(wanted: VersionedService | None, met: VersionedService | None) -> bool:
        if wanted is None or met is None:
            return wanted is met
        return wanted.service == met.service and wanted.version in (met.version, "*")

    def change(minute: int, edge: CallEdge, counts: Counts) -> Counts:
        if minute < 10 or not (matches(caller, edge.caller) and matches(callee, edge.callee)):
            return counts
        share_of = round(counts.requests * share)
        return replace(counts, rejected=share_of) if kind == "rejected" else replace(counts, bad=share_of)

    return change


def any_of(service: ServiceName) -> VersionedService:
    return at(service, Version("*"))


@pytest.mark.parametrize(
    ("change", "guilty", "why"),
    [
        (bad_between(any_of(FRONT), at(CART), 0.3), CART, "calls from front failed"),
        (bad_between(at(CART), at(STOCK, OLD), 0.3, "rejected"), CART, "calls to stock failed"),
        (bad_between(at(FRONT), any_of(PAY), 0.3, "rejected"), FRONT, "calls to pay failed"),
        (bad_between(None, at(FRONT), 0.3), FRONT, "calls from outside failed"),
    ],
)
def test_the_release_whose_calls_differ_is_pointed_at_and_no_other(
    change: Counted, guilty: ServiceName, why: str
) -> None:
    found = {each.service: seen(each.service, change) for each in RELEASED}
    assert found[guilty].why == (why,)
    assert found[guilty].log_e > DECISIVE
    assert [name for name, each in found.items() if each.log_e > 0.0] == [guilty]


def test_a_service_whose_callee_is_sick_is_sick_on_both_versions() -> None:
    def both(minute: int, edge: CallEdge, counts: Counts) -> Counts:
        sick = minute >= 10 and edge.callee.service in {CART, STOCK}
        return replace(counts, bad=counts.requests // 3) if sick else counts

    assert seen(CART, both).log_e == 0.0


def test_bad_calls_are_told_with_those_of_the_control() -> None:
    found = seen(CART, bad_between(any_of(FRONT), at(CART), 0.25))
    assert found.canary.bad / found.canary.requests > 0.1
    assert found.control.bad == 0
    assert found.canary.requests < found.control.requests


def test_a_harmless_release_is_shown_to_be_so_and_one_that_fails_is_not() -> None:
    assert seen(CART, lambda _minute, _edge, counts: counts).log_safe > log(20)
    assert seen(CART, bad_between(any_of(FRONT), at(CART), 0.3)).log_safe < 0.0


def timed(slow_share: float) -> Callable[[int, CallEdge, Counts], Counts]:
    def change(minute: int, edge: CallEdge, counts: Counts) -> Counts:
        share = slow_share if minute >= 10 and edge.callee == at(CART) else 0.02
        slow = round(counts.requests * share)
        return replace(counts, times=Histogram(bounds=BOUNDS, counts=(counts.requests - slow, slow, 0)))

    return change


def by_threshold(minute: int, edge: CallEdge, counts: Counts) -> Counts:
    slow = timed(0.4)(minute, edge, counts).times.counts[1]
    return replace(counts, slow=slow, threshold_ms=50.0)


@pytest.mark.parametrize("change", [timed(0.4), by_threshold])
def test_slow_answers_point_at_the_version_that_gives_them(change: Counted) -> None:
    found = seen(CART, change)
    assert found.why == ("calls from front slow",)
    assert found.log_e > DECISIVE


def test_where_durations_are_alike_or_beyond_every_bucket_nothing_is_slow() -> None:
    def endless(_minute: int, _edge: CallEdge, counts: Counts) -> Counts:
        return replace(counts, times=Histogram(bounds=BOUNDS, counts=(0, 0, counts.requests)))

    assert seen(CART, timed(0.02)).log_e == 0.0
    assert seen(CART, endless).log_e == 0.0


def test_what_was_never_called_beside_the_old_version_shows_nothing() -> None:
    alone = looks(RELEASED, share=1.0)
    found = counted(RELEASED[1], RELEASED, EDGES, alone, harmless=0.01)
    assert not found.made
    assert found.log_safe == 0.0
    unknown = counted(release(ServiceName("ads")), RELEASED, EDGES, alone, harmless=0.01)
    assert not unknown.made
    assert unknown.log_e == 0.0


def test_looks_at_other_services_change_nothing() -> None:
    row = looks(RELEASED, bad_between(any_of(FRONT), at(CART), 0.02))
    others = [
        Interval(
            since=each.since,
            until=each.until,
            counts={CallEdge(caller=None, callee=at(PAY)): Counts(requests=9)},
        )
        for each in row
    ]
    mixed = [each for both in zip(row, others, strict=True) for each in both]
    alone, beside = (counted(RELEASED[1], RELEASED, EDGES, each, harmless=0.01) for each in (row, mixed))
    assert alone.log_e == beside.log_e


def test_a_rate_that_jumps_as_a_release_begins_is_not_its_fault_while_both_versions_have_it() -> None:
    """Five shops by lot; that any of them reached a thousand to one would happen once in two hundred."""
    dice = np.random.default_rng(5)

    def drawn(minute: int, _edge: CallEdge, counts: Counts) -> Counts:
        return replace(counts, bad=int(dice.binomial(counts.requests, 0.2 if minute >= 10 else 0.001)))

    for _ in range(5):
        row = looks([release(CART)], drawn, share=0.1, calls=200)
        assert counted(release(CART), [release(CART)], EDGES, row, harmless=0.01).log_e < log(1000)


def test_a_version_that_nobody_calls_is_not_taken_for_another() -> None:
    only = {CallEdge(caller=at(FRONT, NEW), callee=at(CART, Version("3"))): Counts(requests=50, bad=50)}
    row = [Interval(since=0.0, until=60.0, counts=only)]
    assert not counted(release(CART), [release(CART)], EDGES, row, harmless=0.01).made
