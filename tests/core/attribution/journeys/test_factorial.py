"""Which of several releases did it, told from whole journeys: as stories, and as what always holds."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.attribution.journeys.traffic import (
    CART,
    FAILURES_ONLY,
    LINKS,
    MAIL,
    PAY,
    STOCK,
    Traffic,
    after,
    new,
    old,
    suspect,
)

from tidegate.core.attribution.answer import Answer, Attribution, Basis
from tidegate.core.attribution.journeys.cells import Rows
from tidegate.core.attribution.journeys.experiment import observed, opened, with_rows
from tidegate.core.attribution.journeys.factorial import attribution_of
from tidegate.core.attribution.journeys.ranking import decisive, suspicions
from tidegate.core.attribution.journeys.suspects import Terms
from tidegate.core.gates.eprocess import Arm
from tidegate.core.gates.evidence import NOTHING, Tally, VersionedService
from tidegate.core.strategy import Boundaries
from tidegate.core.traces.reading import Cohort, Outcomes

Rate = Callable[[Cohort], float]
Versions = frozenset[VersionedService]

HALF = tuple(replace(each, exposure=0.5) for each in (CART, PAY, STOCK))
WIDE = Terms(boundaries=Boundaries(worse_by=0.05))


def fails(*guilty: Versions, rate: float = 0.01, added: float = 0.1) -> Rate:
    """A rate of failing, and so much more for each set of versions that a journey met all of."""
    return lambda cohort: rate + added * sum(versions <= cohort for versions in guilty)


def told(
    traffic: Traffic, looks: int = 6, terms: Terms = FAILURES_ONLY, before: Tally = NOTHING
) -> Attribution:
    return attribution_of(after(opened(traffic.suspects, LINKS, terms=terms, before=before), traffic, looks))


@pytest.mark.parametrize(
    ("why", "rate", "answer", "culprits"),
    [
        ("one fails by itself", fails(new("pay")), Answer.ONE, (PAY.canary,)),
        (
            "two only where they meet",
            fails(new("cart", "pay"), added=0.3),
            Answer.PAIR,
            (CART.canary, PAY.canary),
        ),
        ("two calls apart", fails(new("cart", "mail"), added=0.3), Answer.PAIR, (CART.canary, MAIL.canary)),
        ("a pair nobody looks for", fails(new("stock", "mail"), added=0.3), Answer.UNDECIDED, ()),
        ("nothing new is worse", fails(), Answer.UNDECIDED, ()),
        ("the old one fails", fails(old("pay")), Answer.UNDECIDED, ()),
    ],
)
def test_who_did_it(why: str, rate: Rate, answer: Answer, culprits: tuple[VersionedService, ...]) -> None:
    said = told(Traffic(fails=rate))
    assert (said.answer, said.culprits, said.basis) == (answer, culprits, Basis.TRACES), why


@pytest.mark.parametrize("rate", [fails(), fails(old("pay"))])
def test_none_is_said_once_every_suspect_is_shown_harmless(rate: Rate) -> None:
    """Not before: that nothing was found is not enough."""
    traffic = Traffic(suspects=HALF, fails=rate, journeys=300)
    assert told(traffic, 1, WIDE).answer is Answer.UNDECIDED
    said = told(traffic, 30, WIDE)
    assert (said.answer, said.culprits) == (Answer.NONE, ())
    assert said.reason == "journeys with any of the new versions are shown to end no worse than those without"


def test_a_pair_is_not_cleared_by_its_members() -> None:
    """At small exposures a pair hardly shows in either of the two."""
    traffic = Traffic(suspects=HALF, fails=fails())
    rare = tuple(replace(each, exposure=0.03) for each in HALF)
    assert told(traffic, 10, WIDE).answer is Answer.NONE
    assert told(replace(traffic, suspects=rare), 10, WIDE).answer is Answer.UNDECIDED


def test_the_evidence_is_told() -> None:
    said = told(Traffic(fails=fails(new("pay"))))
    first = said.ranking[0]
    assert said.reason == (
        "pay@2: 98 of 853 journeys failed (11.49 %) with it, 26 of 3,285 journeys failed (0.7915 %) without"
    )
    assert (first.suspects, first.exposed) == ((PAY.canary,), Tally(requests=853, bad=98))
    assert first.effect == pytest.approx(98 / 853 - 26 / 3285)
    assert first.log_e >= first.log_e_needed == pytest.approx(np.log(2 * 4 / 0.01))
    assert len(said.ranking) == 4 + 5


def test_a_second_one_beyond_the_bound_is_told_too() -> None:
    said = told(Traffic(fails=fails(new("pay"), new("stock"))))
    assert (said.answer, set(said.culprits) < new("pay", "stock")) == (Answer.ONE, True)
    (other,) = new("pay", "stock") - set(said.culprits)
    assert said.reason.endswith(f"; beyond the bound too: {other}")


def test_undecided_says_how_many_more_failing_journeys_would_settle_it() -> None:
    traffic = Traffic(fails=fails(new("pay")), journeys=150)
    said = told(traffic, 1)
    assert (said.answer, said.more_failing) == (Answer.UNDECIDED, 13)
    assert said.reason.endswith("about 13 more failing journeys would settle it")
    assert told(replace(traffic, journeys=1), 1).reason.endswith("no journeys yet that can be compared")


def slow_of(*guilty: Versions, times: float = 1.3) -> Rate:
    return lambda cohort: times if any(versions <= cohort for versions in guilty) else 1.0


@pytest.mark.parametrize(
    ("why", "slower", "answer", "culprits"),
    [
        ("one is slower", slow_of(new("pay")), Answer.ONE, (PAY.canary,)),
        ("two where they meet", slow_of(new("cart", "pay"), times=3), Answer.PAIR, (CART.canary, PAY.canary)),
        ("none is", slow_of(), Answer.UNDECIDED, ()),
    ],
)
def test_slowness_is_harm_too(
    why: str, slower: Rate, answer: Answer, culprits: tuple[VersionedService, ...]
) -> None:
    said = told(Traffic(fails=fails(), slower=slower), terms=Terms())
    assert (said.answer, said.culprits) == (answer, culprits), why
    assert all("answers came later than" in each.why for each in said.ranking if decisive(each))


def test_slowness_does_not_count_where_nobody_asked() -> None:
    traffic = Traffic(fails=fails(), slower=slow_of(new("pay"), times=3.0))
    assert told(traffic, terms=FAILURES_ONLY).answer is Answer.UNDECIDED


@pytest.mark.parametrize("salt", ["told", None])
def test_versions_drawn_from_one_hash_cannot_be_told_apart(salt: str | None) -> None:
    """Whether it is known or only shows."""
    suspects = tuple(suspect(each.service, salt=salt) for each in (CART, PAY, STOCK))
    said = told(Traffic(suspects=suspects, fails=fails(new("pay")), one_hash=True, visits=1.0))
    assert (said.answer, said.culprits) == (Answer.NOT_IDENTIFIABLE, ())
    assert said.reason == (
        "journeys meet cart@2, pay@2, stock@2 together, as where versions are drawn from one hash: what one of them "
        "does looks like the doing of all"
    )


def test_of_one_hash_only_who_is_met_alone_is_told() -> None:
    """Where routes differ, journeys that met no other of them are left, and they are enough in the end."""
    traffic = Traffic(suspects=HALF, fails=fails(new("pay")), one_hash=True, journeys=200)
    assert [told(traffic, looks).answer for looks in (2, 40)] == [Answer.NOT_IDENTIFIABLE, Answer.ONE]


def test_the_others_can_be_told_from_two_of_one_hash() -> None:
    def told_of(guilty: str) -> Attribution:
        suspects = (suspect("cart", salt="same"), suspect("pay", salt="same"), STOCK)
        traffic = Traffic(suspects=suspects, fails=fails(new(guilty)), visits=1.0)
        looks = (_of_one_hash(cohorts) for cohorts in traffic.looks(6))
        experiment = opened(suspects, LINKS, terms=FAILURES_ONLY)
        for cohorts in looks:
            experiment = observed(experiment, cohorts)
        return attribution_of(experiment)

    assert told_of("stock").culprits == (STOCK.canary,)
    assert told_of("pay").answer is Answer.NOT_IDENTIFIABLE
    assert told_of("pay").reason.startswith("journeys meet cart@2, pay@2 together")


def _of_one_hash(cohorts: dict[Cohort, Outcomes]) -> dict[Cohort, Outcomes]:
    """Those journeys that would be, were the versions of cart and pay drawn together."""
    return {met: ended for met, ended in cohorts.items() if (CART.canary in met) == (PAY.canary in met)}


@pytest.mark.parametrize("known", [Tally(requests=5000, bad=50), NOTHING])
def test_what_fails_on_both_arms_alike_is_shared(known: Tally) -> None:
    """Held against what was before, or else against the first journeys."""
    experiment = opened(HALF, LINKS, terms=FAILURES_ONLY, before=known)
    calm, failing = (
        Traffic(suspects=HALF, fails=fails(), journeys=2000),
        Traffic(suspects=HALF, fails=fails(rate=0.1)),
    )
    experiment = after(experiment, calm, 5)
    assert attribution_of(experiment).answer is Answer.UNDECIDED
    said = attribution_of(after(experiment, failing, 5))
    assert said.answer is Answer.NOT_IDENTIFIABLE
    assert said.reason.startswith("of journeys that met no new version ")
    assert said.reason.endswith("something shared (a store, a cache, a queue) or none of these changes")


def test_who_is_guilty_is_told_though_all_fails_more_than_before() -> None:
    before = Tally(requests=5000, bad=50)
    assert told(Traffic(fails=fails(new("pay"), rate=0.1)), before=before).culprits == (PAY.canary,)


def test_where_much_was_lost_nothing_is_concluded() -> None:
    traffic = Traffic(fails=fails(new("pay")))
    guilty = after(opened(traffic.suspects, LINKS, terms=FAILURES_ONLY), traffic, 6)
    few, many = (attribution_of(observed(guilty, {}, lost=lost)) for lost in (500, 1000))
    assert (few.answer, many.answer, many.culprits) == (Answer.ONE, Answer.NOT_IDENTIFIABLE, ())
    assert many.reason == "14.41 % of the evidence was lost, more than 10 %: what is left may deceive"


def test_a_look_of_which_much_was_lost_is_no_evidence() -> None:
    """Otherwise a long calm would make up for what was lost while it failed."""
    calm, failing = Traffic(fails=fails(), journeys=5000), Traffic(fails=fails(new("pay")))
    experiment = after(opened(calm.suspects, LINKS, terms=FAILURES_ONLY), calm, 6)
    for lost, culprits in ((50, (PAY.canary,)), (300, ())):
        known = experiment
        for cohorts in failing.looks(2):
            known = observed(known, cohorts, lost=lost)
        assert attribution_of(known).culprits == culprits


@pytest.mark.parametrize(
    ("why", "met", "reason"),
    [
        (
            "no journey meets the new version",
            old("pay"),
            "none of 10,000 journeys through pay met pay@2, 50 % should",
        ),
        (
            "no journey meets the old version",
            new("pay"),
            "none of 10,000 journeys through pay met pay@1, 50 % should",
        ),
        ("no journey comes by", frozenset[VersionedService](), "none of 10,000 journeys met pay"),
    ],
)
def test_a_suspect_that_cannot_be_seen_is_not_cleared(why: str, met: Versions, reason: str) -> None:
    cart, pay = HALF[:2]
    cohorts = {new("cart") | met: Outcomes(journeys=5000), old("cart") | met: Outcomes(journeys=5000)}
    said = attribution_of(observed(opened((cart, pay), LINKS, terms=FAILURES_ONLY), cohorts))
    assert (said.answer, said.reason) == (Answer.NOT_IDENTIFIABLE, reason), why


def test_failures_behind_a_queue_do_not_reach_the_journey() -> None:
    traffic = Traffic(suspects=HALF, fails=fails())
    experiment = opened(HALF, (), asynchronous=[(CART.service, PAY.service)], terms=WIDE)
    said = attribution_of(after(experiment, traffic, 10))
    assert said.answer is Answer.NOT_IDENTIFIABLE
    assert said.reason == "nobody waits for an answer of pay: what fails there does not fail the journey"


def test_one_that_cannot_be_seen_does_not_hide_another() -> None:
    traffic = Traffic(suspects=HALF, fails=fails(new("cart")))
    experiment = opened(HALF, (), asynchronous=[(CART.service, PAY.service)], terms=FAILURES_ONLY)
    assert attribution_of(after(experiment, traffic, 6)).culprits == (CART.canary,)


# --- what always holds

COHORTS = st.lists(
    st.builds(
        lambda versions, journeys, failed: (
            frozenset(versions),
            Outcomes(journeys=journeys, failed=min(failed, journeys)),
        ),
        st.lists(
            st.sampled_from(sorted(new("cart", "pay", "stock") | old("cart", "pay", "stock"))),
            unique_by=lambda version: version.service,
        ),
        st.integers(1, 400),
        st.integers(0, 40),
    ),
    max_size=12,
).map(dict)
LOOKS = st.lists(COHORTS, max_size=4)


def seen(looks: list[dict[Cohort, Outcomes]], *services: str) -> Attribution:
    experiment = opened(map(suspect, services), LINKS, terms=FAILURES_ONLY)
    for cohorts in looks:
        experiment = observed(experiment, cohorts)
    return attribution_of(experiment)


def bare(said: Attribution) -> tuple[object, ...]:
    """An answer without what depends on the order of additions."""
    against = {
        frozenset(each.suspects): (each.exposed, each.control, round(each.log_e, 6)) for each in said.ranking
    }
    return said.answer, frozenset(said.culprits), said.more_failing, against


@settings(max_examples=15)
@given(looks=LOOKS, services=st.permutations(["cart", "pay", "stock"]))
def test_whoever_is_named_first_does_not_matter(
    looks: list[dict[Cohort, Outcomes]], services: list[str]
) -> None:
    assert bare(seen(looks, *services)) == bare(seen(looks, "cart", "pay", "stock"))


@settings(max_examples=15)
@given(looks=LOOKS)
def test_the_order_of_cohorts_does_not_matter(looks: list[dict[Cohort, Outcomes]]) -> None:
    turned = [dict(reversed(cohorts.items())) for cohorts in looks]
    assert bare(seen(turned, "cart", "pay", "stock")) == bare(seen(looks, "cart", "pay", "stock"))


@settings(max_examples=15)
@given(looks=LOOKS, journeys=st.integers(1, 10**6), failed=st.integers(0, 1000))
def test_journeys_that_meet_no_suspect_change_nothing(
    looks: list[dict[Cohort, Outcomes]], journeys: int, failed: int
) -> None:
    more = Outcomes(journeys=journeys, failed=min(failed, journeys))
    elsewhere = {frozenset[VersionedService](): more, new("search"): more}
    with_more = [
        {**cohorts, **{met: ended for met, ended in elsewhere.items() if met not in cohorts}}
        for cohorts in looks
    ]
    without = [{met: ended for met, ended in cohorts.items() if met} for cohorts in looks]
    assert seen(with_more, "cart", "pay", "stock") == seen(without, "cart", "pay", "stock")


@settings(max_examples=15)
@given(looks=LOOKS)
def test_what_is_missing_makes_no_culprit(looks: list[dict[Cohort, Outcomes]]) -> None:
    """With all journeys of one arm lost there is nothing to compare, however the others end."""
    for gone in (new("pay"), old("pay")):
        left = [{met: ended for met, ended in cohorts.items() if not gone & met} for cohorts in looks]
        said = seen(left, "cart", "pay", "stock")
        assert PAY.canary not in said.culprits
        assert all(each.log_e <= 0.0 for each in said.ranking if PAY.canary in each.suspects)


World = Callable[[np.random.Generator, int], tuple[Rows, np.ndarray]]
"""The journeys of a look, by its number: what they met, and the chance of each to fail."""


def drawn(dice: np.random.Generator, visits: np.ndarray, exposure: float) -> Rows:
    through, arm = dice.random((400, 3)) < visits, dice.random((400, 3)) < exposure
    return Rows(new=(through & arm).astype(float), old=(through & ~arm).astype(float))


def _trouble_on_one_route(dice: np.random.Generator, look: int) -> tuple[Rows, np.ndarray]:
    """Whoever goes through the third service fails more, now and then much more."""
    rows = drawn(dice, np.array([0.9, 0.5, 0.3]), 0.2)
    return rows, 0.01 + (rows.new + rows.old)[:, 2] * (0.4 if look % 3 == 0 else 0.02)


def _exposure_grows_with_trouble(dice: np.random.Generator, look: int) -> tuple[Rows, np.ndarray]:
    """All over, failures are few while exposures are small, and many when they are large."""
    return drawn(dice, np.array([0.8, 0.8, 0.8]), 0.05 * (look + 1)), np.full(400, 0.01 * (look + 1))


def _one_guilty_of_all(dice: np.random.Generator, _look: int) -> tuple[Rows, np.ndarray]:
    """The first is guilty, which is no reason against the others."""
    rows = drawn(dice, np.array([0.8, 0.8, 0.8]), 0.2)
    return rows, 0.01 + 0.2 * rows.new[:, 0]


def _a_pair(dice: np.random.Generator, _look: int) -> tuple[Rows, np.ndarray]:
    """The first two are guilty together, which is no reason against either alone."""
    rows = drawn(dice, np.array([0.8, 0.8, 0.8]), 0.3)
    return rows, 0.01 + 0.4 * rows.new[:, 0] * rows.new[:, 1]


@pytest.mark.parametrize(
    ("world", "guilty"),
    [
        (_trouble_on_one_route, ()),
        (_exposure_grows_with_trouble, ()),
        (_one_guilty_of_all, (CART.canary,)),
        (_a_pair, (CART.canary, PAY.canary)),
    ],
)
def test_innocents_are_blamed_no_oftener_than_alpha(
    world: World, guilty: tuple[VersionedService, ...]
) -> None:
    """Over all suspects, pairs and looks together; here alpha is 0.2 of 30 runs."""
    dice = np.random.default_rng(9)
    terms = Terms(alpha=0.2, boundaries=Boundaries())
    wrong = sum(_blames_another(world, guilty, terms, dice) for _ in range(30))
    assert wrong <= 0.2 * 30


def _blames_another(
    world: World, guilty: tuple[VersionedService, ...], terms: Terms, dice: np.random.Generator
) -> bool:
    experiment = opened((CART, PAY, STOCK), LINKS, terms=terms)
    for look in range(6):
        rows, rates = world(dice, look)
        failed = (dice.random(len(rates)) < rates).astype(float)[:, None]
        experiment = with_rows(experiment, rows, Arm(np.ones_like(failed), failed))
        if any(decisive(each) and each.suspects != guilty for each in suspicions(experiment)):
            return True
    return False
