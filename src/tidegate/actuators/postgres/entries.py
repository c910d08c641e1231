"""What the book of a database says of one migration, and the form in which it says it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from pydantic import TypeAdapter

from tidegate.core.ids import MigrationName
from tidegate.core.migrations.operations import Migration
from tidegate.core.migrations.phases import Phase
from tidegate.core.migrations.schema import Table
from tidegate.core.migrations.state import Backfilled, Course, MigrationState
from tidegate.core.migrations.unfolding import Unfolding

MIGRATION_FORM: Final = TypeAdapter(Migration)
UNFOLDING_FORM: Final = TypeAdapter(Unfolding)
TABLES_FORM: Final = TypeAdapter(tuple[Table, ...])

_NOT_MEANT: Final = frozenset({"location", "pace", "verification"})
"""What of a migration may change while it is under way: where it is written, and how fast it goes."""


_WITH_TWO_SHAPES: Final = frozenset({Phase.DUAL_WRITE, Phase.BACKFILL, Phase.VERIFY, Phase.SWITCH})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A migration as it was begun with, and how far it is.

    `phase` is the last that is through. `under_way` is the one that is gone through, or undone where it is `backward`;
    `statement` deeds of that are done. `before` are the tables that it touches, as they were found.
    """

    migration: Migration
    unfolding: Unfolding
    before: tuple[Table, ...] = ()
    phase: Phase | None = None
    under_way: Phase | None = None
    backward: bool = False
    course: Course = Course.STILL
    statement: int = 0
    started_at: float = 0.0
    changed_at: float = 0.0
    waiting: str = ""
    problem: str = ""
    restore_point: str = ""

    @property
    def name(self) -> MigrationName:
        """The migration's name."""
        return self.migration.name

    @property
    def idle(self) -> bool:
        """Whether nothing of it is in the way of another: it was gone through, or undone."""
        return self.phase is Phase.CONTRACT or self.undone

    @property
    def undone(self) -> bool:
        """Whether nothing of it is there."""
        return self.phase is None and self.under_way is None

    @property
    def two_shapes(self) -> bool:
        """Whether all of both shapes is there, and each write is in both."""
        leaving = self.backward and self.under_way is Phase.DUAL_WRITE
        return self.phase in _WITH_TWO_SHAPES and not self.contracting and not leaving

    @property
    def contracting(self) -> bool:
        """Whether it gave something of the old shape up already."""
        return self.under_way is Phase.CONTRACT and self.statement > 0

    def state(self, backfills: tuple[Backfilled, ...]) -> MigrationState:
        """How far it has come, as others see it."""
        return MigrationState(
            name=self.name,
            schema=self.unfolding.schema,
            digest=digest(self.migration),
            phase=self.phase,
            course=self.course,
            statement=self.statement,
            started_at=self.started_at,
            changed_at=self.changed_at,
            old_schema=self.unfolding.old_schema,
            new_schema=self.unfolding.new_schema,
            backfills=backfills,
            waiting=self.waiting,
            problem=self.problem,
            restore_point=self.restore_point,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How far the backfill of a table is: keys as text, `after` the last that is through, `until` the fixed end.

    `rows` is an estimate of all of them, `rate` in rows/s.
    """

    table: str
    after: tuple[str, ...] | None = None
    until: tuple[str, ...] | None = None
    done: int = 0
    rows: int = 0
    rate: float = 0.0
    finished: bool = False

    @property
    def backfilled(self) -> Backfilled:
        """As others see it; what was more than estimated corrects the estimate."""
        rows = self.done if self.finished else max(self.rows, self.done)
        return Backfilled(table=self.table, done=self.done, rows=rows, rate=self.rate, finished=self.finished)


def digest(migration: Migration) -> str:
    """Of what the migration does to the data, so that two by one name are told apart."""
    meant = _meant(MIGRATION_FORM.dump_python(migration, mode="json"))
    return sha256(json.dumps(meant, sort_keys=True).encode()).hexdigest()[:16]


def _meant(document: Any) -> Any:
    if isinstance(document, Mapping):
        return {key: _meant(value) for key, value in document.items() if key not in _NOT_MEANT}
    return [_meant(value) for value in document] if isinstance(document, list) else document
