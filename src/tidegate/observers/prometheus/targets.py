"""What Prometheus scrapes, and until when a reading of it is complete. Pure.

Each target has an `up` series with a sample for every scrape, 1 or 0. A target that is no longer scraped at all
(its pod is gone) has none any more; metrics that were pushed have never had any.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple

from tidegate.observers.prometheus.series import Series

STALE_INTERVALS = 3.0
"""So many scrape intervals without a sample are more than a scrape that failed or came late."""


class Target(NamedTuple):
    """Where samples came from: the labels that Prometheus itself puts on them."""

    job: str
    instance: str


def target_of(labels: Mapping[str, str]) -> Target:
    """The target of a series."""
    return Target(job=labels.get("job", ""), instance=labels.get("instance", ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """The targets there are at an instant: whether each was `up`, and since when it is known to be scraped."""

    up: Mapping[Target, bool] = field(default_factory=dict)
    labels: Mapping[Target, Mapping[str, str]] = field(default_factory=dict)
    since: Mapping[Target, float] = field(default_factory=dict)
    jobs: frozenset[str] = frozenset()

    def gone(self, target: Target) -> bool:
        """Whether a target is not scraped any more, though its job is, or was until lately."""
        return target not in self.up and target.job in self.jobs

    def silent(self, target: Target) -> bool:
        """Whether nothing can be expected of a target: it is gone, or its last scrape failed."""
        return not self.up.get(target, True) or self.gone(target)

    def scraped(self, target: Target) -> float:
        """When a target was first scraped for all that is known; never (infinity), if it was not."""
        return self.since.get(target, inf)


def targets_of(now: Iterable[Series], lately: Iterable[Series], interval: float) -> Targets:
    """The targets of the `up` series there are now, and of their samples lately.

    One whose scrapes ended three intervals before the newest of its job is gone: Prometheus was restarted
    without it, and had no occasion to say so.
    """
    scrapes = {target_of(each.labels): each.samples for each in lately}
    newest: dict[str, float] = {}
    for target, samples in scrapes.items():
        newest[target.job] = max(samples[-1][0], newest.get(target.job, samples[-1][0]))
    present = {
        target: each
        for each in now
        if (target := target_of(each.labels)) in scrapes
        and newest[target.job] - scrapes[target][-1][0] <= STALE_INTERVALS * interval
    }
    return Targets(
        up={target: each.samples[-1][1] == 1.0 for target, each in present.items()},
        labels={target: each.labels for target, each in present.items()},
        since={
            target: min((at for at, value in samples if value == 1.0), default=inf)
            for target, samples in scrapes.items()
        },
        jobs=frozenset(newest),
    )


def watermark(
    newest: Mapping[Target, float], targets: Targets, *, now: float, interval: float
) -> float | None:
    """Until when everything has been counted: the oldest of the `newest` samples of each live target.

    A target that is gone or down, or has had no sample for three intervals, is not waited for: what may still come
    of it is counted then. None if there is no live target.
    """
    live = [
        at
        for target, at in newest.items()
        if not targets.silent(target) and now - at <= STALE_INTERVALS * interval
    ]
    return min(live, default=None)
