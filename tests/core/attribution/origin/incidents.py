"""Small incidents for tests: what is usual at every node, and what is different about some."""

from collections.abc import Mapping
from dataclasses import replace
from math import nan

import numpy as np

from tidegate.core.attribution.origin.anomaly import Measure, Metrics, Series, Window
from tidegate.core.attribution.origin.episode import Episode, Symptom

ROWS = 40
"""Of normal times; an incident has two intervals, and one comes just before it."""
LATENCY = Symptom(node="web", measure=Measure.LATENCY)
FAILURES = Symptom(node="web", measure=Measure.AVAILABILITY)
SILENT = {"requests": nan, "latency": nan, "availability": nan}

Change = Mapping[str, Mapping[str, float]]
"""What is different about a node: values of its series by name."""


def around(value: float, rows: int) -> Series:
    """A series that strays by one per cent, the same each time."""
    return value * (1.0 + 0.01 * np.resize([-1.0, 0.0, 1.0, 0.0], rows))


def metrics(
    *, requests: float = 1000.0, latency: float = 0.1, availability: float = 100.0, rows: int = 2
) -> Metrics:
    """A node that is the same in every interval, but for some straying of its latency."""
    return Metrics(
        requests=np.full(rows, requests),
        latency=around(latency, rows),
        availability=np.full(rows, availability),
    )


def window(nodes: Mapping[str, Metrics], change: Change) -> Window:
    """The nodes with some values of some of them different."""
    return {node: replace(found, **_series(found, change.get(node, {}))) for node, found in nodes.items()}


def _series(found: Metrics, values: Mapping[str, float]) -> Mapping[str, Series]:
    return {name: np.full(len(found.requests), value) for name, value in values.items()}


def episode(
    *nodes: str, change: Change, before: Change | None = None, normal: Change | None = None
) -> Episode:
    """An incident in which some nodes are different, without a word of how much of the symptom an interval shows."""
    return Episode(
        normal=window({node: metrics(rows=ROWS) for node in nodes}, normal or {}),
        before=window({node: metrics(rows=1) for node in nodes}, before or {}),
        incident=window({node: metrics() for node in nodes}, change),
        weights=np.ones(2),
    )
