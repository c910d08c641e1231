"""Who holds a lock that a statement needs, so that whoever waits can say for whom."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from psycopg import errors

from tidegate.actuators.postgres.patience import Busy
from tidegate.actuators.postgres.sessions import Connection
from tidegate.core.migrations.sql.names import referenced
from tidegate.core.migrations.statements import Lock

_STRONG: Final = (Lock.SHARE_ROW_EXCLUSIVE, Lock.EXCLUSIVE, Lock.ACCESS_EXCLUSIVE)

CONFLICTS: Final[Mapping[Lock, tuple[Lock, ...]]] = {
    Lock.NONE: (),
    Lock.ACCESS_SHARE: (Lock.ACCESS_EXCLUSIVE,),
    Lock.ROW_SHARE: (Lock.EXCLUSIVE, Lock.ACCESS_EXCLUSIVE),
    Lock.ROW_EXCLUSIVE: (Lock.SHARE, *_STRONG),
    Lock.SHARE_UPDATE_EXCLUSIVE: (Lock.SHARE_UPDATE_EXCLUSIVE, Lock.SHARE, *_STRONG),
    Lock.SHARE: (Lock.ROW_EXCLUSIVE, Lock.SHARE_UPDATE_EXCLUSIVE, *_STRONG),
    Lock.SHARE_ROW_EXCLUSIVE: (Lock.ROW_EXCLUSIVE, Lock.SHARE_UPDATE_EXCLUSIVE, Lock.SHARE, *_STRONG),
    Lock.EXCLUSIVE: tuple(lock for lock in Lock if lock not in {Lock.NONE, Lock.ACCESS_SHARE}),
    Lock.ACCESS_EXCLUSIVE: tuple(lock for lock in Lock if lock is not Lock.NONE),
}
"""Which locks keep a lock waiting (PostgreSQL, Explicit Locking, table 13.2)."""

_OF_TABLES: Final = """
SELECT DISTINCT ON (l.pid) l.pid, a.application_name, extract(epoch FROM clock_timestamp() - a.xact_start)::float8
FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'relation' AND l.granted AND l.pid <> pg_backend_pid() AND l.mode = ANY (%s)
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND l.relation = ANY (SELECT to_regclass(name) FROM unnest(%s::text[]) name)
"""

_OF_SESSION: Final = """
SELECT a.pid, a.application_name, extract(epoch FROM clock_timestamp() - a.xact_start)::float8
FROM unnest(pg_blocking_pids(%s)) blocking JOIN pg_stat_activity a ON a.pid = blocking
"""

_OF_ADVISORY: Final = """
SELECT l.pid, a.application_name, extract(epoch FROM clock_timestamp() - a.backend_start)::float8
FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended(%s, 0)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A session; `seconds` its transaction has lasted, None where it may not be known."""

    pid: int
    application: str
    seconds: float | None

    def __str__(self) -> str:
        lasting = "" if self.seconds is None else f", for {self.seconds:.0f} s"
        return f"pid {self.pid} ({self.application or 'of no name'}{lasting})"


async def of_tables(
    connection: Connection, schema: str, tables: Collection[str], lock: Lock
) -> tuple[Holder, ...]:
    """Sessions that hold what keeps this lock on these tables waiting, the longest first."""
    modes = [f"{each.value.title().replace(' ', '')}Lock" for each in CONFLICTS[lock]]
    names = [referenced(schema, table) for table in tables]
    return await _asked(connection, _OF_TABLES, modes, names)


async def of_session(connection: Connection, pid: int) -> tuple[Holder, ...]:
    """Sessions for which another session waits at this moment."""
    return await _asked(connection, _OF_SESSION, pid)


async def of_advisory(connection: Connection, key: str) -> tuple[Holder, ...]:
    """The session that holds an advisory lock, and how long it has been connected."""
    return await _asked(connection, _OF_ADVISORY, key)


@asynccontextmanager
async def named(
    connection: Connection, schema: str, tables: Collection[str], lock: Lock
) -> AsyncIterator[None]:
    """`Busy` where a lock is not to be had within, saying who has it."""
    try:
        yield
    except errors.LockNotAvailable:
        found = await of_tables(connection, schema, tables, lock)
        raise Busy(f"held by {found[0]}" if found else "somebody holds a lock that it needs") from None


async def _asked(connection: Connection, question: str, *values: object) -> tuple[Holder, ...]:
    rows = await (await connection.execute(question, values)).fetchall()
    found = [Holder(pid=pid, application=name or "", seconds=seconds) for pid, name, seconds in rows]
    return tuple(sorted(found, key=lambda holder: -(holder.seconds or 0.0)))
