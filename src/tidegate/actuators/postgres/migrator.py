"""Carries out migrations that reshape tables of one database."""

from collections.abc import Callable
from pathlib import Path

from tidegate.core.ids import MigrationName
from tidegate.core.migrations.database import Database
from tidegate.core.migrations.operations import Migration
from tidegate.core.migrations.phases import Phase
from tidegate.core.migrations.report import Report
from tidegate.core.migrations.state import MigrationState
from tidegate.core.migrations.unfolding import Unfolding
from tidegate.ports import Headwind, Token


class Migrator:
    """The `Engine` of one database; restore points are kept in `folder`."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Callable[[], float],
        folder: Path,
        headwind: Headwind | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._folder = folder
        self._headwind = headwind

    async def planned(self, migration: Migration) -> Unfolding:
        raise NotImplementedError

    async def forth(self, migration: Migration, to: Phase, token: Token) -> str:
        raise NotImplementedError

    async def back(self, migration: Migration, to: Phase | None, token: Token) -> str:
        raise NotImplementedError

    async def state(self, name: MigrationName) -> MigrationState | None:
        raise NotImplementedError

    async def states(self) -> tuple[MigrationState, ...]:
        raise NotImplementedError

    async def remembered(self, name: MigrationName) -> Migration | None:
        raise NotImplementedError

    async def compared(self, migration: Migration, *, whole: bool = True) -> Report:
        raise NotImplementedError
