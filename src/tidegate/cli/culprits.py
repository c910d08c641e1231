"""`tidegate culprits`: what is at fault in a rollout, and how it came as far as the entries."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

import click

from tidegate.cli.culprits_graph import dot, mermaid
from tidegate.cli.culprits_text import culprits_text
from tidegate.cli.options import STATE_DIR
from tidegate.client import Client
from tidegate.server.culprits_view import CulpritsView

RENDERINGS: Final[Mapping[str, Callable[[CulpritsView], Iterable[str]]]] = {
    "text": culprits_text,
    "json": lambda view: [json.dumps(asdict(view), indent=2)],
    "mermaid": mermaid,
    "dot": dot,
}


@click.command()
@click.argument("id", metavar="ID")
@STATE_DIR
@click.option(
    "--traces",
    type=click.IntRange(min=0),
    default=3,
    show_default=True,
    help="How many of the failing traces that were kept are shown.",
)
@click.option("-o", "--output", type=click.Choice(list(RENDERINGS)), default="text", show_default=True)
def culprits(id: str, state_dir: Path, traces: int, output: str) -> None:
    """Show who is at fault in a rollout, on what evidence, and where failures begin and spread."""
    view = Client(state_dir).culprits(id)
    shown = replace(view, traces=view.traces[:traces])
    click.echo("\n".join(RENDERINGS[output](shown)))
