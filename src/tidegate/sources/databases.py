"""Database files: the databases that migrations are carried out on, and how they are reached."""

from collections.abc import Iterable
from pathlib import Path

from tidegate.core.migrations.database import Database


def read_databases(paths: Iterable[Path]) -> tuple[Database, ...]:
    """Database files, one database each; raises `Refused` with everything that is wrong with any of them."""
    raise NotImplementedError
