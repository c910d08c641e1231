"""`tidegate demo`: the five stories."""

import shutil
import sys
import time
from pathlib import Path

import click

from tidegate.cli.exits import Exit
from tidegate.core.errors import Problem, Refused
from tidegate.demo.stories import STORIES, Findings, Tell, tell_story

SHOP = Path("examples/shop")


@click.command()
@click.option("--story", "names", multiple=True, type=click.Choice(list(STORIES)), help="Only this one.")
@click.option(
    "--shop", type=click.Path(path_type=Path), default=SHOP, show_default=True, help="The example to play on."
)
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path),
    default=Path(".tidegate/demo"),
    show_default=True,
    help="Where the stories keep their state and logs; emptied first.",
)
def demo(names: tuple[str, ...], shop: Path, folder: Path) -> None:
    """Play five short stories on a live mesh and check each by the data plane's own log."""
    if not (shop / "mesh.yaml").exists():
        hint = "run the demo in a checkout of tidegate, or name the example with --shop"
        raise Refused([Problem(message=f"there is no example in {shop}", hint=hint)])
    failures: list[str] = []
    for number, name in enumerate(names or STORIES, start=1):
        story = STORIES[name].__doc__ or ""
        click.echo(f"({'abcde'[(number - 1) % 5]}) {name}: {story}")
        place = folder / name
        shutil.rmtree(place, ignore_errors=True)
        began = time.monotonic()
        found = tell_story(name, shop, place, _teller(began))
        _report(found, place)
        failures += found.failures
    if failures:
        click.echo(f"{len(failures)} expectations failed", err=True)
        sys.exit(Exit.FAILED)
    click.echo("every expectation held, and nothing is left running")


def _teller(began: float) -> Tell:
    def tell(words: str) -> None:
        click.echo(f"{time.monotonic() - began:5.0f} s{words}")

    return tell


def _report(found: Findings, place: Path) -> None:
    for fact, number in found.facts.items():
        click.echo(f"    {fact}: {number:.5g}")
    for failure in found.failures:
        click.echo(f"    NOT AS EXPECTED: {failure}")
    click.echo(f"    look at {place}: mesh/logs/access.jsonl, mesh/logs/load.jsonl, tidegate.log")
