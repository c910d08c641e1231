"""The PromQL that counts an indicator over a time up to the instant of the query, and what its answers mean.

Two queries, `part` and `total`, for every kind of indicator; each answers with one sample without labels:

    ratio of counters   sum(increase(selector[1h]))           the counter itself, or a sum of it: exact over restarts
                        sum(increase((query)[1h:60s]))        any other query, sampled
    ratio of gauges     sum(sum_over_time((query)[1h:60s]))
    raw ratio           its samples, and their sum
    threshold           its samples, and those on the right side of the value

For slices those two, over the length of a slice, become the share of a slice that is good:

    share               part / total, or 1 - part / total where the part is bad
    Timeslices          the slices, and those with (share) >= timeSliceTarget
    RatioTimeslices     the slices, and the sum of their shares

What is not a number (the latency of no requests) is no sample, and a slice without events is no slice. A slice counts
where it ends, so that the first of a time may have begun before it.

A part without series is zero where its total has some and both are selectors of the same metric: no request has
failed yet. Everywhere else it is missing.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Final

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
    Slo,
    ThresholdMetric,
)

RESOLUTION: Final = 60.0
"""How far apart, in seconds, a query is sampled that is not a counter's."""

OPERATORS: Final = {Op.LT: "<", Op.LTE: "<=", Op.GT: ">", Op.GTE: ">="}

