"""What is said of data decides beside the gates of a stage: a mismatch holds, and silence is no agreement."""

import pytest

from tidegate.core.gates.data import beside_data, data_verdict
from tidegate.core.gates.evidence import Finding, Gap, Missing
from tidegate.core.gates.verdict import Outcome, Verdict
from tidegate.core.ids import MigrationName
from tidegate.core.strategy import GateAction

M, N = MigrationName("m"), MigrationName("n")
AGREES = Finding(name="rows", reason="1,000 rows agree")
DIFFERS = Finding(name="rows", broken=True, reason="3 rows differ")
LATE = Finding(name="rows", broken=True, reason="compared an hour ago", condition=True)
DOWN = Finding(name="rows", missing=Missing(gap=Gap.DOWN, what="no database"))


@pytest.mark.parametrize(
    ("findings", "outcome", "reason"),
    [
        ({M: (AGREES,)}, Outcome.PASS, "1,000 rows agree"),
        ({M: (AGREES, DIFFERS), N: (DOWN,)}, Outcome.FAIL, "3 rows differ"),
        ({M: (AGREES,), N: (DOWN,)}, Outcome.INSUFFICIENT, "source down: no database"),
        ({M: (LATE,)}, Outcome.INSUFFICIENT, "compared an hour ago"),
        ({M: ()}, Outcome.INSUFFICIENT, "nothing is known of the data of m"),
        ({M: (Finding(name="rows"),)}, Outcome.PASS, "rows"),
    ],
)
def test_the_worst_finding_is_the_answer(
    findings: dict[MigrationName, tuple[Finding, ...]], outcome: Outcome, reason: str
) -> None:
    answer = data_verdict(findings)
    assert (answer.outcome, answer.reason) == (outcome, reason)
    assert (answer.gate, answer.action) == ("data", GateAction.HOLD)
    assert [check.name for check in answer.checks] == ["rows" for found in findings.values() for _ in found]


def verdict(outcome: Outcome, gate: str, action: GateAction = GateAction.ROLLBACK) -> Verdict:
    return Verdict(outcome=outcome, reason=f"{gate} says so", gate=gate, action=action)


PASS, FAIL, UNCLEAR = Outcome.PASS, Outcome.FAIL, Outcome.INSUFFICIENT


@pytest.mark.parametrize(
    ("answer", "data", "deciding"),
    [
        (PASS, PASS, "own"),
        (PASS, UNCLEAR, "data"),
        (PASS, FAIL, "data"),
        (UNCLEAR, PASS, "own"),
        (UNCLEAR, FAIL, "data"),
        (FAIL, PASS, "own"),
        (FAIL, FAIL, "own"),
    ],
)
def test_the_more_urgent_decides_and_the_rest_stands_beside(
    answer: Outcome, data: Outcome, deciding: str
) -> None:
    """Of two failures going back decides, since holding would leave its harm."""
    other = verdict(PASS, "observing", GateAction.OBSERVE)
    own = Verdict(outcome=answer, reason="", gate="own", beside=(other,))
    found = beside_data(own, verdict(data, "data", GateAction.HOLD))
    assert (found.gate, found.outcome) == (deciding, answer if deciding == "own" else data)
    assert {each.gate for each in found.beside} == {"own", "data", "observing"} - {deciding}
    assert all(each.beside == () for each in found.beside)
