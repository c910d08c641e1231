"""What carries migrations out on each database, whatever their kind."""

import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from tidegate.actuators.postgres.either import Either
from tidegate.actuators.postgres.engine import Engine
from tidegate.actuators.postgres.migrator import Migrator
from tidegate.actuators.postgres.mover import Mover
from tidegate.core.ids import DatabaseName
from tidegate.core.migrations.database import Database
from tidegate.ports import Headwind


def engines(
    databases: Iterable[Database], folder: Path, headwind: Headwind | None = None
) -> dict[DatabaseName, Engine]:
    """An engine for each database; restore points go into `folder`."""
    known = {each.name: each for each in databases}
    movers = movers_of(known, headwind)
    return {
        name: Either(movers[name], Migrator(each, clock=time.time, folder=folder, headwind=headwind))
        for name, each in known.items()
    }


def movers_of(
    databases: Mapping[DatabaseName, Database], headwind: Headwind | None = None
) -> dict[DatabaseName, Mover]:
    """What moves tables from each database to any other of them."""
    return {name: Mover(databases, name, clock=time.time, headwind=headwind) for name in databases}
