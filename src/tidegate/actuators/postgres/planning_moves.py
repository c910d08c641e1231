"""A move unfolded on both databases as they are, and everything asked that would keep it from working."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from tidegate.actuators.postgres.reading import read_schema
from tidegate.actuators.postgres.sessions import Connection
from tidegate.core.errors import Problem, Refused
from tidegate.core.ids import DatabaseName
from tidegate.core.migrations.move.carriage import Move
from tidegate.core.migrations.move.parties import Places, move_of
from tidegate.core.migrations.move.unfold import unfold_move
from tidegate.core.migrations.operations import Migration
from tidegate.core.migrations.unfolding import Unfolding

_TEXTS = ("text", "character", "citext", "name")
_SORTED = "SELECT datlocprovider::text, datcollate FROM pg_database WHERE datname = current_database()"
_MAY_BE_QUIET = "SELECT has_parameter_privilege('session_replication_role', 'SET')"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Connections to both databases, before anything is begun."""

    database: DatabaseName
    here: Connection
    there: Connection


async def planned(migration: Migration, ground: Ground) -> tuple[Move, Unfolding]:
    """Both directions and all phases; `Refused` with every problem that is found."""
    places = Places(
        migration=migration,
        database=ground.database,
        here=await read_schema(ground.here, migration.schema),
        there=await read_schema(ground.there, migration.schema),
    )
    move = move_of(places)
    if not isinstance(move, Move):
        raise Refused(move)
    problems = [problem async for problem in _asked(places, move, ground)]
    if problems:
        raise Refused(problems)
    return move, unfold_move(places, move)


async def _asked(places: Places, move: Move, ground: Ground) -> AsyncIterator[Problem]:
    location = places.operation.location
    if places.found and await _row(ground.there, f"SELECT 1 FROM {move.target.name} LIMIT 1"):
        message = f"table {places.to_table} of {places.operation.to} has rows already"
        yield Problem(message=message, location=location, hint="empty it, or move to another name")
    by_text = any(move.source.types[column].startswith(_TEXTS) for column in move.source.key)
    if by_text and await _row(ground.here, _SORTED) != await _row(ground.there, _SORTED):
        message = f"the key of {move.source.table} is text, which both databases sort differently"
        yield Problem(message=message, location=location, hint="create the database with the same locale")
    for side, connection in ((move.source, ground.here), (move.target, ground.there)):
        if side.triggers and await _row(connection, _MAY_BE_QUIET) != (True,):
            message = (
                f"{side.table} has triggers, which would run again for what is carried to {side.database}"
            )
            hint = "let tidegate's role set session_replication_role (GRANT SET ON PARAMETER)"
            yield Problem(message=message, location=location, hint=hint)


async def _row(connection: Connection, sql: str) -> tuple[object, ...] | None:
    return await (await connection.execute(sql.encode())).fetchone()
