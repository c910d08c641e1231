"""Recorded canary releases: folders of `case.json`, `edges.csv` and `metrics.csv.gz` -> cases, minute by minute.

    case.json        `pods_before`: names of pods; `plan`: for each released service its steps, each with the pods
                     created (`release_pod`) and deleted (`delete_pod`), when it began (its key) and when it was done
                     (`release_complete_timestamp`), in seconds since 1970. Only the key of the first step is when
                     it began; later ones are when it had been planned to. `detected_at`, if it is there, is when the
                     failure was noticed.
    edges.csv        Source,Target,Weight: who calls whom, and where pods run
    metrics.csv.gz   timestamp,pod,caller,callee,success_rate_pct,latency_ms,cpu_pct,memory_pct: a row for each
                     minute, pod and edge that the pod is an end of; NaN where nothing was measured. Latency, CPU and
                     memory are of the pod, repeated on each of its edges.
    labels.csv       beside the folders, for scores alone: case,fault_kind,defective_service

Pods are named `service-version-...`, as in `adservice-v2-fd6989b7c-w7f44`. A pod that the plan deletes is gone when its
step is done, whatever rows still bear its name.

A folder is read whole or refused with every problem found, each with its file and line. Files have bounds.
"""

import csv
import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from math import inf, isinf, nan
from pathlib import Path
from typing import IO, Any, Final, TypeVar

from tidegate.core.errors import Location, Problem, Refused

