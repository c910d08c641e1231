"""A release is judged: each story is traffic, look after look, and the verdict with its words."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import pairwise
from math import log, nan
from typing import Any

import numpy as np
import pytest

from tidegate.core.gates.eprocess import NotWorse, Worse, arm, beyond, comparison, within
from tidegate.core.gates.evidence import (
    Batch,
    CallEdge,
    Counts,
    Finding,
    Gap,
    Histogram,
    Missing,
    Reading,
    Signal,
    Tally,
    VersionedService,
    increase,
)
from tidegate.core.gates.judge import Case, judged, observed, opened
from tidegate.core.gates.look import carriers
from tidegate.core.gates.measures import subject_of
from tidegate.core.gates.verdict import CheckResult, Outcome, Verdict
from tidegate.core.ids import ServiceName, Version
from tidegate.core.plan.steps import Expose
from tidegate.core.strategy import (
    Boundaries,
    Conformance,
    Gate,
    Guard,
    OnInsufficient,
    Ratio,
    SloLimit,
    Stage,
)

PAYMENTS = subject_of(Expose(service=ServiceName("payments"), old=Version("1.9.0"), new=Version("2.0.0")))
LEDGER = VersionedService(service=ServiceName("ledger"), version=Version("5.0.0"))
GATEWAY = VersionedService(service=ServiceName("gateway"), version=Version("1.0.0"))

Edges = Mapping[CallEdge, Counts]

GATE = Gate()
CANARY_STAGE = Stage(exposure=0.05, bake=60, wait=600)
FULL_STAGE = Stage(exposure=1.0, bake=60, wait=600)


def into(canary: Counts, control: Counts) -> dict[CallEdge, Counts]:
    """Calls of the gateway that the two versions of payments answered."""
    return {
        CallEdge(caller=GATEWAY, callee=PAYMENTS.canary): canary,
        CallEdge(caller=GATEWAY, callee=PAYMENTS.control): control,
    }


def out_of(canary: Counts, control: Counts) -> dict[CallEdge, Counts]:
    """Calls to the ledger that the two versions of payments made."""
    return {
        CallEdge(caller=PAYMENTS.canary, callee=LEDGER): canary,
        CallEdge(caller=PAYMENTS.control, callee=LEDGER): control,
    }


def of(requests: int, bad: int = 0, rejected: int = 0, slow: int = 0) -> Counts:
    return Counts(requests=requests, bad=bad, rejected=rejected, slow=slow, threshold_ms=300.0)


def after(looks: Iterable[Edges], gate: Gate = GATE) -> Case:
    case = opened(PAYMENTS, gate)
    for edges in looks:
        case = observed(case, Batch(edges=edges))
    return case


def verdict(
    looks: Iterable[Edges], gate: Gate = GATE, stage: Stage = CANARY_STAGE, at: float = 120
) -> Verdict:
    return judged(after(looks, gate), stage=stage, elapsed=at)


def check(answer: Verdict, name: str) -> CheckResult:
    return next(check for check in answer.checks if check.name == name)


GOOD = into(of(50), of(950))
BROKEN = into(of(50, bad=20), of(950))
BOTH_BROKEN = into(of(50, bad=5), of(950, bad=95))
TIMED = replace(GATE, boundaries=Boundaries(latency_ms=300))
GUARDED = replace(GATE, guards=(Guard(service="gateway", success_rate=0.999),))
ENTRY_BROKEN = {CallEdge(caller=None, callee=GATEWAY): of(1_000, bad=40)}


# --- fail


@pytest.mark.parametrize(
    ("gate", "edges", "carrier", "words"),
    [
        (
            GATE, BROKEN, "errors",
            "in errors: 20 of 50 requests (40 %) failed, of 1.9.0 0 of 950 (0 %)",
        ),
        (
            GATE, BOTH_BROKEN, "success rate",
            "payments 2.0.0 is beyond its boundary of 1 %: 10 of 100 requests (10 %) failed",
        ),
        (
            TIMED, into(of(50, slow=20), of(950, slow=9)), "latency",
            "payments 2.0.0 is worse than 1.9.0 in latency: 20 of 50 good answers (40 %) were slow",
        ),
        (
            TIMED, into(of(50, slow=5), of(950, slow=95)), "answers in time",
            "payments 2.0.0 is beyond its boundary of 1 %: 10 of 100 good answers (10 %) were slow",
        ),
        (
            GATE, GOOD | out_of(of(50, rejected=30), of(950)), "outgoing",
            "payments 2.0.0 is worse than 1.9.0 in outgoing: 30 of 50 calls of its own (60 %) failed or",
        ),
        (
            GUARDED, GOOD | ENTRY_BROKEN, "guard gateway",
            "gateway is below its success rate of 99.9 %: 40 of 1,000 calls (4 %) failed, whichever",
        ),
    ],
)  # fmt: skip
def test_harm_is_named(gate: Gate, edges: Edges, carrier: str, words: str) -> None:
    """Whatever is wrong is found within a few looks, and the verdict says what it was and on which counts."""
    answers = (verdict([edges] * looks, gate, at=5 * looks) for looks in (1, 2, 3))
    answer = next(answer for answer in answers if answer.outcome is Outcome.FAIL)
    assert words in answer.reason
    assert "a harmless release looks like this less than once in" in answer.reason
    assert check(answer, carrier).outcome is Outcome.FAIL


def test_harm_may_be_carried_by_several_checks_together() -> None:
    """All that are enough alone are named, or else the fewest that are enough together."""
    assert carriers({"a": log(60), "b": log(50), "c": 0.0}, log(100)) == ("a", "b")
    assert carriers({"a": log(120), "b": log(50), "c": log(500)}, log(100)) == ("a", "c")
    assert carriers({"a": log(60), "b": log(30)}, log(100)) == ()
    assert carriers({"a": nan, "b": log(30)}, log(100)) == ()


def test_harm_is_decided_by_the_average_of_all_checks() -> None:
    """One check alone needs its share of 1/alpha; both its evidence and what it needs are told."""
    answer = verdict([BROKEN])
    assert len(answer.checks) == 3
    assert check(answer, "errors").log_harm >= check(answer, "errors").log_harm_needed
    assert check(answer, "errors").log_harm_needed == pytest.approx(log(3 / 0.01))


def test_harm_found_late_outweighs_all_the_good_before() -> None:
    assert verdict([GOOD] * 200 + [BROKEN]).outcome is Outcome.FAIL


def test_a_bad_day_of_both_arms_within_the_boundary_is_nobodys_fault() -> None:
    gate = Gate(boundaries=Boundaries(success_rate=0.8))
    assert verdict([BOTH_BROKEN] * 20, gate).outcome is not Outcome.FAIL


# --- pass


@pytest.mark.parametrize(
    ("why", "looks", "gate", "stage", "words"),
    [
        ("as good as its control", [GOOD] * 20, GATE, CANARY_STAGE,
         "and keeps its success rate: 0 of 1,000 requests (0 %) failed"),
        ("everything measured is proven",
         [GOOD | out_of(of(50), of(950))] * 40, TIMED, CANARY_STAGE,
         "payments 2.0.0 is not worse than 1.9.0 and keeps its success rate"),
        ("beyond no margin, boundary out of reach",
         [into(of(500, bad=5), of(500, bad=5))] * 50, Gate(boundaries=Boundaries(success_rate=0.989)),
         CANARY_STAGE, "payments 2.0.0 is not worse than 1.9.0"),
        ("without a control, by the boundary", [into(of(1_000, bad=1), of(0))] * 5, GATE, FULL_STAGE,
         "payments 2.0.0 keeps its success rate"),
        ("outgoing calls of one arm only cannot be compared",
         [GOOD | out_of(of(50), of(0))] * 20, GATE, CANARY_STAGE, "keeps its success rate"),
        ("nor can they at full exposure",
         [into(of(1_000), of(3)) | out_of(of(1_000), of(3))] * 5, GATE, FULL_STAGE, "keeps its success rate"),
        ("a guard that is well", [GOOD] * 20, GUARDED, CANARY_STAGE, "keeps its success rate"),
    ],
)  # fmt: skip
def test_passes(why: str, looks: list[Edges], gate: Gate, stage: Stage, words: str) -> None:
    answer = verdict(looks, gate, stage)
    assert answer.outcome is Outcome.PASS, (why, answer.reason)
    assert words in answer.reason


def test_evidence_is_carried_from_stage_to_stage() -> None:
    """A new stage needs its bake and fresh requests, not the whole proof again."""
    case = after([GOOD] * 20).with_stage_begun(0.05)
    assert judged(case, stage=CANARY_STAGE, elapsed=120).outcome is Outcome.INSUFFICIENT
    case = observed(case, Batch(edges=into(of(5), of(95))))
    assert case.fresh_requests == 5
    assert judged(case, stage=CANARY_STAGE, elapsed=120).outcome is Outcome.PASS


# --- insufficient


@pytest.mark.parametrize(
    ("looks", "gate", "stage", "at", "words"),
    [
        ([], GATE, CANARY_STAGE, 120,
         ["no request has reached payments 2.0.0 in this stage",
          "no request has reached payments 1.9.0, so there is nothing to compare with",
          "payments 2.0.0 has 0 requests of about", "waits 480 s more, then holds"]),
        ([into(of(0), of(500))], GATE, CANARY_STAGE, 120,
         ["no request has reached payments 2.0.0 in this stage"]),
        ([into(of(83), of(1_577))], GATE, CANARY_STAGE, 120,
         ["payments 2.0.0 has 83 requests of about ",
          "needed to show that at least 99 % of its answers are good"]),
        ([into(of(83, bad=2), of(1_577, bad=38))] * 2, GATE,
         CANARY_STAGE, 120,
         ["payments 2.0.0 has 166 requests of about ",
          "needed to show that it is not more than 1.5 times worse than 1.9.0"]),
        ([into(of(200, bad=3), of(0))], GATE, CANARY_STAGE, 120,
         ["payments 2.0.0 has 200 requests, of which 3 failed; no number of them at this rate would show",
          "no request has reached payments 1.9.0"]),
        ([into(of(50, bad=0, rejected=50), of(950))] * 20, TIMED, CANARY_STAGE, 120,
         ["payments 2.0.0 has 0 good answers of about ", "within 300 ms"]),
        ([GOOD | out_of(of(1), of(19))] * 20, GATE, CANARY_STAGE, 120,
         ["payments 2.0.0 has 20 calls of its own of about ",
          "its own calls are not more than 0.5 points worse than those of 1.9.0"]),
        ([GOOD] * 20, GATE, CANARY_STAGE, 18.5, ["42 s of its bake time of 60 s are left"]),
        ([GOOD] * 20, GATE, replace(CANARY_STAGE, bake=nan), 18.5, ["bake time"]),
        ([GOOD], GATE, replace(CANARY_STAGE, on_insufficient=OnInsufficient.ROLLBACK), 700,
         ["its time to wait of 600 s is over"]),
        ([GOOD], Gate(boundaries=Boundaries(success_rate=1.0)), CANARY_STAGE, 120,
         ["not more than 0.5 points worse"]),
    ],
    ids=[
        "nothing at all",
        "control alone",
        "too few",
        "too few and a boundary out of reach",
        "no rate at which it could be shown",
        "latency not known",
        "its own calls too few",
        "not baked",
        "no clock",
        "given up",
        "nothing allowed at all",
    ],
)  # fmt: skip
def test_waits_and_says_for_what(
    looks: list[Edges], gate: Gate, stage: Stage, at: float, words: list[str]
) -> None:
    answer = verdict(looks, gate, stage, at)
    assert answer.outcome is Outcome.INSUFFICIENT
    for word in words:
        assert word in answer.reason


def test_one_alarming_check_stops_a_pass_before_it_is_decisive() -> None:
    """Alone it would be decisive, among all checks it is not yet: neither pass nor fail."""
    guards = tuple(Guard(service=f"journey-{n}", success_rate=0.99) for n in range(60))
    gate = replace(GATE, guards=(*guards, Guard(service="gateway", success_rate=0.99)))
    answer = verdict([GOOD] * 20 + [{CallEdge(caller=None, callee=GATEWAY): of(100, bad=7)}], gate)
    assert answer.outcome is Outcome.INSUFFICIENT
    assert "gateway is below its success rate of 99 %" in answer.reason
    assert "among 64 checks is not yet" in answer.reason


def test_estimates_come_true() -> None:
    """What the first look says is needed is about what it takes, for a comparison and for a boundary."""
    for gate in (GATE, Gate(boundaries=Boundaries(success_rate=0.9999))):
        case = observed(opened(PAYMENTS, gate), Batch(edges=GOOD))
        told = judged(case, stage=CANARY_STAGE, elapsed=120).reason
        promised = int(told.split("of about ")[1].split(" needed")[0].replace(",", ""))
        while judged(case, stage=CANARY_STAGE, elapsed=120).outcome is not Outcome.PASS:
            case = observed(case, Batch(edges=GOOD))
        assert 0.6 <= promised / case.fresh_requests <= 1.7


def test_no_traffic_never_passes_however_long() -> None:
    assert verdict([{}] * 100, at=1e9).outcome is Outcome.INSUFFICIENT


def test_the_whole_page_of_a_verdict() -> None:
    """Every check stands behind the verdict with its counts on both arms."""
    answer = verdict([GOOD | out_of(of(50, bad=1), of(950, rejected=8))] * 2, GUARDED)
    seen = [
        (c.name, c.canary_requests, c.canary_bad, c.control_requests, c.control_bad) for c in answer.checks
    ]
    assert seen == [
        ("errors", 100, 0, 1_900, 0),
        ("outgoing", 100, 2, 1_900, 16),
        ("success rate", 100, 0, 0, 0),
        ("guard gateway", 0, 0, 0, 0),
    ]  # fmt: skip
    assert check(answer, "guard gateway").reason == (
        "gateway: 0 of 0 calls failed, whichever versions answered"
    )


# --- the promise as a whole


def test_the_average_keeps_alpha_at_a_request_a_look() -> None:
    """Where comparisons gather requests, the average may look ahead; it is no less honest for that."""
    runs, dice = 10_000, np.random.default_rng(17)
    worse, over = comparison(NotWorse(), runs, restarts=True), within(np.full(runs, 0.1), restarts=True)
    ever = np.zeros(runs, dtype=bool)
    for _ in range(100):
        canary = dice.random(runs) < 0.3
        bad = dice.random(runs) < 0.1
        arms = arm(canary, canary & bad), arm(~canary, ~canary & bad)
        worse, over = worse.with_batch(*arms), over.with_batch(arms[0])
        ever |= np.logaddexp(worse.log_e, over.log_e) - log(2) >= log(1 / 0.05)
    assert ever.mean() <= 0.05


@pytest.mark.parametrize("requests", [1, 40])
def test_a_canary_at_both_borders_is_rarely_passed(requests: int) -> None:
    """Worse by exactly the margin and failing exactly at the boundary: passed at most at alpha_promote."""
    runs, dice = 10_000, np.random.default_rng(18)
    safe, kept = comparison(Worse(1.5, 0.005), runs), beyond(np.full(runs, 0.15))
    ever = np.zeros(runs, dtype=bool)
    for _ in range(60):
        n1 = dice.binomial(requests, 0.3, runs)
        k1, k0 = dice.binomial(n1, 0.15), dice.binomial(requests - n1, 0.1)
        safe, kept = safe.with_batch(arm(n1, k1), arm(requests - n1, k0)), kept.with_batch(arm(n1, k1))
        ever |= np.logaddexp(safe.log_e, kept.log_e) - log(2) >= log(1 / 0.05)
    assert ever.mean() <= 0.05


def test_a_case_is_rebuilt_from_its_batches() -> None:
    """Replayed from readings or observed live, the verdict is the same to the last digit."""
    edges = list(GOOD)
    readings = [
        Reading(at=5.0 * n, epoch="a", edges={edges[0]: of(50 * n, bad=n // 3), edges[1]: of(950 * n, bad=n)})
        for n in range(20)
    ]
    batches = [increase(before, later) for before, later in pairwise(readings)]
    live = opened(PAYMENTS, GATE)
    for batch in batches:
        live = observed(live, batch)
    assert judged(live, stage=CANARY_STAGE, elapsed=9) == judged(
        after(batch.edges for batch in batches), stage=CANARY_STAGE, elapsed=9
    )


def test_replay_is_fast() -> None:
    """A look takes far less than five milliseconds, so a day of them is replayed in well under a minute."""
    began = time.process_time()
    after([GOOD | out_of(of(50), of(950))] * 200, replace(TIMED, guards=GUARDED.guards))
    assert (time.process_time() - began) / 200 < 0.005


# --- ratios, durations, traffic and what is missing


ORDERED = replace(GATE, ratios=(Ratio(name="orders", success_rate=0.9),))


def sold(canary: Tally, control: Tally) -> Batch:
    """Good calls, and orders of both versions that may be bad."""
    arms = ((PAYMENTS.canary, canary), (PAYMENTS.control, control))
    return Batch(
        edges=GOOD, ratios={Signal(name="orders", version=version): tally for version, tally in arms}
    )


@pytest.mark.parametrize(
    ("why", "batch", "outcome", "words"),
    [
        ("as good", sold(Tally(requests=50), Tally(requests=950)), Outcome.PASS, "is not worse than 1.9.0"),
        (
            "worse",
            sold(Tally(requests=50, bad=9), Tally(requests=950, bad=9)),
            Outcome.FAIL,
            "payments 2.0.0 is worse than 1.9.0 in orders: ",
        ),
        (
            "never counted",
            Batch(edges=GOOD),
            Outcome.INSUFFICIENT,
            "payments 2.0.0 has 0 orders of about 86 needed to show that at least 90 % of orders are good",
        ),
    ],
)
def test_a_ratio_of_a_teams_own(why: str, batch: Batch, outcome: Outcome, words: str) -> None:
    answer = judged(watched([batch] * 20, ORDERED), stage=CANARY_STAGE, elapsed=120)
    assert answer.outcome is outcome, (why, answer.reason)
    assert words in answer.reason


def held(canary: Tally, control: Tally, example: str = "") -> Batch:
    """Good calls, whose answers were held against the contracts of both versions."""
    signals = [Signal(name="conformance", version=each) for each in (PAYMENTS.canary, PAYMENTS.control)]
    examples = dict.fromkeys(signals, example) if example else {}
    ratios = dict(zip(signals, (canary, control), strict=True))
    return Batch(edges=GOOD, ratios=ratios, examples=examples)


@pytest.mark.parametrize(
    ("limit", "batch", "outcome", "words"),
    [
        (None, held(Tally(requests=50), Tally(requests=950)), Outcome.PASS, "is not worse than 1.9.0"),
        (0.9, held(Tally(requests=50), Tally()), Outcome.PASS, "is not worse than 1.9.0"),
        (
            None,
            held(Tally(requests=50, bad=9), Tally(requests=950, bad=9)),
            Outcome.FAIL,
            "payments 2.0.0 is worse than 1.9.0 in conformance: ",
        ),
        (
            0.9,
            held(Tally(requests=50, bad=9), Tally(requests=950, bad=171)),
            Outcome.FAIL,
            "is beyond its boundary of 10 %: 180 of 1,000 answers held against a contract (18 %) broke it",
        ),
        (
            None,
            Batch(edges=GOOD),
            Outcome.INSUFFICIENT,
            "no answers held against a contract of payments 2.0.0 were counted",
        ),
    ],
)
def test_answers_keep_their_contract(limit: float | None, batch: Batch, outcome: Outcome, words: str) -> None:
    gate = replace(GATE, conformance=Conformance(sample=0.05, success_rate=limit))
    answer = judged(watched([batch] * 20, gate), stage=CANARY_STAGE, elapsed=120)
    assert answer.outcome is outcome, answer.reason
    assert words in answer.reason


def test_the_newest_example_of_the_canary_stays_beside_its_check() -> None:
    gate = replace(GATE, conformance=Conformance(sample=0.05))
    bad = Tally(requests=5, bad=1)
    looks = [held(bad, bad, example) for example in ("first", "second", "")]
    answer = judged(watched(looks, gate), stage=CANARY_STAGE, elapsed=120)
    assert {each.name: each.example for each in answer.checks if each.example} == {"conformance": "second"}


def watched(batches: Iterable[Batch], gate: Gate, exposure: float = 0.05) -> Case:
    case = opened(PAYMENTS, gate).with_stage_begun(exposure)
    for batch in batches:
        case = observed(case, batch)
    return case


def taking(canary: tuple[int, ...], control: tuple[int, ...]) -> Batch:
    """Good answers in at most 10, 100, 1000 ms and more."""
    arms = (Histogram(bounds=(10.0, 100.0, 1000.0), counts=counts) for counts in (canary, control))
    return Batch(edges=into(*(Counts(requests=sum(each.counts), times=each) for each in arms)))


COMPARED = replace(GATE, boundaries=Boundaries(latency_compared=True))


@pytest.mark.parametrize(
    ("why", "batch", "outcome", "words"),
    [
        ("as fast", taking((40, 9, 1, 0), (760, 171, 19, 0)), Outcome.PASS, "is not worse"),
        (
            "slower",
            taking((10, 30, 10, 0), (760, 171, 19, 0)),
            Outcome.FAIL,
            "1,000 durations, of 1.9.0 19,000; half within 100 ms against 10 ms; 99 % within 1000 ms against 1000 ms",
        ),
        (
            "off the scale",
            taking((0, 0, 0, 50), (760, 171, 19, 0)),
            Outcome.FAIL,
            "take longer than those of 1.9.0: 1,000 durations, of 1.9.0 19,000 (",
        ),
        (
            "not measured",
            Batch(edges=GOOD),
            Outcome.INSUFFICIENT,
            "no durations of answers of payments 2.0.0 were read",
        ),
    ],
)
def test_durations_are_compared(why: str, batch: Batch, outcome: Outcome, words: str) -> None:
    answer = judged(watched([batch] * 20, COMPARED), stage=CANARY_STAGE, elapsed=120)
    assert answer.outcome is outcome, (why, answer.reason)
    assert words in answer.reason


@pytest.mark.parametrize(
    ("why", "counts", "known"),
    [
        ("counted by the boundary's threshold", {"threshold_ms": 300.0}, True),
        ("a bucket ends there", {"times": Histogram(bounds=(50.0, 300.0), counts=(700, 300, 0))}, True),
        ("counted by another threshold", {"threshold_ms": 500.0}, False),
        ("no bucket ends there", {"times": Histogram(bounds=(50.0, 500.0), counts=(700, 300, 0))}, False),
        ("not counted", {}, False),
    ],
)
def test_slow_answers_must_be_counted_by_the_threshold_of_the_gate(
    why: str, counts: dict[str, Any], known: bool
) -> None:
    answer = verdict([into(Counts(requests=1_000, **counts), Counts(requests=1_000, **counts))] * 3, TIMED)
    assert (answer.outcome is Outcome.PASS) is known, (why, answer.reason)
    if not known:
        assert answer.reason.startswith(
            "no source says which answers of payments 2.0.0 took longer than 300 ms: one must count by this threshold"
        )


def test_a_canary_that_gets_less_than_was_ordered_is_not_compared() -> None:
    answer = judged(
        watched([Batch(edges=into(of(50), of(9_950)))] * 20, GATE, 0.2), stage=CANARY_STAGE, elapsed=120
    )
    assert answer.outcome is Outcome.INSUFFICIENT
    assert answer.reason.startswith(
        "payments 2.0.0 gets 1,000 of 200,000 calls from gateway, far fewer than the 20 % that were ordered, so the "
        "comparison is void"
    )


def test_a_caller_from_outside_is_named_so() -> None:
    edges = {
        CallEdge(caller=None, callee=version): of(number)
        for version, number in ((PAYMENTS.canary, 2), (PAYMENTS.control, 5_000))
    }
    answer = judged(watched([Batch(edges=edges)], GATE, 0.2), stage=CANARY_STAGE, elapsed=120)
    assert "gets 2 of 5,002 calls from outside" in answer.reason


def test_what_is_missing_is_never_a_pass() -> None:
    gone = Missing(
        gap=Gap.RENAMED, what="Prometheus knows no http_requests_totl; did you mean http_requests_total?"
    )
    good = Batch(edges=GOOD)
    calm = watched([good] * 20, GATE)
    assert judged(calm, stage=CANARY_STAGE, elapsed=120).outcome is Outcome.PASS
    answer = judged(observed(calm, replace(good, missing=(gone,))), stage=CANARY_STAGE, elapsed=120)
    assert answer.outcome is Outcome.INSUFFICIENT
    assert answer.reason.startswith("unknown metric: Prometheus knows no http_requests_totl; did you mean")
    assert judged(observed(calm, good), stage=CANARY_STAGE, elapsed=120).outcome is Outcome.PASS


def test_instances_that_differ_by_themselves_may_be_allowed_for() -> None:
    """Twice the errors are harm, unless the gate allows for them between instances."""
    looks = [into(of(500, bad=10), of(9_500, bad=95))] * 40
    allowing = Gate(boundaries=Boundaries(success_rate=0.9, offset_times=2.5, worse_times=3.0))
    assert verdict(looks, replace(allowing, boundaries=Boundaries(success_rate=0.9))).outcome is Outcome.FAIL
    assert verdict(looks, allowing).outcome is Outcome.PASS


# --- rules without chance


SLO = SloLimit(slo="availability")
BUDGETED = replace(GATE, slos=(SLO,))


def ruled(*findings: Finding) -> Verdict:
    """Good calls, with what is found of an SLO at the last look."""
    looks = [Batch(edges=GOOD)] * 19 + [
        Batch(edges=GOOD, findings={SLO: findings, SloLimit(slo="other"): ()})
    ]
    return judged(watched(looks, BUDGETED), stage=CANARY_STAGE, elapsed=120)


KEPT = Finding(name="availability: budget left", reason="it has 80 % left", condition=True)


@pytest.mark.parametrize(
    ("why", "found", "outcome", "words"),
    [
        ("kept", KEPT, Outcome.PASS, "payments 2.0.0 is not worse than 1.9.0"),
        ("spent", replace(KEPT, broken=True, reason="none is left"), Outcome.INSUFFICIENT, "none is left; waits"),
        (
            "not known",
            replace(KEPT, missing=Missing(gap=Gap.DOWN, what="gone"), reason="source down: gone"),
            Outcome.INSUFFICIENT,
            "source down: gone; waits",
        ),
        (
            "burning",
            Finding(name="availability: page over 1h and 5m", broken=True, reason="it burns 30 times too fast"),
            Outcome.FAIL,
            "it burns 30 times too fast",
        ),
    ],
)  # fmt: skip
def test_an_slo_is_held_to(why: str, found: Finding, outcome: Outcome, words: str) -> None:
    answer = ruled(found)
    assert answer.outcome is outcome, (why, answer.reason)
    assert answer.reason.startswith(words)
    told = check(answer, found.name)
    expected = Outcome.INSUFFICIENT if found.missing else Outcome.FAIL if found.broken else Outcome.PASS
    assert (told.outcome, told.reason) == (expected, found.reason)


def test_an_slo_of_which_nothing_is_known_is_no_pass() -> None:
    answer = ruled()
    assert answer.outcome is Outcome.INSUFFICIENT
    assert answer.reason.startswith("nothing is known of availability")


def test_harm_by_both_ways_is_told_together() -> None:
    burning = Finding(name="availability: page over 1h and 5m", broken=True, reason="it burns")
    looks = [Batch(edges=BROKEN, findings={SLO: (burning,)})] * 3
    answer = judged(watched(looks, BUDGETED), stage=CANARY_STAGE, elapsed=9)
    assert answer.outcome is Outcome.FAIL
    assert answer.reason.startswith("payments 2.0.0 is worse than 1.9.0 in errors: ")
    assert answer.reason.endswith("; it burns")


def test_failures_known_to_come_together_are_less_evidence() -> None:
    looks = [into(of(50, bad=3), of(950, bad=9))] * 4
    known = replace(GATE, boundaries=Boundaries(success_rate=0.5, design_effect=8.0))
    assert verdict(looks, replace(known, boundaries=Boundaries(success_rate=0.5))).outcome is Outcome.FAIL
    assert verdict(looks, known).outcome is not Outcome.FAIL
