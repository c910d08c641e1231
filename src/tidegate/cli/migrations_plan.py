"""`tidegate migrations plan`: what a migration would do, before anything is done."""

import json
from pathlib import Path

import click

from tidegate.cli import migrations_plan_text as text
from tidegate.cli.migrations_options import (
    FILE,
    MAYBE_DATABASE,
    OUTPUT,
    STATE_DIR,
    Databases,
    answer_of,
    engine_of,
)
from tidegate.cli.migrations_plan_values import unplanned_values, values
from tidegate.sources.migrations import read_migration


@click.command()
@FILE
@MAYBE_DATABASE
@click.option("--sql", is_flag=True, help="Show each statement as PostgreSQL gets it.")
@STATE_DIR
@OUTPUT
@click.pass_context
def plan(  # noqa: PLR0917 - click passes one argument an option
    context: click.Context, file: Path, databases: Databases, sql: bool, state_dir: Path, output: str
) -> None:
    """Say what the migration in FILE does in each phase, what it locks, how long, and the way back.

    With a database the migration is unfolded on its schema as it is and everything that can be asked beforehand is
    asked; nothing is changed. Exits with 2 when it cannot be carried out there.
    """
    migration = read_migration(file)
    if not databases:
        as_json, as_text = unplanned_values(migration), text.unplanned(migration)
    else:
        unfolding = answer_of(engine_of(context, databases, state_dir).planned(migration))
        as_json, as_text = values(unfolding, migration), text.planned(unfolding, migration, sql=sql)
    click.echo(json.dumps(as_json, indent=2, ensure_ascii=False) if output == "json" else "\n".join(as_text))
