"""`tidegate catalog`: what the Backstage files say, and everything that is wrong with them."""

import json
from pathlib import Path
from typing import Any

import click

from tidegate.cli.exits import Exit
from tidegate.core.catalog import Catalog
from tidegate.core.errors import Problem, Refused
from tidegate.sources import backstage
from tidegate.sources.cycles import cycle_problems
from tidegate.sources.documents import in_order

DIR = click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))


@click.group()
def catalog() -> None:
    """Services, owners, interfaces and dependencies, read from Backstage files."""


@catalog.command()
@DIR
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def check(folder: Path, output: str) -> None:
    """Report every problem of the catalog in DIR, dependency cycles included."""
    reading = backstage.read(folder)
    problems = in_order([*reading.problems, *cycle_problems(reading.catalog)])
    if output == "json":
        answer = {**_counts(reading.catalog), "problems": [problem_values(problem) for problem in problems]}
        click.echo(json.dumps(answer, indent=2))
        raise SystemExit(Exit.REFUSED if problems else Exit.OK)
    if problems:
        raise Refused(problems)
    counts = ", ".join(_counted(count, noun) for noun, count in _counts(reading.catalog).items())
    click.echo(f"{counts}: no problems")


def _counts(catalog: Catalog) -> dict[str, int]:
    return {
        "services": len(catalog.services),
        "interfaces": len(catalog.interfaces),
        "owners": len(catalog.owners),
        "dependencies": len(catalog.dependencies),
    }


def _counted(count: int, noun: str) -> str:
    singular = {"dependencies": "dependency"}.get(noun, noun.removesuffix("s"))
    return f"{count} {singular if count == 1 else noun}"


def problem_values(problem: Problem) -> dict[str, Any]:
    """A problem as JSON shows it."""
    place = problem.location
    return {
        "file": place.file if place else None,
        "line": place.line if place else None,
        "message": problem.message,
        "hint": problem.hint,
    }
