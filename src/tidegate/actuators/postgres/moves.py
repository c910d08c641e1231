"""The book of moves, kept in the database that a table moves from."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Final

from pydantic import TypeAdapter

from tidegate.actuators.postgres.sessions import Connection
from tidegate.core.errors import Problem, Refused, Superseded
from tidegate.core.ids import MigrationName
from tidegate.core.migrations.move.carriage import Move
from tidegate.core.migrations.operations import Migration
from tidegate.core.migrations.phases import Phase
from tidegate.core.migrations.state import Course
from tidegate.core.migrations.unfolding import Unfolding
from tidegate.ports import Token

_MAKE: Final = """
CREATE SCHEMA IF NOT EXISTS tidegate;
CREATE TABLE IF NOT EXISTS tidegate.moves (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE, entry jsonb NOT NULL)
"""
_WRITE: Final = """
INSERT INTO tidegate.moves (name, entry) VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET entry = excluded.entry
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A move as it was begun with, and how far it is; times in seconds since 1970.

    `phase` is the last that is through, `under_way` the one that was begun, forth or back. `tokens` are the newest
    attempts by rollout and step.
    """

    migration: Migration
    unfolding: Unfolding
    move: Move
    phase: Phase | None = None
    under_way: Phase | None = None
    course: Course = Course.STILL
    waiting: str = ""
    problem: str = ""
    started_at: float = 0.0
    changed_at: float = 0.0
    tokens: Mapping[str, int] = field(default_factory=dict)

    @property
    def furthest(self) -> Phase | None:
        """The phase of which something may be there."""
        return self.under_way or self.phase

    def obeying(self, token: Token) -> "Entry":
        """The entry once it obeys; a token that is late is refused."""
        step = f"{token.rollout}/{token.step}"
        if self.tokens.get(step, token.attempt) > token.attempt:
            message = f"{token} comes late: attempt {self.tokens[step]} holds migration {self.migration.name}"
            raise Superseded(message)
        return replace(self, tokens={**self.tokens, step: token.attempt})


_ENTRY: Final = TypeAdapter(Entry)
_MIGRATION: Final = TypeAdapter(Migration)


async def write(connection: Connection, entry: Entry) -> None:
    """Remember it."""
    await connection.execute(_MAKE)
    await connection.execute(_WRITE, [entry.migration.name, _ENTRY.dump_json(entry).decode()])


async def read(connection: Connection, name: MigrationName) -> Entry | None:
    """What is remembered of a move, if anything."""
    return next((entry for entry in await read_all(connection) if entry.migration.name == name), None)


async def read_all(connection: Connection) -> tuple[Entry, ...]:
    """Every move, the newest last."""
    there = await (await connection.execute("SELECT to_regclass('tidegate.moves') IS NOT NULL")).fetchone()
    if there != (True,):
        return ()
    cursor = await connection.execute("SELECT entry FROM tidegate.moves ORDER BY number")
    return tuple([_ENTRY.validate_json(json.dumps(entry)) async for (entry,) in cursor])


def refuse_another(entry: Entry, migration: Migration) -> None:
    """Another file by the name of a migration under way is refused; its pace may differ."""
    if _meaning(entry.migration) != _meaning(migration):
        message = f"migration {migration.name} is under way and says something else now"
        raise Refused([Problem(message=message, location=migration.location, hint="roll it back first")])


def digest(migration: Migration) -> str:
    """Of what the migration does, so that another by its name is known."""
    return sha256(_meaning(migration)).hexdigest()[:16]


def _meaning(migration: Migration) -> bytes:
    operations = tuple(replace(each, location=None) for each in migration.operations)
    meant = replace(
        migration,
        operations=operations,
        location=None,
        pace=type(migration.pace)(),
        verification=type(migration.verification)(),
    )
    return _MIGRATION.dump_json(meant)
