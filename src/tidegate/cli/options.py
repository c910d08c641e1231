"""Options and arguments that several commands share."""

from pathlib import Path

import click

STATE_DIR = click.option(
    "--state-dir",
    type=click.Path(path_type=Path),
    default=Path(".tidegate"),
    envvar="TIDEGATE_STATE_DIR",
    show_default=True,
    help="Where the tidegate to speak to keeps its state.",
)
