"""The authors' graph traversal, as the floor: the deepest anomalous nodes on an unbroken path from the target.

Source: amazon-science/petshop-root-cause-analysis, "baseline anomaly traversal" (method only; written anew here). A node
is anomalous in the target's metric if it is more than five scaled median absolute deviations from its median in normal
times, at the third interval of the issue, or the first after it in which the target is. A node that never varied
is anomalous as soon as it differs. Anomalous nodes without an anomalous callee are ranked by the sum of scores on their
worst path to the target on which every node is anomalous.
"""

from collections.abc import Mapping

import numpy as np

from tidegate.core.attribution.anomaly import Measure, Series, Window
from tidegate.core.attribution.account import Graph
from tidegate.core.attribution.episode import Symptom

THRESHOLD = 5.0
FIRST_ROW = 2
LEAST_VALUES = 10


def traversed(graph: Graph, symptom: Symptom, normal: Window, incident: Window) -> tuple[str, ...]:
    """The nodes that the traversal names, the first first."""
    scores = {
        node: _scores(_values(normal, node, symptom.measure), _values(incident, node, symptom.measure))
        for node in incident
    }
    at = _row(scores.get(symptom.node, np.zeros(0)))
    if at is None:
        return ()
    anomalous = {node: float(found[at]) for node, found in scores.items() if found[at] > 0}
    ends = {node for node in anomalous if not set(graph.get(node, ())) & set(anomalous)}
    sums = _worst(graph, symptom.node, anomalous)
    return tuple(sorted(ends & set(sums), key=lambda node: -sums[node]))


def _values(window: Window, node: str, measure: Measure) -> Series:
    if node not in window:
        return np.zeros(0)
    return window[node].latency if measure is Measure.LATENCY else window[node].availability


def _scores(normal: Series, now: Series) -> Series:
    """The score in each interval, zero where it is not beyond the threshold."""
    normal = normal[~np.isnan(normal)]
    if len(normal) < LEAST_VALUES:
        return np.zeros(len(now))
    middle = np.median(normal)
    deviation = np.median(np.abs(normal - middle)) / 0.6745
    with np.errstate(divide="ignore"):
        scores = np.nan_to_num(np.abs(now - middle), nan=0.0)
        if np.std(normal) > 0:
            scores = np.where(scores > 0, scores / deviation, 0.0)
            return np.where(scores > THRESHOLD, np.minimum(scores, 1e9), 0.0)
        return scores


def _row(target: Series) -> int | None:
    rows = [row for row in range(FIRST_ROW, len(target)) if target[row] > 0]
    return rows[0] if rows else None


def _worst(graph: Graph, target: str, anomalous: Mapping[str, float]) -> Mapping[str, float]:
    """The largest sum of scores over simple paths of anomalous nodes from the target to each."""
    best: dict[str, float] = {}
    paths = [(target,)] if target in anomalous else []
    while paths:
        path = paths.pop()
        total = sum(anomalous[node] for node in path)
        best[path[-1]] = max(best.get(path[-1], 0.0), total)
        paths += [(*path, callee) for callee in graph.get(path[-1], ()) if callee in anomalous and callee not in path]
    return best
