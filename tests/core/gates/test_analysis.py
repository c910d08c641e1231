"""Records of the past, judged: what decides, when, and that it is what a rollout's gate would say."""

from collections.abc import Iterable
from math import inf, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.core.gates.analysis import RECORDED, Analysis, Interval, analysed_from
from tidegate.core.gates.evidence import Batch, CallEdge, Counts, Gap, Missing, Tally
from tidegate.core.gates.history import Enough
from tidegate.core.gates.judge import judged, observed, opened
from tidegate.core.gates.verdict import Outcome
from tidegate.core.strategy import Gate, Stage

GATE = Gate()
Row = tuple[int, int, int, int]
"""Requests and bad of the canary, requests and bad of the control."""
GOOD, BAD, NOBODY = (50, 0, 950, 1), (50, 5, 950, 1), (0, 0, 0, 0)


def read(rows: Iterable[Row], gate: Gate = GATE) -> Analysis:
    analysis = analysed_from(gate)
    for number, (n1, k1, n0, k0) in enumerate(rows):
        canary, control = Tally(requests=n1, bad=k1), Tally(requests=n0, bad=k0)
        analysis = analysis.with_interval(Interval(at=60.0 * number, canary=canary, control=control))
    return analysis


@pytest.mark.parametrize(
    ("why", "rows", "outcome", "decided", "words"),
    [
        ("harm is seen at once", [BAD] * 9, Outcome.FAIL, 0, "the canary is worse than control in errors"),
        ("safety holds to the end", [GOOD] * 30, Outcome.PASS, 480, "the canary is not worse than control"),
        ("a late fault is not overlooked", [GOOD] * 30 + [BAD] * 9, Outcome.FAIL, 1860, "is worse than"),
        ("a failure stands", [BAD] * 9 + [GOOD] * 500, Outcome.FAIL, 0, "is worse than"),
        ("too little", [GOOD] * 3, Outcome.INSUFFICIENT, None, "the canary has 150 requests of about "),
        ("no rows", [], Outcome.INSUFFICIENT, None, "the record has no rows"),
        (
            "rows of nothing",
            [NOBODY],
            Outcome.INSUFFICIENT,
            None,
            "no requests of the canary, so there is no",
        ),
        (
            "no canary",
            [(0, 0, 900, 1)] * 9,
            Outcome.INSUFFICIENT,
            None,
            "the record has no requests of the can",
        ),
        (
            "no control",
            [(900, 0, 0, 0)] * 9,
            Outcome.INSUFFICIENT,
            None,
            "no requests of the control, so there",
        ),
        ("beyond its boundary, alone", [(900, 90, 0, 0)], Outcome.FAIL, 0, "is beyond its boundary of 1 %"),
    ],
)
def test_what_decides_and_when(
    why: str, rows: list[Row], outcome: Outcome, decided: float | None, words: str
) -> None:
    found = read(rows).conclusion()
    assert (found.verdict.outcome, found.decided_at) == (outcome, decided), why
    assert words in found.verdict.reason
    assert "waits" not in found.verdict.reason
    assert found.intervals == len(rows)


rows = st.tuples(st.integers(0, 300), st.integers(0, 9), st.integers(0, 900), st.integers(0, 9)).map(
    lambda row: (row[0], min(row[0], row[1]), row[2], min(row[2], row[3]))
)


@settings(deadline=None, max_examples=40)
@given(st.lists(rows, max_size=12))
def test_it_says_what_judging_the_batches_says(drawn: list[Row]) -> None:
    case, stage = opened(RECORDED, GATE), Stage(exposure=0.5, wait=inf)
    outcomes = []
    for n1, k1, n0, k0 in drawn:
        edges = {
            CallEdge(caller=None, callee=RECORDED.canary): Counts(requests=n1, bad=k1),
            CallEdge(caller=None, callee=RECORDED.control): Counts(requests=n0, bad=k0),
        }
        case = observed(case, Batch(edges=edges))
        outcomes.append(judged(case, stage=stage, elapsed=0.0))
        if outcomes[-1].outcome is Outcome.FAIL:
            break
    found = read(drawn).conclusion()
    if found.canary.requests and found.control.requests:
        assert found.verdict == outcomes[-1]
    elif found.verdict.outcome is not Outcome.FAIL:
        assert found.verdict.outcome is Outcome.INSUFFICIENT


