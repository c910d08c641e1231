"""`tidegate can-i-deploy` and `can-i-roll-back`: can this version be live beside what is live there?"""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import click

from tidegate.comparers.library import judge_by
from tidegate.cli.contract_text import EXITS, answer_markdown, answer_text, answer_values
from tidegate.core.catalog import Catalog, Service
from tidegate.core.contracts.deployable import Answer, can_be_live, deployed, earlier, environment_of
from tidegate.core.contracts.records import Party, Records
from tidegate.core.errors import Problem, Refused
from tidegate.core.ids import ServiceName, Version
from tidegate.sources import backstage
from tidegate.sources.contracts.folder import read_contracts
from tidegate.sources.words import did_you_mean, listed, quoted

LIVE = "live"
"""The environment that the catalog describes: the versions that it says are live."""

_Command = TypeVar("_Command", bound=Callable[..., Any])


def places(command: _Command) -> _Command:
    """Where to look: environment, catalog, contracts folder; and how to answer."""
    options = (
        click.option("--env", "environment", required=True, metavar="ENV", help="Where: an environment that deployments are recorded of, or live."),
        click.option("--catalog", "folder", type=click.Path(path_type=Path), default=Path("catalog"), show_default=True, help="Folder of the catalog."),
        click.option("--contracts", type=click.Path(path_type=Path), default=Path("contracts"), envvar="TIDEGATE_CONTRACTS", show_default=True, help="The contracts folder."),
        click.option("-o", "--output", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


@click.command("can-i-deploy")
@click.argument("service", metavar="SERVICE")
@click.argument("version", metavar="VERSION")
@places
def can_i_deploy(
    service: str, version: str, environment: str, folder: Path, contracts: Path, output: str
) -> None:
    """Say whether VERSION of SERVICE works with everything that is live in an environment.

    Exits with 0 for yes, 1 for no, 3 where something is not known.
    """
    catalog, records = backstage.read_catalog(folder), read_contracts(contracts)
    party = Party(ServiceName(service), Version(version))
    _answer(catalog, records, party, environment, output, "be deployed to")


@click.command("can-i-roll-back")
@click.argument("service", metavar="SERVICE")
@click.argument("version", metavar="[VERSION]", required=False)
@places
def can_i_roll_back(
    service: str, version: str | None, environment: str, folder: Path, contracts: Path, output: str
) -> None:
    """Say whether SERVICE can go back to VERSION (by default the one before) in an environment.

    Exits with 0 for yes, 1 for no, 3 where something is not known.
    """
    catalog, records = backstage.read_catalog(folder), read_contracts(contracts)
    name = ServiceName(service)
    back = Version(version) if version else _before(records, environment, name)
    _answer(catalog, records, Party(name, back), environment, output, "go back in")


def _before(records: Records, environment: str, service: ServiceName) -> Version:
    versions = earlier(records, environment, service)
    if not versions:
        message = f"no earlier version of {quoted(service)} is on record in {quoted(environment)}"
        raise Refused([Problem(message=message, hint="name the version")])
    return versions[0]


def _answer(
    catalog: Catalog, records: Records, party: Party, environment: str, output: str, verb: str
) -> None:
    there = _environment(catalog, records, environment)
    wanted = _wanted(catalog, records, party)
    answer = can_be_live(there, environment, wanted, judge_by(records))
    if output == "json":
        click.echo(json.dumps(answer_values(answer), indent=2))
    else:
        click.echo("\n".join(RENDERERS[output](answer, verb)))
    sys.exit(EXITS[answer.answer])


RENDERERS: dict[str, Callable[[Answer, str], Iterator[str]]] = {
    "text": answer_text,
    "markdown": answer_markdown,
}


def _environment(catalog: Catalog, records: Records, environment: str) -> Catalog:
    if environment == LIVE:
        return catalog
    if environment not in records.deployments:
        known = [LIVE, *records.deployments]
        hint = did_you_mean(environment, known) or f"known: {listed(known)}"
        raise Refused([Problem(message=f"no deployment is on record in {quoted(environment)}", hint=hint)])
    unknown = [
        deployments[-1].party
        for deployments in records.deployments[environment].values()
        if deployed(catalog, records, deployments[-1].party) is None
    ]
    if unknown:
        raise Refused(_not_known(party) for party in unknown)
    return environment_of(catalog, records, environment)


def _wanted(catalog: Catalog, records: Records, party: Party) -> Service:
    found = deployed(catalog, records, party)
    if found is None:
        raise Refused([_not_known(party)])
    return found


def _not_known(party: Party) -> Problem:
    hint = f"tidegate contracts record version {party.service} {party.version} --provides … --consumes …"
    return Problem(message=f"nobody said what {party} provides and consumes", hint=hint)
