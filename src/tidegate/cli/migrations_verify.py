"""`tidegate migrations verify`: both shapes held against each other, now."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from tidegate.actuators.postgres.engine import Engine
from tidegate.cli.exits import Exit
from tidegate.cli.migrations_options import (
    DATABASE,
    MIGRATION,
    OUTPUT,
    STATE_DIR,
    Databases,
    answer_of,
    engine_of,
    migration_of,
)
from tidegate.cli.migrations_text import compared
from tidegate.core.migrations.report import Report


@click.command()
@MIGRATION
@DATABASE
@STATE_DIR
@OUTPUT
@click.pass_context
def verify(
    context: click.Context, migration: str, databases: Databases, state_dir: Path, output: str
) -> None:
    """Hold every row of both shapes of MIGRATION, a file or a name, against each other.

    Exits with 1 when they do not agree; rows are named by their keys, of which texts are shown as digests.
    """
    name, report = answer_of(_report(migration, engine_of(context, databases, state_dir)))
    if output == "json":
        answer = {"matches": report.matches, **asdict(report)}
        click.echo(json.dumps(answer, indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(compared(report, name)))
    raise SystemExit(Exit.OK if report.matches else Exit.FAILED)


async def _report(given: str, engine: Engine) -> tuple[str, Report]:
    migration = await migration_of(given, engine)
    return migration.name, await engine.compared(migration)
