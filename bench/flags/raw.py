"""Evaluations a second of processor time by the evaluator alone, beside that of reference, in rounds of turns."""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import Any

from openfeature.contrib.tools.flagd.core import FlagdCore
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import OpenFeatureError

from tidegate.core.flags.document import document
from tidegate.core.flags.evaluator import Evaluator
from tidegate.sources.flags import read

NOW = 1_800_000_000.0
PEOPLE = 64
FILES = {
    "testing": ("flags/testing-flags.json",),
    "fractional": ("flags/custom-ops.json",),
    "together": ("flags/testing-flags.json", "flags/custom-ops.json"),
}
"""What is evaluated: every flag of these files in turn, so static ones, rules and fractions as they come."""

Turn = Callable[[], int]


def main(arguments: Sequence[str]) -> int:
    """Measure; the median of the rounds."""
    parser = argparse.ArgumentParser(prog="python -m bench.flags raw", description=__doc__)
    parser.add_argument("--testbed", type=Path, default=Path("../shared/data/flagd-testbed"))
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", type=Path, help="write the figures there")
    given = parser.parse_args(arguments)
    figures = {name: _measured(given.testbed, files, given.rounds) for name, files in FILES.items()}
    for name, found in figures.items():
        print(
            f"{name:<12} ours {found['ours']:>9,.0f}/s   flagd-core {found['flagd-core']:>9,.0f}/s   "
            f"{found['ours'] / found['flagd-core']:.1f} times"
        )
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0


def _measured(testbed: Path, files: Sequence[str], rounds: int) -> dict[str, float]:
    flags = read([testbed / file for file in files]).flags
    people = [_person(n) for n in range(PEOPLE)]
    turns = {"ours": _ours(Evaluator(flags), people), "flagd-core": _reference(document(flags), people)}
    rates: dict[str, list[float]] = {name: [] for name in turns}
    for _ in range(rounds):
        for name, turn in turns.items():
            begin = time.process_time()
            count = turn()
            rates[name].append(count / (time.process_time() - begin))
    return {name: median(found) for name, found in rates.items()}


def _person(number: int) -> dict[str, Any]:
    return {
        "targetingKey": f"user-{number}@example.com",
        "user": {"name": f"user-{number}"},
        "email": f"user-{number}@{'faas' if number % 2 else 'example'}.com",
        "fn": "Sulisław",
        "ln": "Świętopełk" if number % 2 else "Novak",
        "age": 29,
        "customer": False,
        "id": f"abc{number}xyz",
        "version": f"2.{number % 3}.0",
        "time": NOW,
        "tier": "premium" if number % 2 else "standard",
    }


def _ours(evaluator: Evaluator, people: Sequence[dict[str, Any]]) -> Turn:
    def turn() -> int:
        for _ in range(REPEATS):
            for person in people:
                for key in evaluator.keys:
                    evaluator.evaluate(key, person, NOW)
        return REPEATS * len(people) * len(evaluator.keys)

    return turn


REPEATS = 20


def _reference(definitions: dict[str, Any], people: Sequence[dict[str, Any]]) -> Turn:
    core = FlagdCore()
    core.set_flags(json.dumps(definitions))
    asks = [(key, _ask(core, flag["variants"])) for key, flag in definitions["flags"].items()]
    contexts = [EvaluationContext(person["targetingKey"], _attributes(person)) for person in people]

    def turn() -> int:
        for context in contexts:
            for key, (ask, fallback) in asks:
                with suppress(OpenFeatureError):
                    ask(key, fallback, context)
        return len(contexts) * len(asks)

    return turn


def _attributes(person: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in person.items() if name != "targetingKey"}


def _ask(core: FlagdCore, variants: dict[str, Any]) -> tuple[Callable[..., Any], Any]:
    """How a flag of these variants is asked for, and what to fall back to."""
    value = next(iter(variants.values()))
    by_type: dict[type, tuple[Callable[..., Any], Any]] = {
        bool: (core.resolve_boolean_value, False),
        str: (core.resolve_string_value, ""),
        int: (core.resolve_integer_value, 0),
        float: (core.resolve_float_value, 0.0),
    }
    return by_type.get(type(value), (core.resolve_object_value, {}))
