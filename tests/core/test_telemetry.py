"""What a Telemetry file says, as a value."""

import pytest

from tidegate.core.telemetry import Labels, Latency, Metric, Query, Secret


@pytest.mark.parametrize(
    ("selector", "name", "buckets"),
    [("seconds", "seconds", "seconds_bucket"), ('seconds{a="{"}', "seconds", 'seconds_bucket{a="{"}')],
)
def test_the_parts_of_a_metric(selector: str, name: str, buckets: str) -> None:
    metric = Metric(selector=selector)
    latency = Latency(histogram=metric, labels=Labels(service="app", version="version"))
    assert (metric.name, latency.buckets) == (name, Metric(selector=buckets))


def test_values_in_words() -> None:
    values = [
        Metric(selector="up{}"),
        Query(expression="1 + 1"),
        Secret(file="token"),
        Secret(variable="TOKEN"),
    ]
    assert list(map(str, values)) == ["up{}", "1 + 1", "file token", "variable TOKEN"]
