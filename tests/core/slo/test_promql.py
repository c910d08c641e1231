"""The queries of every kind of indicator by every budgeting method, and what their answers mean.

All expressions here were accepted by Prometheus 2.42; the numbers they give on known series were compared by hand.
"""

# ruff: noqa: E501 - each whole query stays on its row of the table

from math import inf, nan

import pytest
from tests.core.slo.worlds import metric, ratio, slo

from tidegate.core.gates.evidence import Gap, Missing
from tidegate.core.slo.budget import SliCount
from tidegate.core.slo.definitions import (
    BudgetingMethod,
    Objective,
    Op,
    RatioMetric,
    RawRatio,
    Side,
    Sli,
    ThresholdMetric,
)
from tidegate.core.slo.promql import SliQueries, counted, counter_selector, queries

FAILED = ratio('requests{code=~"5.."}', "requests")
SHARE = '((1 - (sum(increase(requests{code=~"5.."}[300s])) or vector(0)) / (sum(increase(requests[300s]))))'
RAW = RawRatio(metric=metric("success_ratio"), side=Side.GOOD)
LATENCY = ThresholdMetric(metric=metric("latency"))
FAST = "((sum(count_over_time(((latency) <= 0.3)[60s:60s])) or vector(0)) / (sum(count_over_time(((latency) >= -Inf)[60s:60s]))))"

OCCURRENCES: list[tuple[str, RatioMetric | RawRatio | ThresholdMetric, str, str]] = [
    ("counters", FAILED, 'sum(increase(requests{code=~"5.."}[3600s])) or vector(0)', "sum(increase(requests[3600s]))"),
    ("sums of counters", ratio('sum by (code) (requests{code="200"})', "sum(requests)", side=Side.GOOD), 'sum(increase(requests{code="200"}[3600s])) or vector(0)', "sum(increase(requests[3600s]))"),
    ("counters of two names", ratio("failures", "requests"), "sum(increase(failures[3600s]))", "sum(increase(requests[3600s]))"),
    ("names in matchers only", ratio('{__name__="a"}', '{__name__="a"}'), 'sum(increase({__name__="a"}[3600s]))', 'sum(increase({__name__="a"}[3600s]))'),
    ("other queries of counters", ratio("a + b", "c"), "sum(increase((a + b)[3600s:60s]))", "sum(increase(c[3600s]))"),
    ("gauges", ratio("down", "targets", counter=False), "sum(sum_over_time((down)[3600s:60s]))", "sum(sum_over_time((targets)[3600s:60s]))"),
    ("a ratio", RAW, "sum(sum_over_time(((success_ratio) >= -Inf)[3600s:60s]))", "sum(count_over_time(((success_ratio) >= -Inf)[3600s:60s]))"),
    ("a level", LATENCY, "sum(count_over_time(((latency) <= 0.3)[3600s:60s])) or vector(0)", "sum(count_over_time(((latency) >= -Inf)[3600s:60s]))"),
    ("a comment", ThresholdMetric(metric=metric("latency # p99")), "sum(count_over_time(((latency # p99\n) <= 0.3)[3600s:60s])) or vector(0)", "sum(count_over_time(((latency # p99\n) >= -Inf)[3600s:60s]))"),
]  # fmt: skip


@pytest.mark.parametrize(("why", "measure", "part", "total"), OCCURRENCES)
def test_occurrences(
    why: str, measure: RatioMetric | RawRatio | ThresholdMetric, part: str, total: str
) -> None:
    objective = Objective(target=0.99, op=Op.LTE, value=0.3)
    found = queries(slo(sli=Sli(name="i", measure=measure)), objective, 3600.0)
    side = Side.GOOD if isinstance(measure, ThresholdMetric) else measure.side
    assert found == SliQueries(part=part, total=total, side=side), why


SLICES: list[tuple[BudgetingMethod, RatioMetric | ThresholdMetric, float, str, str]] = [
    (BudgetingMethod.TIMESLICES, FAILED, 300.0, f"count_over_time({SHARE} >= 0.95)[3600s:300s]) or vector(0)", f"count_over_time({SHARE} >= -Inf)[3600s:300s])"),
    (BudgetingMethod.RATIO_TIMESLICES, FAILED, 300.0, f"sum_over_time({SHARE} >= -Inf)[3600s:300s])", f"count_over_time({SHARE} >= -Inf)[3600s:300s])"),
    (BudgetingMethod.TIMESLICES, LATENCY, 60.0, f"count_over_time(({FAST} >= 0.95)[3600s:60s]) or vector(0)", f"count_over_time(({FAST} >= -Inf)[3600s:60s])"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "measure", "length", "part", "total"), SLICES)
