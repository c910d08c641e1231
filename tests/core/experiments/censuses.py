"""A census of an experiment on one flag with two variants."""

from collections.abc import Mapping

from tidegate.core.experiments.census import Census, Stratum
from tidegate.core.experiments.definition import Better, Experiment, Guard, Kind, Metric, Period
from tidegate.core.experiments.moments import Moments
from tidegate.core.ids import FlagKey

EXPERIMENT = Experiment(
    name="checkout",
    flag=FlagKey("new-checkout"),
    control="off",
    window=86_400.0,
    metrics=(Metric(name="bought", kind=Kind.CONVERSION),),
    guards=(Guard(metric=Metric(name="refunds", kind=Kind.CONVERSION, better=Better.LOWER), margin=0.25),),
    periods=(Period(since=0.0, shares={"off": 0.5, "on": 0.5}),),
)


def conversions(units: int, converted: int) -> Moments:
    return Moments(units=units, total=converted, squares=converted, cubes=converted)


def census_of(**outcomes: Mapping[str, Moments]) -> Census:
    drawn = {"off": 11_000, "on": 11_000}
    return Census(strata=(Stratum(period=EXPERIMENT.periods[0], drawn=drawn, outcomes=outcomes),))


CENSUS = census_of(
    bought={"off": conversions(10_000, 1_000), "on": conversions(10_000, 1_300)},
    refunds={"off": conversions(10_000, 1_000), "on": conversions(10_000, 1_000)},
)
