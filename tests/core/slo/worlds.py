"""An SLO and readings of it, to vary in tests."""

from typing import Any

from tidegate.core.ids import ServiceName
from tidegate.core.slo.budget import SliCount, SloReading
from tidegate.core.slo.definitions import (
    BudgetingMethod,
    DataSource,
    Metric,
    Objective,
    RatioMetric,
    Side,
    Sli,
    Slo,
)
from tidegate.core.slo.window import Duration, RollingWindow, Unit

PROMETHEUS = DataSource(name="main", type="Prometheus")
HOUR, DAY = 3600.0, 86400.0
AT = 1_767_225_600.0  # 2026-01-01 00:00 UTC


def metric(query: str) -> Metric:
    return Metric(source=PROMETHEUS, query=query)


def ratio(part: str, total: str, *, side: Side = Side.BAD, counter: bool = True) -> RatioMetric:
    return RatioMetric(part=metric(part), side=side, total=metric(total), counter=counter)


def rolling(count: int, unit: Unit = Unit.DAY) -> RollingWindow:
    return RollingWindow(duration=Duration(count=count, unit=unit))


def slo(**changes: Any) -> Slo:
    """30 days, 99.9 % of requests."""
    values: dict[str, Any] = {
        "name": "checkout-availability",
        "service": ServiceName("checkout"),
        "sli": Sli(name="requests", measure=ratio('requests{code=~"5.."}', "requests")),
        "window": rolling(30),
        "method": BudgetingMethod.OCCURRENCES,
        "objectives": (Objective(target=0.999),),
    }
    return Slo(**{**values, **changes})


def reading(counts: dict[float, tuple[float, float]], **changes: Any) -> SloReading:
    """A reading of (total, bad) by seconds."""
    promised = changes.pop("slo", slo())
    found = {seconds: SliCount(total=total, bad=bad) for seconds, (total, bad) in counts.items()}
    return SloReading(slo=promised, objective=promised.objectives[0], at=AT, counts=found, **changes)
