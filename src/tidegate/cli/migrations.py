"""`tidegate migrations`: data migrations, from their files to what they made of a database."""

import click

from tidegate.cli import Commands

MODULES = {
    "plan": "migrations_plan",
    "status": "migrations_status",
    "verify": "migrations_verify",
    "run": "migrations_run",
    "rollback": "migrations_run",
    "restore": "migrations_restore",
}


@click.group(cls=Commands, modules=MODULES)
def migrations() -> None:
    """Data migrations on PostgreSQL: what they would do, how far they are, by hand forth and back."""