def test_slices(
    method: BudgetingMethod, measure: RatioMetric | ThresholdMetric, length: float, part: str, total: str
) -> None:
    objective = Objective(target=0.99, op=Op.LTE, value=0.3, slice_target=0.95, slice_seconds=length)
    found = queries(slo(sli=Sli(name="i", measure=measure), method=method), objective, 3600.0)
    assert found == SliQueries(part=part, total=total, side=Side.GOOD)


@pytest.mark.parametrize(("op", "sign"), [(Op.LT, "<"), (Op.LTE, "<="), (Op.GT, ">"), (Op.GTE, ">=")])
def test_every_operator(op: Op, sign: str) -> None:
    objective = Objective(target=0.99, op=op, value=-1.5)
    found = queries(slo(sli=Sli(name="i", measure=LATENCY)), objective, 60.0)
    assert found.part == f"sum(count_over_time(((latency) {sign} -1.5)[60s:60s])) or vector(0)"


@pytest.mark.parametrize(
    ("query", "selector"),
    [
        (" requests ", "requests"),
        ('job:requests:total{a="}"}', 'job:requests:total{a="}"}'),
        ("requests{a='\\'}', b=`}`}", "requests{a='\\'}', b=`}`}"),
        ("sum(requests)", "requests"),
        ("sum without (pod) (\n  requests{}\n)", "requests{}"),
        ("sum(requests) by (pod)", None),
        ("sum(a) + sum(b)", None),
        ("rate(requests[5m])", None),
        ("requests offset 5m", None),
        ("requests[5m]", None),
        ("max(requests)", None),
    ],
)
def test_a_counter_is_recognised_in_a_selector_and_in_its_sum(query: str, selector: str | None) -> None:
    assert counter_selector(query) == selector


BAD = SliQueries(part="PART", total="TOTAL", side=Side.BAD)
GOOD = SliQueries(part="PART", total="TOTAL", side=Side.GOOD)


@pytest.mark.parametrize(
    ("asked", "part", "total", "bad"),
    [(BAD, 3.0, 100.0, 3.0), (GOOD, 97.0, 100.0, 3.0), (BAD, 104.0, 100.0, 100.0), (GOOD, 104.0, 100.0, 0.0), (BAD, 0.0, 0.5, 0.0)],
)  # fmt: skip
def test_answers_are_counts(asked: SliQueries, part: float, total: float, bad: float) -> None:
    assert counted(slo(), asked, part, total) == SliCount(total=total, bad=bad)


@pytest.mark.parametrize(
    ("part", "total", "gap", "what"),
    [
        (1.0, None, Gap.NO_DATA, "nothing counted by TOTAL"),
        (0.0, 0.0, Gap.NO_DATA, "nothing counted by TOTAL"),
        (None, 5.0, Gap.NO_DATA, "no series behind PART"),
        (nan, 5.0, Gap.NOT_A_NUMBER, "nan of 5 by PART"),
        (1.0, nan, Gap.NOT_A_NUMBER, "1 of nan by PART"),
        (1.0, inf, Gap.NOT_A_NUMBER, "1 of inf by PART"),
        (106.0, 100.0, Gap.MALFORMED, "106 is no part of 100, by PART"),
        (-1.0, 100.0, Gap.MALFORMED, "-1 is no part of 100, by PART"),
        (0.5, -1.0, Gap.MALFORMED, "0.5 is no part of -1, by PART"),
        (-1.0, -1.0, Gap.MALFORMED, "-1 is no part of -1, by PART"),
    ],
)
def test_answers_that_say_nothing_are_missing(
    part: float | None, total: float | None, gap: Gap, what: str
) -> None:
    assert counted(slo(), BAD, part, total) == Missing(
        gap=gap, what=f"checkout-availability: {what}", service=slo().service
    )


def test_a_long_query_is_shown_on_one_line_and_cut() -> None:
    asked = SliQueries(part="x", total=f"sum(\n  {'a' * 200}\n)", side=Side.BAD)
    found = counted(slo(), asked, 1.0, None)
    assert isinstance(found, Missing)
    assert found.what == f"checkout-availability: nothing counted by sum( {'a' * 154}…"
