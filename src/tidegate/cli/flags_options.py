"""What commands about flags share: the catalog that says who evaluates them."""

from pathlib import Path

import click

from tidegate.core.flags.hygiene import Inventory
from tidegate.core.flags.references import references, referred
from tidegate.sources.backstage import read_catalog

CATALOG = click.option(
    "--catalog",
    type=click.Path(path_type=Path),
    help="Folder of Backstage files, which say who evaluates flags.",
)


def with_references(found: Inventory, catalog: Path | None) -> Inventory:
    """The inventory with what a catalog says of it, if one is given."""
    return found if catalog is None else referred(found, references(read_catalog(catalog)))