_EDGES: Final = ("Source", "Target", "Weight")
_METRICS: Final = (
    "timestamp",
    "pod",
    "caller",
    "callee",
    "success_rate_pct",
    "latency_ms",
    "cpu_pct",
    "memory_pct",
)
_LABELS: Final = ("case", "fault_kind", "defective_service")
_LONGEST: Final = 4096
_MOST_ROWS: Final = 1_000_000
_MOST_CHARACTERS: Final = 16_000_000
_MOST_PROBLEMS: Final = 20
_SAME_LOOK: Final = 30
"""Seconds that rows of one look may be apart; looks are a minute apart."""
_POD: Final = re.compile(r"(?P<service>.+?)-(?P<version>v\d+)-.+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """One pod in one minute; NaN where nothing was measured.

    `incoming` and `outgoing` are the shares in per cent of calls that succeeded, by caller and by callee.
    """

    latency: float
    cpu: float
    memory: float
    incoming: dict[str, float] = field(default_factory=dict)
    outgoing: dict[str, float] = field(default_factory=dict)


SILENT: Final = Pod(latency=nan, cpu=nan, memory=nan)


@dataclass(frozen=True, slots=True, kw_only=True)
class Minute:
    """What was known at `at`, seconds since 1970."""

    at: float
    pods: Mapping[str, Pod]


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One service that gets a new version: when its first step began, and when each pod was ready or gone."""

    service: str
    began: float
    ready: Mapping[str, float]
    gone: Mapping[str, float]

    def is_new(self, pod: str) -> bool:
        """Whether a pod is of the new version, by the plan or by the name it shares with pods of the plan."""
        return pod in self.ready or _version(pod) in {_version(known) for known in self.ready}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Some releases at once, the pods that were there before, who calls whom, and what was measured.

    `detected_at` is when the failure was noticed, seconds since 1970, where the case tells.
    """

    name: str
    before: tuple[str, ...]
    releases: tuple[Release, ...]
    callers: Mapping[str, frozenset[str]]
    minutes: tuple[Minute, ...]
    detected_at: float | None = None


def arms(
    case: Case, release: Release, minute: Minute, *, warm_up: float = 0.0
) -> tuple[dict[str, Pod], dict[str, Pod]]:
    """Canary and control pods that should be there, `SILENT` where nothing was measured of them.

    Known are the pods of the plan and those that were there before; others show by being measured. A pod of the
    plan is there `warm_up` seconds after it was ready, and until it is deleted.
    """
    known = {pod for pod in (*case.before, *minute.pods) if service_of(pod) == release.service}
    there = [
        pod for pod in sorted(known | release.ready.keys()) if _is_there(release, pod, minute.at, warm_up)
    ]
    measured = {pod: minute.pods.get(pod, SILENT) for pod in there}
    canary = {pod: seen for pod, seen in measured.items() if release.is_new(pod)}
    return canary, {pod: seen for pod, seen in measured.items() if pod not in canary}


def _is_there(release: Release, pod: str, at: float, warm_up: float) -> bool:
    return release.ready.get(pod, -inf) + warm_up <= at < release.gone.get(pod, inf)


def living(case: Case, minute: Minute, service: str) -> list[Pod]:
    """What was measured of the pods of a service, of every version, that are not deleted."""
    gone = {pod for release in case.releases for pod, at in release.gone.items() if at <= minute.at}
    return [seen for pod, seen in minute.pods.items() if service_of(pod) == service and pod not in gone]


@lru_cache(maxsize=10_000)
def service_of(pod: str) -> str:
    matched = _POD.fullmatch(pod)
    return matched["service"] if matched else pod


@lru_cache(maxsize=10_000)
def _version(pod: str) -> str:
    matched = _POD.fullmatch(pod)
    return f"{matched['service']}-{matched['version']}" if matched else ""


def read_cases(folder: Path) -> tuple[Case, ...]:
    """Every case in a folder, in the order of day and number; a folder may also be a case itself."""
    if not folder.is_dir():
        hint = "give the folder that holds a folder for each case"
        raise Refused([Problem(message=f"no folder {str(folder)!r}", hint=hint)])
    alone = (folder / "case.json").exists()
    found = [folder] if alone else [path for path in folder.iterdir() if path.is_dir()]
    if not found:
        hint = "each case is a folder with case.json, edges.csv and metrics.csv.gz"
        raise Refused([Problem(message=f"no case in {str(folder)!r}", hint=hint)])
    return tuple(read_case(path) for path in sorted(found, key=_in_order))


def _in_order(path: Path) -> tuple[str, int, str]:
    day, _, number = path.name.rpartition("_")
    return (day, int(number), "") if number.isdecimal() else (path.name, 0, path.name)


def read_case(folder: Path) -> Case:
    before, releases, detected_at = _plan(folder / "case.json")
    return Case(
        name=folder.resolve().name,
        before=before,
        releases=releases,
        callers=_callers(folder / "edges.csv"),
        minutes=_minutes(folder / "metrics.csv.gz"),
        detected_at=detected_at,
    )


def read_labels(folder: Path) -> dict[str, str]:
    """The defective service of each case; nothing if there is no `labels.csv`."""
    path = folder / "labels.csv"
    if not path.is_file():
        return {}
    return dict(_rows(path, _LABELS, lambda row: (row["case"], row["defective_service"])))


# --- case.json


def _plan(path: Path) -> tuple[tuple[str, ...], tuple[Release, ...], float | None]:
    with _opened(path) as stream:
        try:
            document = json.loads(_whole(stream))
        except (RecursionError, ValueError) as error:
            raise _refused(path, getattr(error, "lineno", 1), f"not JSON: {error}") from error
    try:
        releases = tuple(_release(service, planned) for service, planned in document["plan"].items())
        detected_at = _instant(document["detected_at"]) if "detected_at" in document else None
        return _names(document["pods_before"]), releases, detected_at
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise _refused(path, 1, f"not a rollout plan: {_said(error)}") from error


def _whole(stream: IO[str]) -> str:
    text = stream.read(_MOST_CHARACTERS + 1)
    if len(text) > _MOST_CHARACTERS:
        raise ValueError(f"longer than {_MOST_CHARACTERS} characters")
    return text


def _release(service: str, planned: Any) -> Release:
    steps = [(_instant(began), step) for began, step in planned["process"].items()]
    done = sorted(steps, key=lambda step: _instant(step[1]["release_complete_timestamp"]))
    ready: dict[str, float] = {}
    gone: dict[str, float] = {}
    for _, step in done:
        at = _instant(step["release_complete_timestamp"])
        ready |= dict.fromkeys(_names(step["release_pod"]), at)
        gone |= dict.fromkeys(_names(step["delete_pod"]), at)
    if not ready:
        raise ValueError(f"no step of {service!r} creates a pod")
    return Release(service=service, began=done[0][0], ready=ready, gone=gone)


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise TypeError(f"{value!r} is no list of pods")
    return tuple(value)


def _instant(value: Any) -> float:
    at = float(value)
    if not 0.0 <= at < inf:
        raise ValueError(f"{value!r} is no time in seconds since 1970")
    return at


# --- tables


def _callers(path: Path) -> dict[str, frozenset[str]]:
    callers: dict[str, frozenset[str]] = {}
    for source, target in _rows(path, _EDGES, lambda row: (row["Source"], row["Target"])):
        callers[target] = callers.get(target, frozenset()) | {source}
    return callers


def _minutes(path: Path) -> tuple[Minute, ...]:
    """Looks, in the order of time; pods are measured within seconds of each other."""
    measured = sorted(_rows(path, _METRICS, _measured), key=lambda row: row.at)
    looks: list[list[_Row]] = []
    for row in measured:
        if not looks or row.at - looks[-1][0].at > _SAME_LOOK:
            looks.append([])
        looks[-1].append(row)
    return tuple(Minute(at=look[-1].at, pods=_pods(look)) for look in looks)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    at: float
    pod: str
    caller: str
    callee: str
    success: float
    latency: float
    cpu: float
    memory: float


def _measured(row: Mapping[str, str]) -> _Row:
    success = _level(row, "success_rate_pct")
    if success > 100.0:
        raise ValueError(f"success_rate_pct is {row['success_rate_pct']}, which is more than 100")
    return _Row(
        at=_instant(row["timestamp"]),
        pod=row["pod"],
        caller=row["caller"],
        callee=row["callee"],
        success=success,
        latency=_level(row, "latency_ms"),
        cpu=_level(row, "cpu_pct"),
        memory=_level(row, "memory_pct"),
    )


def _level(row: Mapping[str, str], column: str) -> float:
    try:
        level = float(row[column]) if row[column] else nan
    except ValueError:
        raise ValueError(f"{column} is {row[column]!r}, which is no number") from None
    if level < 0.0 or isinf(level):
        raise ValueError(f"{column} is {row[column]}; it is finite and not negative")
    return level


def _pods(look: list[_Row]) -> dict[str, Pod]:
    pods: dict[str, Pod] = {}
    for row in look:
        pod = pods.setdefault(row.pod, Pod(latency=row.latency, cpu=row.cpu, memory=row.memory))
        if service_of(row.pod) == row.callee:
            pod.incoming[row.caller] = row.success
        else:
            pod.outgoing[row.callee] = row.success
    return pods


_Parsed = TypeVar("_Parsed")


def _rows(
    path: Path, columns: tuple[str, ...], parsed: Callable[[Mapping[str, str]], _Parsed]
) -> list[_Parsed]:
    """What is parsed from each row of a table with exactly these columns; `Refused` with its problems."""
    rows, problems = [], []
    for line, cells in _cells(path):
        try:
            if line == 1:
                _must_match(cells, columns)
            else:
                rows.append(parsed(dict(zip(columns, cells, strict=True))))
        except ValueError as error:
            problems.append(Problem(message=str(error), location=Location(file=str(path), line=line)))
        if len(problems) == _MOST_PROBLEMS:
            break
    if problems:
        raise Refused(problems)
    return rows


def _must_match(header: list[str], columns: tuple[str, ...]) -> None:
    if tuple(header) != columns:
        raise ValueError(f"the columns are {','.join(header)!r}; they must be {','.join(columns)!r}")


def _cells(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The cells of each line with its number; cells hold no line ends."""
    line = 1
    try:
        with _opened(path) as stream:
            for line, text in enumerate(iter(lambda: stream.readline(_LONGEST + 1), ""), start=1):
                if len(text) > _LONGEST or line > _MOST_ROWS:
                    raise _refused(path, line, f"more than {_LONGEST} characters or {_MOST_ROWS} lines")
                yield line, next(csv.reader([text.rstrip("\r\n")], strict=True), [])
    except (EOFError, OSError, UnicodeDecodeError, csv.Error, zlib.error) as error:
        raise _refused(path, line, f"cannot be read: {_said(error)}") from error
    if line == 1:
        raise _refused(path, 1, "no rows")


# --- files


def _opened(path: Path) -> IO[str]:
    """A text file, decompressed by its name."""
    try:
        opened = gzip.open if path.suffix == ".gz" else open
        return opened(path, "rt", encoding="utf-8", newline="")
    except OSError as error:
        hint = "each case is a folder with case.json, edges.csv and metrics.csv.gz"
        message = f"cannot read {str(path)!r}: {error.strerror}"
        raise Refused([Problem(message=message, hint=hint)]) from error


def _refused(path: Path, line: int, message: str) -> Refused:
    return Refused([Problem(message=message, location=Location(file=str(path), line=line))])


def _said(error: Exception) -> str:
    return f"no {error}" if isinstance(error, KeyError) else str(error)
