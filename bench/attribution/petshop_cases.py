"""Issues in the format of PetShop (Hardt et al., "The PetShop Dataset", CLeaR 2024): a folder a scenario.

A scenario has `graph.csv` (callers in rows, callees in columns), normal times in `noissue/metrics.csv`, and issues
anywhere below it: a folder with `metrics.csv` (node, metric and statistic in three header rows, an interval a row,
its start in seconds since 1970) and `target.json` (where, in what and when it showed). A scenario without normal times
borrows those of its neighbours.
"""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from tidegate.core.attribution.anomaly import Measure, Metrics, Series, Window
from tidegate.core.attribution.account import Graph
from tidegate.core.attribution.episode import Symptom
from tidegate.core.errors import Location, Problem, Refused

_COLUMNS = {"requests": ("requests", "Sum"), "latency": ("latency", "Average"), "availability": ("availability", "Average")}
DEFAULT_INTERVAL = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    starts: Series
    window: Window

    def rows(self, chosen: slice) -> "Times":
        return Times(starts=self.starts[chosen], window={n: m.rows(chosen) for n, m in self.window.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    name: str
    scenario: str
    graph: Graph
    symptom: Symptom
    at: float
    normal: Window
    times: Times
    root: str | None
    own_normal: bool = False

    @property
    def onset(self) -> int:
        step = np.median(np.diff(self.times.starts)) if len(self.times.starts) > 1 else DEFAULT_INTERVAL
        return int(np.searchsorted(self.times.starts + step, self.at, side="right"))

    @property
    def before(self): return self.times.rows(slice(0, self.onset)).window
    @property
    def incident(self): return self.times.rows(slice(self.onset, None)).window


def read_cases(folder: Path) -> tuple[Case, ...]:
    found = sorted(folder.rglob("target.json"))
    graphs = sorted(p.parent for p in folder.rglob("graph.csv"))
    normals = {g: read_times(g / "noissue" / "metrics.csv").window for g in graphs if (g / "noissue" / "metrics.csv").exists()}
    cases = []
    for file in found:
        scenario = next(p for p in file.parents if (p / "graph.csv").exists())
        normal = normals.get(scenario) or _joined(list(normals.values()))
        cases.append(read_case(folder, scenario, file, normal))
    return tuple(cases)


def read_case(folder, scenario, file, normal):
    v = json.loads(file.read_text())
    t = v["target"]
    return Case(name=str(file.parent.relative_to(folder)), scenario=scenario.name, graph=read_graph(scenario / "graph.csv"),
        symptom=Symptom(node=t["node"], measure=Measure(t["metric"])), at=float(t["timestamp"]), normal=normal,
        times=read_times(file.parent / "metrics.csv"), root=v.get("root_cause", {}).get("node"), own_normal=(scenario / "noissue" / "metrics.csv").exists())


def _joined(windows):
    names = {n for w in windows for n in w}
    return {n: Metrics(**{k: np.concatenate([getattr(w[n], k) for w in windows if n in w]) for k in _COLUMNS}) for n in names}


def read_graph(file: Path) -> Graph:
    rows = list(csv.reader(file.open()))
    return {r[0]: tuple(c for c, v in zip(rows[0][1:], r[1:]) if float(v or 0)) for r in rows[1:]}


def read_times(file: Path) -> Times:
    rows = list(csv.reader(file.open()))
    values = np.array([[float(v) if v else np.nan for v in r] for r in rows if r[0][:1].isdigit()])
    columns = {tuple(c): values[:, i] for i, c in enumerate(zip(*rows[:3])) if i}
    none = np.full(len(values), np.nan)
    nodes = {c[0] for c in columns}
    return Times(starts=values[:, 0], window={n: Metrics(**{k: columns.get((n, *c), none) for k, c in _COLUMNS.items()}) for n in nodes})
