"""An incident beside what is usual: the excess of every node while the symptom shows.

What has no metrics now, or none from any earlier time, has no excess that could be told, which is not the same as none.
"""

from dataclasses import dataclass, replace
from math import sqrt
from typing import Self

import numpy as np

from tidegate.core.attribution.origin.anomaly import (
    BEYOND_CHANCE,
    EMPTY,
    NO_METRICS,
    Excess,
    Measure,
    Series,
    Usual,
    Window,
    usual,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom:
    """Where something shows, and in what."""

    node: str
    measure: Measure


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Episode:
    """The intervals of an incident, those just `before` it and those of normal times, which may each be empty.

    `weights` says how much of the symptom each interval of the incident shows.
    """

    normal: Window
    before: Window
    incident: Window
    weights: Series

    def excess(self, node: str, measure: Measure) -> Excess | None:
        """What a node costs more than usual, in all intervals together; none if that cannot be told."""
        now, level = self.incident.get(node, NO_METRICS), self._usual(node, measure)
        counted = self._counted(node, measure)
        requests = float(counted.sum())
        if level is None or requests == 0:
            return None
        intervals = requests**2 / float(counted @ counted)
        mean = float(np.nan_to_num(now.cost(measure)) @ counted) / requests
        spread = max(level.spread, _sampling(level.level, requests / intervals, measure))
        noise = requests * spread * sqrt(1 / intervals + 1 / level.rows)
        return Excess(amount=requests * (mean - level.level), noise=noise)

    def growth(self, node: str) -> float:
        """By what share of the usual a node is sent more requests, beyond chance; 0 if that cannot be told."""
        requests = np.nan_to_num(self.incident.get(node, NO_METRICS).requests)
        earlier = self.normal.get(node, NO_METRICS).requests, self.before.get(node, NO_METRICS).requests
        level = usual(*earlier, np.ones(len(earlier[1])))
        if level is None or level.level <= 0 or not self.weights[: len(requests)].any():
            return 0.0
        now = float(np.average(requests, weights=self.weights))
        chance = BEYOND_CHANCE * max(level.spread, sqrt(level.level))
        return max(now - level.level - chance, 0.0) / level.level

    def presence(self, node: str) -> float:
        """The share of earlier intervals in which a node was called; even odds if nothing was ever known."""
        earlier = [window[node].requests for window in (self.normal, self.before) if node in window]
        requests = np.concatenate([EMPTY, *earlier])
        return float(np.mean(np.nan_to_num(requests) > 0)) if len(requests) else 0.5

    def weighted(self, symptom: Symptom) -> Self:
        """The same by how much of the symptom each interval shows; unchanged if none shows any."""
        now, level = self.incident.get(symptom.node, NO_METRICS), self._usual(symptom.node, symptom.measure)
        if level is None or not len(now.requests):
            return self
        amounts = np.nan_to_num(now.requests * (now.cost(symptom.measure) - level.level)).clip(min=0.0)
        highest = float(amounts.max())
        return replace(self, weights=amounts / highest) if highest > 0 else self

    def stands_out(self, symptom: Symptom) -> bool:
        """Whether the symptom is beyond chance."""
        found = self.excess(symptom.node, symptom.measure)
        return found is not None and found.score >= BEYOND_CHANCE

    def _usual(self, node: str, measure: Measure) -> Usual | None:
        normal, before = self.normal.get(node, NO_METRICS), self.before.get(node, NO_METRICS)
        return usual(normal.cost(measure), before.cost(measure), before.requests)

    def _counted(self, node: str, measure: Measure) -> Series:
        """The requests of each interval of the incident whose cost is known, by weight."""
        now = self.incident.get(node, NO_METRICS)
        counted = np.nan_to_num(now.requests) * self.weights[: len(now.requests)]
        return np.where(np.isnan(now.cost(measure)), 0.0, counted)


def episode_of(symptom: Symptom, *, normal: Window, before: Window, incident: Window) -> Episode:
    """The incident beside what was just before it, if the symptom stands out from that, or else beside normal times
    alone: it may have begun unnoticed.
    """
    flat = np.ones(max((len(metrics.requests) for metrics in incident.values()), default=0))
    recent = Episode(normal=normal, before=before, incident=incident, weights=flat).weighted(symptom)
    past = Episode(normal=normal, before={}, incident=incident, weights=flat).weighted(symptom)
    return past if past.stands_out(symptom) and not recent.stands_out(symptom) else recent


def _sampling(level: float, requests: float, measure: Measure) -> float:
    """The standard deviation of a mean over so many requests by chance alone: exponential times, Poisson failures."""
    if measure is Measure.LATENCY:
        return level / sqrt(requests)
    return sqrt(max(level * requests, 1.0)) / requests
