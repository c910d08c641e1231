"""`python -m bench.gates changerca DIR`: verdicts on recorded canaries, ours and the peers', and how right they are.

DIR holds a folder for each case, as `canaries` describes. Every release of every case is judged minute by minute,
by nothing but what was known at that minute. Where `labels.csv` says which release was defective, verdicts are
counted: a defective release that fails is found, a benign one that fails is a false alarm.

The verdicts come from the fixed settings of `levels`. `--leave-one-day-out` shows for each day what the settings
that do best on the other days would have made of it: nothing is chosen by the day it is reported on. `--placebo` shows
what every judge says of old pods that are taken for canaries.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import product
from math import inf
from pathlib import Path
from statistics import median
from typing import Any

from bench.gates.canaries import Case, read_cases, read_labels
from bench.gates.levels import Judgement, Settings, judged
from bench.gates.peers import PEERS, Peer, failed_at
from bench.gates.placebo import placebos

from tidegate.core.errors import Problem, Refused
from tidegate.core.gates.verdict import Outcome

Verdicts = Mapping[str, Mapping[str, Judgement]]
"""A judgement for each service of each case."""
Judge = Callable[[Case], Mapping[str, Judgement]]

GRID = tuple(
    Settings(latency_times=latency, cpu_times=cpu, warm_up=warm_up)
    for latency, cpu, warm_up in product((1.25, 1.5, 2.0), (1.1, 1.25, 1.5), (0, 1))
)
_MINUTE = 60.0


def ours(settings: Settings, case: Case) -> Mapping[str, Judgement]:
    return judged(case, settings)


def theirs(peer: Peer, case: Case) -> Mapping[str, Judgement]:
    """What a peer says: `fail`, or `pass` for whatever it lets through."""
    return {release.service: _said(failed_at(peer, case, release), case) for release in case.releases}


def _said(at: float | None, case: Case) -> Judgement:
    if at is None:
        return Judgement(verdict=Outcome.PASS, at=case.minutes[-1].at, reason="let through")
    return Judgement(verdict=Outcome.FAIL, at=at, reason="rolled back")


# --- scores


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Verdicts on defective (`bad`) and benign releases; median minutes from a bad one's first step to its failure."""

    judge: str
    bad: Mapping[Outcome, int]
    benign: Mapping[Outcome, int]
    delay: float | None

    @property
    def merit(self) -> tuple[float, float]:
        """Rate of found minus rate of false alarms (Youden), then quickness."""
        return _rate(self.bad) - _rate(self.benign), -(inf if self.delay is None else self.delay)


def _rate(verdicts: Mapping[Outcome, int]) -> float:
    return verdicts[Outcome.FAIL] / max(sum(verdicts.values()), 1)


def scored(judge: str, verdicts: Verdicts, cases: Iterable[Case], labels: Mapping[str, str]) -> Score:
    """How right the verdicts on the labelled ones of these cases are."""
    releases = [(case.name, release) for case in cases if case.name in labels for release in case.releases]
    bad = [
        (verdicts[case][release.service], release)
        for case, release in releases
        if labels[case] == release.service
    ]
    benign = [
        verdicts[case][release.service] for case, release in releases if labels[case] != release.service
    ]
    delays = [(said.at - release.began) / _MINUTE for said, release in bad if said.verdict is Outcome.FAIL]
    return Score(
        judge=judge,
        bad=_counted(said for said, _ in bad),
        benign=_counted(benign),
        delay=median(delays) if delays else None,
    )


def _counted(judgements: Iterable[Judgement]) -> dict[Outcome, int]:
    verdicts = [judgement.verdict for judgement in judgements]
    return {outcome: verdicts.count(outcome) for outcome in Outcome}


def compared(cases: Sequence[Case], verdicts: Verdicts, labels: Mapping[str, str]) -> list[Score]:
    """Our verdicts and those of every peer."""
    peers = [(peer.name, _by(partial(theirs, peer), cases)) for peer in PEERS]
    return [scored(name, said, cases, labels) for name, said in [("tidegate", verdicts), *peers]]


def _by(judge: Judge, cases: Iterable[Case]) -> Verdicts:
    return {case.name: judge(case) for case in cases}


# --- leave one day out


