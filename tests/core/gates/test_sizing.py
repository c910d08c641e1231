"""How much traffic a gate needs: the bounds of `notes/limits.md`, and that they come true."""

from math import log

import pytest

from tidegate.core.gates.sizing import MEASURED, Need, Question, Shortfall, shortfalls, sized
from tidegate.core.strategy import Boundaries, Gate, GateAction, Guard, Stage


@pytest.mark.parametrize(
    ("rate", "share", "ratio", "minutes"),
    [(0.001, 0.05, 2, 4.24), (0.001, 0.01, 5, 1.93), (0.01, 0.5, 1.5, 0.30), (0.001, 0.5, 20, 0.014)],
)
def test_the_bound_is_that_of_the_table_at_1000_requests_a_second(
    rate: float, share: float, ratio: float, minutes: float
) -> None:
    found = sized(Question(rate=rate, ratio=ratio, share=share, per_second=1000), Gate())
    assert found.bound.seconds == pytest.approx(minutes * 60, rel=0.05)
    assert found.bound.canary_requests == pytest.approx(found.bound.requests * share)


@pytest.mark.parametrize(("ratio", "failed"), [(1.25, 39.8), (2, 11.9), (5, 4.6), (20, 2.1)])
def test_the_harm_before_it_can_be_seen(ratio: float, failed: float) -> None:
    found = sized(Question(rate=0.001, ratio=ratio, share=0.05), Gate())
    assert found.failed_at_least == pytest.approx(failed, abs=0.05)


def test_the_gate_needs_what_was_measured_and_pays_for_its_checks() -> None:
    question = Question(rate=0.001, ratio=2, share=0.05)
    found = sized(question, Gate())
    times = [need.requests / found.bound.requests for need in found.expected]
    assert times == pytest.approx([factor * log(300) / log(100) for factor in MEASURED])
    guarded = Gate(guards=(Guard(service="web", success_rate=0.99),), boundaries=Boundaries(latency_ms=5))
    more = sized(question, guarded).expected[0].requests / found.expected[0].requests
    assert more == pytest.approx(log(600) / log(300))


def test_a_proof_takes_about_ln_40_by_the_margin() -> None:
    found = sized(Question(rate=0.0001, ratio=2, share=0.05), Gate())
    assert found.proof.canary_requests == pytest.approx(log(40) / 0.005, rel=0.1)
    tight = sized(Question(rate=0.0001, ratio=2, share=0.05), Gate(boundaries=Boundaries(worse_by=0.001)))
    assert tight.proof.canary_requests > 4 * found.proof.canary_requests


def test_without_traffic_there_is_no_time() -> None:
    found = sized(Question(rate=0.01, ratio=2, share=0.1), Gate())
    assert found.proof == Need(requests=found.proof.requests, canary_requests=found.proof.canary_requests)


GATED = (Gate(),)
CLAIM = "at least 99 % of its answers are good"


@pytest.mark.parametrize(
    ("why", "stages", "traffic", "expected"),
    [
        ("enough", [Stage(exposure=0.1, wait=600, gates=GATED)], 10.0, []),
        ("nobody said how much there is", [Stage(exposure=0.1, wait=600, gates=GATED)], None, []),
        ("none at all", [Stage(exposure=0.1, wait=600, gates=GATED)], 0.0, [(0, 0)]),
        ("too little", [Stage(exposure=0.05, wait=600, gates=GATED)], 1.0, [(0, 30)]),
        (
            "evidence is carried over",
            [Stage(exposure=0.05, wait=600, gates=GATED), Stage(exposure=0.5, wait=1200, gates=GATED)],
            1.0,
            [(0, 30)],
        ),
        (
            "a stage without gates adds to it",
            [Stage(exposure=0.5, wait=600), Stage(wait=1, gates=GATED)],
            1.0,
            [],
        ),
        ("a gate that only observes", [Stage(gates=(Gate(action=GateAction.OBSERVE),), wait=1)], 1.0, []),
        (
            "a wider boundary",
            [Stage(exposure=0.05, wait=600, gates=(Gate(boundaries=Boundaries(success_rate=0.9)),))],
            1.0,
            [],
        ),
    ],
)
def test_a_gate_that_cannot_decide_is_known_beforehand(
    why: str, stages: list[Stage], traffic: float | None, expected: list[tuple[int, float]]
) -> None:
    found = list(shortfalls(stages, traffic))
    assert [(each.stage, round(each.expected)) for each in found] == expected, why
    assert all(each.claim == CLAIM and each.needed == 299 for each in found)


def test_the_gate_that_needs_most_is_told() -> None:
    strict = Gate(name="strict", boundaries=Boundaries(success_rate=1.0, worse_by=0.001))
    (found,) = shortfalls([Stage(exposure=0.1, wait=600, gates=(Gate(), strict))], 10.0)
    assert found == Shortfall(
        stage=0, claim="at least 100 % of its answers are good", expected=600.0, needed=found.needed
    )
    assert found.needed > 2500
