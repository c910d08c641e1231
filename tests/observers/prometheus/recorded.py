"""A Prometheus that answers range selectors from series that a test writes down."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs

from tidegate.observers.prometheus.series import Sample

from .worlds import Asked

_SELECTOR: Final = re.compile(r"(?P<name>[a-z_]+)(?:\{(?P<matchers>.*)\})?\[(?P<ms>[0-9]+)ms\]")
_MATCHER: Final = re.compile(r'([a-z]+)="([^"]*)"')


@dataclass(kw_only=True)
class Recorded:
    """Series by their labels, `__name__` among them; an answer with more than `most` samples is refused."""

    now: float
    most: int = 1_000_000
    warnings: tuple[str, ...] = ()
    series: list[tuple[dict[str, str], list[Sample]]] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)

    def add(self, samples: list[Sample], name: str, **labels: str) -> None:
        self.series.append(({"__name__": name, **labels}, samples))

    def reply(self, asked: Asked) -> tuple[int, bytes]:
        """What an HTTP server answers."""
        if asked.path.endswith("/values"):
            names = sorted({labels["__name__"] for labels, _ in self.series})
            return _said({"status": "success", "data": names})
        form = parse_qs(asked.body.decode())
        query = form["query"][0]
        self.queries.append(query)
        if query == "time()":
            return self._good({"resultType": "scalar", "result": [self.now, str(self.now)]})
        result = self._matrix(query, float(form["time"][0]))
        if sum(len(each["values"]) for each in result) > self.most:
            return _said({"status": "error", "error": "too many samples"}, 422)
        return self._good({"resultType": "matrix", "result": result})

    def _good(self, data: object) -> tuple[int, bytes]:
        return _said({"status": "success", "data": data, "warnings": self.warnings})

    def _matrix(self, query: str, at: float) -> list[dict[str, Any]]:
        parts = _SELECTOR.fullmatch(query)
        assert parts, query
        wanted = {"__name__": parts["name"], **dict(_MATCHER.findall(parts["matchers"] or ""))}
        begin = at - int(parts["ms"]) / 1000
        found = ((labels, samples) for labels, samples in self.series if wanted.items() <= labels.items())
        cut = [
            {"metric": labels, "values": [[t, str(v)] for t, v in samples if begin < t <= at]}
            for labels, samples in found
        ]
        return [each for each in cut if each["values"]]


def _said(body: Mapping[str, object], status: int = 200) -> tuple[int, bytes]:
    return status, json.dumps(body).encode()
