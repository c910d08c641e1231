"""`tidegate verify`: a certificate that no state of a plan has versions live that do not work together."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from tidegate.cli.exits import Exit
from tidegate.cli.plan import CATALOG, CONTRACTS, planned, refuse_infeasible
from tidegate.cli.plan_text import wrapped
from tidegate.cli.verify_text import certificate_text
from tidegate.core.contracts.pair import Pair
from tidegate.core.errors import Problem, Refused
from tidegate.core.plan.belongs import foreign
from tidegate.core.plan.blame import Infeasible
from tidegate.core.plan.plan import Plan
from tidegate.core.plan.verify import Certificate
from tidegate.core.plan.verify import verify as certified
from tidegate.sources.plan_file import looks_like_plan, read_plan

Folders = tuple[Path | None, Path | None]
"""The catalog and the contracts folder, where they are not those that the change names."""


@click.command()
@click.argument("plan", type=click.Path(path_type=Path))
@click.option(
    "--change",
    type=click.Path(path_type=Path),
    help="The change file that a PLAN in JSON must belong to; its pairs are judged anew.",
)
@CATALOG
@CONTRACTS
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def verify(
    plan: Path, *, change: Path | None, catalog: Path | None, contracts: Path | None, output: str
) -> None:
    """Show that no state of PLAN, forth or back, has versions live that do not work together.

    PLAN is a change file, or what `tidegate plan -o json` printed. Prints a certificate; exits with 1 and the
    moves that lead to a bad state if there is one, with 2 if there is no plan to verify.
    """
    certificate = _certificate(plan, change, (catalog, contracts))
    if output == "json":
        click.echo(json.dumps({"holds": certificate.holds, **asdict(certificate)}, indent=2))
    else:
        click.echo("\n".join(map(wrapped, certificate_text(certificate))))
    sys.exit(Exit.OK if certificate.holds else Exit.FAILED)


def _certificate(path: Path, change: Path | None, folders: Folders) -> Certificate:
    if not looks_like_plan(path):
        if change is not None:
            message = f"{path} is a change file itself, so there is none that it must belong to"
            raise Refused([Problem(message=message, hint="drop --change")])
        return certified(*_made(path, folders))
    plan, pairs = read_plan(path)
    if change is not None and (problems := tuple(foreign(plan, pairs, *_made(change, folders)))):
        raise Refused(problems)
    return certified(plan, pairs)


def _made(change: Path, folders: Folders) -> tuple[Plan, tuple[Pair, ...]]:
    read = planned(change, *folders)
    made = read.made
    return refuse_infeasible(change, made) if isinstance(made, Infeasible) else (made, read.pairs)
