"""Where a move happens: connections to both databases, and what is known of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from tidegate.actuators.postgres.carrier import Carrier
from tidegate.actuators.postgres.giving_way import said
from tidegate.actuators.postgres.moves import Entry
from tidegate.actuators.postgres.sessions import Connection
from tidegate.core.ids import RolloutId
from tidegate.core.migrations.move.carriage import Move
from tidegate.core.migrations.operations import MoveTable, Pace
from tidegate.core.migrations.statements import Deed, Statement
from tidegate.ports import Headwind


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A move with connections to the database of its table and to the one where that goes."""

    entry: Entry
    here: Connection
    there: Connection
    headwind: Headwind | None = None
    rollout: RolloutId | None = None

    @property
    def move(self) -> Move:
        """Both directions."""
        return self.entry.move

    @property
    def pace(self) -> Pace:
        """How it behaves on busy databases."""
        return self.entry.migration.pace

    @property
    def operation(self) -> MoveTable:
        """What is wanted."""
        (operation,) = self.entry.migration.operations
        assert isinstance(operation, MoveTable)
        return operation

    @property
    def forth(self) -> Carrier:
        """Carries to where the table goes."""
        return Carrier(self.move.forth, self.here, self.there)

    @property
    def back(self) -> Carrier:
        """Carries to where the table was."""
        return Carrier(self.move.back, self.there, self.here)

    async def say(self, deeds: Sequence[Deed]) -> None:
        """Statements, those for one database that follow each other in one transaction."""
        statements = (deed for deed in deeds if isinstance(deed, Statement))
        for database, group in groupby(statements, key=lambda each: each.database):
            connection = self.here if database == self.move.source.database else self.there
            await said(connection, tuple(group), self.pace)
