"""Evaluations a second, beside the providers of flagd and Unleash, in one run.

Everybody is asked the same in turn, round after round, so that what else the machine does meets all alike; what is
told is the median of the rounds. In process a second is one of a core's work for whoever asks, over the network one of
the clock, as two processes share it. Who gives another answer than tidegate to what is not drawn is named, as the
comparison would be worth nothing.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.flags.questions import FRACTION, STATIC, TARGETED, USERS
from bench.flags.remote import over_the_network
from bench.flags.subjects import Subject, in_process

ROUNDS: Final = 7
IN_PROCESS, REMOTE = 3000, 200
"""Questions of one kind in a round."""

Rates = Mapping[str, Mapping[str, float]]
"""Evaluations a second, by who was asked and the kind of flag."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How everybody is asked: so many questions of a kind in each of so many rounds, by a clock."""

    questions: int
    rounds: int
    clock: Callable[[], float]


def measure(subjects: Sequence[Subject], trial: Trial) -> Rates:
    """The median rate of everybody."""
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for _ in range(trial.rounds):
        for subject in subjects:
            for kind in subject.kinds:
                found[subject.name][kind].append(_rate(subject, kind, trial))
    return {
        name: {kind: round(statistics.median(rates)) for kind, rates in kinds.items()}
        for name, kinds in found.items()
    }


def _rate(subject: Subject, kind: str, trial: Trial) -> float:
    ask = subject.ask
    began = trial.clock()
    for number in range(trial.questions):
        ask(kind, number % len(USERS))
    return trial.questions / (trial.clock() - began)


def differing(subjects: Sequence[Subject]) -> Sequence[str]:
    """Who answers otherwise than the first."""
    asked = [(kind, user) for kind in (STATIC, TARGETED) for user in range(len(USERS))]
    first = subjects[0]
    return [
        other.name
        for other in subjects[1:]
        if any(other.ask(*each) != first.ask(*each) for each in asked if each[0] in other.kinds)
    ]


def of_all(rates: Rates) -> Rates:
    """With the rate of all kinds in equal parts, for those who were asked for all."""
    return {
        name: {**kinds, "all": round(statistics.harmonic_mean(list(kinds.values())))}
        if FRACTION in kinds
        else kinds
        for name, kinds in rates.items()
    }


def main(arguments: Sequence[str]) -> int:
    """Measure, print, and write JSON where that is asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench.flags speed")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args(arguments)
    found: dict[str, Any] = {"rounds": given.rounds}
    in_process_trial = Trial(questions=IN_PROCESS, rounds=given.rounds, clock=time.thread_time)
    remote_trial = Trial(questions=REMOTE, rounds=given.rounds, clock=time.perf_counter)
    with tempfile.TemporaryDirectory() as folder:
        with in_process(Path(folder)) as subjects:
            found["answer otherwise"] = differing(subjects)
            found["in process"] = of_all(measure(subjects, in_process_trial))
        with over_the_network(Path(folder)) as subjects:
            found["over the network"] = of_all(measure(subjects, remote_trial))
    text = json.dumps(found, indent=2)
    print(text)
    if given.json:
        given.json.write_text(text + "\n")
    return 0
