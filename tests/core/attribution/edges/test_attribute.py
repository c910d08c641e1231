"""Which release did it: the ranking and the answer, as stories of a shop."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.attribution.edges.shop import (
    CART,
    EDGES,
    FRONT,
    NEW,
    PAY,
    STOCK,
    Different,
    at,
    failing,
    looks,
    minutes,
    of,
    release,
    unchanged,
)

from tidegate.core.attribution.answer import Answer, Attribution, Basis
from tidegate.core.attribution.edges.attribute import attribute_by_edges
from tidegate.core.attribution.edges.observed import Instance, Interval, Release
from tidegate.core.gates.evidence import CallEdge, Counts, Tally
from tidegate.core.ids import ServiceName

ALL = (release(CART, 10), release(PAY, 11), release(STOCK, 12))


def ranked(said: Attribution) -> list[str]:
    return [" with ".join(map(str, each.suspects)) for each in said.ranking]


def by_instances(different: Different, releases: Sequence[Release] = ALL, last: int = 40) -> Attribution:
    return attribute_by_edges(releases, minutes(releases, different, last), edges=EDGES)


def bad_on(callee: ServiceName, share: float, *, new_only: bool = True) -> Sequence[Interval]:
    def change(minute: int, edge: CallEdge, counts: Counts) -> Counts:
        guilty = edge.callee == at(callee) or (not new_only and edge.callee.service == callee)
        return replace(counts, bad=round(counts.requests * share)) if minute >= 12 and guilty else counts

    return looks(ALL, change)


# --- one


def test_the_release_whose_instances_fail_is_blamed() -> None:
    said = by_instances(of("pay-2", failing(0.4)))
    assert (said.answer, said.basis, said.culprits) == (Answer.ONE, Basis.EDGES, (at(PAY),))
    assert ranked(said)[0] == "pay@2"
    assert said.reason.startswith("pay@2: the new version is worse than the old one beside it: errors; ")
    assert "harmless, it would look like this less than once in" in said.reason
    assert said.more_failing is None


def test_the_release_whose_calls_fail_is_blamed_with_the_counts_that_show_it() -> None:
    said = attribute_by_edges(ALL, bad_on(PAY, 0.3))
    assert said.culprits == (at(PAY),)
    first = said.ranking[0]
    assert first.log_e >= first.log_e_needed
    assert first.effect == pytest.approx(0.27, abs=0.03)
    assert first.control == Tally(requests=first.control.requests, bad=0)


def test_an_instance_of_which_nothing_is_measured_is_blamed_where_others_are_measured() -> None:
    said = by_instances(of("stock-2", lambda _, seen: Instance(version=seen.version), since=12))
    assert said.culprits == (at(STOCK),)
    assert "answering" in said.reason


def test_a_source_that_shows_no_new_instance_makes_no_culprit() -> None:
    def blind(_minute: int, name: str, seen: Instance) -> Instance:
        return Instance(version=seen.version) if name.endswith("-2") else seen

    said = by_instances(blind)
    assert said.answer is not Answer.ONE
    assert not said.culprits


def test_two_that_both_do_harm_are_both_told_and_the_stronger_is_blamed() -> None:
    def both(minute: int, name: str, seen: Instance) -> Instance:
        return failing(0.3)(minute, seen) if name in {"pay-2", "cart-2"} else seen

    said = by_instances(both)
    assert said.answer is Answer.ONE
    assert len(said.culprits) == 1
    assert "; beyond doubt too: " in said.reason
    assert set(ranked(said)[:2]) == {"pay@2", "cart@2"}


def test_where_instances_and_counts_are_known_either_may_show_it() -> None:
    rows = [
        replace(one, counts=other.counts)
        for one, other in zip(minutes(ALL, of("pay-2", failing(0.4))), looks(ALL), strict=True)
    ]
    assert attribute_by_edges(ALL, rows).culprits == (at(PAY),)


def test_several_gates_that_look_in_turn_are_as_good_as_one() -> None:
    rows = bad_on(PAY, 0.3)
    cut = [
        Interval(
            since=row.since + shift,
            until=row.until + shift,
            counts={edge: seen for edge, seen in row.counts.items() if edge.callee.service == service},
        )
        for row in rows
        for shift, service in enumerate((FRONT, CART, PAY, STOCK))
    ]
    assert attribute_by_edges(ALL, cut).culprits == (at(PAY),)


# --- pair


def test_two_new_versions_that_fail_where_they_meet_are_a_pair() -> None:
    def change(minute: int, edge: CallEdge, counts: Counts) -> Counts:
        meet = edge == CallEdge(caller=at(CART), callee=at(STOCK))
        return replace(counts, bad=round(counts.requests * 0.5)) if minute >= 12 and meet else counts

    said = attribute_by_edges(ALL, looks(ALL, change, share=0.3))
    assert (said.answer, said.culprits) == (Answer.PAIR, (at(CART), at(STOCK)))
    assert "calls between them failed" in said.reason


def test_one_that_fails_alone_is_not_blamed_with_whom_it_meets() -> None:
    said = attribute_by_edges(ALL, bad_on(STOCK, 0.4))
    assert said.culprits == (at(STOCK),)


# --- none, and what cannot be told


def test_harmless_releases_are_cleared() -> None:
    for said in (by_instances(unchanged), attribute_by_edges(ALL, looks(ALL, calls=2000))):
        assert (said.answer, said.culprits) == (Answer.NONE, ())


def test_calls_that_fail_on_both_versions_alike_are_not_identifiable_and_the_best_fit_is_first() -> None:
    alike: Different = lambda minute, name, seen: (  # noqa: E731 - a difference in one line
        failing(0.6)(0, seen) if minute >= 12 and name.startswith("stock") else seen
    )
    said = by_instances(alike)
    assert said.answer is Answer.NOT_IDENTIFIABLE
    assert "on both versions of each alike" in said.reason
    assert ranked(said)[0] == "stock@2"


def test_time_alone_orders_and_never_blames() -> None:
    said = attribute_by_edges(ALL, bad_on(STOCK, 0.3, new_only=False))
    assert not said.culprits
    assert ranked(said)[0] == "stock@2"


def test_without_an_old_version_beside_it_nothing_can_be_told() -> None:
    said = by_instances(lambda _, name, seen: None if name.endswith("-2") else seen)
    assert said.answer is Answer.NOT_IDENTIFIABLE
    assert said.reason == (
        "no calls or instances of cart@2, pay@2, stock@2 were seen beside the old version: nothing can be compared"
    )


@pytest.mark.parametrize(("releases", "intervals"), [((), minutes([])), (ALL, ())])
def test_nothing_in_progress_or_nothing_seen_is_said(
    releases: Sequence[Release], intervals: Sequence[Interval]
) -> None:
    said = attribute_by_edges(releases, intervals)
    assert said.answer is Answer.NOT_IDENTIFIABLE
    assert said.ranking == ()


def test_what_is_not_decided_yet_says_what_it_would_take() -> None:
    def more_often(_minute: int, edge: CallEdge, counts: Counts) -> Counts:
        return replace(counts, bad=round(counts.requests * (0.04 if edge.callee == at(PAY) else 0.01)))

    said = attribute_by_edges(ALL, looks(ALL, more_often, last=13))
    assert said.answer is Answer.UNDECIDED
    assert said.reason.startswith(
        "most suspect is pay@2 (the new version is worse than the old one beside it: "
    )
    assert said.more_failing is not None
    assert 0 < said.more_failing < 100


def test_without_counts_nobody_knows_how_much_more_it_takes() -> None:
    said = by_instances(of("pay-2", failing(0.4)), last=14)
    assert (said.answer, said.more_failing) == (Answer.UNDECIDED, None)


def test_a_cause_is_before_its_effect() -> None:
    rows = minutes(ALL, of("stock-2", failing(0.4)))
    said = attribute_by_edges(ALL, rows, detected_at=60.0 * 11.5)
    assert ranked(said)[-1] == "stock@2"
    assert not said.culprits
    assert said.ranking[-1].why.endswith("it began after the failure was detected")


# --- invariants


@settings(max_examples=6, deadline=None)
@given(st.permutations(ALL), st.sampled_from(["cart-2", "pay-2", "stock-2"]), st.sampled_from([0.0, 0.7]))
def test_the_order_in_which_releases_are_given_does_not_matter(
    releases: list[Release], guilty: str, share: float
) -> None:
    different = of(guilty, failing(share), since=12)
    row = minutes(ALL, different, 24)
    assert attribute_by_edges(releases, row) == attribute_by_edges(ALL, row)


@settings(max_examples=6, deadline=None)
@given(st.sampled_from([CART, PAY, STOCK]), st.floats(0.0, 0.9), st.integers(16, 36))
def test_a_release_that_shows_no_difference_is_never_above_one_that_fails(
    guilty: ServiceName, share: float, last: int
) -> None:
    """Given enough minutes for any comparison at all, and the same beginning."""
    releases = [release(name, 10) for name in (CART, PAY, STOCK)]
    row = minutes(releases, of(f"{guilty}-{NEW}", failing(share)), last)
    assert ranked(attribute_by_edges(releases, row))[0] == f"{guilty}@2"