def test_records_without_harm_rarely_fail() -> None:
    dice, runs, failed = np.random.default_rng(7), 60, 0
    for _ in range(runs):
        k1, k0 = dice.binomial(100, 0.005, 50), dice.binomial(900, 0.005, 50)
        found = read((100, int(a), 900, int(b)) for a, b in zip(k1, k0, strict=True)).conclusion()
        failed += found.verdict.outcome is Outcome.FAIL
    assert failed / runs <= GATE.alpha + 3 * sqrt(GATE.alpha / runs)


def test_what_would_have_been_enough() -> None:
    assert read([GOOD] * 3).conclusion().enough == Enough(
        claim="at least 99 % of its answers are good", canary_requests=550
    )
    worse = read([(50, 1, 950, 10)] * 2).conclusion()
    assert worse.enough is not None
    assert worse.enough.claim == "it is not more than 1.5 times worse than control"
    assert read([GOOD] * 30).conclusion().enough is None
    assert read([NOBODY]).conclusion().enough is None


def test_no_number_of_requests_shows_what_is_not_so() -> None:
    far = read([(20, 1, 0, 0), (0, 0, 1, 0)]).conclusion()
    assert far.verdict.outcome is Outcome.INSUFFICIENT
    assert far.enough is not None


def test_the_effect_has_both_rates_and_an_interval() -> None:
    effect = read([BAD] * 3).conclusion().effect
    assert effect is not None
    assert (effect.canary_rate, effect.control_rate) == (0.1, 1 / 950)
    assert effect.ratio == pytest.approx(95)
    assert effect.difference_low < effect.difference < effect.difference_high
    free = read([(50, 0, 50, 0)]).conclusion().effect
    assert free is not None
    assert free.ratio is None
    assert read([(50, 0, 0, 0)]).conclusion().effect is None


def test_a_long_record_is_kept_thinned_with_its_end() -> None:
    over_time = read([GOOD] * 600).conclusion().over_time
    times = [point.at for point in over_time]
    assert len(times) <= 258
    assert times[:2] == [0.0, 240.0]
    assert times[-1] == 599 * 60
    assert over_time[-1].canary == Tally(requests=30_000)


def test_the_evidence_over_time_ends_with_the_failure() -> None:
    found = read([GOOD] * 301 + [BAD] * 30).conclusion()
    assert found.over_time[-1].at == found.decided_at
    assert found.over_time[-1].log_harm == {c.name: c.log_harm for c in found.verdict.checks}
    assert found.ended_at == 330 * 60


def gaps(number: int) -> list[Missing]:
    return [Missing(gap=Gap.PARTIAL, what=f"gap {each}") for each in range(number)]


@pytest.mark.parametrize(
    ("why", "rows", "missing", "outcome", "reason"),
    [
        ("what would pass does not", [GOOD] * 30, 1, Outcome.INSUFFICIENT, "partial: gap 0"),
        (
            "many are told in short",
            [GOOD] * 30,
            5,
            Outcome.INSUFFICIENT,
            "partial: gap 0; partial: gap 1; partial: gap 2; and 2 more",
        ),
        ("nothing was read at all", [], 1, Outcome.INSUFFICIENT, "partial: gap 0"),
    ],
)
def test_what_is_missing_is_never_a_pass(
    *, why: str, rows: list[Row], missing: int, outcome: Outcome, reason: str
) -> None:
    found = read(rows).with_missing(gaps(missing)).conclusion()
    assert (found.verdict.outcome, found.verdict.reason, found.decided_at, found.enough) == (
        outcome,
        reason,
        None,
        None,
    ), why
    assert len(found.missing) == missing


def test_harm_stands_whatever_is_missing() -> None:
    whole = read([BAD] * 9)
    found = whole.with_missing(gaps(1)).conclusion()
    assert (found.verdict, found.decided_at) == (whole.verdict, whole.decided_at)
    assert found.missing == ("partial: gap 0",)


def test_with_nothing_missing_nothing_changes() -> None:
    assert read([GOOD] * 30).with_missing(()).conclusion() == read([GOOD] * 30).conclusion()
