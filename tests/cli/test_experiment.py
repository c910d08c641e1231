"""`tidegate experiment`: whole outputs over records, and what the exit code says."""

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pydantic import TypeAdapter
from tests.core.experiments.censuses import CENSUS, EXPERIMENT
from tests.observers.prometheus.worlds import Asked, answering

from tidegate.cli import tidegate
from tidegate.cli.exits import Exit
from tidegate.cli.experiment import exit_of
from tidegate.cli.experiment_text import text
from tidegate.core.experiments.report import Claim, Guarded, Report, reported
from tidegate.temporal.state_dir import ApiAddress, StateDir

FILE = """apiVersion: tidegate.dev/v1alpha1
kind: Experiment
metadata: {name: checkout}
spec:
  flag: new-checkout
  control: "off"
  window: 1h
  shares:
  - variants: {"off": 50%, "on": 50%}
  metrics:
  - {name: bought, kind: conversion, minimumEffect: 10%}
  guards:
  - {name: refunds, kind: conversion, better: lower, margin: 50%}
"""
BEGAN = 1_772_323_200
ARMS = {"off": 2_000, "on": 2_000}


def rows(bought: dict[str, int], refunds: dict[str, int], arms: dict[str, int]) -> Iterator[str]:
    """Of each arm the first so many units bought something, the first so many wanted it back."""
    yield "time,unit,variant,metric"
    for variant, units in arms.items():
        for number, at in zip(range(units), count(BEGAN)):
            unit = f"{variant}-{number}"
            yield f"{at},{unit},{variant},"
            if number < bought[variant]:
                yield f"{at + 60},{unit},,bought"
            if number < refunds[variant]:
                yield f"{at + 90},{unit},,refunds"
    yield f"{BEGAN + 7_200},late,on,"


def run(
    folder: Path,
    *options: str,
    bought: dict[str, int],
    refunds: dict[str, int] | None = None,
    arms: dict[str, int] | None = None,
) -> Result:
    file, record = folder / "experiment.yaml", folder / "units.csv"
    file.write_text(FILE)
    record.write_text("\n".join(rows(bought, refunds or {"off": 400, "on": 400}, arms or ARMS)))
    return CliRunner().invoke(tidegate, ["experiment", str(file), "--records", str(record), *options])


BETTER = """checkout: flag new-checkout, until 2026-03-01T02:00:00Z

variant                            intended          drawn        counted
off (control)                          50 %          2,000          2,000
on                                     50 %          2,001          2,000

bought, higher is better: on
  better: 0.3 against 0.2, +50 % (+23.3 to +83.8 %)
  ························│·······━━━━━━━━●━━━━━━━━

guard refunds, at most 50 % worse: on
  kept: 0.2 against 0.2, +0 % (-19.8 to +24.2 %)
  ━━━━━━━━━━━━━━━━━━━━━━━━●━━━━━━━━━━━━━━━━━━━━━━━━

1 unit whose window is not over
"""


def test_a_variant_that_is_better(tmp_path: Path) -> None:
    done = run(tmp_path, bought={"off": 400, "on": 600})
    assert done.output == BETTER
    assert done.exit_code == Exit.OK


MISMATCH = """checkout: flag new-checkout, until 2026-03-01T02:00:00Z

variant                            intended          drawn        counted
off (control)                          50 %          2,000          2,000
on                                     50 %          1,701          1,700

sample-ratio mismatch: variant 'on' has 1,701 of 3,701 units (45.96 %), 50 %
  were intended: 150 too few, ln E 9.1 of 7.6
Something besides chance decides who is counted, so no difference is claimed.
  Usual causes:
- units are told of only where a variant works, or is fast enough
- a fallback is served where the flag could not be evaluated
- bots, or a filter that takes out more of one variant
- units are known by another name once they are served a variant
- the shares in the file are not those that are served

bought, higher is better: on
  nothing is claimed of units that were not drawn as intended

guard refunds, at most 50 % worse: on
  nothing is claimed of units that were not drawn as intended

1 unit whose window is not over
"""


def test_units_that_were_not_drawn_as_intended(tmp_path: Path) -> None:
    done = run(tmp_path, bought={"off": 400, "on": 600}, arms={"off": 2_000, "on": 1_700})
    assert done.output == MISMATCH
    assert done.exit_code == Exit.FAILED


def test_what_is_unclear_says_what_would_be_enough(tmp_path: Path) -> None:
    done = run(tmp_path, bought={"off": 400, "on": 410})
    assert done.exit_code == Exit.INSUFFICIENT
    assert "  unclear: 0.205 against 0.2, +2.5 % (" in done.output
    assert "  about 28,000 units of both arms would tell a difference of 10 %; there are\n" in done.output


def test_too_few_units_are_said_to_be(tmp_path: Path) -> None:
    done = run(tmp_path, bought={"off": 5, "on": 5}, arms={"off": 50, "on": 50})
    assert done.exit_code == Exit.INSUFFICIENT
    assert "  too few units (at least 100 of each arm, and ten that did and ten that did\n" in done.output


