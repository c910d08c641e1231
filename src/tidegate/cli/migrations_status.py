"""`tidegate migrations status`: how far every migration is, on a database or on all that a server knows."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

import click
from pydantic import TypeAdapter
from rich.console import Console
from rich.live import Live
from rich.text import Text

from tidegate.actuators.postgres.engine import Engine
from tidegate.cli.migrations_options import MAYBE_DATABASE, OUTPUT, Databases, answer_of, engine_of
from tidegate.cli.migrations_text import listed
from tidegate.cli.options import STATE_DIR
from tidegate.cli.plan_text import wrapped
from tidegate.client import Client
from tidegate.core.ids import DatabaseName
from tidegate.core.migrations.state import Course
from tidegate.core.migrations.words import progress
from tidegate.server.migrations import DatabaseView

_VIEW: TypeAdapter[DatabaseView] = TypeAdapter(DatabaseView)
REFRESH_SECONDS = 1.0
_MOVING = {Course.FORTH, Course.BACK}

Views = tuple[DatabaseView, ...]
Ask = Callable[[], Awaitable[Views]]


@click.command()
@MAYBE_DATABASE
@click.option(
    "--watch", "follow", is_flag=True, help="Show it live until nothing moves; Ctrl-C stops watching."
)
@STATE_DIR
@OUTPUT
@click.pass_context
def status(context: click.Context, databases: Databases, follow: bool, state_dir: Path, output: str) -> None:
    """Show every migration: its phase, its progress, what it waits for, why it stopped and what next.

    Without --database all databases of the running tidegate are shown. Exits with 1 where a migration stopped.
    """
    ask = _asking(context, databases, state_dir)
    views = answer_of(_followed(ask) if follow else _once(ask))
    if output == "json":
        click.echo(json.dumps([_values(each) for each in views], indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(_lines(views)))
    raise SystemExit(any(state.course is Course.FAILED for each in views for state in each.migrations))


def _asking(context: click.Context, databases: Databases, state_dir: Path) -> Ask:
    async def of_databases() -> Views:
        return tuple([await _view(each.name, engine_of(context, (each,), state_dir)) for each in databases])

    async def of_server() -> Views:
        return await asyncio.to_thread(Client(state_dir).migrations)

    return of_databases if databases else of_server


async def _view(name: DatabaseName, engine: Engine) -> DatabaseView:
    return DatabaseView(database=name, migrations=await engine.states())


async def _once(ask: Ask) -> Views:
    return await ask()


async def _followed(ask: Ask) -> Views:
    with Live(console=Console(stderr=True), auto_refresh=False, transient=True) as live:
        while _moving(views := await ask()):
            live.update(Text("\n".join(_lines(views))), refresh=True)
            await asyncio.sleep(REFRESH_SECONDS)
    return views


def _moving(views: Views) -> bool:
    return any(state.course in _MOVING for each in views for state in each.migrations)


def _lines(views: Views) -> Iterable[str]:
    if not views:
        yield "no databases are known here; give `tidegate up --databases FILE`, or name one with --database"
    for each in views:
        if each.silent:
            yield wrapped(f"{each.database}: {each.silent}")
        else:
            yield from listed(each.migrations, each.database)


def _values(view: DatabaseView) -> dict[str, Any]:
    values: dict[str, Any] = _VIEW.dump_python(view, mode="json")
    for state, shown in zip(view.migrations, values["migrations"], strict=True):
        shown["progress"] = progress(state)
    return values
