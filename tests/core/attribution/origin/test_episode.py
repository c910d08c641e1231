"""The excess of nodes in an incident: what is not known is never taken for none."""

from math import inf, nan, sqrt

import numpy as np
import pytest
from tests.core.attribution.origin.incidents import FAILURES, LATENCY, ROWS, SILENT, episode, metrics, window

from tidegate.core.attribution.origin.anomaly import Measure, Metrics
from tidegate.core.attribution.origin.episode import Episode, episode_of


def test_seconds_over_all_intervals() -> None:
    found = episode("db", change={"db": {"latency": 0.3}}).excess("db", Measure.LATENCY)
    assert found is not None
    assert found.amount == pytest.approx(2 * 1000 * 0.2, rel=0.02)
    assert found.score > 20


def test_failures_over_all_intervals() -> None:
    found = episode("db", change={"db": {"availability": 90.0}}).excess("db", Measure.AVAILABILITY)
    assert found is not None
    assert found.amount == pytest.approx(200.0)
    assert found.score > 20


def test_few_requests_say_less() -> None:
    few, many = (
        episode(
            "db", change={"db": {"latency": 0.2, "requests": requests}}, before={"db": {"requests": requests}}
        ).excess("db", Measure.LATENCY)
        for requests in (9.0, 900.0)
    )
    assert few is not None
    assert many is not None
    assert few.score == pytest.approx(1.0 / sqrt(1 / 9 * (1 / 2 + 1)), rel=0.05)
    assert few.score < many.score / 5


@pytest.mark.parametrize(
    "change", [SILENT, {"latency": nan}, {"requests": 0.0}], ids=["no metrics", "no latency", "no requests"]
)
def test_what_is_not_measured_now_cannot_be_told(change: dict[str, float]) -> None:
    assert episode("db", change={"db": change}).excess("db", Measure.LATENCY) is None


def test_what_was_never_measured_before_cannot_be_told() -> None:
    found = episode("db", change={}, before={"db": SILENT}, normal={"db": SILENT})
    assert found.excess("db", Measure.LATENCY) is None
    assert found.excess("nowhere", Measure.LATENCY) is None


def test_the_level_just_before_counts_however_it_was_in_normal_times() -> None:
    found = episode("db", change={"db": {"latency": 0.3}}, before={"db": {"latency": 0.3}})
    excess = found.excess("db", Measure.LATENCY)
    assert excess is not None
    assert excess.amount == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("requests", "growth"),
    [(1000.0, 0.0), (1050.0, 0.0), (2000.0, 1.0 - 3 * sqrt(1000) / 1000), (nan, 0.0), (500.0, 0.0)],
)
def test_by_how_much_load_grew_beyond_chance(requests: float, growth: float) -> None:
    assert episode("db", change={"db": {"requests": requests}}).growth("db") == pytest.approx(growth)


def test_growth_of_what_was_never_called_cannot_be_told() -> None:
    nothing = {"db": {"requests": 0.0}}
    assert episode("db", change={}, before=nothing, normal=nothing).growth("db") == 0.0
    assert episode("db", change={}).growth("nowhere") == 0.0


def test_growth_is_not_told_where_no_interval_shows_the_symptom() -> None:
    found = episode("db", change={"db": {"requests": 5000.0}})
    nowhere = Episode(normal=found.normal, before=found.before, incident=found.incident, weights=np.zeros(2))
    assert nowhere.growth("db") == 0.0


def test_how_often_a_node_is_called() -> None:
    found = episode("db", "s3", change={}, normal={"s3": {"requests": 0.0}}, before={"s3": SILENT})
    assert [found.presence(node) for node in ("db", "s3", "nowhere")] == [1.0, 0.0, 0.5]


def incident(*latencies: float) -> dict[str, Metrics]:
    ones = np.ones(len(latencies))
    return {"web": Metrics(requests=1000 * ones, latency=np.array(latencies), availability=100 * ones)}


NORMAL = {"web": metrics(rows=ROWS)}


def test_intervals_count_by_what_they_show_of_the_symptom() -> None:
    found = episode_of(LATENCY, normal=NORMAL, before={}, incident=incident(0.2, 0.3, 0.05))
    assert list(found.weights) == pytest.approx([0.5, 1.0, 0.0], abs=0.01)


def test_what_began_unnoticed_is_compared_with_normal_times() -> None:
    begun = window({"web": metrics(rows=1)}, {"web": {"latency": 0.3}})
    assert episode_of(LATENCY, normal=NORMAL, before=begun, incident=incident(0.3, 0.3)).before == {}


def test_just_before_is_preferred_where_either_shows_it() -> None:
    before = {"web": metrics(rows=1)}
    assert episode_of(LATENCY, normal=NORMAL, before=before, incident=incident(0.3, 0.3)).before == before


@pytest.mark.parametrize("window", [{}, incident(0.09, 0.05)], ids=["no metrics", "nothing shows"])
def test_without_a_symptom_all_intervals_count_alike(window: dict[str, Metrics]) -> None:
    found = episode_of(LATENCY, normal=NORMAL, before={"web": metrics(rows=1)}, incident=window)
    assert len(set(found.weights.tolist())) <= 1
    assert not found.stands_out(LATENCY)


def test_a_target_without_metrics_leaves_the_intervals_alike() -> None:
    found = episode_of(FAILURES, normal={}, before={}, incident={"db": metrics()})
    assert list(found.weights) == [1.0, 1.0]
    assert found.excess("web", Measure.LATENCY) is None
    assert inf not in found.weights
