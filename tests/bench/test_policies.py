"""The peers' policies decide as their descriptions say, down to the numbers measured for them elsewhere."""

import numpy as np
import pytest
from bench.gates.policies import (
    Argo,
    Direction,
    Flagger,
    Floats,
    Kayenta,
    Label,
    Limits,
    Policy,
    ZTest,
    classified,
    readings,
    score,
    shift,
)

GOOD = Limits(least=99.0)
NOTHING = None
NAN = float("nan")


def fails_at(policy: Policy, values: list[float | None]) -> int | None:
    """The interval (from 1) at which a policy without control rolls one stream back."""
    run = policy.started(1)
    for interval, value in enumerate(values, start=1):
        seen = readings([0.0 if value is None else value], value is not None)
        run = run.with_interval(seen, seen)
        if run.failed[0]:
            return interval
    return None


@pytest.mark.parametrize(
    ("failure_limit", "values", "expected"),
    [
        (0, [99.0, 100.0, 99.0], None),
        (0, [100.0, 98.9], 2),
        (3, [0.0, 0.0, 0.0], None),
        (3, [0.0, 0.0, 0.0, 0.0], 4),
        (3, [0.0, 100.0, 0.0, 100.0, 0.0, 100.0, 0.0], 7),
        (0, [NAN], 1),
        (0, [NOTHING] * 4, None),
        (0, [NOTHING] * 5, 5),
        (0, [NOTHING] * 4 + [100.0] + [NOTHING] * 4, None),
        (3, [0.0, NOTHING, 0.0, NOTHING, 0.0, NOTHING, NAN], 7),
    ],
)
def test_argo_counts_failures_for_ever_and_errors_in_a_row(
    failure_limit: int, values: list[float | None], expected: int | None
) -> None:
    assert fails_at(Argo(limits=(GOOD,), failure_limit=failure_limit), values) == expected


def test_argo_stays_failed_when_errors_end() -> None:
    run = Argo(limits=(GOOD,)).started(1)
    for present in [False] * 5 + [True]:
        run = run.with_interval(readings([100.0], present), readings([100.0]))
    assert run.failed.tolist() == [True]


@pytest.mark.parametrize(
    ("threshold", "values", "expected"),
    [
        (1, [99.0, 99.0], None),
        (1, [98.9], None),
        (1, [98.9, 100.0], 2),
        (2, [0.0, 100.0, 100.0, 0.0, 100.0], 5),
        (2, [NAN, NOTHING, 100.0], 3),
        (10, [0.0] * 10, None),
        (10, [0.0] * 11, 11),
    ],
)
def test_flagger_counts_failed_checks_for_ever_and_acts_a_tick_late(
    threshold: int, values: list[float | None], expected: int | None
) -> None:
    assert fails_at(Flagger(limits=(GOOD,), threshold=threshold), values) == expected


def test_flagger_counts_one_failed_check_a_tick_and_argo_each_metric_by_itself() -> None:
    """Each of two metrics fails once: two ticks for Flagger, no metric twice for Argo."""
    limits = (GOOD, Limits(most=500.0))
    flagger, argo = (
        Flagger(limits=limits, threshold=2).started(1),
        Argo(limits=limits, failure_limit=1).started(1),
    )
    ticks = [[[0.0], [100.0]], [[100.0], [900.0]], [[100.0], [100.0]]]
    for tick in ticks:
        flagger = flagger.with_interval(readings(tick), readings(tick))
        argo = argo.with_interval(readings(tick), readings(tick))
    assert (flagger.failed.tolist(), argo.failed.tolist()) == ([True], [False])


