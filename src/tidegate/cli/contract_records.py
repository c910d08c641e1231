"""`tidegate contracts record`: what CI knows goes on record, one file each, in the contracts folder."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from tidegate.cli.contract_text import CONTRACTS
from tidegate.core.contracts.specification import Kind, Specification
from tidegate.core.errors import Problem, Refused
from tidegate.sources.contracts.recording import keep
from tidegate.sources.contracts.recording import record as write
from tidegate.sources.quantities import instant, interface_range, interface_version
from tidegate.sources.specifications import read_specification
from tidegate.sources.words import quoted, utc

AT = click.option("--at", help="When, such as 2026-01-31T12:00:00Z; now if absent.")
BY = click.option("--by", default="", help="By whom, such as the address of the CI run.")
_Command = TypeVar("_Command", bound=Callable[..., Any])


def recording(command: _Command) -> _Command:
    """The options that every record takes."""
    return CONTRACTS(AT(BY(command)))


@click.group()
def record() -> None:
    """Put on record what is known about contracts: the evidence that plans are judged by."""


@record.command()
@click.argument("interface", metavar="INTERFACE")
@click.argument("version", metavar="VERSION")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@recording
def specification(
    interface: str, version: str, file: Path, *, contracts: Path, at: str | None, by: str
) -> None:
    """Record FILE (or folder) as the specification of VERSION of INTERFACE."""
    _check_versions([version])
    _check_whole(file, read_specification(file))
    kept = keep(contracts, file, interface, version)
    says = {"interface": interface, "version": version, **kept}
    _write(contracts, "specification", says, at, by)


@record.command("consumer-contract")
@click.argument("service", metavar="SERVICE")
@click.argument("version", metavar="VERSION")
@click.argument("interface", metavar="INTERFACE")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@recording
def consumer_contract(
    service: str, version: str, interface: str, file: Path, *, contracts: Path, at: str | None, by: str
) -> None:
    """Record the Pact FILE as what VERSION of SERVICE needs of INTERFACE."""
    read_specification(file, Kind.PACT)
    kept = keep(contracts, file, service, version, interface)
    says = {"consumer": {"service": service, "version": version}, "interface": interface, **kept}
    _write(contracts, "consumerContract", says, at, by)


@record.command()
@click.argument("consumer", metavar="CONSUMER")
@click.argument("consumer_version", metavar="VERSION")
@click.argument("provider", metavar="PROVIDER")
@click.argument("provider_version", metavar="VERSION")
@click.option("--passed/--failed", required=True, help="Whether they worked together.")
@click.option("--summary", default="", help="What was tested, in a sentence.")
@recording
def test(
    consumer: str,
    consumer_version: str,
    provider: str,
    provider_version: str,
    *,
    passed: bool,
    summary: str,
    contracts: Path,
    at: str | None,
    by: str,
) -> None:
    """Record that a version of CONSUMER was tested against a version of PROVIDER."""
    says = {
        "consumer": {"service": consumer, "version": consumer_version},
        "provider": {"service": provider, "version": provider_version},
        "passed": passed,
        **({"summary": summary} if summary else {}),
    }
    _write(contracts, "test", says, at, by)


@record.command()
@click.argument("service", metavar="SERVICE")
@click.argument("version", metavar="VERSION")
@click.option("--provides", multiple=True, metavar="API@VERSION", help="What it offers; as often as needed.")
@click.option("--consumes", multiple=True, metavar="API@RANGE", help="What it needs; as often as needed.")
@recording
def version(
    service: str,
    version: str,
    *,
    provides: tuple[str, ...],
    consumes: tuple[str, ...],
    contracts: Path,
    at: str | None,
    by: str,
) -> None:
    """Record what VERSION of SERVICE offers and needs."""
    offered: dict[str, list[str]] = {}
    for entry in provides:
        offered.setdefault(_named(entry, "--provides")[0], []).append(_named(entry, "--provides")[1])
    needed = dict(_named(entry, "--consumes") for entry in consumes)
    _check_versions([each for versions in offered.values() for each in versions])
    _check_ranges(needed)
    says = {"service": service, "version": version, "provides": offered, "consumes": needed}
    _write(contracts, "version", says, at, by)


@record.command()
@click.argument("service", metavar="SERVICE")
@click.argument("version", metavar="VERSION")
@click.option("--env", "environment", required=True, metavar="ENV", help="The environment it is live in.")
@recording
def deployment(
    service: str, version: str, *, environment: str, contracts: Path, at: str | None, by: str
) -> None:
    """Record that VERSION of SERVICE is live in an environment from now on."""
    says = {"service": service, "version": version, "environment": environment}
    _write(contracts, "deployment", says, at, by)


def _write(folder: Path, what: str, says: Mapping[str, Any], at: str | None, by: str) -> None:
    when = datetime.now(UTC).timestamp() if at is None else instant(at)
    if when is None:
        raise Refused(
            [Problem(message=f"{quoted(at or '')} is not a time", hint="write 2026-01-31T12:00:00Z")]
        )
    click.echo(f"recorded in {write(folder, what, says, at=utc(when), by=by)}")


def _named(entry: str, option: str) -> tuple[str, str]:
    name, at, rest = entry.partition("@")
    if not name or not at or not rest:
        hint = f"write {option} payments-api@1.4.0"
        raise Refused([Problem(message=f"{quoted(entry)} in {option} lacks a name or a version", hint=hint)])
    return name, rest


def _check_whole(file: Path, found: Specification) -> None:
    """What a file refers to must come with it."""
    others = [name for name in (*found.documents, *found.texts) if name != found.root]
    if file.is_file() and others:
        message = f"{quoted(str(file))} refers to {quoted(others[0])}"
        raise Refused([Problem(message=message, hint="record the folder that both are in")])


def _check_versions(versions: list[str]) -> None:
    wrong = [version for version in versions if not interface_version(version)]
    hint = "write major.minor.patch, such as 1.4.0"
    if wrong:
        raise Refused([Problem(message=f"{quoted(v)} is not a semantic version", hint=hint) for v in wrong])


def _check_ranges(needed: Mapping[str, str]) -> None:
    wrong = [wanted for wanted in needed.values() if interface_range(wanted) is None]
    if wrong:
        hint = "write a range such as ^1.4"
        raise Refused([Problem(message=f"{quoted(v)} is not a range of versions", hint=hint) for v in wrong])
