"""A flag is judged as a release is: users who have it on against users who have it off, and an audience by itself."""

from collections.abc import Mapping

import pytest

from tidegate.core.gates.evidence import Batch, CallEdge, Counts
from tidegate.core.gates.judge import judged, observed, opened
from tidegate.core.gates.measures import Subject, subject_of
from tidegate.core.gates.traffic import Traffic
from tidegate.core.gates.verdict import Outcome, Verdict
from tidegate.core.ids import FlagKey
from tidegate.core.plan.steps import ExposeFlag
from tidegate.core.strategy import Boundaries, Gate, Ratio, Stage

REFUND = FlagKey("instant-refund")
EVERYONE = subject_of(ExposeFlag(flag=REFUND, off="off", on="on"))
STAFF = subject_of(
    ExposeFlag(flag=REFUND, off="off", on="on", audience_name="staff", audience='{"var": "staff"}')
)
STAGE = Stage(exposure=0.05, bake=60, wait=600)
ALL_OF_THEM = Stage(exposure=1.0, bake=60, wait=600)
GATE = Gate(boundaries=Boundaries(success_rate=0.99))


def served(on: Counts, off: Counts) -> Mapping[CallEdge, Counts]:
    return {
        CallEdge(caller=None, callee=EVERYONE.canary): on,
        CallEdge(caller=None, callee=EVERYONE.control): off,
    }


def verdict(subject: Subject, on: Counts, off: Counts, *, stage: Stage = STAGE, gate: Gate = GATE) -> Verdict:
    case = opened(subject, gate).with_stage_begun(stage.exposure)
    for _ in range(20):
        case = observed(case, Batch(edges=served(on, off)))
    return judged(case, stage=stage, elapsed=120)


@pytest.mark.parametrize(
    ("subject", "stage", "bad", "outcome", "words"),
    [
        (
            EVERYONE,
            STAGE,
            10,
            Outcome.FAIL,
            "instant-refund on is worse than off in errors: 200 of 1,000 requests (20 %) failed, of off 0 of",
        ),
        (
            EVERYONE,
            STAGE,
            0,
            Outcome.PASS,
            "instant-refund on is not worse than off and keeps its success rate: 0 of",
        ),
        (
            STAFF,
            STAGE,
            10,
            Outcome.FAIL,
            "instant-refund on is beyond its boundary of 1 %: 200 of 1,000 requests",
        ),
        (
            STAFF,
            ALL_OF_THEM,
            0,
            Outcome.PASS,
            "instant-refund on keeps its success rate: 0 of 1,000 requests (0 %) failed",
        ),
    ],
)
def test_what_is_said_of_a_flag(
    subject: Subject, stage: Stage, bad: int, outcome: Outcome, words: str
) -> None:
    answer = verdict(subject, Counts(requests=50, bad=bad), Counts(requests=950), stage=stage)
    assert (answer.outcome, answer.reason[: len(words)]) == (outcome, words)


def test_an_audience_is_compared_with_nobody() -> None:
    """Who is in it is not drawn by lot, so that others are no control, however they fare."""
    harmless = verdict(STAFF, Counts(requests=50, bad=1), Counts(requests=9000), gate=Gate())
    assert harmless.outcome is Outcome.INSUFFICIENT
    (errors,) = [check for check in harmless.checks if check.name == "errors"]
    assert (errors.control_requests, errors.log_harm) == (0, 0.0)
    assert errors.reason == "instant-refund on: 20 of 1,000 requests (2 %) failed"
    assert "compare" not in harmless.reason


def test_an_audience_is_held_to_boundaries_only() -> None:
    """What could only be compared is not asked of it; what has a boundary is."""
    ratios = (Ratio(name="orders"), Ratio(name="refunds", success_rate=0.9))
    answer = verdict(STAFF, Counts(requests=50), Counts(requests=950), gate=Gate(ratios=ratios))
    assert answer.outcome is Outcome.INSUFFICIENT
    assert answer.reason.startswith(
        "instant-refund on has 0 refunds of about 86 needed to show that at least 90 %"
    )
    assert "orders" not in answer.reason


@pytest.mark.parametrize("subject", [EVERYONE, STAFF])
def test_who_never_asked_for_the_flag_proves_nothing(subject: Subject) -> None:
    answer = verdict(subject, Counts(), Counts(requests=950))
    assert answer.outcome is Outcome.INSUFFICIENT
    assert answer.reason.startswith(
        "no request has reached instant-refund on in this stage (spans or metrics of requests must say "
        "feature_flag.key and feature_flag.result.variant)"
    )


def test_a_control_that_is_missing_is_named_as_people_call_it() -> None:
    answer = verdict(EVERYONE, Counts(requests=1), Counts())
    assert "no request has reached instant-refund off, so there is nothing to compare with" in answer.reason


@pytest.mark.parametrize(
    ("why", "subject", "on", "off", "lacks"),
    [
        ("as ordered", EVERYONE, 50, 950, False),
        ("users who make few requests", EVERYONE, 12, 988, False),
        ("next to nobody", EVERYONE, 0, 9000, True),
        ("an audience has it besides", EVERYONE, 600, 400, False),
        ("an audience is not dealt by lot", STAFF, 1, 9000, False),
    ],
)
def test_users_are_dealt_rather_than_requests(
    why: str, subject: Subject, on: int, off: int, lacks: bool
) -> None:
    batch = Batch(edges=served(Counts(requests=on), Counts(requests=off)))
    found = Traffic(exposure=0.05).with_batch(subject, batch).lacking(0.01)
    assert bool(found) == lacks, why
