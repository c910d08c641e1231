"""Migration files, in whatever form they are written."""

from collections.abc import Iterable
from pathlib import Path

from tidegate.core.migrations.operations import Migration


def read_migration(path: Path) -> Migration:
    """One migration; raises `Refused` with everything that is wrong with its file."""
    raise NotImplementedError


def read_migrations(paths: Iterable[Path]) -> tuple[Migration, ...]:
    """The migrations of files and folders, each folder in the order of names; raises `Refused` for all of them."""
    raise NotImplementedError
