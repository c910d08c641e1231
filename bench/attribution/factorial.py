"""`python -m bench.attribution factorial`: ten canaries at ten per cent, and who of them did it.

--quick       a tenth of the runs
--runs N      runs of the first world; the others in proportion
--json OUT    everything measured, as one document

Right at first guess is beside Ochiai's ranking of the new versions (of the pairs of them, where a pair is guilty:
nobody tells us) and chance. Blame is counted at every look, so that looking often is part of what is measured.
"""

import argparse
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from math import comb, sqrt
from pathlib import Path

import numpy as np
from bench.attribution.worlds import CANARIES, LINKS, SERVICES, SUSPECTS, WORLDS, Traffic, World, traffic
from bench.gates.report import percent, table

from tidegate.core.attribution.answer import Answer
from tidegate.core.attribution.journeys.experiment import opened, with_rows
from tidegate.core.attribution.journeys.factorial import attribution_of
from tidegate.core.attribution.journeys.suspects import Terms
from tidegate.core.gates.evidence import VersionedService
from tidegate.core.strategy import Boundaries

LOOKS = (5, 10, 15, 20, 30, 40, 50, 60, 80)
"""Failing journeys after which we look."""
TERMS = Terms(boundaries=Boundaries())
"""As usual, but failures only: latency has no part in this."""
PAIRS = np.array(list(combinations(range(CANARIES), 2)))
SEED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was said in one run after so many failing journeys.

    `first` and `ochiai` are whether the first guess was right, `right` and `wrong` whether somebody was blamed.
    """

    failing: int
    journeys: int
    answer: Answer
    first: bool
    ochiai: bool
    right: bool
    wrong: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Shares of the runs of one world after so many failing journeys.

    `first` and `ochiai` are rankings that were right at first guess, `error` the standard error of the first;
    `right` and `wrong` are blame; `not_identifiable` and `none` are answers.
    """

    failing: int
    journeys: float
    first: float
    error: float
    ochiai: float
    right: float
    wrong: float
    not_identifiable: float
    none: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One world: its rows, and the share of runs in which an innocent was blamed at any look."""

    world: str
    runs: int
    chance: float
    rows: tuple[Row, ...]
    ever_wrong: float


def measured(world: World, runs: int) -> Measured:
    """So many runs of one world."""
    random = np.random.default_rng(SEED)
    all_ = [run(world, random) for _ in range(runs)]
    return Measured(
        world=world.name,
        runs=runs,
        chance=len(world.guilty) / comb(CANARIES, world.size),
        rows=tuple(_row(looks) for looks in zip(*all_, strict=True)),
        ever_wrong=float(np.mean([any(look.wrong for look in looks) for looks in all_])),
    )


def run(world: World, random: np.random.Generator) -> list[Look]:
    """One rollout, look after look."""
    seen = traffic(world, max(LOOKS), random)
    experiment = opened(SUSPECTS, LINKS, terms=TERMS)
    looks: list[Look] = []
    for failing in LOOKS:
        until = int(seen.failing[failing - 1]) + 1
        experiment = with_rows(experiment, *seen.between(looks[-1].journeys if looks else 0, until))
        said = attribution_of(experiment)
        blamed, suspect = places(said.culprits), places(said.ranking[0].suspects)
        looks.append(
            Look(
                failing=failing,
                journeys=until,
                answer=said.answer,
                first=suspect in world.guilty,
                ochiai=ochiai(world, seen, until) in world.guilty,
                right=blamed in world.guilty,
                wrong=bool(blamed) and blamed not in world.guilty,
            )
        )
    return looks


def places(versions: Iterable[VersionedService]) -> frozenset[int]:
    return frozenset(SERVICES.index(version.service) for version in versions)


def ochiai(world: World, seen: Traffic, until: int) -> frozenset[int]:
    """Whom the spectrum of failing and other journeys points at: one new version, or two where a pair is guilty."""
    rows, ended = seen.between(0, until)
    met = rows.new if world.size == 1 else rows.new[:, PAIRS[:, 0]] * rows.new[:, PAIRS[:, 1]]
    failed, journeys = ended.bad[:, 0] @ met, met.sum(axis=0)
    best = int((failed / np.sqrt(np.maximum(journeys, 1.0) * ended.bad.sum())).argmax())
    return frozenset({best}) if world.size == 1 else frozenset(PAIRS[best].tolist())


def _row(looks: Sequence[Look]) -> Row:
    def share(of: Callable[[Look], bool]) -> float:
        return float(np.mean([of(look) for look in looks]))

    first = share(lambda look: look.first)
    return Row(
        failing=looks[0].failing,
        journeys=float(np.median([look.journeys for look in looks])),
        first=first,
        error=sqrt(first * (1.0 - first) / len(looks)),
        ochiai=share(lambda look: look.ochiai),
        right=share(lambda look: look.right),
        wrong=share(lambda look: look.wrong),
        not_identifiable=share(lambda look: look.answer is Answer.NOT_IDENTIFIABLE),
        none=share(lambda look: look.answer is Answer.NONE),
    )


def report(found: Measured) -> str:
    """One world as a table."""
    header = (
        "failing",
        "journeys",
        "first guess",
        "Ochiai",
        "chance",
        "blamed rightly",
        "blamed wrongly",
        "none",
        "not identifiable",
    )
    rows = [
        (
            str(row.failing),
            f"{row.journeys:,.0f}",
            f"{row.first:.1%} ± {1.96 * row.error:.1%}" if found.chance else "",
            f"{row.ochiai:.1%}" if found.chance else "",
            percent(found.chance),
            f"{row.right:.1%}",
            f"{row.wrong:.2%}",
            percent(row.none),
            percent(row.not_identifiable),
        )
        for row in found.rows
    ]
    wrong = f"Blamed wrongly at any of {len(LOOKS)} looks: {found.ever_wrong:.2%}."
    return f"Guilty: {found.world} ({found.runs:,} runs)\n\n{table(header, rows)}\n\n{wrong}\n"


def main(arguments: Sequence[str]) -> int:
    """Run every world and print its table."""
    parser = argparse.ArgumentParser(prog="python -m bench.attribution factorial", description=__doc__)
    parser.add_argument("--runs", type=int, default=400)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    runs = options.runs // 10 if options.quick else options.runs
    found = []
    for world in WORLDS:
        found.append(measured(world, max(int(runs * world.runs), 1)))
        print(report(found[-1]), flush=True)
    if options.json:
        options.json.write_text(
            json.dumps([asdict(each) for each in found], indent=2) + "\n", encoding="utf-8"
        )
    return 0
