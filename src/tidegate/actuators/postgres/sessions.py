"""Connections to a database. Their settings leave nothing behind when tidegate, or the way to the server, dies."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import psycopg
from psycopg import AsyncConnection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow

from tidegate.actuators.postgres.troubles import Kind, trouble
from tidegate.core.errors import EffectFailed, Unavailable
from tidegate.core.migrations.database import Database
from tidegate.sources.secrets import secret_in

Connection = AsyncConnection[TupleRow]

APPLICATION: Final = "tidegate"
OLDEST: Final = 150000
TRANSACTION_TIMEOUT_SINCE: Final = 170000
CONNECT_SECONDS: Final = 10

_SETTINGS: Final = {
    # A statement whose tidegate is gone ends, and with its session the lock that keeps other runners away.
    "client_connection_check_interval": "5s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "statement_timeout": "0",
    "lock_timeout": "0",
    "idle_session_timeout": "0",
    # Keys are kept as text, which must mean the same tomorrow.
    "datestyle": "ISO",
    "intervalstyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
}


class Lost(Unavailable):
    """A connection that was there is lost: it may be worth another one."""


async def connected(database: Database) -> Connection:
    """A connection in autocommit mode; `Unavailable` where there is none to be had."""
    password = (
        secret_in(database.password, f"password of database {database.name}") if database.password else None
    )
    try:
        connection = await _connection(database, password)
    except psycopg.Error as error:
        raise Unavailable(
            f"database {database.name} does not answer: {_why(error)}", "is it running, and its url right?"
        ) from None
    if connection.info.server_version < OLDEST:
        version = connection.info.server_version // 10000
        await connection.close()
        raise Unavailable(f"database {database.name} is PostgreSQL {version}", "15 or newer is needed")
    return connection


@asynccontextmanager
async def session(database: Database) -> AsyncIterator[Connection]:
    """A connection that is closed afterwards; errors of the database leave as those of `core.errors`."""
    connection = await connected(database)
    try:
        yield connection
    except psycopg.Error as error:
        found = trouble(error)
        if found.kind is Kind.LOST:
            raise Lost(f"database {database.name} does not answer any more: {found.said}") from None
        raise EffectFailed(f"database {database.name}: {found.said}") from None
    finally:
        await connection.close()


def abandoned(connection: Connection, seconds: float) -> str:
    """What makes the server end the transaction, and the session with it, when tidegate leaves it open for so long."""
    since_17 = connection.info.server_version >= TRANSACTION_TIMEOUT_SINCE
    setting = "transaction_timeout" if since_17 else "idle_in_transaction_session_timeout"
    return f"SET LOCAL {setting} = {milliseconds(seconds)}"


def milliseconds(seconds: float) -> int:
    """As settings count; 0, which means no limit, only of none."""
    return max(round(seconds * 1000), 1) if seconds else 0


async def _connection(database: Database, password: str | None) -> Connection:
    said = conninfo_to_dict(database.url)
    settings = " ".join(f"-c {name}={value}" for name, value in _SETTINGS.items())
    ours = {"options": f"{said.get('options') or ''} {settings}".strip(), "application_name": APPLICATION}
    timeout = {} if "connect_timeout" in said else {"connect_timeout": CONNECT_SECONDS}
    secret = {} if password is None else {"password": password}
    conninfo = make_conninfo(database.url, **ours, **timeout, **secret)
    # Without prepared statements, plans of those that are bound to keys are made for these keys.
    return await AsyncConnection.connect(conninfo, autocommit=True, prepare_threshold=None)


def _why(error: psycopg.Error) -> str:
    """The first line of what libpq says of a server; of a URL that it cannot read nothing that is in it."""
    if isinstance(error, psycopg.ProgrammingError):
        return "its url cannot be read"
    return next(iter(str(error).splitlines()), "no reason given").removeprefix("connection failed: ")
