"""`tidegate plan`: the step graph of a change, or the smallest set of pairs that stands in its way."""

import json
import sys
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import NoReturn

import click

from tidegate.cli.exits import Exit
from tidegate.cli.plan_text import RENDERERS, wrapped
from tidegate.cli.proposal_text import proposal_lines
from tidegate.core.errors import Refused
from tidegate.core.plan.blame import Blame, Infeasible
from tidegate.core.plan.build import plan_from
from tidegate.core.plan.live import Pair, pairs
from tidegate.core.plan.plan import Plan
from tidegate.core.plan.propose import propose
from tidegate.core.plan.record import record_of
from tidegate.core.plan.retirement import early_retirements
from tidegate.sources.change import read_change_and_catalog

CHANGE = click.argument("change", type=click.Path(path_type=Path))
CATALOG = click.option(
    "--catalog",
    type=click.Path(path_type=Path),
    help="Folder of the catalog, instead of the one the change names.",
)


@click.command()
@CHANGE
@CATALOG
@click.option("-o", "--output", type=click.Choice([*RENDERERS, "json"]), default="text", show_default=True)
def plan(change: Path, catalog: Path | None, output: str) -> None:
    """Print the steps of CHANGE in waves, each edge with its reason, each step with its way back.

    Exits with 2 when no order is safe, naming the smallest set to blame and what would resolve it.
    """
    read = planned(change, catalog)
    if isinstance(read.made, Infeasible):
        if output == "json":
            click.echo(json.dumps({"feasible": False, **asdict(read.made)}, indent=2))
        refuse_infeasible(change, read.made)
    if output == "json":
        click.echo(json.dumps(record_of(read.made, read.pairs), indent=2))
    else:
        click.echo(RENDERERS[output](read.made))


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What came of a change file: the pairs that may be live together, and the plan, if there is one."""

    pairs: tuple[Pair, ...]
    made: Plan | Infeasible


def planned(change: Path, catalog: Path | None) -> Planned:
    """The plan of a change file, or proposals instead.

    `Refused` with every problem of its files, or with what the change takes away too early.
    """
    read, services = read_change_and_catalog(change, catalog)
    found = pairs(services, read)
    made = plan_from(found, services, read)
    early = early_retirements(services, read, today=datetime.now(UTC).date())
    if isinstance(made, Infeasible):
        retirements = tuple(Blame(subject=p.message, resolution=p.hint) for p in early.problems)
        made = replace(made, proposals=propose(found, services, read), retirements=retirements)
    elif early.problems:
        raise Refused(early.problems)
    else:
        made = replace(made, warnings=(*made.warnings, *early.warnings))
    return Planned(pairs=found, made=made)


def plan_of(change: Path, catalog: Path | None) -> Plan:
    """The plan of a change file; says why and exits where there is none."""
    made = planned(change, catalog).made
    return refuse_infeasible(change, made) if isinstance(made, Infeasible) else made


def refuse_infeasible(change: Path, answer: Infeasible) -> NoReturn:
    """Say why there is no plan, and exit."""
    for line in infeasible_lines(change, answer):
        click.echo(wrapped(line), err=True)
    sys.exit(Exit.REFUSED)


def infeasible_lines(change: Path, answer: Infeasible) -> list[str]:
    """Why there is no plan, in the words of the people who must mend it."""
    least = "the smallest set" if answer.proven else f"a set (at least {answer.at_least} are needed)"
    lines = [f"{change}: no order of these releases is safe; {least} to resolve:"]
    for blame in (*answer.blames, *answer.retirements):
        lines += [f"  {blame.subject}", f"    → {blame.resolution}"]
    lines += [f"  waiting in a circle: {' → '.join((*cycle, cycle[0]))}" for cycle in answer.cycles]
    return [*lines, *chain.from_iterable(map(proposal_lines, answer.proposals))]
