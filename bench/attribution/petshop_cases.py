"""Issues in the format of PetShop (Hardt et al., CLeaR 2024): folders of `metrics.csv` and `target.json` -> cases.

    graph.csv            of a scenario: callers in rows, callees in columns, anything but 0 is a call
    noissue/metrics.csv  of a scenario: normal times; without it those of all the other scenarios are taken
    metrics.csv          of an issue, in any folder below its scenario: node, metric and statistic in three header
                         rows, then a row an interval, first its start in seconds since 1970; empty if not measured
    target.json          of an issue: `target` has the node, metric and time where it showed; `root_cause`, for scores
                         alone, the node where it began

A folder is read whole, or refused with the file and line that is wrong. Files have bounds.
"""

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from math import inf
from pathlib import Path
from typing import Any, Final

import numpy as np

from tidegate.core.attribution.origin.account import Graph
from tidegate.core.attribution.origin.anomaly import Measure, Metrics, Series, Window
from tidegate.core.attribution.origin.episode import Symptom
from tidegate.core.errors import Location, Problem, Refused

COLUMNS: Final[Mapping[str, tuple[str, str]]] = {
    "requests": ("requests", "Sum"),
    "latency": ("latency", "Average"),
    "availability": ("availability", "Average"),
}
"""The metric and statistic of each series; means add up from callee to caller, quantiles do not."""
HEADERS: Final = 3
MOST_ROWS: Final = 100_000
MOST_CHARACTERS: Final = 64_000_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Times:
    """Intervals by when they began, seconds since 1970, and what was measured in them."""

    starts: Series
    window: Window

    def rows(self, chosen: slice) -> Window:
        """What was measured in some of them."""
        return {node: metrics.rows(chosen) for node, metrics in self.window.items()}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Case:
    """One issue: where and when (`at`) it showed, and its `root`, if known, for scores alone.

    Normal times may be `borrowed` from other scenarios.
    """

    name: str
    scenario: str
    graph: Graph
    symptom: Symptom
    at: float
    normal: Window
    borrowed: bool
    times: Times
    root: str | None

    @property
    def before(self) -> Window:
        """The intervals that had ended when the issue showed."""
        return self.times.rows(slice(0, self._onset))

    @property
    def incident(self) -> Window:
        """The intervals from then on; all if every one had ended."""
        return self.times.rows(slice(self._onset, None))

    @property
    def _onset(self) -> int:
        starts = self.times.starts
        length = float(np.median(np.diff(starts))) if len(starts) > 1 else inf
        ended = int(np.sum(starts + length <= self.at))
        return ended if ended < len(starts) else 0


def read_cases(folder: Path) -> tuple[Case, ...]:
    """The issues in a folder and below, by name."""
    graphs = {file.parent: read_graph(file) for file in sorted(folder.rglob("graph.csv"))}
    normal = {scenario: _normal(scenario) for scenario in graphs}
    targets = sorted(folder.rglob("target.json"))
    if not targets:
        raise _refused(folder, "there is no issue: no `target.json` in it or below")
    return tuple(_read_case(folder, target, graphs, normal) for target in targets)


def read_graph(file: Path) -> Graph:
    """Whom each node calls."""
    header, *rows = _rows(file)
    return {
        row[0]: tuple(
            callee
            for callee, value in zip(header[1:], row[1:], strict=False)
            if _number(file, line, value or "0") != 0
        )
        for line, row in enumerate(rows, start=2)
    }


def read_times(file: Path) -> Times:
    """The intervals of a file of metrics."""
    rows = _rows(file)
    header, body = rows[:HEADERS], list(enumerate(rows[HEADERS:], start=HEADERS + 1))
    if body and len(body[0][1]) and not any(body[0][1][1:]):
        body = body[1:]  # the name of the index, which pandas writes on a row of its own
    if (
        len(header) < HEADERS
        or not body
        or len({len(row) for row in [*header, *(row for _, row in body)]}) > 1
    ):
        raise _refused(file, "it is not a table of three header rows and a row for each interval")
    values = np.array([[_number(file, line, value) for value in row] for line, row in body])
    columns = {names: values[:, number] for number, names in enumerate(zip(*header, strict=True))}
    return Times(starts=values[:, 0], window=_window(columns, len(values)))


def _window(columns: Mapping[tuple[str, ...], Series], rows: int) -> Window:
    unknown: Series = np.full(rows, np.nan)
    nodes = dict.fromkeys(
        node for node, metric, statistic in columns if (metric, statistic) in COLUMNS.values()
    )
    return {
        node: Metrics(**{name: columns.get((node, *column), unknown) for name, column in COLUMNS.items()})
        for node in nodes
    }


def _normal(scenario: Path) -> Window | None:
    file = scenario / "noissue" / "metrics.csv"
    return read_times(file).window if file.exists() else None


def joined(windows: Iterable[Window]) -> Window:
    """Several windows one after the other; a node that is not in one of them is left out there."""
    parts: dict[str, list[Metrics]] = {}
    for window in windows:
        for node, metrics in window.items():
            parts.setdefault(node, []).append(metrics)
    return {
        node: Metrics(**{name: np.concatenate([getattr(each, name) for each in found]) for name in COLUMNS})
        for node, found in parts.items()
    }


def _read_case(
    folder: Path, file: Path, graphs: Mapping[Path, Graph], normal: Mapping[Path, Window | None]
) -> Case:
    scenario = next((parent for parent in file.parents if parent in graphs), None)
    if scenario is None:
        raise _refused(file, "no folder above it has a `graph.csv`")
    own = normal[scenario]
    known = (window for window in normal.values() if window is not None)
    symptom, at, root = _read_target(file)
    return Case(
        name=file.parent.relative_to(folder).as_posix(),
        scenario=scenario.relative_to(folder).as_posix(),
        graph=graphs[scenario],
        symptom=symptom,
        at=at,
        normal=joined(known) if own is None else own,
        borrowed=own is None,
        times=read_times(file.with_name("metrics.csv")),
        root=root,
    )


def _read_target(file: Path) -> tuple[Symptom, float, str | None]:
    try:
        found: Any = json.loads(_text(file))
        target, root = found["target"], found.get("root_cause") or {}
        symptom = Symptom(node=str(target["node"]), measure=Measure(target["metric"]))
        return symptom, float(target["timestamp"]), root.get("node")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise _refused(file, f"it lacks a target with node, metric and timestamp: {error}") from error


# --- files


def _rows(file: Path) -> list[list[str]]:
    rows = list(islice(csv.reader(_text(file).splitlines()), MOST_ROWS + 1))
    if not rows or len(rows) > MOST_ROWS:
        raise _refused(file, f"it has {len(rows):,} rows or more; between 1 and {MOST_ROWS:,} are read")
    return rows


def _text(file: Path) -> str:
    try:
        with file.open(encoding="utf-8") as opened:
            text = opened.read(MOST_CHARACTERS + 1)
    except (OSError, UnicodeDecodeError) as error:
        raise _refused(file, f"it cannot be read: {error}") from error
    if len(text) > MOST_CHARACTERS:
        raise _refused(file, f"it is longer than {MOST_CHARACTERS:,} characters")
    return text


def _number(file: Path, line: int, value: str) -> float:
    try:
        number = float(value) if value else np.nan
    except ValueError:
        raise _refused(file, f"{value!r} is not a number", line) from None
    if number < 0 or number == inf:
        raise _refused(file, f"{value} is no time, number or share of anything", line)
    return number


def _refused(file: Path, message: str, line: int = 1) -> Refused:
    return Refused([Problem(message=message, location=Location(file=str(file), line=line))])
