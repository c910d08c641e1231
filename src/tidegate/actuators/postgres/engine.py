"""What carries a migration out, whatever its kind. Every verb may be called again at any time, also after a crash."""

from typing import Protocol

from tidegate.core.ids import MigrationName
from tidegate.core.migrations.operations import Migration
from tidegate.core.migrations.phases import Phase
from tidegate.core.migrations.report import Report
from tidegate.core.migrations.state import MigrationState
from tidegate.core.migrations.unfolding import Unfolding
from tidegate.ports import Token


class Engine(Protocol):
    """Carries migrations out on one database.

    Raises `Refused` for what its author must mend, `Unavailable` where the database does not answer, `EffectFailed`
    where it stopped, in a phase that its state names, and `Superseded` for a token that is late.
    """

    async def planned(self, migration: Migration) -> Unfolding:
        """The migration unfolded on the schema as it is, all its probes asked; nothing is changed."""
        ...

    async def forth(self, migration: Migration, to: Phase, token: Token) -> str:
        """Go on until `to` is through; what was done, in words."""
        ...

    async def back(self, migration: Migration, to: Phase | None, token: Token) -> str:
        """Undo every phase after `to`, the last first; None undoes all. Refused once contract has begun."""
        ...

    async def state(self, name: MigrationName) -> MigrationState | None:
        """How far it has come; None if this database never heard of it."""
        ...

    async def states(self) -> tuple[MigrationState, ...]:
        """Every migration that the database remembers, the newest last."""
        ...

    async def remembered(self, name: MigrationName) -> Migration | None:
        """The migration as it was begun with; None if this database never heard of it."""
        ...

    async def compared(self, migration: Migration, *, whole: bool = True) -> Report:
        """Both shapes held against each other, now: all rows, or only as many as a short time allows."""
        ...
