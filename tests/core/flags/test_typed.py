"""Which values fit which types that are asked for."""

from typing import Any

import pytest

from tidegate.core.flags.evaluation import ErrorCode, Evaluation, Reason
from tidegate.core.flags.typed import Kind, resolved

FITTING: list[tuple[Any, set[Kind]]] = [
    (True, {Kind.BOOLEAN}),
    ("", {Kind.STRING}),
    (1, {Kind.INTEGER, Kind.FLOAT}),
    (1.5, {Kind.FLOAT}),
    ({}, {Kind.OBJECT}),
    ([1], {Kind.OBJECT}),
    (None, set()),
]


@pytest.mark.parametrize(("value", "kinds"), FITTING)
@pytest.mark.parametrize("kind", Kind)
def test_a_value_fits_a_type_or_is_a_mismatch(value: Any, kinds: set[Kind], kind: Kind) -> None:
    given = Evaluation(reason=Reason.STATIC, value=value, variant="v", metadata={"a": 1})
    mismatch = Evaluation(
        reason=Reason.ERROR,
        error=ErrorCode.TYPE_MISMATCH,
        message=f"variant 'v' is not of type {kind}: ask for another type, or mend the flag's variants",
        metadata={"a": 1},
    )
    assert resolved(given, kind) == (given if kind in kinds else mismatch)


@pytest.mark.parametrize("reason", [Reason.DISABLED, Reason.DEFAULT, Reason.ERROR])
def test_without_a_variant_the_default_of_whoever_asks_fits(reason: Reason) -> None:
    given = Evaluation(reason=reason)
    assert resolved(given, Kind.BOOLEAN) is given
