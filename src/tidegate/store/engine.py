"""A database by URL, at the newest schema. The one place that knows SQLite from PostgreSQL.

SQLite writers take the write lock as they begin (`BEGIN IMMEDIATE`): a transaction that read first and wanted
to write later could not be carried on once another had written. Readers see one snapshot and block nobody
(write-ahead log). Commits are flushed to the disk, because the journal is what is left after an accident.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DBAPIError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from tidegate.core.errors import Problem, Refused, Unavailable
from tidegate.store.chain import canonical

BUSY_SECONDS = 15
"""How long a writer waits for the one before it; their transactions take milliseconds."""

WRITES = "tidegate_writes"
MIGRATING = 0x71DE_6A7E
"""The number of PostgreSQL's advisory lock under which the schema is brought forward."""

_NO_ANSWER = (OperationalError, InterfaceError, PoolTimeoutError)

_SQLITE_SETTINGS = (
    f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}",  # first: the next one takes a lock
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
)


class Database:
    """An engine, and the two kinds of transaction on it. Errors of the database come out as `Unavailable`."""

    def __init__(self, url: str) -> None:
        parsed = _parse(url)
        self.name = parsed.render_as_string(hide_password=True)
        with self._translated():
            self.engine = _create(parsed)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one snapshot."""
        with self._translated(), self.engine.connect() as connection:
            if self.engine.dialect.name == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that may write; on SQLite one at a time."""
        with self._translated(), self.engine.connect() as connection:
            connection.execution_options(**{WRITES: True})
            with connection.begin():
                yield connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except ModuleNotFoundError as error:
            raise Unavailable(
                f"the store {self.name} needs the Python package {error.name!r}",
                "for PostgreSQL: pip install 'psycopg[binary]'",
            ) from error
        except (*_NO_ANSWER, sqlite3.OperationalError) as error:
            raise Unavailable(
                f"the store {self.name} does not answer: {_first_line(error)}",
                "see that it is there, has room and lets this user in",
            ) from error
        except (DatabaseError, sqlite3.DatabaseError) as error:
            if type(error) not in (DatabaseError, sqlite3.DatabaseError):
                raise  # a subclass: integrity, data, programming. Those are defects of ours
            raise Unavailable(
                f"the store {self.name} cannot be read: {_first_line(error)}",
                "name another file, or restore it from a backup",
            ) from error

    def upgrade(self) -> None:
        """Bring the schema to the newest; `Refused` when it is newer than this tidegate knows."""
        config = Config()
        config.set_main_option("script_location", "tidegate.store:migrations")
        config.set_main_option("path_separator", "os")
        steps = ScriptDirectory.from_config(config)
        with self.writing() as connection:
            if self.engine.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": MIGRATING})
            found = MigrationContext.configure(connection).get_current_revision()
            if found == steps.get_current_head():
                return
            if found is not None and not _knows(steps, found):
                raise _refused(
                    f"the store {self.name} has schema {found}, made by a newer tidegate; "
                    f"this one knows schemas up to {steps.get_current_head()}",
                    "upgrade tidegate, or name another store",
                )
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise _refused(
            f"{url!r} is not the URL of a database",
            "write sqlite:////folder/file or postgresql+psycopg://user:password@host/name",
        ) from error
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise _refused(f"tidegate has no store on {parsed.get_backend_name()!r}", "use sqlite or postgresql")
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise _refused("a store in memory would be forgotten", "name a file: sqlite:////folder/file")
    return parsed


def _create(url: URL) -> Engine:
    """An engine; its settings come with each connection, as SQLite keeps none of them but the log mode."""
    try:
        engine = create_engine(
            url, json_serializer=canonical, pool_pre_ping=url.get_backend_name() != "sqlite"
        )
    except NoSuchModuleError as error:
        raise _refused(f"{url.drivername!r} is not a driver", "use postgresql+psycopg") from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver would begin transactions too late, and not for reads
    connection.text_factory = _decoded
    for setting in _SQLITE_SETTINGS:
        connection.execute(setting)


def _decoded(stored: bytes) -> str:
    """Text, even if someone broke it: that is for the journal's check to find, not a reason to fail."""
    return stored.decode(errors="surrogateescape")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _knows(steps: ScriptDirectory, revision: str) -> bool:
    try:
        return steps.get_revision(revision) is not None
    except CommandError:
        return False


def _first_line(error: Exception) -> str:
    cause = error.orig if isinstance(error, DBAPIError) else error
    return str(cause).strip().partition("\n")[0]


def _refused(message: str, hint: str) -> Refused:
    return Refused([Problem(message=message, hint=hint)])
