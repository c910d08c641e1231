"""`tidegate can-i-deploy` and `can-i-roll-back`: can this version be live beside what is live there?"""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import click

from tidegate.cli.contract_text import CONTRACTS, EXITS, OUTPUT, answer_markdown, answer_text, answer_values
from tidegate.comparers.library import evidence_on
from tidegate.core.catalog import Catalog, Service
from tidegate.core.contracts.records import Party, Records
from tidegate.core.errors import Problem, Refused
from tidegate.core.ids import ServiceName, Version
from tidegate.core.plan.deployable import Answer, can_be_live, deployed, earlier, environment_of
from tidegate.sources import backstage
from tidegate.sources.contracts.folder import read_contracts
from tidegate.sources.words import did_you_mean, listed, quoted

LIVE = "live"
"""The environment that the catalog describes: the versions that it says are live."""

_Command = TypeVar("_Command", bound=Callable[..., Any])
ENVIRONMENT = click.option(
    "--env",
    "environment",
    required=True,
    metavar="ENV",
    help="An environment whose deployments are on record, or live: what the catalog says.",
)
CATALOG = click.option(
    "--catalog",
    type=click.Path(path_type=Path),
    default=Path("catalog"),
    show_default=True,
    help="Folder of the catalog.",
)


def places(command: _Command) -> _Command:
    """Where to look: environment, catalog and contracts folder; and how to answer."""
    for option in (OUTPUT, CONTRACTS, CATALOG, ENVIRONMENT):
        command = option(command)
    return command


class World(NamedTuple):
    """What is known, and the environment that is asked about."""

    catalog: Catalog
    records: Records
    environment: str


@click.command("can-i-deploy")
@click.argument("service", metavar="SERVICE")
@click.argument("version", metavar="VERSION")
@places
def can_i_deploy(
    service: str, version: str, *, environment: str, catalog: Path, contracts: Path, output: str
) -> None:
    """Say whether VERSION of SERVICE works with everything that is live in an environment.

    Exits with 0 for yes, 1 for no, 3 where something is not known.
    """
    world = World(backstage.read_catalog(catalog), read_contracts(contracts), environment)
    _answer(world, Party(ServiceName(service), Version(version)), output, "be deployed to")


@click.command("can-i-roll-back")
@click.argument("service", metavar="SERVICE")
@click.argument("version", metavar="[VERSION]", required=False)
@places
def can_i_roll_back(
    service: str, version: str | None, *, environment: str, catalog: Path, contracts: Path, output: str
) -> None:
    """Say whether SERVICE can go back to VERSION (by default the one before) in an environment.

    Exits with 0 for yes, 1 for no, 3 where something is not known.
    """
    world = World(backstage.read_catalog(catalog), read_contracts(contracts), environment)
    name = ServiceName(service)
    back = Version(version) if version else _before(world, name)
    _answer(world, Party(name, back), output, "go back in")


def _before(world: World, service: ServiceName) -> Version:
    versions = earlier(world.records, world.environment, service)
    if not versions:
        message = f"no earlier version of {quoted(service)} is on record in {quoted(world.environment)}"
        raise Refused([Problem(message=message, hint="name the version")])
    return versions[0]


def _answer(world: World, party: Party, output: str, verb: str) -> None:
    answer = can_be_live(
        _there(world), world.environment, _wanted(world, party), evidence_on(world.records).judge
    )
    if output == "json":
        click.echo(json.dumps(answer_values(answer), indent=2))
    else:
        click.echo("\n".join(RENDERERS[output](answer, verb)))
    sys.exit(EXITS[answer.answer])


RENDERERS: dict[str, Callable[[Answer, str], Iterator[str]]] = {
    "text": answer_text,
    "markdown": answer_markdown,
}


def _there(world: World) -> Catalog:
    """What is live in the environment; `Refused` where that is not known."""
    catalog, records, environment = world
    if environment == LIVE:
        return catalog
    if environment not in records.deployments:
        known = [LIVE, *records.deployments]
        hint = did_you_mean(environment, known) or f"known: {listed(known)}"
        raise Refused([Problem(message=f"no deployment is on record in {quoted(environment)}", hint=hint)])
    parties = [deployments[-1].party for deployments in records.deployments[environment].values()]
    if unknown := [party for party in parties if deployed(catalog, records, party) is None]:
        raise Refused(map(_not_known, unknown))
    return environment_of(catalog, records, environment)


def _wanted(world: World, party: Party) -> Service:
    found = deployed(world.catalog, world.records, party)
    if found is None:
        raise Refused([_not_known(party)])
    return found


def _not_known(party: Party) -> Problem:
    hint = f"tidegate contracts record version {party.service} {party.version} --provides … --consumes …"
    return Problem(message=f"nobody said what {party} provides and consumes", hint=hint)
