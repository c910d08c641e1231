"""`tidegate mesh`: a real local platform from a file."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from tidegate.cli.exits import Exit
from tidegate.mesh import up as meshes
from tidegate.mesh.layout import DEFAULT_DIR
from tidegate.mesh.status import LoadStatus, ServiceStatus, Status, status_of

directory = click.option(
    "--dir",
    "directory",
    type=click.Path(path_type=Path, file_okay=False),
    default=DEFAULT_DIR,
    show_default=True,
    help="Where the mesh keeps its state and logs.",
)


@click.group()
def mesh() -> None:
    """Run a real mesh on this machine: Envoy, service processes and users' requests."""


@mesh.command()
@click.argument("file", type=click.Path(path_type=Path))
@directory
@click.option("--load/--no-load", default=False, help="Send the users' requests that FILE describes.")
def up(file: Path, directory: Path, load: bool) -> None:
    """Start the mesh in FILE; it keeps running until `tidegate mesh down`."""
    state = meshes.up(directory, file, load=load, tell=click.echo)
    click.echo(f"up: {state.entry} answers at http://127.0.0.1:{state.ports.ingress}")


@mesh.command()
@directory
def down(directory: Path) -> None:
    """Stop every process of the mesh; its logs stay."""
    stopped = meshes.down(directory, tell=click.echo)
    click.echo(f"down: {stopped} processes stopped, logs are in {directory / 'logs'}")


@mesh.command()
@directory
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_context
def status(context: click.Context, directory: Path, output: str) -> None:
    """Show services, versions, shares, health and load; exit 1 when something is not as it should be."""
    found = status_of(directory)
    click.echo(_json(found) if output == "json" else _text(found))
    if not found.healthy:
        context.exit(Exit.FAILED)


def _json(found: Status) -> str:
    return json.dumps({**asdict(found), "healthy": found.healthy}, indent=2)


def _text(found: Status) -> str:
    envoy = found.pending or f"Envoy serves generation {found.generation}"
    lines = [f"{found.url}  {envoy}", *map(_service_line, found.services)]
    return "\n".join([*lines, *([_load_line(found.load)] if found.load else [])])


def _service_line(service: ServiceStatus) -> str:
    versions = [
        f"{version.version} {version.share:.4%} {version.reason or 'healthy'}" for version in service.versions
    ]
    held = f"  held by rollout {service.holder}" if service.holder else ""
    return f"  {service.name:<16} {',  '.join(versions)}{held}"


def _load_line(load: LoadStatus) -> str:
    if not load.running:
        return "  load: not running"
    return f"  load: {load.rate:.1f} of {load.wanted:g} requests a second, {load.failed:.1f} failed"
