"""What carries migrations out on each database, whatever their kind."""

import time
from collections.abc import Iterable
from pathlib import Path

from tidegate.actuators.postgres.engine import Engine
from tidegate.actuators.postgres.migrator import Migrator
from tidegate.core.ids import DatabaseName
from tidegate.core.migrations.database import Database
from tidegate.ports import Headwind


def engines(
    databases: Iterable[Database], folder: Path, headwind: Headwind | None = None
) -> dict[DatabaseName, Engine]:
    """An engine for each database; restore points go into `folder`."""
    return {
        each.name: Migrator(each, clock=time.time, folder=folder, headwind=headwind) for each in databases
    }
