"""`tidegate migrations run` and `rollback`: a migration by hand, with its progress."""

import asyncio
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.live import Live
from rich.text import Text

from tidegate.actuators.postgres.engine import Engine
from tidegate.cli.migrations_options import (
    DATABASE,
    FILE,
    MIGRATION,
    STATE_DIR,
    Databases,
    answer_of,
    engine_of,
    migration_of,
)
from tidegate.cli.migrations_text import standing
from tidegate.core.errors import Problem, Refused, Unavailable
from tidegate.core.ids import DatabaseName, MigrationName, RolloutId, StepId
from tidegate.core.migrations.operations import Migration
from tidegate.core.migrations.phases import PHASES, Phase
from tidegate.ports import Token
from tidegate.sources.migrations import read_migration

GLANCE_SECONDS = 0.5
BY_HAND = RolloutId("by-hand")


@click.command()
@FILE
@DATABASE
@click.option(
    "--to",
    type=click.Choice([phase.value for phase in PHASES]),
    default=Phase.SWITCH.value,
    show_default=True,
    help="The last phase to go through.",
)
@click.option("--yes", is_flag=True, help="Go through contract, after which there is no way back.")
@STATE_DIR
@click.pass_context
def run(  # noqa: PLR0917 - click passes one argument an option
    context: click.Context, file: Path, databases: Databases, to: str, yes: bool, state_dir: Path
) -> None:
    """Take the migration in FILE forth by hand, outside of any rollout, up to and with a phase.

    It may be stopped by Ctrl-C and called again: it goes on where it was. Exits with 1 where the database stopped it.
    """
    migration, engine = read_migration(file), engine_of(context, databases, state_dir)
    phase = Phase(to)
    if phase is Phase.CONTRACT and not yes:
        raise Refused([answer_of(_given_up(migration, engine))])
    work = engine.forth(migration, phase, _token(migration.name))
    click.echo(answer_of(_watched(engine, (migration.name, databases[0].name), work)))


@click.command()
@MIGRATION
@DATABASE
@click.option(
    "--to",
    type=click.Choice([phase.value for phase in PHASES[:-1]]),
    help="The last phase to keep.  [default: none]",
)
@STATE_DIR
@click.pass_context
def rollback(
    context: click.Context, migration: str, databases: Databases, to: str | None, state_dir: Path
) -> None:
    """Take MIGRATION, a file or a name, back by hand: the old shape again, with every write made since.

    What the old shape has no place for is kept in the schema `tidegate_kept`. Exits with 2 once contract has begun.
    """
    engine = engine_of(context, databases, state_dir)
    click.echo(answer_of(_back(migration, engine, databases[0].name, Phase(to) if to else None)))


async def _given_up(migration: Migration, engine: Engine) -> Problem:
    unfolding = await engine.planned(migration)
    lost = "; ".join(unfolding.lost) or "the old shape"
    return Problem(
        message=f"contract of {migration.name} cannot be undone and gives up: {lost}",
        location=migration.location,
        hint="if nothing needs that any more, say --yes",
    )


async def _back(given: str, engine: Engine, database: DatabaseName, to: Phase | None) -> str:
    migration = await migration_of(given, engine)
    work = engine.back(migration, to, _token(migration.name))
    return await _watched(engine, (migration.name, database), work)


def _token(name: MigrationName) -> Token:
    """Newer than that of every command before it."""
    return Token(rollout=BY_HAND, step=StepId(f"migration/{name}"), attempt=time.time_ns() // 1_000_000)


async def _watched(
    engine: Engine, of: tuple[MigrationName, DatabaseName], work: Coroutine[Any, Any, str]
) -> str:
    """The answer of what is under way, whose progress is shown on standard error meanwhile."""
    working = asyncio.create_task(work)
    try:
        with Live(console=Console(stderr=True), auto_refresh=False, transient=True) as live:
            while not (await asyncio.wait({working}, timeout=GLANCE_SECONDS))[0]:
                live.update(Text(await _standing(engine, of)), refresh=True)
        return await working
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def _standing(engine: Engine, of: tuple[MigrationName, DatabaseName]) -> str:
    try:
        state = await engine.state(of[0])
    except Unavailable as silent:
        return str(silent)
    return "\n".join(standing(state, of[1])) if state else f"{of[0]}: not begun yet"
