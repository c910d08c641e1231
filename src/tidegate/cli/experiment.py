"""`tidegate experiment`: what a flag does to the people who are served its variants."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from tidegate.cli.exits import Exit
from tidegate.cli.experiment_text import text
from tidegate.cli.options import STATE_DIR
from tidegate.client import Client
from tidegate.core.experiments.definition import Experiment
from tidegate.core.experiments.report import Claim, Guarded, Report, reported
from tidegate.sources.experiments import read_experiment
from tidegate.sources.records.units import read_units

_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.command()
@click.argument("file", type=_FILE)
@click.option(
    "--records",
    type=_FILE,
    multiple=True,
    help="CSV or .parquet of what units were served and did; may be given again.  [default: ask tidegate up]",
)
@STATE_DIR
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def experiment(file: Path, records: tuple[Path, ...], state_dir: Path, output: str) -> None:
    """Show what is known of the experiment in FILE, as often as you like: it holds at every look.

    Without --records the tidegate that runs on the state directory is asked, which was started with
    --experiments FILE. A record has the columns time, unit, and variant or metric (and value), and perhaps audience.
    Exits with 0 where a variant is better and its guards are kept, 1 where it is worse, a guard is harmed or units
    were not drawn as intended, and 3 where that is not known.
    """
    asked = read_experiment(file)
    report = _of_records(asked, records) if records else Client(state_dir).experiment(asked.flag)
    if output == "json":
        click.echo(json.dumps(as_json(report), indent=2, allow_nan=False))
    else:
        click.echo(text(asked, report))
    sys.exit(exit_of(report))


def _of_records(asked: Experiment, paths: tuple[Path, ...]) -> Report:
    found = read_units(paths, asked)
    return reported(asked, found.roster.census(found.until), found.until)


def as_json(report: Report) -> dict[str, Any]:
    """A report with the names that the documentation has."""
    ratios = [{**asdict(each), "excess": each.excess, "mismatch": each.mismatch} for each in report.ratios]
    return {**asdict(report), "mismatch": bool(report.mismatches), "ratios": ratios}


def exit_of(report: Report) -> Exit:
    """What speaks against the variants comes first; what is not known is no yes."""
    claims = {each.claim for each in report.metrics}
    guarded = {each.outcome for each in report.guards}
    if report.mismatches or Claim.WORSE in claims or Guarded.HARMED in guarded:
        return Exit.FAILED
    better = {each.variant for each in report.metrics if each.claim is Claim.BETTER}
    doubtful = {each.variant for each in report.guards if each.outcome is not Guarded.KEPT}
    return Exit.OK if better - doubtful else Exit.INSUFFICIENT
