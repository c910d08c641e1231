"""The traversal of PetShop's authors, as the floor: the deepest anomalous nodes on an unbroken path from the target.

A node is anomalous in the target's metric if it is more than five scaled median absolute deviations from its median in
normal times, or at all where it never varied, in the third interval of the issue, or the first after it in which the
target is. Anomalous nodes without an anomalous callee are ranked by the sum of scores on their worst unbroken path.
Source: amazon-science/petshop-root-cause-analysis, `baseline_anomaly_traversal.py`, by what it does; nothing is copied.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np

from tidegate.core.attribution.origin.account import Graph
from tidegate.core.attribution.origin.anomaly import NO_METRICS, Measure, Series, Window
from tidegate.core.attribution.origin.episode import Symptom

_ANOMALOUS: Final = 5.0
_FIRST_ROW: Final = 2
_LEAST_VALUES: Final = 10
_ENDLESS: Final = 1e9
"""The score of what left a median from which half of all values do not differ."""


def traversed(graph: Graph, symptom: Symptom, normal: Window, issue: Window) -> tuple[str, ...]:
    """The nodes that the traversal names, the likeliest first; those that it does not name are not ranked."""
    scores = {node: _scores(normal, issue, node, symptom.measure) for node in issue}
    row = _row(scores.get(symptom.node, np.zeros(0)))
    if row is None:
        return ()
    anomalous = {node: float(found[row]) for node, found in scores.items() if found[row] > 0}
    worst = _worst_paths(graph, symptom.node, anomalous)
    ends = [node for node in worst if not any(callee in anomalous for callee in graph.get(node, ()))]
    return tuple(sorted(ends, key=lambda node: -worst[node]))


def _scores(normal: Window, issue: Window, node: str, measure: Measure) -> Series:
    """The score in each interval; zero where it is not anomalous or not known."""
    usual, now = normal.get(node, NO_METRICS).cost(measure), issue[node].cost(measure)
    usual = usual[~np.isnan(usual)]
    if len(usual) < _LEAST_VALUES:
        return np.zeros(len(now))
    middle = np.median(usual)
    away, deviation = np.nan_to_num(np.abs(now - middle)), np.median(np.abs(usual - middle)) / 0.6745
    if np.std(usual) == 0:
        return away
    scores = away / deviation if deviation > 0 else np.where(away > 0, _ENDLESS, 0.0)
    return np.where(scores > _ANOMALOUS, scores, 0.0)


def _row(target: Series) -> int | None:
    return next((row for row in range(_FIRST_ROW, len(target)) if target[row] > 0), None)


def _worst_paths(graph: Graph, target: str, anomalous: Mapping[str, float]) -> Mapping[str, float]:
    """The largest sum of scores over the paths of anomalous nodes from the target to each."""
    worst: dict[str, float] = {}
    paths: list[tuple[str, ...]] = [(target,)]
    while paths:
        path = paths.pop()
        total = sum(anomalous[node] for node in path)
        worst[path[-1]] = max(worst.get(path[-1], 0.0), total)
        further = (node for node in graph.get(path[-1], ()) if node in anomalous and node not in path)
        paths += [(*path, node) for node in further]
    return worst
