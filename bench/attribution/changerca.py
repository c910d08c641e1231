"""`python -m bench.attribution changerca DIR`: which release did it, on recorded canaries, and how right that is.

DIR holds a folder for each case, as `bench.gates.canaries` describes. The releases of each case are ranked by what was
recorded of it, without its label. Where `labels.csv` names the defective release, the rankings are scored beside what
anybody would guess (`floors`), and beside what would have been said some minutes after the failure was detected.

Nothing here is chosen by any case: every constant of the method is the gates' own or stands for a definition. So there
is nothing to choose for a day by the others, and what is shown for each day is already what leaving it out
would show. ChangeRCA (FSE 2024) reports 28 of the 33 published cases right at first guess, and all within three.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from statistics import fmean
from typing import Any

from bench.attribution.floors import FLOORS
from bench.attribution.recorded import edges_of, intervals_of, releases_of
from bench.gates.canaries import Case, read_cases, read_labels

from tidegate.core.attribution.answer import Answer, Attribution
from tidegate.core.attribution.edges.attribute import attribute_by_edges
from tidegate.core.errors import Problem, Refused

Rankings = Mapping[str, Sequence[str]]
"""The services of each case, the most suspect first."""

_AFTER = (10.0, 5.0, 2.0, 0.0)
"""Minutes after detection at which it is asked as well."""
_MINUTE = 60.0


def attributed(case: Case, *, minutes: float = inf) -> Attribution:
    """What is said so many minutes after the failure was detected, or at the end of the record."""
    detected_at = inf if case.detected_at is None else case.detected_at
    return attribute_by_edges(
        releases_of(case),
        intervals_of(case, until=detected_at + minutes * _MINUTE),
        edges=edges_of(case),
        detected_at=detected_at,
    )


def ranking(said: Attribution) -> list[str]:
    """Each release of the case once, the most suspect first."""
    return [str(suspicion.suspects[0].service) for suspicion in said.ranking]


# --- scores


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How often the defective release was first, or within the first three, and its mean rank."""

    name: str
    cases: int
    first: float
    within_three: float
    mean_rank: float


def scored(name: str, rankings: Rankings, labels: Mapping[str, str]) -> Score:
    """The score over those cases whose defective release is known and in progress."""
    ranks = [
        list(ranked).index(labels[case]) + 1
        for case, ranked in rankings.items()
        if labels.get(case) in ranked
    ]
    return Score(
        name=name,
        cases=len(ranks),
        first=sum(rank == 1 for rank in ranks),
        within_three=sum(rank <= 3 for rank in ranks),
        mean_rank=fmean(ranks or [0]),
    )


def at_random(rankings: Rankings, labels: Mapping[str, str]) -> Score:
    """What is expected of a ranking by lot."""
    sizes = [len(ranked) for case, ranked in rankings.items() if labels.get(case) in ranked]
    return Score(
        name="random, expected",
        cases=len(sizes),
        first=sum(1 / size for size in sizes),
        within_three=sum(min(3 / size, 1) for size in sizes),
        mean_rank=fmean([(size + 1) / 2 for size in sizes] or [0]),
    )


def scores(cases: Sequence[Case], rankings: Rankings, labels: Mapping[str, str]) -> list[Score]:
    """Ours, by day and sooner, and the floors."""
    days = sorted({_day(case) for case in rankings})
    return [
        scored("tidegate, all that is recorded", rankings, labels),
        *(scored(f"  {day}", _of_day(rankings, day), labels) for day in days if len(days) > 1),
        *(scored(f"  {after:g} min after detection", _sooner(cases, after), labels) for after in _AFTER),
        *(scored(name, {case.name: guess(case) for case in cases}, labels) for name, guess in FLOORS.items()),
        at_random(rankings, labels),
    ]


def _sooner(cases: Sequence[Case], minutes: float) -> dict[str, list[str]]:
    known = [case for case in cases if case.detected_at is not None]
    return {case.name: ranking(attributed(case, minutes=minutes)) for case in known}


def _day(case: str) -> str:
    return case.rpartition("_")[0]


def _of_day(rankings: Rankings, day: str) -> Rankings:
    return {case: ranked for case, ranked in rankings.items() if _day(case) == day}


# --- what is told


def document(said: Mapping[str, Attribution], rankings: Rankings) -> dict[str, Any]:
    """The answers as JSON has them."""
    return {"cases": [_entry(case, said[case], rankings[case]) for case in said]}


def _entry(case: str, said: Attribution, ranked: Sequence[str]) -> dict[str, Any]:
    return {
        "case": case,
        "ranking": list(ranked),
        "answer": said.answer.value,
        "culprits": [str(culprit.service) for culprit in said.culprits],
        "reason": said.reason,
    }


def table(found: Sequence[Score]) -> str:
    """A line for each score."""
    width = max(len(score.name) for score in found)
    head = f"{'':{width}}{'cases':>7}{'first':>7}{'%':>7}{'within 3':>10}{'mean rank':>11}"
    return "\n".join([head, *(_line(score, width) for score in found)])


def _line(score: Score, width: int) -> str:
    share = f"{score.first / max(score.cases, 1):.1%}"
    counts = f"{score.cases:7}{score.first:7.4g}{share:>7}{score.within_three:10.4g}"
    return f"{score.name:{width}}{counts}{score.mean_rank:11.2f}"


def blame(said: Mapping[str, Attribution], labels: Mapping[str, str]) -> str:
    """How often a release was blamed, beyond being ranked first, and how often that was wrong."""
    blamed = {
        case: {str(culprit.service) for culprit in each.culprits}
        for case, each in said.items()
        if each.culprits
    }
    wrong = [case for case, services in blamed.items() if labels.get(case, "") not in services]
    counts = {answer: sum(each.answer is answer for each in said.values()) for answer in Answer}
    answers = ", ".join(f"{answer} {count}" for answer, count in counts.items() if count)
    return (
        f"answers: {answers}; blamed {len(blamed)}, wrongly {len(wrong)}{' ' * bool(wrong)}{', '.join(wrong)}"
    )


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
        prog="python -m bench.attribution changerca", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="a folder with a folder for each case")
    parser.add_argument("--json", type=Path, metavar="OUT", help="where the rankings go")
    return parser


def _run(given: argparse.Namespace) -> None:
    cases, labels = read_cases(given.folder), read_labels(given.folder)
    said = {case.name: attributed(case) for case in cases}
    rankings = {case.name: ranking(said[case.name]) for case in cases}
    if given.json:
        _write(given.json, json.dumps(document(said, rankings), indent=1) + "\n")
    if labels:
        print(table(scores(cases, rankings, labels)))
        print(blame(said, labels))
    else:
        print("\n".join(f"{case}: {said[case].answer}; {', '.join(rankings[case])}" for case in said))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        message = f"cannot write {str(path)!r}: {error.strerror}"
        raise Refused([Problem(message=message, hint="check the path")]) from error
