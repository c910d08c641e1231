"""`tidegate migrations restore`: what contract gave up, beside the data again."""

from pathlib import Path

import click

from tidegate.actuators.postgres.restore_points import restored
from tidegate.actuators.postgres.sessions import session
from tidegate.cli.migrations_options import DATABASE, Databases, answer_of
from tidegate.core.migrations.database import Database


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@DATABASE
def restore(folder: Path, databases: Databases) -> None:
    """Bring everything of the restore point in FOLDER back beside the data: the last resort after contract.

    Columns come back as `_tidegate_restored_NAME`, tables likewise; nothing that is there is changed. It may be
    repeated.
    """
    click.echo(answer_of(_restored(databases[0], folder)))


async def _restored(database: Database, folder: Path) -> str:
    async with session(database) as connection:
        return await restored(connection, folder)
