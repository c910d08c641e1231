"""What a Telemetry file says, as a value."""

import pytest

from tidegate.core.telemetry import Labels, Latency, Metric, Query, Secret, Selector


@pytest.mark.parametrize(
    ("selector", "name", "buckets"),
    [("seconds", "seconds", "seconds_bucket"), ('seconds{a="{"}', "seconds", 'seconds_bucket{a="{"}')],
)
def test_the_parts_of_a_metric(selector: str, name: str, buckets: str) -> None:
    metric = Metric(selector=selector)
    latency = Latency(histogram=metric, labels=Labels(service="app", version="version"))
    assert (metric.name, latency.buckets) == (name, Metric(selector=buckets))


@pytest.mark.parametrize(
    ("selector", "narrowed"),
    [
        ("rq", 'rq{a="1",b="2"}'),
        ("rq{}", 'rq{a="1",b="2"}'),
        ('rq{c="{", }', 'rq{c="{",a="1",b="2"}'),
    ],
)
def test_more_matchers_for_a_metric(selector: str, narrowed: str) -> None:
    assert Metric(selector=selector).narrowed('a="1"', 'b="2"') == Metric(selector=narrowed)


def test_values_in_words() -> None:
    values = [
        Metric(selector="up{}"),
        Query(expression="1 + 1"),
        Secret(file="token"),
        Secret(variable="TOKEN"),
    ]
    assert list(map(str, values)) == ["up{}", "1 + 1", "file token", "variable TOKEN"]


def test_a_selector_takes_the_points_of_its_metric_that_have_its_attributes() -> None:
    selector = Selector(metric="checkouts", attributes={"region": "north"})
    assert selector.takes("checkouts", {"region": "north", "shop": "7"})
    assert not selector.takes("checkouts", {"region": "south"})
    assert not selector.takes("carts", {"region": "north"})
