"""`python -m bench.attribution petshop DIR`: the node where each recorded issue begins, and how right that is.

DIR holds scenarios and issues as `petshop_cases` describes. All nodes that the target depends on are ranked by the
metrics and the call graph alone. Where `target.json` names the root cause, rankings are scored beside the traversal of
the corpus' authors on the same issues; over their whole set it reaches 0.706 at first guess and 0.868 within three.

`--stress N` makes up issues instead, N at every node and of every kind, in the recorded normal times.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from bench.attribution.petshop_cases import Case, read_cases
from bench.attribution.petshop_floor import traversed
from bench.attribution.petshop_stress import Kind, made_up

from tidegate.core.attribution.answer import Answer
from tidegate.core.attribution.origin.episode import episode_of
from tidegate.core.attribution.origin.walk import Suspect, origins, reached
from tidegate.core.errors import Problem, Refused

_SEED = 1


def suspects_of(case: Case) -> tuple[Suspect, ...]:
    """The nodes of a case, the likeliest origin first."""
    episode = episode_of(case.symptom, normal=case.normal, before=case.before, incident=case.incident)
    return origins(case.graph, case.symptom, episode)


def answer(suspects: Sequence[Suspect]) -> Answer:
    """One, if most of the symptom ends at the first; else it is open which."""
    return Answer.ONE if suspects[0].share > 1 / 2 else Answer.UNDECIDED


# --- scores


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How often the root cause was first, or within the first three, and its mean rank: ours, and the floor's."""

    name: str
    ours: Sequence[int]
    floor: Sequence[int]


def scored(name: str, cases: Iterable[Case]) -> Score:
    """The ranks of the root causes that are known; what a ranking lacks comes after all nodes."""
    known = [case for case in cases if case.root is not None]
    return Score(
        name=name,
        ours=[_rank(case, [suspect.node for suspect in suspects_of(case)]) for case in known],
        floor=[
            _rank(case, traversed(case.graph, case.symptom, case.normal, case.times.window)) for case in known
        ],
    )


def _rank(case: Case, ranking: Sequence[str]) -> int:
    unnamed = len(reached(case.graph, case.symptom.node)) + 1
    return ranking.index(case.root) + 1 if case.root in ranking else unnamed


def scores(cases: Sequence[Case]) -> list[Score]:
    """Scores by scenario, and over all."""
    scenarios = dict.fromkeys(case.scenario for case in cases)
    by_scenario = [scored(name, [case for case in cases if case.scenario == name]) for name in scenarios]
    return [*by_scenario, together(by_scenario)]


def stress_scores(cases: Sequence[Case], times: int) -> list[Score]:
    """Scores on made-up issues by their kind, and over all."""
    by_kind = [scored(kind, made_up(cases, kind, times, _SEED)) for kind in Kind]
    return [*by_kind, together(by_kind)]


def together(found: Sequence[Score]) -> Score:
    """All scores as one."""
    return Score(
        name="all",
        ours=[rank for score in found for rank in score.ours],
        floor=[rank for score in found for rank in score.floor],
    )


# --- what is told


def document(rankings: Mapping[str, Sequence[Suspect]]) -> dict[str, Any]:
    """The answers as JSON has them."""
    return {"cases": [_entry(case, suspects) for case, suspects in rankings.items()]}


def _entry(case: str, suspects: Sequence[Suspect]) -> dict[str, Any]:
    return {
        "case": case,
        "ranking": [suspect.node for suspect in suspects],
        "answer": answer(suspects).value,
        "shares": [round(suspect.share, 4) for suspect in suspects],
    }


def table(found: Sequence[Score]) -> str:
    """A line for each score, the floor's in brackets."""
    width = max(len(score.name) for score in found)
    head = f"{'':{width}}{'issues':>8}{'first (floor)':>18}{'within 3 (floor)':>18}{'mean rank (floor)':>20}"
    return "\n".join([head, *(_line(score, width) for score in found if score.ours)])


def _line(score: Score, width: int) -> str:
    shares = "".join(f"{_within(score.ours, k):11.3f} ({_within(score.floor, k):.3f})" for k in (1, 3))
    ranks = f"{fmean(score.ours):12.2f} ({fmean(score.floor):5.2f})"
    return f"{score.name:{width}}{len(score.ours):8}{shares}{ranks}"


def _within(ranks: Sequence[int], first: int) -> float:
    return fmean(rank <= first for rank in ranks)


# --- the command


def main(arguments: Sequence[str]) -> int:
    """Rank, write, tell; 2 if the input must be mended."""
    given = _parser().parse_args(arguments)
    try:
        _run(given)
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.attribution petshop", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="a folder with scenarios and their issues")
    parser.add_argument("--json", type=Path, metavar="OUT", help="where the rankings go")
    parser.add_argument(
        "--stress", type=int, metavar="N", help="score N made-up issues at every node instead"
    )
    return parser


def _run(given: argparse.Namespace) -> None:
    cases = read_cases(given.folder)
    if given.stress:
        print(table(stress_scores(cases, given.stress)))
        return
    rankings = {case.name: suspects_of(case) for case in cases}
    if given.json:
        _write(given.json, json.dumps(document(rankings), indent=1) + "\n")
    if any(case.root for case in cases):
        print(table(scores(cases)))
    else:
        print("\n".join(f"{case}: {suspects[0].node}" for case, suspects in rankings.items()))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        message = f"cannot write {str(path)!r}: {error.strerror}"
        raise Refused([Problem(message=message, hint="check the path")]) from error
