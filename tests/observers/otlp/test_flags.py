"""Requests count for the variants of feature flags that they were answered with."""

import pytest
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from tests.observers.otlp.pushes import BEGAN, PAY, Attributes, durations, pairs, push
from tests.observers.otlp.test_table import Pushed

from tidegate.core.gates.evidence import Gap
from tidegate.observers.otlp.flags import variants_of
from tidegate.observers.otlp.table import Bounds


def telling(attributes: Attributes, good: int = 0, bad: int = 0) -> Metric:
    """So many requests, all of them with these attributes."""
    status = {"http.response.status_code": 500 if bad else 200}
    metric = durations(good or bad, 0, 0, start=BEGAN, time=BEGAN + 5)
    for point in metric.histogram.data_points:
        del point.attributes[:]
        point.attributes.extend(pairs({**status, **attributes}))
    return metric


def counted(pushed: Pushed, at: float = 5) -> dict[str, tuple[int, int]]:
    return {
        str(edge.callee): (counts.requests, counts.bad) for edge, counts in pushed.reading(at).edges.items()
    }


@pytest.mark.parametrize(
    ("attributes", "variants"),
    [
        ({"feature_flag.key": "refunds", "feature_flag.result.variant": "on"}, ["flag/refunds@on"]),
        ({"feature_flag.key": "refunds", "feature_flag.variant": "on"}, ["flag/refunds@on"]),
        ({"feature_flag.refunds": "on", "feature_flag.slow": "off"}, ["flag/refunds@on", "flag/slow@off"]),
        ({"feature_flag.key": "refunds"}, []),
        ({"feature_flag.result.variant": "on", "feature_flag.result.reason": "static"}, []),
        ({"feature_flag.set.id": "a", "feature_flag.version": "1", "feature_flag.provider.name": "b"}, []),
        ({"feature_flag.context.id": "ann", "feature_flag.": "on", "feature_flag.refunds": ""}, []),
        ({"feature_flag.refunds": "x" * 256, "http.route": "/pay"}, []),
    ],
)
def test_which_variants_a_data_point_tells_of(attributes: dict[str, str], variants: list[str]) -> None:
    assert list(map(str, variants_of(attributes))) == variants


def test_requests_count_for_their_version_and_for_each_variant() -> None:
    pushed = Pushed()
    on, off = {"feature_flag.refunds": "on", "feature_flag.slow": "off"}, {"feature_flag.refunds": "off"}
    pushed.push(5, push(telling(on, good=4)))
    pushed.push(5, push(telling(on, bad=1)))
    pushed.push(5, push(telling(off, good=9)))
    assert counted(pushed) == {
        str(PAY): (14, 1),
        "flag/refunds@on": (5, 1),
        "flag/slow@off": (5, 1),
        "flag/refunds@off": (9, 0),
    }
    (times,) = (
        each.times for edge, each in pushed.reading(5).edges.items() if str(edge.callee) == "flag/refunds@off"
    )
    assert sum(times.counts) == 9


def test_a_repeated_push_adds_nothing() -> None:
    pushed = Pushed()
    for _ in range(2):
        pushed.push(5, push(telling({"feature_flag.refunds": "on"}, good=4)))
    assert counted(pushed)["flag/refunds@on"] == (4, 0)


def test_a_variant_that_is_not_served_any_more_is_no_gap_and_is_forgotten() -> None:
    pushed = Pushed()
    pushed.push(5, push(telling({"feature_flag.refunds": "on"}, good=4)))
    assert {each.service for each in pushed.reading(100).missing} == {PAY.service}
    assert counted(pushed, 2000) == {}


def test_variants_that_somebody_makes_up_are_bounded_and_what_is_lacking_is_told() -> None:
    pushed = Pushed(Bounds(versions=2))
    for name in "abc":
        pushed.push(5, push(telling({f"feature_flag.{name}": "on"}, good=4)))
    assert counted(pushed) == {str(PAY): (12, 0), "flag/a@on": (4, 0), "flag/b@on": (4, 0)}
    (missing,) = pushed.reading(5).missing
    assert (missing.gap, missing.service) == (Gap.PARTIAL, "flag/c")
    assert missing.what == "flag/c: no more than 2 variants of flags are kept"
