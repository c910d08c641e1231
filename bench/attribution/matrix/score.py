"""What came of the matrix: who was blamed, rightly or not, and what it took.

`first` is whether the strongest suspicion is the guilty one (or the pair). `right` is whether just the guilty were
named, `innocent` whether anybody else was. Where harm comes through something shared, watching is right to name
nobody, and a search is to find the culprit.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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
class Score:
    """One run, scored; `first` and `right` are of watching, `searched` of the search, if there was one."""

    run: Run
    first: bool
    right: bool
    searched: bool | None
    innocent: bool

    @property
    def settled(self) -> bool:
        """Whether just the guilty were named in the end."""
        return self.right if self.searched is None else self.searched


def score(run: Run) -> Score:
    """How far a run was right."""
    guilty, told = run.fault.guilty, [run.watched, *([run.found.attribution] if run.found else [])]
    ranking = run.watched.ranking
    return Score(
        run=run,
        first=bool(ranking) and _services(ranking[0].suspects) == guilty,
        right=_right(run.fault, run.watched),
        searched=None if run.found is None else _healed(run.fault, run.found.attribution),
        innocent=any(_services(each.culprits) - guilty for each in told),
    )


def _services(versions: Iterable[VersionedService]) -> frozenset[ServiceName]:
    return frozenset(version.service for version in versions)


def _right(fault: Fault, told: Attribution) -> bool:
    """Whether just the guilty were named; nobody, where nobody can be told by watching or nobody is guilty."""
    return _services(told.culprits) == (frozenset() if fault.kind in SHARED else fault.guilty)


def _healed(fault: Fault, told: Attribution) -> bool:
    """Whether a search found the culprit; of a pair either, since switching off either heals."""
    named = _services(told.culprits)
    return named <= fault.guilty and bool(named) == bool(fault.guilty)


HEAD = "kind                       runs  first  right  toggled  innocent  requests  failed      s"

# -- as text -----------------------------------------------------------------------------------------------


def line(scored: Score) -> str:
    """One run in one line."""
    run = scored.run
    told = [_told(run.watched), *([f"toggles: {_told(run.found.attribution)}"] if run.found else [])]
    words = ("right" if scored.settled else "WRONG", "INNOCENT BLAMED" if scored.innocent else "")
    took = f"{run.seconds:5.1f} s {run.requests.bad:4d}/{run.requests.requests:4d} failed"
    return f"{run.fault.name:32} {took}  {' '.join(filter(None, words)):6}  {', '.join(told)}"


def _told(attribution: Attribution) -> str:
    return " ".join([attribution.answer, *map(str, attribution.culprits)])


def table(scores: Sequence[Score]) -> str:
    """All runs by kind."""
    kinds = [kind for kind in Kind if any(each.run.fault.kind is kind for each in scores)]
    rows = [_row(kind, [each for each in scores if each.run.fault.kind is kind]) for kind in kinds]
    return "\n".join([HEAD, *rows])


def _row(kind: Kind, scores: Sequence[Score]) -> str:
    searched = [each for each in scores if each.searched is not None]
    toggled = f"{sum(bool(each.searched) for each in searched)}/{len(searched)}" if searched else ""
    cells = (
        f"{len(scores):4d}",
        f"{sum(each.first for each in scores):6d}",
        f"{sum(each.right for each in scores):6d}",
        f"{toggled:>8}",
        f"{sum(each.innocent for each in scores):9d}",
        f"{median(each.run.requests.requests for each in scores):9.0f}",
        f"{median(each.run.requests.bad for each in scores):7.0f}",
        f"{median(each.run.seconds for each in scores):6.1f}",
    )
    return f"{kind:26} {' '.join(cells)}"


# -- as JSON -----------------------------------------------------------------------------------------------


def record(scored: Score) -> Mapping[str, Any]:
    """One run with everything that was said."""
    run = scored.run
    search = run.found
    return {
        "fault": run.fault.name,
        "kind": run.fault.kind,
        "releases": list(run.fault.releases),
        "guilty": sorted(run.fault.guilty),
        "first": scored.first,
        "right": scored.right,
        "searched": scored.searched,
        "innocent": scored.innocent,
        "seconds": round(run.seconds, 1),
        "requests": run.requests.requests,
        "failed": run.requests.bad,
        "lost": run.lost,
        "watched": _said(run.watched),
        "search": None
        if search is None
        else {**_said(search.attribution), "rounds": search.rounds, "seconds": round(search.seconds, 1)},
    }


def _said(attribution: Attribution) -> Mapping[str, Any]:
    return {
        "answer": attribution.answer,
        "culprits": list(map(str, attribution.culprits)),
        "reason": attribution.reason,
        "ranking": [" with ".join(map(str, each.suspects)) for each in attribution.ranking[:5]],
    }
