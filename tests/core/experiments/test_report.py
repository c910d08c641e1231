"""What may be said of an experiment."""

from dataclasses import replace

import pytest
from tests.core.experiments.censuses import CENSUS, EXPERIMENT, census_of, conversions

from tidegate.core.experiments.census import Census
from tidegate.core.experiments.definition import Better, Experiment, Guard, Kind, Metric
from tidegate.core.experiments.moments import Moments
from tidegate.core.experiments.report import Claim, Guarded, reported

AT = 5_000.0


def claims(found: Census, experiment: Experiment = EXPERIMENT) -> list[tuple[str, str, str]]:
    report = reported(experiment, found, AT)
    compared = [(each.metric, each.variant, str(each.claim)) for each in report.metrics]
    return compared + [(each.metric, each.variant, str(each.outcome)) for each in report.guards]


def test_every_variant_is_compared_with_the_control_in_every_metric_and_guard() -> None:
    assert claims(CENSUS) == [
        ("bought", "on", Claim.BETTER),
        ("refunds", "on", Guarded.KEPT),
    ]


@pytest.mark.parametrize(
    ("control", "variant", "better", "claim"),
    [
        (1_000, 1_300, Better.HIGHER, Claim.BETTER),
        (1_000, 1_300, Better.LOWER, Claim.WORSE),
        (1_300, 1_000, Better.HIGHER, Claim.WORSE),
        (1_300, 1_000, Better.LOWER, Claim.BETTER),
        (1_000, 1_020, Better.HIGHER, Claim.UNCLEAR),
        (0, 0, Better.HIGHER, Claim.TOO_FEW),
    ],
)
def test_a_difference_is_claimed_where_its_interval_says_which_way_it_goes(
    control: int, variant: int, better: Better, claim: Claim
) -> None:
    metric = replace(EXPERIMENT.metrics[0], better=better)
    asked = replace(EXPERIMENT, metrics=(metric,), guards=())
    found = census_of(bought={"off": conversions(10_000, control), "on": conversions(10_000, variant)})
    assert claims(found, asked) == [("bought", "on", claim)]


@pytest.mark.parametrize("better", Better)
@pytest.mark.parametrize(
    ("worse_by", "margin", "outcome"),
    [
        (0.0, 0.1, Guarded.KEPT),
        (-0.3, 0.01, Guarded.KEPT),
        (0.03, 0.3, Guarded.KEPT),
        (0.3, 0.1, Guarded.HARMED),
        (0.0, 0.001, Guarded.UNCLEAR),
    ],
)
def test_a_guard_is_kept_where_the_variant_is_surely_not_worse_than_the_margin(
    better: Better, worse_by: float, margin: float, outcome: Guarded
) -> None:
    change = -worse_by if better is Better.HIGHER else worse_by
    metric = Metric(name="bought", kind=Kind.CONVERSION, better=better)
    asked = replace(EXPERIMENT, metrics=(), guards=(Guard(metric=metric, margin=margin),))
    arms = {"off": conversions(20_000, 4_000), "on": conversions(20_000, round(4_000 * (1 + change)))}
    assert claims(census_of(bought=arms), asked) == [("bought", "on", outcome)]


def test_a_guard_of_a_loss_is_held_to_a_share_of_it() -> None:
    """Of a control's mean below zero there is no relative lift."""
    metric = Metric(name="bought", kind=Kind.VALUE)
    asked = replace(EXPERIMENT, metrics=(), guards=(Guard(metric=metric, margin=0.1),))

    def numbers(mean: float) -> Moments:
        units, total = 10_000, 10_000 * mean
        return Moments(
            units=units, total=total, squares=units * (mean**2 + 1), cubes=units * (mean**3 + 3 * mean)
        )

    kept = census_of(bought={"off": numbers(-2.0), "on": numbers(-2.0)})
    harmed = census_of(bought={"off": numbers(-2.0), "on": numbers(-3.0)})
    assert claims(kept, asked) == [("bought", "on", Guarded.KEPT)]
    assert claims(harmed, asked) == [("bought", "on", Guarded.HARMED)]


def test_of_a_guard_with_too_few_units_nothing_is_said() -> None:
    metric = Metric(name="bought", kind=Kind.CONVERSION)
    asked = replace(EXPERIMENT, metrics=(), guards=(Guard(metric=metric, margin=0.1),))
    assert claims(census_of(bought={}), asked) == [("bought", "on", Guarded.TOO_FEW)]


def test_where_units_were_not_drawn_as_intended_nothing_is_claimed() -> None:
    stratum = replace(CENSUS.strata[0], drawn={"off": 12_000, "on": 10_000})
    report = reported(EXPERIMENT, replace(CENSUS, strata=(stratum,)), AT)
    (mismatch,) = report.mismatches
    assert (mismatch.variant, mismatch.excess) == ("on", -1_000)
    assert [each.claim for each in report.metrics] == [Claim.VOID]
    assert [each.outcome for each in report.guards] == [Guarded.VOID]
    assert [each.lift for each in report.metrics] == [each.lift for each in report.guards] == [None]
    assert all(not arm.means for arm in report.arms)


def test_chances_of_being_wrong_are_split_over_variants_and_metrics() -> None:
    """Two metrics and two variants: each interval is that of a quarter of alpha."""
    alone = reported(replace(EXPERIMENT, alpha=0.0125), CENSUS, AT).metrics[0].lift
    twice = replace(EXPERIMENT.metrics[0], name="again")
    outcomes = {name: {**each, "red": each["on"]} for name, each in CENSUS.strata[0].outcomes.items()}
    shares = {"off": 0.4, "on": 0.3, "red": 0.3}
    stratum = replace(
        CENSUS.strata[0],
        period=replace(CENSUS.strata[0].period, shares=shares),
        drawn={"off": 4_000, "on": 3_000, "red": 3_000},
        outcomes={**outcomes, "again": outcomes["bought"]},
    )
    asked = replace(EXPERIMENT, metrics=(EXPERIMENT.metrics[0], twice), alpha=0.05)
    report = reported(asked, replace(CENSUS, strata=(stratum,)), AT)
    assert len(report.metrics) == 4
    assert all(each.lift == alone for each in report.metrics)


def test_how_many_units_would_tell_the_least_difference_that_matters() -> None:
    """More for half of the effect: four times as many."""
    least = EXPERIMENT.metrics[0]
    halved = replace(EXPERIMENT, metrics=(replace(least, minimum_effect=least.minimum_effect / 2),))
    enough = reported(EXPERIMENT, CENSUS, AT).metrics[0].enough
    more = reported(halved, CENSUS, AT).metrics[0].enough
    assert enough is not None
    assert more == pytest.approx(4 * enough, rel=1e-3)


def test_arms_are_shown_control_first_with_the_means_of_their_final_units() -> None:
    on, off = reported(EXPERIMENT, CENSUS, AT).arms[1], reported(EXPERIMENT, CENSUS, AT).arms[0]
    assert (off.variant, off.intended, off.drawn, off.units) == ("off", 0.5, 11_000, 10_000)
    assert off.means == {"bought": 0.1, "refunds": 0.1}
    assert on.means == {"bought": 0.13, "refunds": 0.1}


def test_an_experiment_that_has_not_begun_has_nothing_but_its_control() -> None:
    report = reported(EXPERIMENT, Census(strata=()), AT)
    assert [(arm.variant, arm.intended, arm.units) for arm in report.arms] == [("off", 0.0, 0)]
    assert (report.ratios, report.metrics, report.guards) == ((), (), ())
