"""`tidegate flags`: feature flags, from their files to what is served."""

import click

from tidegate.cli import Commands

MODULES = {
    "serve": "flags_serve",
}


@click.group(cls=Commands, modules=MODULES)
def flags() -> None:
    """Serve feature flags to applications."""
