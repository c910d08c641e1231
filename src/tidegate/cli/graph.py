"""`tidegate graph`: who depends on whom, as the catalog declares it."""

from pathlib import Path

import click

from tidegate.cli.graph_text import RENDERINGS
from tidegate.sources import backstage


@click.command()
@click.argument("catalog", metavar="CATALOG", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Choice(list(RENDERINGS)), default="text", show_default=True)
def graph(catalog: Path, output: str) -> None:
    """Show which service of the catalog in CATALOG depends on which, and through what."""
    click.echo("\n".join(RENDERINGS[output](backstage.read_catalog(catalog))))