def left_out(
    cases: Sequence[Case], labels: Mapping[str, str], grid: Iterable[Settings] = GRID
) -> list[Score]:
    """For each day: the settings that do best on the others, and the fixed ones, on that day."""
    days = sorted({_day(case) for case in cases})
    if len(days) < 2:
        raise Refused([Problem(message=f"one day alone ({days[0]}) leaves nothing to choose by")])
    tried = {settings: _by(partial(ours, settings), cases) for settings in (Settings(), *grid)}
    return [score for day in days for score in _on(day, cases, tried, labels)]


def _on(
    day: str, cases: Sequence[Case], tried: Mapping[Settings, Verdicts], labels: Mapping[str, str]
) -> list[Score]:
    others = [case for case in cases if _day(case) != day]
    held_out = [case for case in cases if _day(case) == day]
    best = max(tried, key=lambda settings: scored("", tried[settings], others, labels).merit)
    return [
        scored(f"{day} {chosen}: {_told(settings)}", tried[settings], held_out, labels)
        for chosen, settings in (("by the other days", best), ("fixed", Settings()))
    ]


def _day(case: Case) -> str:
    return case.name.rpartition("_")[0]


def _told(settings: Settings) -> str:
    return f"latency x{settings.latency_times:g}, CPU x{settings.cpu_times:g}, warm-up {settings.warm_up} min"


# --- what is told


def document(verdicts: Verdicts) -> dict[str, Any]:
    """The verdicts as JSON has them; times are seconds since 1970."""
    return {
        "cases": [
            {"case": case, "verdicts": {service: asdict(said) for service, said in judgements.items()}}
            for case, judgements in verdicts.items()
        ]
    }


def table(scores: Sequence[Score]) -> str:
    """A line for each judge."""
    width = max(len(score.judge) for score in scores)
    words = "".join(f"{word:>8}" for word in ("failed", "held", "passed"))
    head = (
        f"{'':{width}}{'defective':^24}{'benign':^24}{'minutes':>9}",
        f"{'':{width}}{words}{words}{'to fail':>9}",
    )
    return "\n".join([*head, *(_line(score, width) for score in scores)])


def _line(score: Score, width: int) -> str:
    order = (Outcome.FAIL, Outcome.INSUFFICIENT, Outcome.PASS)
    counts = "".join(f"{side[outcome]:8}" for side in (score.bad, score.benign) for outcome in order)
    return f"{score.judge:{width}}{counts}{'-' if score.delay is None else f'{score.delay:.1f}':>9}"


def _releases(verdicts: Verdicts) -> str:
    lines = [
        f"{case} {service}: {said.verdict}, {said.reason}"
        for case, judgements in verdicts.items()
        for service, said in judgements.items()
    ]
    return "\n".join(lines)


# --- the command


def main(arguments: Sequence[str]) -> int:
    """Judge, write, tell; 2 if the input must be mended."""
    given = _parser().parse_args(arguments)
    try:
        _run(given)
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.gates changerca", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="a folder with a folder for each case")
    parser.add_argument("--json", type=Path, metavar="OUT", help="where the verdicts go")
    parser.add_argument("-o", dest="output", choices=("text", "json"), default="text", help="what is printed")
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument(
        "--leave-one-day-out", action="store_true", help="score settings chosen by the other days"
    )
    instead.add_argument(
        "--placebo", action="store_true", help="score verdicts on old pods taken for canaries"
    )
    return parser


def _run(given: argparse.Namespace) -> None:
    cases, labels = read_cases(given.folder), read_labels(given.folder)
    verdicts = _by(partial(ours, Settings()), cases)
    if given.json:
        _write(given.json, json.dumps(document(verdicts), indent=1) + "\n")
    scores = _scores(given, cases, verdicts, labels)
    if given.output == "json":
        print(json.dumps({**document(verdicts), "scores": [asdict(score) for score in scores]}, indent=1))
    else:
        print(table(scores) if scores else _releases(verdicts))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        message = f"cannot write {str(path)!r}: {error.strerror}"
        raise Refused([Problem(message=message, hint="check the path")]) from error


def _scores(
    given: argparse.Namespace, cases: Sequence[Case], verdicts: Verdicts, labels: Mapping[str, str]
) -> list[Score]:
    if given.placebo:
        taken = tuple(placebos(cases))
        return compared(taken, _by(partial(ours, Settings()), taken), {case.name: "" for case in taken})
    if not labels:
        return []
    return left_out(cases, labels) if given.leave_one_day_out else compared(cases, verdicts, labels)
