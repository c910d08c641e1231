"""What commands about migrations share: the database, and the migration by its file or its name."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import click

from tidegate.actuators.postgres.engine import Engine
from tidegate.cli.exits import Exit
from tidegate.core.errors import EffectFailed, Problem, Refused
from tidegate.core.ids import MigrationName
from tidegate.core.migrations.database import Database
from tidegate.core.migrations.operations import Migration
from tidegate.sources.databases import database_of, read_databases
from tidegate.sources.migrations import read_migration
from tidegate.sources.words import did_you_mean, listed, quoted

Databases = tuple[Database, ...]
EngineOf = Callable[[Databases], Engine]
"""Makes what carries migrations out on the first of them: the context's object, where somebody brings one."""

_Answer = TypeVar("_Answer")


def databases_at(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> Databases:
    """Databases from URLs as libpq reads them, or from their files."""
    return tuple(map(_database_at, given))


def _database_at(given: str) -> Database:
    if "://" in given:
        return database_of(given)
    (found,) = read_databases([Path(given)])
    return found


_HELP = "File of kind Database, or a URL such as postgresql://user@host/name. A second one is where a table moves to."
DATABASE = click.option(
    "--database",
    "databases",
    required=True,
    multiple=True,
    metavar="DATABASE",
    callback=databases_at,
    help=_HELP,
)
MAYBE_DATABASE = click.option(
    "--database", "databases", multiple=True, metavar="DATABASE", callback=databases_at, help=_HELP
)
OUTPUT = click.option(
    "-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True
)
FILE = click.argument("file", type=click.Path(path_type=Path))
MIGRATION = click.argument("migration", metavar="MIGRATION")
STATE_DIR = click.option(
    "--state-dir",
    type=click.Path(path_type=Path),
    default=Path(".tidegate"),
    envvar="TIDEGATE_STATE_DIR",
    show_default=True,
    help="Where restore points are kept, and what migrations were planned on.",
)


def engine_of(context: click.Context, databases: Databases, state_dir: Path) -> Engine:
    """What carries migrations out on the first of the databases."""
    if context.obj is not None:
        make: EngineOf = context.obj
        return make(databases)
    from tidegate.actuators.postgres.engines import engines  # noqa: PLC0415 - `--help` answers without psycopg

    return engines(databases, state_dir / "restore-points")[databases[0].name]


async def migration_of(given: str, engine: Engine) -> Migration:
    """By its file, or by the name under which the database remembers it; `Refused` where there is neither."""
    found = _in_file(Path(given)) or await engine.remembered(MigrationName(given))
    if found is not None:
        return found
    known = [state.name for state in await engine.states()]
    hint = did_you_mean(given, known) or f"it knows {listed(known) or 'none'}"
    raise Refused(
        [Problem(message=f"{quoted(given)} is no file, and no migration of this database", hint=hint)]
    )


def _in_file(path: Path) -> Migration | None:
    return read_migration(path) if path.is_file() else None


def answer_of(asking: Coroutine[Any, Any, _Answer]) -> _Answer:
    """The answer of what is asked of a database; what it could not do ends the command with 1."""
    try:
        return asyncio.run(asking)
    except EffectFailed as error:
        click.echo(f"tidegate: {error}", err=True)
        raise SystemExit(Exit.FAILED) from error
