"""Migrations of a database whatever their kind: moves of tables go to one engine, all others to another."""

from tidegate.actuators.postgres.engine import Engine
from tidegate.core.ids import MigrationName
from tidegate.core.migrations.operations import Migration, MoveTable
from tidegate.core.migrations.phases import Phase
from tidegate.core.migrations.report import Report
from tidegate.core.migrations.state import MigrationState
from tidegate.core.migrations.unfolding import Unfolding
from tidegate.ports import Token


class Either:
    """Implements `Engine` with an engine for moves and one for reshapes."""

    def __init__(self, mover: Engine, migrator: Engine) -> None:
        self._mover = mover
        self._migrator = migrator

    async def planned(self, migration: Migration) -> Unfolding:
        """The migration unfolded on the schema as it is."""
        return await self._of(migration).planned(migration)

    async def forth(self, migration: Migration, to: Phase, token: Token) -> str:
        """Go on until `to` is through."""
        return await self._of(migration).forth(migration, to, token)

    async def back(self, migration: Migration, to: Phase | None, token: Token) -> str:
        """Undo every phase after `to`."""
        return await self._of(migration).back(migration, to, token)

    async def state(self, name: MigrationName) -> MigrationState | None:
        """How far it has come, whatever it is."""
        return await self._mover.state(name) or await self._migrator.state(name)

    async def states(self) -> tuple[MigrationState, ...]:
        """Every migration of either kind, the newest last."""
        states = (*await self._mover.states(), *await self._migrator.states())
        return tuple(sorted(states, key=lambda state: state.started_at))

    async def remembered(self, name: MigrationName) -> Migration | None:
        """The migration as it was begun with."""
        return await self._mover.remembered(name) or await self._migrator.remembered(name)

    async def compared(self, migration: Migration, *, whole: bool = True) -> Report:
        """Both shapes, or both places, held against each other."""
        return await self._of(migration).compared(migration, whole=whole)

    def _of(self, migration: Migration) -> Engine:
        moves = any(isinstance(operation, MoveTable) for operation in migration.operations)
        return self._mover if moves else self._migrator
