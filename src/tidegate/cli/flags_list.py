"""`tidegate flags list` and `show`: how the flags stand that are served, and what should be seen to."""

import json
from pathlib import Path
from typing import Any

import click
from pydantic import TypeAdapter

from tidegate.cli.flags_options import CATALOG, with_references
from tidegate.cli.flags_text import listed, shown
from tidegate.cli.options import STATE_DIR
from tidegate.client import Client
from tidegate.core.flags.hygiene import FlagView, Inventory
from tidegate.core.ids import FlagKey

OUTPUT = click.option(
    "-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True
)
_INVENTORY: TypeAdapter[Inventory] = TypeAdapter(Inventory)
_VIEW: TypeAdapter[FlagView] = TypeAdapter(FlagView)


@click.command()
@CATALOG
@STATE_DIR
@OUTPUT
def list(catalog: Path | None, state_dir: Path, output: str) -> None:  # noqa: A001 - the command is named so
    """Show every flag that is served: to whom, since when, last evaluated, and what should be seen to."""
    found = with_references(Client.of_flags(state_dir).flags(), catalog)
    if output == "json":
        _print(_INVENTORY.dump_python(found, mode="json"))
    else:
        click.echo(listed(found))


@click.command()
@click.argument("key")
@CATALOG
@STATE_DIR
@OUTPUT
def show(key: str, catalog: Path | None, state_dir: Path, output: str) -> None:
    """Show everything about the flag KEY."""
    view = Client.of_flags(state_dir).flag(FlagKey(key))
    (found,) = with_references(Inventory(flags=(view,)), catalog).flags
    if output == "json":
        _print(_VIEW.dump_python(found, mode="json"))
    else:
        click.echo(shown(found))


def _print(values: Any) -> None:
    click.echo(json.dumps(values, indent=2, ensure_ascii=False))
