"""What comparisons of data say at a look: a gate of its own beside those of a stage.

It is a rule without chance. Where both shapes of data do not agree, nothing goes on and nothing goes back by itself:
what only one shape has would be lost, so a person decides. What is not known is no agreement.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from tidegate.core.gates.evidence import Finding
from tidegate.core.gates.judge import of_rule
from tidegate.core.gates.panel import urgency
from tidegate.core.gates.verdict import Outcome, Verdict
from tidegate.core.ids import MigrationName
from tidegate.core.strategy import GateAction

DATA: Final = "data"
"""The name of this gate."""

Findings = Mapping[MigrationName, Sequence[Finding]]
"""What was found of the data of each migration."""


def data_verdict(findings: Findings) -> Verdict:
    """The answer about all of them: it is the worst one, with every reason for it."""
    told = [*_told(findings)]
    outcome = next(each for each in _WORST_FIRST if each in {said for said, _ in told})
    return Verdict(
        outcome=outcome,
        reason="; ".join(reason for said, reason in told if said is outcome),
        checks=tuple(of_rule(each) for found in findings.values() for each in found),
        gate=DATA,
        action=GateAction.HOLD,
    )


def beside_data(answer: Verdict, data: Verdict) -> Verdict:
    """The answer of a stage's own gates and that about its data: the more urgent decides, the other is beside it."""
    deciding, other = sorted((answer, data), key=urgency)
    return replace(deciding, beside=(replace(other, beside=()), *answer.beside))


_WORST_FIRST = (Outcome.FAIL, Outcome.INSUFFICIENT, Outcome.PASS)


def _told(findings: Findings) -> Iterator[tuple[Outcome, str]]:
    for name, found in findings.items():
        if not found:
            yield Outcome.INSUFFICIENT, f"nothing is known of the data of {name}"
        for each in found:
            yield _outcome(each), each.reason or str(each.missing or each.name)


def _outcome(found: Finding) -> Outcome:
    if found.missing or (found.broken and found.condition):
        return Outcome.INSUFFICIENT
    return Outcome.FAIL if found.broken else Outcome.PASS
