"""What objectives are called and counted in."""

import pytest
from tests.core.slo.worlds import metric, ratio, slo

from tidegate.core.slo.definitions import (
    BudgetingMethod,
    DataSource,
    Objective,
    RatioMetric,
    RawRatio,
    Side,
    Sli,
    ThresholdMetric,
)


def test_objectives_are_told_apart_by_name_or_target() -> None:
    one, two = Objective(target=0.999), Objective(target=0.9999, name="strict")
    assert slo(objectives=(one,)).title(one) == "checkout-availability"
    both = slo(objectives=(one, two))
    assert [both.title(each) for each in (one, two)] == [
        "checkout-availability (0.999)",
        "checkout-availability (strict)",
    ]


RAW = RawRatio(metric=metric("up"), side=Side.GOOD)
LEVEL = ThresholdMetric(metric=metric("latency"))


@pytest.mark.parametrize(
    ("measure", "method", "unit"),
    [
        (ratio("bad", "total"), BudgetingMethod.OCCURRENCES, "events"),
        (RAW, BudgetingMethod.OCCURRENCES, "samples"),
        (LEVEL, BudgetingMethod.OCCURRENCES, "samples"),
        (LEVEL, BudgetingMethod.TIMESLICES, "slices"),
        (RAW, BudgetingMethod.RATIO_TIMESLICES, "slices"),
    ],
)
def test_what_is_counted_follows_from_the_method_and_the_indicator(
    measure: RatioMetric | RawRatio | ThresholdMetric, method: BudgetingMethod, unit: str
) -> None:
    promised = slo(sli=Sli(name="i", measure=measure), method=method)
    assert promised.unit == unit
    assert promised.sli.measure.source.name == "main"


def test_the_type_of_a_source_is_compared_without_letter_case() -> None:
    assert [DataSource(type=type_).prometheus for type_ in ("Prometheus", "prometheus", "Datadog")] == [
        True,
        True,
        False,
    ]
