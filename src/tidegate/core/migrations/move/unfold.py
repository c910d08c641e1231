"""The phases of a move, each with its way back.

The switch is the one moment in which nobody writes: the leader refuses, what still waits in its outbox is carried,
then the other side takes writes. Between its statements for the two databases the engine drains the outbox. Its way
back is the same with the sides exchanged, so nothing that was written since is lost.

At contract the source's table is not dropped but put into `tidegate_kept`, whole and equal to the target's at that
moment: a restore point that costs nothing to take. It is dropped where the migration wants no restore point.
"""

from tidegate.core.errors import Problem
from tidegate.core.ids import MigrationName
from tidegate.core.migrations.move.capture import accepted, captured, refused, uncaptured
from tidegate.core.migrations.move.carriage import Move, Side
from tidegate.core.migrations.move.carrying import MAKE_CARRIED
from tidegate.core.migrations.move.parties import Places
from tidegate.core.migrations.move.target import created, unkept
from tidegate.core.migrations.operations import MoveTable
from tidegate.core.migrations.phases import Phase
from tidegate.core.migrations.schema import Table
from tidegate.core.migrations.sql.names import fitted, qualified, quoted
from tidegate.core.migrations.statements import Lock, Statement
from tidegate.core.migrations.unfolding import KEPT_SCHEMA, STATE_SCHEMA, PhasePlan, Unfolding

LACKS = ("both shapes are not written at once: one database takes writes, the other follows",)


def unfold_move(places: Places, move: Move) -> Unfolding:
    """All phases. A table that is not there is made, and so goes again on the way back."""
    source = places.source
    assert source is not None, "a move has a table to move"
    return Unfolding(
        name=places.migration.name,
        schema=places.migration.schema,
        old_schema=places.here.name,
        new_schema=places.there.name,
        phases=_phases(places, move, source),
        lost=_lost(places, move),
        lacks=LACKS,
        warnings=tuple(
            Problem(message=f"does not go along: {each}", location=places.operation.location)
            for each in unkept(places, source)
        ),
    )


def _phases(places: Places, move: Move, source: Table) -> tuple[PhasePlan, ...]:
    here, there, made = move.source, move.target, places.found is None
    keeping = (*_books(here), *_books(there))
    return (
        PhasePlan(
            phase=Phase.EXPAND,
            forth=(*keeping, *(created(places, source) if made else ())),
            back=_removed(there) if made else (),
        ),
        PhasePlan(
            phase=Phase.DUAL_WRITE,
            forth=(*captured(there), *refused(there, here), *captured(here)),
            back=(*uncaptured(here), *uncaptured(there), _emptied(there)),
        ),
        PhasePlan(phase=Phase.BACKFILL),
        PhasePlan(phase=Phase.VERIFY),
        PhasePlan(
            phase=Phase.SWITCH,
            forth=(*refused(here, there), *accepted(there)),
            back=(*refused(there, here), *accepted(here)),
        ),
        PhasePlan(
            phase=Phase.CONTRACT,
            forth=(*uncaptured(there), *uncaptured(here), *_put_away(places, here)),
        ),
    )


def _books(side: Side) -> tuple[Statement, ...]:
    said = (
        (f"CREATE SCHEMA IF NOT EXISTS {quoted(STATE_SCHEMA)}", "a schema for what tidegate keeps"),
        (MAKE_CARRIED, "how far events are carried"),
    )
    return tuple(Statement(sql=sql, summary=summary, database=side.database) for sql, summary in said)


def _removed(side: Side) -> tuple[Statement, ...]:
    return (_about(side, f"DROP TABLE IF EXISTS {side.name}", f"drop table {side.table}"),)


def _emptied(there: Side) -> Statement:
    """Every row there is here, too: up to the switch nobody else wrote it."""
    return _about(there, f"TRUNCATE {there.name}", f"empty table {there.table} of {there.database}")


def _put_away(places: Places, here: Side) -> tuple[Statement, ...]:
    if places.migration.restore_point == "none":
        return _removed(here)
    kept = kept_name(places.migration.name, places.operation)
    renamed = qualified(here.schema, kept)
    return (
        _about(
            here, f"CREATE SCHEMA IF NOT EXISTS {quoted(KEPT_SCHEMA)}", "a schema for what is kept", Lock.NONE
        ),
        _about(here, f"ALTER TABLE IF EXISTS {here.name} RENAME TO {quoted(kept)}", f"rename {here.table}"),
        _about(
            here, f"ALTER TABLE IF EXISTS {renamed} SET SCHEMA {quoted(KEPT_SCHEMA)}", f"keep {here.table}"
        ),
    )


def kept_name(name: MigrationName, operation: MoveTable) -> str:
    """What the source's table is called in `tidegate_kept`."""
    return fitted(str(name), operation.table)


def _lost(places: Places, move: Move) -> tuple[str, ...]:
    here = move.source
    table = f"table {here.schema}.{here.table} of database {here.database}"
    if places.migration.restore_point == "none":
        return (f"{table}, which nothing keeps",)
    kept = kept_name(places.migration.name, places.operation)
    return (f"{table}, which no longer follows and is kept as {KEPT_SCHEMA}.{kept}",)


def _about(side: Side, sql: str, summary: str, lock: Lock = Lock.ACCESS_EXCLUSIVE) -> Statement:
    return Statement(sql=sql, summary=summary, lock=lock, tables=(side.table,), database=side.database)
