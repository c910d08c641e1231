"""`tidegate flags`: feature flags, their files, how they stand and what should be seen to."""

import json
import time
from pathlib import Path
from typing import Any

import click
from pydantic import TypeAdapter

from tidegate.cli import Commands
from tidegate.cli.catalog import problem_values
from tidegate.cli.exits import Exit
from tidegate.cli.flags_switch import off, on
from tidegate.cli.flags_text import checked, listed, shown
from tidegate.cli.options import STATE_DIR
from tidegate.client import Client
from tidegate.core.errors import Refused
from tidegate.core.flags.hygiene import FlagView, Inventory, Standing, inventory, references
from tidegate.core.ids import FlagKey
from tidegate.sources import backstage
from tidegate.sources import flags as files

OUTPUT = click.option(
    "-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True
)
_INVENTORY: TypeAdapter[Inventory] = TypeAdapter(Inventory)
_VIEW: TypeAdapter[FlagView] = TypeAdapter(FlagView)


@click.group(cls=Commands, modules={"serve": "flags_serve"})
def flags() -> None:
    """Feature flags in flagd's format: what is defined, how it stands, what should be seen to."""


@flags.command()
@click.argument("paths", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--catalog", type=click.Path(path_type=Path), help="Folder of Backstage files that say who uses flags."
)
@OUTPUT
def check(paths: tuple[Path, ...], catalog: Path | None, output: str) -> None:
    """Report every problem of the flags in FILE..., and what should be seen to.

    Exits with 2 where there are problems; remarks, as on a flag that has expired, change nothing about that.
    """
    reading = files.read(paths)
    standing = Standing(references=None if catalog is None else references(backstage.read_catalog(catalog)))
    found = None if reading.problems else inventory(reading.flags, standing, time.time())
    if output == "json":
        problems = [problem_values(problem) for problem in reading.problems]
        _print({"problems": problems, **(_INVENTORY.dump_python(found, mode="json") if found else {})})
        raise SystemExit(Exit.OK if found else Exit.REFUSED)
    if found is None:
        raise Refused(reading.problems)
    click.echo(checked(found))


@flags.command(name="list")
@STATE_DIR
@OUTPUT
def list_(state_dir: Path, output: str) -> None:
    """Show every flag that is served: to whom, since when, last evaluated, and what should be seen to."""
    found = Client.of_flags(state_dir).flags()
    if output == "json":
        _print(_INVENTORY.dump_python(found, mode="json"))
    else:
        click.echo(listed(found))


@flags.command()
@click.argument("key")
@STATE_DIR
@OUTPUT
def show(key: str, state_dir: Path, output: str) -> None:
    """Show everything about the flag KEY."""
    found = Client.of_flags(state_dir).flag(FlagKey(key))
    if output == "json":
        _print(_VIEW.dump_python(found, mode="json"))
    else:
        click.echo(shown(found))


for command in (off, on):
    flags.add_command(command)


def _print(values: Any) -> None:
    click.echo(json.dumps(values, indent=2, ensure_ascii=False))