def test_json_has_the_evidence_and_whether_units_were_drawn_as_intended(tmp_path: Path) -> None:
    done = run(tmp_path, "-o", "json", bought={"off": 400, "on": 600})
    found = json.loads(done.output)
    assert (found["flag"], found["mismatch"], found["waiting"]) == ("new-checkout", False, 1)
    assert found["ratios"][0]["mismatch"] is False
    assert found["metrics"][0]["claim"] == "better"
    assert found["metrics"][0]["lift"]["difference"] == pytest.approx(0.1)
    assert found["guards"][0]["outcome"] == "kept"


def test_what_is_wrong_with_the_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "experiment.yaml"
    file.write_text(FILE.replace("spec:", "specs:"))
    done = CliRunner().invoke(tidegate, ["experiment", str(file), "--records", str(file)])
    assert "unknown field 'specs'" in str(done.exception)


GOOD = reported(EXPERIMENT, CENSUS, 1_000.0)


def with_claims(*metrics: tuple[str, Claim], guards: tuple[tuple[str, Guarded], ...] = ()) -> Report:
    return replace(
        GOOD,
        metrics=tuple(replace(GOOD.metrics[0], variant=name, claim=claim) for name, claim in metrics),
        guards=tuple(replace(GOOD.guards[0], variant=name, outcome=each) for name, each in guards),
    )


@pytest.mark.parametrize(
    ("report", "code"),
    [
        (GOOD, Exit.OK),
        (with_claims(("red", Claim.BETTER), ("blue", Claim.UNCLEAR)), Exit.OK),
        (with_claims(("red", Claim.BETTER), guards=(("red", Guarded.UNCLEAR),)), Exit.INSUFFICIENT),
        (with_claims(("red", Claim.BETTER), guards=(("blue", Guarded.UNCLEAR),)), Exit.OK),
        (with_claims(("red", Claim.BETTER), ("blue", Claim.WORSE)), Exit.FAILED),
        (with_claims(("red", Claim.BETTER), guards=(("red", Guarded.HARMED),)), Exit.FAILED),
        (with_claims(("red", Claim.TOO_FEW)), Exit.INSUFFICIENT),
        (with_claims(), Exit.INSUFFICIENT),
    ],
)
def test_the_exit_code_is_no_as_soon_as_anything_speaks_against_it(report: Report, code: Exit) -> None:
    assert exit_of(report) is code


def test_everybody_who_is_not_counted_is_told_with_the_reason() -> None:
    report = replace(
        GOOD, waiting=0, cut_short=2, crossed={"on": 3}, not_drawn=4, kept=0.25, lost={"because": 5}
    )
    assert text(EXPERIMENT, report).splitlines()[-5:] == [
        "2 units left out: the shares changed within their window",
        "3 units left out: served 'on' first and then another variant",
        "4 units left out: an audience, not drawn by lot",
        "a sample of 25 % of the units is kept",
        "not counted: because (5)",
    ]


def test_every_line_fits_into_80_columns_whatever_is_named() -> None:
    arms = tuple(replace(arm, variant=arm.variant * 20) for arm in GOOD.arms)
    assert max(map(len, text(EXPERIMENT, replace(GOOD, arms=arms)).splitlines())) <= 80


def test_a_relative_lift_without_an_end_and_one_that_is_none() -> None:
    lift = GOOD.metrics[0].lift
    assert lift is not None
    assert lift.relative is not None
    open_ended = replace(lift, relative=replace(lift.relative, high=None))
    absolute = replace(lift, relative=None)
    shown = [
        text(EXPERIMENT, replace(GOOD, metrics=(replace(GOOD.metrics[0], lift=each),))).splitlines()[7]
        for each in (open_ended, absolute)
    ]
    assert shown == [
        "  better: 0.13 against 0.1, +30 % (+13.3 to ? %)",
        "  better: 0.13 against 0.1, +0.03 (+0.0142 to +0.0458)",
    ]


def test_without_records_the_tidegate_that_runs_is_asked(tmp_path: Path) -> None:
    def reply(asked: Asked) -> tuple[int, bytes]:
        assert (asked.path, asked.headers["Authorization"]) == (
            "/v1/experiments/new-checkout",
            "Bearer token",
        )
        return 200, TypeAdapter(Report).dump_json(GOOD)

    file = tmp_path / "experiment.yaml"
    file.write_text(FILE)
    with answering(reply) as url:
        state = StateDir.open(tmp_path / "state")
        with state.locked():
            state.publish_api(ApiAddress(url=url, token="token", pid=1))
            done = CliRunner().invoke(tidegate, ["experiment", str(file), "--state-dir", str(state.path)])
    asked = replace(EXPERIMENT, metrics=(replace(EXPERIMENT.metrics[0], minimum_effect=0.1),))
    assert done.output == f"{text(asked, GOOD)}\n"
    assert done.exit_code == Exit.OK
