"""`tidegate graph`: who depends on whom, as the catalog declares it or as it really is."""

from collections.abc import Iterable
from pathlib import Path

import click

from tidegate.cli.drift_text import drift_problem
from tidegate.cli.exits import Exit
from tidegate.cli.graph_text import RENDERINGS
from tidegate.cli.live_graph import Seen, watched
from tidegate.cli.live_text import LIVE_RENDERINGS
from tidegate.cli.options import STATE_DIR
from tidegate.client import Client
from tidegate.core.catalog import Catalog
from tidegate.core.errors import Problem, Unavailable
from tidegate.sources import backstage


@click.command()
@click.argument("catalog", metavar="CATALOG", type=click.Path(path_type=Path))
@click.option("--live", is_flag=True, help="Show who really calls whom, by what a running tidegate counts.")
@click.option(
    "--seconds",
    type=click.FloatRange(min=0.1, max=86400),
    default=10.0,
    show_default=True,
    help="With --live, how long to count.",
)
@click.option("--check", is_flag=True, help="With --live, exit with 1 where that differs from the catalog.")
@STATE_DIR
@click.option("-o", "--output", type=click.Choice(list(RENDERINGS)), default="text", show_default=True)
def graph(catalog: Path, *, live: bool, seconds: float, check: bool, state_dir: Path, output: str) -> None:
    """Show which service of CATALOG depends on which, and through what, or with --live who really calls whom."""
    declared = backstage.read_catalog(catalog)
    if not live:
        if check:
            raise click.UsageError("--check compares what is declared with what is seen: give --live too")
        click.echo("\n".join(RENDERINGS[output](declared)))
        return
    seen = watched(Client(state_dir), declared, seconds)
    _show(seen, declared, output)
    if check:
        raise SystemExit(_answer(seen))


def _show(seen: Seen, catalog: Catalog, output: str) -> None:
    """What was seen, and on standard error how it differs and what is missing."""
    click.echo("\n".join(LIVE_RENDERINGS[output](seen.measured)))
    for problem in _problems(seen, catalog):
        click.echo(problem, err=True)
    for words in (*seen.silent, *seen.missing):
        click.echo(f"missing: {words}", err=True)


def _problems(seen: Seen, catalog: Catalog) -> Iterable[Problem]:
    return (drift_problem(drift, catalog) for drift in seen.measured.graph.drifts)


def _answer(seen: Seen) -> Exit:
    """Drift is drift, whatever else was not seen; that there is none takes calls, and every source."""
    if seen.measured.graph.drifts:
        return Exit.FAILED
    if not seen.measured.graph.edges:
        hint = "is anybody calling? count for longer with --seconds"
        raise Unavailable(f"no call was seen within {seen.measured.seconds:g} s", hint)
    if seen.silent:
        raise Unavailable("not every source answered, so what was seen is not all", "see what is missing")
    return Exit.OK
