"""What came of the matrix: who was blamed, rightly or not, and what it took.

Of what traces say, and of what counts of edges say: `first` is whether the strongest suspicion is the guilty one (or
the pair), `right` whether just the guilty were named, `innocent` whether anybody else was. Where harm comes through
something shared, watching is right to name nobody, and a search is to find the culprit.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from bench.attribution.matrix.faults import Fault, Kind
from bench.attribution.matrix.trials import Run

from tidegate.core.attribution.answer import Attribution
from tidegate.core.gates.evidence import VersionedService
from tidegate.core.ids import ServiceName

SHARED = frozenset({Kind.EXHAUSTION})
"""Kinds that hurt both arms of a comparison: none of them can be told by watching."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """How far one answer was right."""

    first: bool
    right: bool
    innocent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One run, scored: what traces said, what counts said, and whether the search was right, if there was one."""

    run: Run
    traces: Marks
    counts: Marks
    searched: bool | None
    innocent: bool

    @property
    def settled(self) -> bool:
        """Whether just the guilty were named in the end."""
        return self.traces.right if self.searched is None else self.searched


def score(run: Run) -> Score:
    """How far a run was right; `innocent` is whether what was done hurt anybody who had done nothing."""
    traces, search = marks(run.fault, run.watched), run.found
    blamed = search is not None and bool(_services(search.attribution.culprits) - run.fault.guilty)
    return Score(
        run=run,
        traces=traces,
        counts=marks(run.fault, run.counted),
        searched=None if search is None else _healed(run.fault, search.attribution),
        innocent=traces.innocent or blamed,
    )


def marks(fault: Fault, told: Attribution) -> Marks:
    """How far an answer by watching was right."""
    named, expected = _services(told.culprits), frozenset() if fault.kind in SHARED else fault.guilty
    return Marks(
        first=bool(told.ranking) and _services(told.ranking[0].suspects) == fault.guilty,
        right=named == expected,
        innocent=bool(named - fault.guilty),
    )


def _services(versions: Iterable[VersionedService]) -> frozenset[ServiceName]:
    return frozenset(version.service for version in versions)


def _healed(fault: Fault, told: Attribution) -> bool:
    """Whether a search found the culprit; of a pair either, since switching off either heals."""
    named = _services(told.culprits)
    return named <= fault.guilty and bool(named) == bool(fault.guilty)


# -- as text -----------------------------------------------------------------------------------------------


def line(scored: Score) -> str:
    """One run in one line."""
    run = scored.run
    told = [_told(run.watched), f"counts: {_told(run.counted)}"]
    told += [f"toggles: {_told(run.found.attribution)}"] if run.found else []
    words = ("right" if scored.settled else "WRONG", "INNOCENT BLAMED" if scored.innocent else "")
    took = f"{run.seconds:5.1f} s {run.requests.bad:4d}/{run.requests.requests:4d} failed"
    return f"{run.fault.name:30} {took}  {' '.join(filter(None, words)):6}  {', '.join(told)}"


def _told(attribution: Attribution) -> str:
    return " ".join([attribution.answer, *map(str, attribution.culprits)])


Column = Callable[[Sequence[Score]], str]

COLUMNS: Mapping[str, Column] = {
    "runs": lambda scores: str(len(scores)),
    "first": lambda scores: _sum(each.traces.first for each in scores),
    "right": lambda scores: _sum(each.traces.right for each in scores),
    "blamed": lambda scores: _sum(each.innocent for each in scores),
    "toggled": lambda scores: _searched([each.searched for each in scores if each.searched is not None]),
    "settled": lambda scores: _sum(each.settled for each in scores),
    "requests": lambda scores: f"{median(each.run.requests.requests for each in scores):.0f}",
    "failed": lambda scores: f"{median(each.run.requests.bad for each in scores):.0f}",
    "seconds": lambda scores: f"{median(each.run.seconds for each in scores):.1f}",
    "c.first": lambda scores: _sum(each.counts.first for each in scores),
    "c.right": lambda scores: _sum(each.counts.right for each in scores),
    "c.blamed": lambda scores: _sum(each.counts.innocent for each in scores),
}
"""Of the runs of a kind; those with `c.` are of counts. Requests, failed ones and seconds are medians."""


def _sum(marked: Iterable[bool]) -> str:
    return str(sum(marked))


def _searched(found: Sequence[bool]) -> str:
    return f"{sum(found)}/{len(found)}" if found else "-"


def table(scores: Sequence[Score]) -> str:
    """All runs, by kind and together."""
    alike = {kind: [each for each in scores if each.run.fault.kind is kind] for kind in Kind}
    rows = [_cells(kind, some) for kind, some in alike.items() if some]
    return "\n".join([_row("kind", list(COLUMNS)), *rows, _cells("all", scores)])


def _cells(name: str, scores: Sequence[Score]) -> str:
    return _row(name, [column(scores) for column in COLUMNS.values()])


def _row(name: str, cells: Sequence[str]) -> str:
    return f"{name:26}" + "".join(f"{cell:>10}" for cell in cells)


# -- as JSON -----------------------------------------------------------------------------------------------


def record(scored: Score) -> Mapping[str, Any]:
    """One run with everything that was said."""
    run = scored.run
    return {
        "fault": run.fault.name,
        "kind": run.fault.kind,
        "releases": list(run.fault.releases),
        "guilty": sorted(run.fault.guilty),
        "settled": scored.settled,
        "innocent": scored.innocent,
        "seconds": round(run.seconds, 1),
        "requests": run.requests.requests,
        "failed": run.requests.bad,
        "lost": run.lost,
        "traces": {**asdict(scored.traces), **_said(run.watched)},
        "counts": {**asdict(scored.counts), **_said(run.counted)},
        "search": _search(scored),
    }


def _search(scored: Score) -> Mapping[str, Any] | None:
    if (found := scored.run.found) is None:
        return None
    took = {"rounds": found.rounds, "seconds": round(found.seconds, 1)}
    return {"right": scored.searched, **took, **_said(found.attribution)}


def _said(attribution: Attribution) -> Mapping[str, Any]:
    return {
        "answer": attribution.answer,
        "culprits": list(map(str, attribution.culprits)),
        "reason": attribution.reason,
        "ranking": [" with ".join(map(str, each.suspects)) for each in attribution.ranking[:5]],
    }
