"""What two specifications leave as open stands between neither of them and the consumer; what is missing does."""

import pytest

from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.pact.check import Check
from tidegate.core.contracts.pact.found import LOOSE, CheckRule, Finding
from tidegate.core.contracts.specification import Place


def checked(*findings: tuple[CheckRule, str]) -> Check:
    return Check(
        consumer="search",
        specification="stock.yaml",
        checked=("a",),
        findings=tuple(
            Finding(rule=rule, interaction="a", path=path, place=Place(path=""), reason="said otherwise")
            for rule, path in findings
        ),
    )


@pytest.mark.parametrize("rule", CheckRule)
def test_only_what_is_as_open_in_the_other_is_left_out(rule: CheckRule) -> None:
    found = checked((rule, "$.x")).beside([checked(), checked((rule, "$.x"))])
    assert (found.findings == (), found.lived_with) == (rule in LOOSE, int(rule in LOOSE))


def test_what_has_become_open_stays() -> None:
    """Another field, or another reason at the same one, is not what the consumer lives with."""
    known = checked((CheckRule.FIELD_OPTIONAL, "$.x"))
    found = checked((CheckRule.FIELD_OPTIONAL, "$.y"), (CheckRule.FIELD_NULLABLE, "$.x")).beside([known])
    assert (len(found.findings), found.answer) == (2, Compatibility.BREAKING)
    assert found.evidence == "1 interaction of search checked against stock.yaml"
    assert known.beside([known]).evidence == f"{found.evidence}; 1 left as open as before"
