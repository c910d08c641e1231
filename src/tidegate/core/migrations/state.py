"""How far a migration has come, as its own database remembers it."""

from dataclasses import dataclass
from enum import StrEnum

from tidegate.core.ids import MigrationName
from tidegate.core.migrations.phases import Phase


class Course(StrEnum):
    """Where a migration is bound for."""

    FORTH = "forth"
    BACK = "back"
    STILL = "still"
    """Through with what was asked of it so far."""

    FAILED = "failed"
    """Stopped by a problem; its phase is named and both shapes are whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfilled:
    """How far the backfill of one table is: `rows` were to do at its start (an estimate), `rate` is in rows/s."""

    table: str
    done: int
    rows: int
    rate: float = 0.0
    finished: bool = False

    @property
    def seconds_left(self) -> float | None:
        """At the present rate; None while there is none."""
        return max(self.rows - self.done, 0) / self.rate if self.rate else None


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationState:
    """A migration as its database knows it; times in seconds since 1970.

    `phase` is the last one that is through, none before expand is. `statement` counts what is through of the phase
    under way. `waiting` says for what it waits at this moment, `problem` why it stopped. `digest` is that of the
    migration, so that another file by the same name is known. `approvals` and `restore_point` say what stands behind
    a contract.
    """

    name: MigrationName
    schema: str
    digest: str
    phase: Phase | None
    course: Course
    statement: int = 0
    started_at: float = 0.0
    changed_at: float = 0.0
    old_schema: str = ""
    new_schema: str = ""
    backfills: tuple[Backfilled, ...] = ()
    waiting: str = ""
    problem: str = ""
    restore_point: str = ""