@pytest.mark.parametrize(("requests", "often"), [(20, 0.63), (50, 0.92), (200, 0.56), (1_000, 0.13)])
def test_one_bad_tick_of_ten_is_likely_for_a_healthy_canary(requests: int, often: float) -> None:
    """0.5 % errors against a limit of 99 %: how often a policy without patience rolls back."""
    dice = np.random.default_rng(1)
    argo, flagger = Argo(limits=(GOOD,)).started(4_000), Flagger(limits=(GOOD,)).started(4_000)
    for _ in range(10):
        seen = readings(100.0 - 100.0 * dice.binomial(requests, 0.005, 4_000) / requests)
        argo, flagger = argo.with_interval(seen, seen), flagger.with_interval(seen, seen)
    flagger = flagger.with_interval(readings(np.full(4_000, 100.0)), readings(np.full(4_000, 100.0)))
    assert argo.failed.mean() == pytest.approx(often, abs=0.025)
    assert (argo.failed == flagger.failed).all()


def test_patience_of_argo_and_flagger_costs_what_was_measured() -> None:
    """At 50 requests a tick 16 % of runs miss four times in ten, and next to none ten times."""
    dice = np.random.default_rng(2)
    argo = Argo(limits=(GOOD,), failure_limit=3).started(4_000)
    flagger = Flagger(limits=(GOOD,), threshold=10).started(4_000)
    for _ in range(10):
        seen = readings(100.0 - 100.0 * dice.binomial(50, 0.005, 4_000) / 50)
        argo, flagger = argo.with_interval(seen, seen), flagger.with_interval(seen, seen)
    assert argo.failed.mean() == pytest.approx(0.16, abs=0.02)
    assert flagger.failed.mean() <= 0.004


# --- Kayenta


@pytest.mark.parametrize(
    ("points", "often"), [(1, 1.0), (2, 0.23), (3, 0.035), (5, 0.0), (10, 0.003), (30, 0.0)]
)
def test_kayenta_accuses_the_harmless_as_often_as_was_measured(points: int, often: float) -> None:
    """Normal noise, either direction: with one or two points nearly anything is a deviation."""
    dice = np.random.default_rng(points)
    canary, control = dice.normal(100.0, 10.0, (2, 1_000, points))
    labels = classified(canary, control, Direction.EITHER)
    assert np.mean(labels != Label.PASS) == pytest.approx(often, abs=0.02)


@pytest.mark.parametrize(("deviations", "often"), [(0.5, (0.02, 0.09, 0.29)), (1.0, (0.14, 0.66, 0.98))])
def test_kayenta_finds_what_it_was_measured_to_find(deviations: float, often: tuple[float, ...]) -> None:
    """A mean that is half or one standard deviation higher, after 10, 30 and 60 points."""
    dice = np.random.default_rng(4)
    for points, expected in zip((10, 30, 60), often, strict=True):
        canary, control = dice.normal(100.0, 10.0, (2, 400, points))
        labels = classified(canary + 10.0 * deviations, control, Direction.INCREASE)
        assert np.mean(labels == Label.HIGH) == pytest.approx(expected, abs=0.07)


@pytest.mark.parametrize(("rates", "expected"), [((0.001, 0.01), 0.44), ((0.01, 0.03), 1.0)])
def test_kayenta_is_nearly_blind_where_errors_are_few(rates: tuple[float, float], expected: float) -> None:
    """A hundred requests a minute for an hour: tenfold errors are found in 44 % of runs, from 0.1 %."""
    dice = np.random.default_rng(6)
    control, canary = (dice.binomial(100, rate, (400, 60)).astype(float) for rate in rates)
    labels = classified(canary, control, Direction.INCREASE)
    assert np.mean(labels == Label.HIGH) == pytest.approx(expected, abs=0.06)