_METRIC: Final = r"[A-Za-z_:][A-Za-z0-9_:]*"
_MATCHERS: Final = r"""\{(?:[^"'`{}]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)*\}"""
_SELECTOR: Final = rf"(?:{_METRIC}(?:\s*{_MATCHERS})?|{_MATCHERS})"
_SUM: Final = re.compile(
    rf"(?:sum\s*(?:(?:by|without)\s*\([^()]*\)\s*)?\(\s*)(?P<selector>{_SELECTOR})\s*\)", re.DOTALL
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SliQueries:
    """The two queries of an indicator over one time; `side` is what `part` counts."""

    part: str
    total: str
    side: Side


def queries(slo: Slo, objective: Objective, seconds: float) -> SliQueries:
    """What to ask Prometheus about the last so many whole seconds."""
    counting = METHODS[slo.method]
    return counting(slo.sli, objective, seconds)


def counted(slo: Slo, asked: SliQueries, part: float | None, total: float | None) -> SliCount | Missing:
    """What the answers of both queries say; one without series is None.

    A part beyond the total by no more than what extrapolation explains is the total; further beyond, the two do not
    belong together.
    """
    if not total:
        return _missing(slo, Gap.NO_DATA, "nothing counted by", asked.total)
    if part is None:
        return _missing(slo, Gap.NO_DATA, "no series behind", asked.part)
    if not (isfinite(part) and isfinite(total)):
        return _missing(slo, Gap.NOT_A_NUMBER, f"{part:g} of {total:g} by", asked.part)
    if not 0 <= part <= total * (1 + _EXTRAPOLATED):
        return _missing(slo, Gap.MALFORMED, f"{part:g} is no part of {total:g}, by", asked.part)
    bad = part if asked.side is Side.BAD else total - part
    return SliCount(total=total, bad=min(max(bad, 0.0), total))


_EXTRAPOLATED: Final = 0.05
_SHOWN: Final = 160
"""How much of a query a message shows."""


def _missing(slo: Slo, gap: Gap, what: str, query: str) -> Missing:
    line = " ".join(query.split())
    shown = line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"
    return Missing(gap=gap, what=f"{slo.name}: {what} {shown}", service=slo.service)


def counter_selector(query: str) -> str | None:
    """The selector that a query is, or that it sums; None where it is anything else."""
    written = query.strip()
    if re.fullmatch(_SELECTOR, written, re.DOTALL):
        return written
    found = _SUM.fullmatch(written)
    return found["selector"] if found else None


# -- the methods -----------------------------------------------------------------------------------------------


def _occurrences(sli: Sli, objective: Objective, seconds: float) -> SliQueries:
    if isinstance(sli.measure, RatioMetric):
        return _ratio(sli.measure, seconds)
    if isinstance(sli.measure, RawRatio):
        return _raw(sli.measure, seconds)
    return _threshold(sli.measure, objective, seconds)


def _timeslices(sli: Sli, objective: Objective, seconds: float) -> SliQueries:
    share, range_ = _slices(sli, objective, seconds)
    good = f"count_over_time(({share} >= {objective.slice_target!r}){range_})"
    return SliQueries(part=_or_none(good), total=_numbers(share, range_), side=Side.GOOD)


def _ratio_timeslices(sli: Sli, objective: Objective, seconds: float) -> SliQueries:
    share, range_ = _slices(sli, objective, seconds)
    good = f"sum_over_time(({share} >= -Inf){range_})"
    return SliQueries(part=good, total=_numbers(share, range_), side=Side.GOOD)


METHODS: Final[Mapping[BudgetingMethod, Callable[[Sli, Objective, float], SliQueries]]] = {
    BudgetingMethod.OCCURRENCES: _occurrences,
    BudgetingMethod.TIMESLICES: _timeslices,
    BudgetingMethod.RATIO_TIMESLICES: _ratio_timeslices,
}


def _slices(sli: Sli, objective: Objective, seconds: float) -> tuple[str, str]:
    """The share of a slice that is good, and the range of slices over a time."""
    length = objective.slice_seconds
    assert length, "an objective of slices has their length"
    inside = _occurrences(sli, objective, length)
    share = f"({inside.part}) / ({inside.total})"
    return f"({share if inside.side is Side.GOOD else f'1 - {share}'})", _range(seconds, length)


# -- the indicators --------------------------------------------------------------------------------------------


def _ratio(measure: RatioMetric, seconds: float) -> SliQueries:
    part, total = measure.part.query, measure.total.query
    gained = _increase if measure.counter else _level
    numerator = gained(part, seconds)
    if _same_metric(part, total):
        numerator = _or_none(numerator)
    return SliQueries(part=numerator, total=gained(total, seconds), side=measure.side)


def _raw(measure: RawRatio, seconds: float) -> SliQueries:
    query, range_ = _braced(measure.metric.query), _range(seconds, RESOLUTION)
    part = f"sum(sum_over_time(({query} >= -Inf){range_}))"
    return SliQueries(part=part, total=f"sum({_numbers(query, range_)})", side=measure.side)


def _threshold(measure: ThresholdMetric, objective: Objective, seconds: float) -> SliQueries:
    query, range_ = _braced(measure.metric.query), _range(seconds, RESOLUTION)
    assert objective.op, "an objective of a threshold metric has an operator"
    compared = f"{OPERATORS[objective.op]} {objective.value!r}"
    good = f"sum(count_over_time(({query} {compared}){range_}))"
    return SliQueries(part=_or_none(good), total=f"sum({_numbers(query, range_)})", side=Side.GOOD)


def _increase(query: str, seconds: float) -> str:
    selector = counter_selector(query)
    sampled = (
        f"{selector}[{_time(seconds)}]" if selector else f"{_braced(query)}{_range(seconds, RESOLUTION)}"
    )
    return f"sum(increase({sampled}))"


def _level(query: str, seconds: float) -> str:
    return f"sum(sum_over_time({_braced(query)}{_range(seconds, RESOLUTION)}))"


def _same_metric(part: str, total: str) -> bool:
    names = [re.match(_METRIC, counter_selector(query) or "") for query in (part, total)]
    return all(names) and len({name[0] for name in names if name}) == 1


def _numbers(query: str, range_: str) -> str:
    """How many samples are numbers: what is not compares false with everything."""
    return f"count_over_time(({query} >= -Inf){range_})"


def _or_none(query: str) -> str:
    return f"{query} or vector(0)"


def _braced(query: str) -> str:
    """A query as an operand; a comment in it ends with its line."""
    written = query.strip()
    return f"({written}\n)" if "#" in written else f"({written})"


def _range(seconds: float, resolution: float) -> str:
    return f"[{_time(seconds)}:{_time(resolution)}]"


def _time(seconds: float) -> str:
    return f"{round(seconds)}s"
