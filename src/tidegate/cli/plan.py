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
from tidegate.comparers.library import evidence_on
from tidegate.core.catalog import Catalog
from tidegate.core.change import Change
from tidegate.core.contracts.evidence import Evidence
from tidegate.core.contracts.pair import Pair
from tidegate.core.contracts.records import Records
from tidegate.core.errors import Refused
from tidegate.core.plan.announced import announced
from tidegate.core.plan.blame import Blame, Infeasible
from tidegate.core.plan.build import plan_from
from tidegate.core.plan.flag_expiry import expiring_dependencies
from tidegate.core.plan.live import pairs
from tidegate.core.plan.plan import Plan
from tidegate.core.plan.propose import propose
from tidegate.core.plan.record import record_of
from tidegate.core.plan.retirement import early_retirements
from tidegate.core.plan.undeclared import undeclared_callers
from tidegate.sources.change import contracts_folder, read_change_and_catalog
from tidegate.sources.contracts.folder import read_contracts
from tidegate.sources.learned_graph import read_learned_graph

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


LEARNED = click.option(
    "--learned",
    type=click.Path(path_type=Path),
    help="What tidegate graph --live -o json printed: real traffic, and callers that nobody declared.",
)


@click.command()
@CHANGE
@CATALOG
@CONTRACTS
@LEARNED
@click.option("-o", "--output", type=click.Choice([*RENDERERS, "json"]), default="text", show_default=True)
def plan(
    change: Path, catalog: Path | None, contracts: Path | None, learned: Path | None, output: str
) -> None:
    """Print the steps of CHANGE in waves, each edge with its reason, each step with its way back.

    Exits with 2 when no order is safe, naming the smallest set to blame and what would resolve it.
    """
    read = planned(change, catalog, contracts, learned)
    if isinstance(read.made, Infeasible):
        if output == "json":
            click.echo(json.dumps({"feasible": False, **asdict(read.made)}, indent=2))
        refuse_infeasible(change, read.made)
    if output == "json":
        click.echo(json.dumps(record_of(read.made, read.pairs), indent=2))
    else:
        click.echo(RENDERERS[output](read.made))


def evidence_of(change: Path, contracts: Path | None) -> Evidence:
    """What is on record in the contracts folder that is given or that the change names, if there is one."""
    folder = contracts or contracts_folder(change)
    return evidence_on(Records() if folder is None else read_contracts(folder))


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What came of a change file: the pairs that may be live together, and the plan, if there is one."""

    change: Change
    catalog: Catalog
    pairs: tuple[Pair, ...]
    made: Plan | Infeasible


def planned(
    change: Path, catalog: Path | None, contracts: Path | None, learned: Path | None = None
) -> Planned:
    """The plan of a change file, or proposals instead.

    `Refused` with every problem of its files, or with what the change takes away too early or begins to need too late.
    """
    measured = None if learned is None else read_learned_graph(learned)
    read, services = read_change_and_catalog(change, catalog, measured)
    evidence = evidence_of(change, contracts)
    found = pairs(services, read, evidence.judge)
    made = plan_from(found, services, read)
    today = datetime.now(UTC).date()
    specifications = announced(evidence, services, read)
    early = early_retirements(services, read, found, today=today, specifications=specifications)
    problems = [*early.problems, *expiring_dependencies(services, read, today=today)]
    if isinstance(made, Infeasible):
        retirements = tuple(Blame(subject=p.message, resolution=p.hint) for p in problems)
        proposals = propose(found, services, read, evidence.differences(found))
        made = replace(made, proposals=proposals, retirements=retirements)
    elif problems:
        raise Refused(problems)
    else:
        undeclared = () if measured is None else undeclared_callers(services, read, measured)
        made = replace(made, warnings=(*made.warnings, *early.warnings, *undeclared))
    return Planned(change=read, catalog=services, pairs=found, made=made)


def plan_of(change: Path, catalog: Path | None, contracts: Path | None, learned: Path | None) -> Plan:
    """The plan of a change file; says why and exits where there is none."""
    made = planned(change, catalog, contracts, learned).made
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
