"""`tidegate flags check`: what is wrong with flag files, and what should be seen to."""

import json
import time
from pathlib import Path

import click
from pydantic import TypeAdapter

from tidegate.cli.catalog import problem_values
from tidegate.cli.exits import Exit
from tidegate.cli.flags_options import CATALOG, with_references
from tidegate.cli.flags_text import checked
from tidegate.core.errors import Refused
from tidegate.core.flags.definitions import FlagSet
from tidegate.core.flags.hygiene import Inventory, Standing, inventory
from tidegate.sources import flags as files

_INVENTORY: TypeAdapter[Inventory] = TypeAdapter(Inventory)


@click.command()
@click.argument("paths", metavar="FILES", nargs=-1, required=True, type=click.Path(path_type=Path))
@CATALOG
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def check(paths: tuple[Path, ...], catalog: Path | None, output: str) -> None:
    """Report every problem of the flags in FILES, and what should be seen to.

    Exits with 2 where there are problems; remarks, as on a flag that has expired, change nothing about that.
    """
    reading = files.read(paths)
    found = None if reading.problems else _looked_after(reading.flags, catalog)
    if output == "json":
        problems = [problem_values(problem) for problem in reading.problems]
        values = _INVENTORY.dump_python(found, mode="json") if found else {}
        click.echo(json.dumps({"problems": problems, **values}, indent=2, ensure_ascii=False))
        raise SystemExit(Exit.OK if found else Exit.REFUSED)
    if found is None:
        raise Refused(reading.problems)
    click.echo(checked(found))


def _looked_after(flags: FlagSet, catalog: Path | None) -> Inventory:
    return with_references(inventory(flags, Standing(), time.time()), catalog)
