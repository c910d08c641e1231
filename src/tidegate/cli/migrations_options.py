"""What commands about migrations share: the database, and the migration by its file or its name."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import click

from tidegate.actuators.postgres.engine import Engine
from tidegate.cli.exits import Exit
from tidegate.core.errors import EffectFailed, Problem, Refused
from tidegate.core.ids import DatabaseName, MigrationName
from tidegate.core.migrations.database import Database
from tidegate.core.migrations.operations import Migration
from tidegate.sources.databases import read_databases
from tidegate.sources.migrations import read_migration
from tidegate.sources.words import did_you_mean, listed, quoted

EngineOf = Callable[[Database], Engine]
"""Makes what carries migrations out on a database: the context's object, where somebody brings one."""

SCHEMES = ("postgresql", "postgres")
_Answer = TypeVar("_Answer")


def database_at(_: click.Context, __: click.Parameter, given: str | None) -> Database | None:
    """A database from a URL as libpq reads it, or from its file."""
    if given is None:
        return None
    if "://" in given:
        return _by_url(given)
    (found,) = read_databases([Path(given)])
    return found


def _by_url(url: str) -> Database:
    """Never says the URL again: what is wrong with it may be a password in the wrong place."""
    try:
        parts = urlsplit(url)
        secret = parts.password is not None or "password" in parse_qs(parts.query)
    except ValueError as error:
        raise click.BadParameter("that is no URL such as postgresql://user@host/name") from error
    if parts.scheme not in SCHEMES:
        raise click.BadParameter(
            f"{quoted(parts.scheme)} is not a database that tidegate speaks to: postgresql is"
        )
    if secret:
        hint = "set PGPASSWORD or PGPASSFILE, or use a Database file"
        raise click.BadParameter(f"the URL holds a password, which everyone on the machine can see: {hint}")
    return Database(name=DatabaseName(parts.path.strip("/") or "postgres"), url=url)


_HELP = "Database file, or a URL such as postgresql://user@host/name, whose password libpq finds itself."
DATABASE = click.option("--database", required=True, metavar="DATABASE", callback=database_at, help=_HELP)
MAYBE_DATABASE = click.option("--database", metavar="DATABASE", callback=database_at, help=_HELP)
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
    help="Where restore points are kept.",
)


def engine_of(context: click.Context, database: Database, state_dir: Path) -> Engine:
    """What carries migrations out on the database."""
    if context.obj is not None:
        make: EngineOf = context.obj
        return make(database)
    from tidegate.actuators.postgres.engines import engines  # noqa: PLC0415 - `--help` answers without psycopg

    return engines([database], state_dir / "restore-points")[database.name]


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
