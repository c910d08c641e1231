"""`tidegate contracts`: what differs between two versions, which live pairs work together, what is on record."""

import json
import sys
from pathlib import Path

import click

from tidegate.cli.contract_diff import Diff, diff_markdown, diff_text, diff_values, unread_values
from tidegate.cli.contract_records import record
from tidegate.cli.contract_text import EXITS, OUTPUT, matrix_markdown, matrix_text, pair_values
from tidegate.cli.plan import CATALOG, CHANGE, CONTRACTS, evidence_of
from tidegate.comparers import compare
from tidegate.core.contracts.consumer import narrow
from tidegate.core.contracts.pact.model import Contract
from tidegate.core.contracts.pact.read import read as read_contracts
from tidegate.core.contracts.protobuf.rules import Category
from tidegate.core.contracts.specification import Kind
from tidegate.core.errors import Problem, Refused
from tidegate.core.plan.live import pairs
from tidegate.sources.change import read_change_and_catalog
from tidegate.sources.specifications import read_specification
from tidegate.sources.words import quoted


@click.group()
def contracts() -> None:
    """What versions of services need of each other, and the evidence for it."""


@contracts.command()
@click.argument("old", metavar="OLD", type=click.Path(path_type=Path))
@click.argument("new", metavar="NEW", type=click.Path(path_type=Path))
@click.option(
    "--consumer",
    metavar="PACT",
    type=click.Path(path_type=Path),
    help="A Pact file: only what this consumer uses counts.",
)
@click.option(
    "--category",
    type=click.Choice([category.value for category in Category]),
    help="Of Protobuf: which of buf's rules count, instead of what buf.yaml says.",
)
@OUTPUT
def diff(old: Path, new: Path, *, consumer: Path | None, category: str | None, output: str) -> None:
    """Compare two versions of a specification (files or folders of one kind), in both directions.

    Exits with 0 if old consumers work with the new provider, 1 if something breaks them, 3 if it is not known.
    """
    try:
        found = _diff(old, new, consumer, Category(category) if category else None)
    except Refused as refused:
        if output == "json":
            click.echo(json.dumps(unread_values(old, new, refused.problems), indent=2))
        raise
    if output == "json":
        click.echo(json.dumps(diff_values(found), indent=2))
    else:
        click.echo("\n".join((diff_markdown if output == "markdown" else diff_text)(found)))
    sys.exit(EXITS[found.answers()["old_consumer_new_provider"]])


def _diff(old: Path, new: Path, consumer: Path | None, category: Category | None) -> Diff:
    before, after = read_specification(old), read_specification(new)
    contract = None if consumer is None else _contract(consumer)
    comparison = compare(before, after, category)
    narrowed = None if contract is None else narrow(comparison, contract, before, after)
    return Diff(old=old, new=new, comparison=comparison, narrowed=narrowed)


def _contract(path: Path) -> Contract:
    contracts = read_contracts(read_specification(path, Kind.PACT))
    if len(contracts) != 1:
        message = f"{len(contracts)} consumer contracts in {quoted(str(path))}"
        raise Refused([Problem(message=message, hint="give the Pact file of one consumer")])
    return contracts[0]


@contracts.command()
@CHANGE
@CATALOG
@CONTRACTS
@OUTPUT
def matrix(change: Path, catalog: Path | None, contracts: Path | None, output: str) -> None:
    """Show every pair of versions that CHANGE may make live together, and whether they work, with evidence."""
    read, services = read_change_and_catalog(change, catalog)
    found = pairs(services, read, evidence_of(change, contracts).judge)
    if output == "json":
        click.echo(
            json.dumps({"change": read.name, "pairs": [pair_values(pair) for pair in found]}, indent=2)
        )
    elif output == "markdown":
        click.echo("\n".join(matrix_markdown(read.name, found)))
    else:
        click.echo("\n".join(matrix_text(found)))


contracts.add_command(record)
