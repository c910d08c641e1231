"""What a migration was planned on, kept in a folder until it begins: drift since then is told before any change."""

import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from tidegate.actuators.postgres.entries import digest
from tidegate.core.errors import Problem, Unavailable
from tidegate.core.ids import DatabaseName
from tidegate.core.migrations.drift import drifts, touched
from tidegate.core.migrations.operations import Migration
from tidegate.core.migrations.schema import Schema, Table
from tidegate.core.migrations.unfolding import Unfolding


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A migration by its digest, and the tables that it was planned on."""

    digest: str
    tables: tuple[Table, ...]


_FORM: Final = TypeAdapter(Planned)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plans:
    """The newest plan of each migration of one database."""

    folder: Path
    database: DatabaseName

    def keep(self, migration: Migration, unfolding: Unfolding, schema: Schema) -> None:
        """Remember on what it is planned now."""
        try:
            self._write(
                self._file(migration), Planned(digest=digest(migration), tables=tables_of(unfolding, schema))
            )
        except OSError as error:
            raise Unavailable(f"cannot keep plans in {self.folder}: {error.strerror}") from None

    def drift(self, migration: Migration, unfolding: Unfolding, schema: Schema) -> tuple[Problem, ...]:
        """What changed since it was planned; nothing where it never was."""
        planned = self._read(migration)
        if planned is None or planned.digest != digest(migration):
            return ()
        said = drifts(planned.tables, schema.tables, touched(unfolding))
        hint = "look at the plan again: tidegate migrations plan"
        return tuple(
            Problem(
                message=f"since migration {migration.name} was planned: {each}",
                location=migration.location,
                hint=hint,
            )
            for each in said
        )

    def _read(self, migration: Migration) -> Planned | None:
        try:
            return _FORM.validate_json(self._file(migration).read_bytes())
        except (FileNotFoundError, ValueError):
            return None
        except OSError as error:
            raise Unavailable(f"cannot read plans in {self.folder}: {error.strerror}") from None

    def _write(self, file: Path, planned: Planned) -> None:
        """Beside it and then in its place, so that what is there is whole."""
        file.parent.mkdir(parents=True, exist_ok=True)
        beside = file.with_suffix(f".{os.getpid()}")
        beside.write_bytes(_FORM.dump_json(planned))
        beside.replace(file)

    def _file(self, migration: Migration) -> Path:
        key = sha256(f"{self.database}\0{migration.name}".encode()).hexdigest()[:32]
        return self.folder / "plans" / f"{key}.json"


def tables_of(unfolding: Unfolding, schema: Schema) -> tuple[Table, ...]:
    """The tables that a migration touches, as they were found."""
    names = touched(unfolding)
    return tuple(table for table in schema.tables if table.name in names)