@pytest.mark.parametrize(
    ("canary", "control", "direction", "label"),
    [
        ([5.0] * 9, [5.0] * 9, Direction.EITHER, Label.PASS),
        ([6.0] * 9, [5.0] * 9, Direction.EITHER, Label.HIGH),
        ([4.0] * 9, [5.0] * 9, Direction.EITHER, Label.LOW),
        ([6.0] * 9, [5.0] * 9, Direction.DECREASE, Label.PASS),
        ([4.0] * 9, [5.0] * 9, Direction.INCREASE, Label.PASS),
        ([NAN] * 9, [5.0] * 9, Direction.EITHER, Label.NODATA),
        ([6.0] * 9, [NAN] * 9, Direction.EITHER, Label.NODATA),
        ([6.0] * 8 + [NAN], [5.0] * 7 + [NAN] * 2, Direction.EITHER, Label.HIGH),
        ([1.0] * 9, [0.0] * 9, Direction.INCREASE, Label.HIGH),
    ],
)
def test_a_metric_is_labelled(
    canary: list[float], control: list[float], direction: Direction, label: Label
) -> None:
    assert classified(np.array([canary]), np.array([control]), direction).tolist() == [label]


def test_a_confidence_interval_ends_at_the_widest_differences() -> None:
    """Two points a side are too few for any other bound."""
    moved = shift(np.array([[3.0, 5.0]]), np.array([[1.0, 2.0]]))
    assert (moved.low[0], moved.estimate[0], moved.high[0]) == (1.0, 2.5, 4.0)


@pytest.mark.parametrize(
    ("labels", "points"),
    [
        ([Label.PASS, Label.PASS], 100.0),
        ([Label.PASS, Label.HIGH], 50.0),
        ([Label.PASS, Label.PASS, Label.LOW, Label.NODATA], 200 / 3),
        ([Label.PASS, Label.NODATA], 0.0),
        ([Label.NODATA], 0.0),
    ],
)
def test_a_score_is_the_share_of_metrics_that_pass(labels: list[Label], points: float) -> None:
    assert score(np.array([[label] for label in labels])).tolist() == [pytest.approx(points)]


def kayenta_fails_at(policy: Kayenta, canary: Floats) -> int | None:
    """The interval at which the canary's values (metrics, intervals) are rolled back; the control is 1, 2, 1, ..."""
    run = policy.started(1)
    for interval, column in enumerate(canary.T):
        control = readings(np.full((len(column), 1), 1.0 + interval % 2))
        run = run.with_interval(readings(column[:, None]), control)
        if run.failed[0]:
            return interval + 1
    return None


@pytest.mark.parametrize(
    ("every", "metrics", "expected"),
    [(60, [9.0], 60), (30, [9.0], 30), (30, [1.0], None), (30, [9.0, 1.0], 30), (30, [9.0, 1.0, 1.0], 60)],
)
def test_kayenta_judges_when_it_is_due(every: int, metrics: list[float], expected: int | None) -> None:
    """Half the metrics bad is marginal and fails at once; a third bad fails at the last judgement alone."""
    policy = Kayenta(directions=(Direction.INCREASE,) * len(metrics), every=every)
    values = np.array([[metric + interval % 2 for interval in range(60)] for metric in metrics])
    values = np.where(values < 9.0, 1.0 + np.arange(60) % 2, values)
    assert kayenta_fails_at(policy, values) == expected


# --- z-test


@pytest.mark.parametrize(("level", "expected"), [(0.05, 0.28), (0.01, 0.088)])
def test_a_z_test_looked_at_each_minute_errs_far_beyond_its_level(level: float, expected: float) -> None:
    """Sixty looks at halves of the same traffic."""
    dice, run = np.random.default_rng(8), ZTest(level=level).started(2_000)
    for _ in range(60):
        canary, control = dice.binomial(30_000, 0.001, (2, 2_000))
        every = np.full(2_000, 30_000)
        run = run.with_interval(readings([canary, every]), readings([control, every]))
    assert run.failed.mean() == pytest.approx(expected, abs=0.03)


def test_a_z_test_of_nothing_finds_nothing() -> None:
    run = ZTest(level=0.05).started(2)
    run = run.with_interval(readings([[0, 0], [0, 9]]), readings([[0, 0], [9, 9]]))
    assert run.failed.tolist() == [False, False]
