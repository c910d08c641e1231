"""An SLO of 30 days whose Prometheus is a stub that counts what it is told."""

import json
import re
import threading
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.core.slo.worlds import slo

from tidegate.core.slo.definitions import (
    DataSource,
    Metric,
    RatioMetric,
    ServiceLevels,
    Side,
    Sli,
    Slo,
)

from .worlds import Asked

MONTH, HOUR = 30 * 86400, 3600
ALERT_WINDOWS = (300, 1800, HOUR, 6 * HOUR)
NAME = "checkout-availability"


@dataclass
class Counter:
    """Answers each query by the seconds of its range with (total, bad); other windows have no series."""

    counts: Mapping[int, tuple[float, float]] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
    queries: list[str] = field(default_factory=list)
    times: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def reply(self, asked: Asked) -> tuple[int, bytes]:
        form = urllib.parse.parse_qs(asked.body.decode())
        (query,), (at,) = form["query"], form["time"]
        with self._lock:
            self.queries.append(query)
            self.times.add(at)
        found = re.search(r"\[(\d+)s\]", query)
        assert found, query
        counts = self.counts.get(int(found[1]))
        values = [] if counts is None else [counts["bad" in query]]
        result = [{"metric": {}, "value": [float(at), str(value)]} for value in values]
        return vector(result, **self.more)


def vector(result: object, **more: object) -> tuple[int, bytes]:
    body = {"status": "success", "data": {"resultType": "vector", "result": result}, **more}
    return 200, json.dumps(body).encode()


def calm(**changes: tuple[float, float]) -> dict[int, tuple[float, float]]:
    """A tenth of the budget spent, none of it lately; `s300=(100, 9)` changes a window."""
    counts = {MONTH: (1_000_000.0, 100.0), **dict.fromkeys(ALERT_WINDOWS, (1000.0, 0.0))}
    return {**counts, **{int(name[1:]): count for name, count in changes.items()}}


def asked_of(source: DataSource, **changes: Any) -> Slo:
    """99.9 % of requests over 30 days, counted by a data source."""
    part, total = (Metric(source=source, query=query) for query in ("bad_requests_total", "requests_total"))
    sli = Sli(name="requests", measure=RatioMetric(part=part, side=Side.BAD, total=total, counter=True))
    return replace(slo(sli=sli), **changes)


def levels(*slos: Slo) -> ServiceLevels:
    return ServiceLevels(slos={each.name: each for each in slos}, slis={}, services={}, data_sources={})


def prometheus(url: str) -> DataSource:
    return DataSource(name="main", type="Prometheus", url=url)
