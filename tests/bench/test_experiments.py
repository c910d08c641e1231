"""`python -m bench.experiments`: tables of a few made-up figures, and contestants on experiments made small."""

from math import inf

import numpy as np
import pytest
from bench.experiments import __main__ as command
from bench.experiments.contest import VALUES, WATCHED, Claims, held
from bench.experiments.mismatch import Drawn, Steps, drawn, steps
from bench.experiments.report import claims_table, drawn_table, found_table, steps_line
from bench.experiments.trials import Trial, conversions

ROWS = {"one, 5%": {"tidegate": Claims(part=0.004, units=inf), "other": Claims(part=0.31, units=1_234.5)}}
TABLES = """\
Claims of a difference where there is none, alpha 5 %, a hundred looks:

| numbers, share of the variant | tidegate | other |
| --- | --- | --- |
| one, 5% | 0.4% | 31.0% |
Units until a difference is claimed, in the median (part of experiments that claim it):

| lift | tidegate | other |
| --- | --- | --- |
| one, 5% | - (0%) | 1,234 (31%) |
Sample-ratio mismatch, chance of a false one 0.1 % over all looks:

| intended | drawn | claimed | units, median | chi-squared test at every look |
| --- | --- | --- | --- | --- |
| 50% | 48% | 99.0% | 9,000 | 100.0% |
Shares of 5, 25 and 50 % on days when 8, 10 and 12 % convert, no difference: claimed by strata in 1.0% of the \
experiments, of all together in 100.0%."""


def test_tables() -> None:
    ratio = Drawn(intended=0.5, actual=0.48, part=0.99, units=9_000, repeated=1.0)
    lines = [*claims_table(ROWS), *found_table(ROWS), *drawn_table([ratio])]
    assert "\n".join([*lines, steps_line(Steps(by_strata=0.01, together=1.0))]) == TABLES


def test_all_contestants_find_what_is_plain_to_see() -> None:
    trial = Trial(draw=conversions(0.2), units=4_000, share=0.5, lift=1.0)
    found = held(trial, 3, np.random.default_rng(1), {**WATCHED, **VALUES})
    assert [claims.part for claims in found.values()] == [1.0, 1.0, 1.0, 1.0]
    assert found["z-test at the end"].units == 4_000
    assert found["tidegate"].units < 2_000


def test_a_mismatch_is_found_and_days_that_differ_deceive_only_who_adds_up() -> None:
    dice = np.random.default_rng(1)
    assert drawn(0.5, 0.4, 5_000, 3, dice).part == 1.0
    assert steps(20_000, 3, dice) == Steps(by_strata=0.0, together=1.0)


def test_the_command_prints_every_table(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "METRICS", {"few": (conversions(0.5), 500)})
    monkeypatch.setattr(command, "UNITS_FOUND", 500)
    monkeypatch.setattr(command, "UNITS_DRAWN", 500)
    assert command.main(["--runs", "1"]) == 0
    printed = capsys.readouterr().out
    assert [line[: line.index(",")] for line in printed.splitlines() if line.startswith("| few")] == [
        "| few"
    ] * 2
    assert printed.count("| --- |") >= 3
