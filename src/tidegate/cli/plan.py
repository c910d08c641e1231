"""`tidegate plan`: the step graph of a change, or the smallest set of pairs that stands in its way."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from tidegate.cli.exits import Exit
from tidegate.cli.plan_text import RENDERERS, wrapped
from tidegate.comparers.library import judge_by
from tidegate.core.plan.blame import Infeasible
from tidegate.core.plan.build import make_plan
from tidegate.core.plan.live import Judge, by_ranges
from tidegate.core.plan.plan import Plan
from tidegate.sources.change import contracts_folder, read_change_and_catalog
from tidegate.sources.contracts.folder import read_contracts

CHANGE = click.argument("change", type=click.Path(path_type=Path))
CATALOG = click.option(
    "--catalog",
    type=click.Path(path_type=Path),
    help="Folder of the catalog, instead of the one the change names.",
)

CONTRACTS = click.option(
    "--contracts",
    type=click.Path(path_type=Path),
    envvar="TIDEGATE_CONTRACTS",
    help="The contracts folder, instead of the one the change names.",
)


@click.command()
@CHANGE
@CATALOG
@CONTRACTS
@click.option("-o", "--output", type=click.Choice([*RENDERERS, "json"]), default="text", show_default=True)
def plan(change: Path, catalog: Path | None, contracts: Path | None, output: str) -> None:
    """Print the steps of CHANGE in waves, each edge with its reason, each step with its way back.

    Exits with 2 when no order is safe, naming the smallest set to blame and what would resolve it.
    """
    made = plan_of(change, catalog, contracts)
    if isinstance(made, Infeasible):
        if output == "json":
            click.echo(json.dumps({"feasible": False, **asdict(made)}, indent=2))
        for line in infeasible_lines(change, made):
            click.echo(wrapped(line), err=True)
        sys.exit(Exit.REFUSED)
    if output == "json":
        click.echo(json.dumps({"feasible": True, **as_json(made)}, indent=2))
    else:
        click.echo(RENDERERS[output](made))


def plan_of(change: Path, catalog: Path | None, contracts: Path | None = None) -> Plan | Infeasible:
    """The plan of a change file; `Refused` with every problem of its files."""
    read, services = read_change_and_catalog(change, catalog)
    return make_plan(services, read, judge_of(change, contracts))


def judge_of(change: Path, contracts: Path | None) -> Judge:
    """Judges by the contracts folder that is given or that the change names; else by version ranges."""
    folder = contracts or contracts_folder(change)
    return by_ranges if folder is None else judge_by(read_contracts(folder))


def as_json(made: Plan) -> dict[str, object]:
    """The plan with its waves, which are derived."""
    return {**asdict(made), "waves": made.waves}


def infeasible_lines(change: Path, answer: Infeasible) -> list[str]:
    """Why there is no plan, in the words of the people who must mend it."""
    least = "smallest set" if answer.proven else "a set (not proven smallest)"
    lines = [f"{change}: no order of these releases is safe; the {least} to resolve:"]
    for blame in answer.blames:
        lines += [f"  {blame.subject}", f"    → {blame.resolution}"]
    lines += [f"  waiting in a circle: {' → '.join((*cycle, cycle[0]))}" for cycle in answer.cycles]
    return lines
