"""An Experiment file becomes a value; everything wrong in it is told at once, with file and line."""

from math import inf
from pathlib import Path

import pytest

from tidegate.core.errors import Refused
from tidegate.core.experiments.definition import Better, Experiment, Guard, Kind, Metric, Period
from tidegate.core.ids import FlagKey
from tidegate.sources.experiments import read_experiment, read_experiments

HEAD = """apiVersion: tidegate.dev/v1alpha1
kind: Experiment
metadata: {name: checkout}
spec:
"""
LEAST = """  flag: new-checkout
  control: "off"
  window: 24h
  metrics:
  - {name: purchase, kind: conversion}
"""


def file(folder: Path, spec: str) -> Path:
    path = folder / "experiment.yaml"
    path.write_text(HEAD + spec)
    return path


def refused(folder: Path, spec: str) -> list[str]:
    with pytest.raises(Refused) as found:
        read_experiment(file(folder, spec))
    return [str(problem).removeprefix(f"{folder}/experiment.yaml:") for problem in found.value.problems]


def test_what_is_not_said_has_a_default(tmp_path: Path) -> None:
    assert read_experiment(file(tmp_path, LEAST)) == Experiment(
        name="checkout",
        flag=FlagKey("new-checkout"),
        control="off",
        window=86_400.0,
        alpha=0.05,
        metrics=(
            Metric(name="purchase", kind=Kind.CONVERSION, better=Better.HIGHER, minimum_effect=0.05, cap=inf),
        ),
    )


def test_everything_that_can_be_said(tmp_path: Path) -> None:
    found = read_experiment(
        file(
            tmp_path,
            """  flag: new-checkout
  control: "off"
  window: 30m
  alpha: 1%
  shares:
  - variants: {"off": 95%, red: 5%}
  - since: 2026-03-02T00:00:00Z
    variants: {"off": 50%, red: 25%, blue: 25%}
  metrics:
  - {name: spent, kind: value, better: higher, cap: 500, minimumEffect: 2%}
  guards:
  - {name: errors, kind: count, better: lower, cap: 20, margin: 10%}
""",
        )
    )
    assert found == Experiment(
        name="checkout",
        flag=FlagKey("new-checkout"),
        control="off",
        window=1_800.0,
        alpha=0.01,
        periods=(
            Period(since=0.0, shares={"off": 0.95, "red": 0.05}),
            Period(since=1_772_409_600.0, shares={"off": 0.5, "red": 0.25, "blue": 0.25}),
        ),
        metrics=(Metric(name="spent", kind=Kind.VALUE, minimum_effect=0.02, cap=500.0),),
        guards=(
            Guard(metric=Metric(name="errors", kind=Kind.COUNT, better=Better.LOWER, cap=20.0), margin=0.1),
        ),
    )


PROBLEMS = [
    (LEAST.replace("24h", "0s"), ["7: a window of no length holds no outcome (give one such as 24h)"]),
    (LEAST + "  alpha: 50%\n", ["10: alpha is '50%' (more than 0%, less than 50%)"]),
    (LEAST + "  alpha: 0%\n", ["10: alpha is '0%' (more than 0%, less than 50%)"]),
    (
        LEAST.replace("conversion}", "conversion, minimumEffect: 0%}"),
        ["9: no number of units shows a difference of 0% (give the least that matters)"],
    ),
    (
        LEAST + "  guards:\n  - {name: refunds, kind: count, margin: 0%}\n",
        ["11: no number of units shows a difference of 0% (give the least that matters)"],
    ),
    (
        LEAST.replace("conversion}", "conversion, cap: 1}"),
        ["9: a conversion has no cap: it is one or none (leave it out)"],
    ),
    (
        LEAST + "  guards:\n  - {name: purchase, kind: count, margin: 5%}\n",
        ["11: 'purchase' is measured twice (first at FILE:9) (give it once)"],
    ),
    (
        LEAST + '  shares:\n  - variants: {"off": 50%, "on": 49%}\n',
        ["11: the shares add up to 99.000000% (not to 100%)"],
    ),
    (
        LEAST + "  shares:\n  - variants: {of: 50%, on: 50%}\n",
        ["11: the control 'off' is not among the variants (did you mean 'of'?)"],
    ),
    (
        LEAST + '  shares:\n  - {since: 2026-02-31, variants: {"off": 100%}}\n',
        ["11: '2026-02-31' is no time (such as 2026-03-01T12:00:00Z)"],
    ),
    (
        LEAST + '  shares:\n  - variants: {"off": 100%}\n  - variants: {"off": 100%}\n',
        ["12: shares that follow others lack 'since' (say from when on they hold)"],
    ),
    (
        LEAST
        + '  shares:\n  - {since: 2026-03-02, variants: {"off": 100%}}\n'
        + '  - {since: 2026-03-01, variants: {"off": 100%}}\n',
        ["12: these shares are not later than those above (sort them by time)"],
    ),
    (
        LEAST.replace("conversion", "conversions") + "  Alpha: 5%\n",
        [
            "9: 'conversions' is not allowed for spec.metrics[0].kind (did you mean 'conversion'?",
            "10: unknown field 'Alpha' in spec (did you mean 'alpha'?)",
        ],
    ),
    ("  flag: f\n", ["4: spec lacks 'control'", "4: spec lacks 'metrics'", "4: spec lacks 'window'"]),
]


@pytest.mark.parametrize(("spec", "problems"), PROBLEMS)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, spec: str, problems: list[str]) -> None:
    told = [each.replace(f"{tmp_path}/experiment.yaml", "FILE") for each in refused(tmp_path, spec)]
    assert [each[: len(want)] for each, want in zip(told, problems, strict=True)] == problems


def test_a_flag_has_one_experiment_and_problems_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    names = ("one", "again", "broken")
    paths = [tmp_path / f"{name}.yaml" for name in names]
    for path, name in zip(paths, names, strict=True):
        path.write_text(HEAD.replace("checkout", name) + (LEAST if name != "broken" else "  flag: f\n"))
    assert [each.name for each in read_experiments(paths[:1])] == ["one"]
    with pytest.raises(Refused) as found:
        read_experiments(paths)
    told = [str(problem).removeprefix(f"{tmp_path}/") for problem in found.value.problems]
    assert told[0] == "again.yaml: flag 'new-checkout' has an experiment already (it is 'one')"
    assert [each.partition(":")[0] for each in told[1:]] == ["broken.yaml"] * 3
