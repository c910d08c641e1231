"""Rows in and out: what every table of the store has in common."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, Table
from sqlalchemy.dialects import postgresql, sqlite

from tidegate.store.chain import Row

_INSERTS: Final[Mapping[str, Callable[[Table], Any]]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}


def rows(connection: Connection, query: Select[Any]) -> Iterator[Row]:
    """What a query finds, by the names of its columns."""
    return (row._asdict() for row in connection.execute(query))


def first(connection: Connection, query: Select[Any]) -> Row | None:
    """What a query finds first, if anything."""
    return next(rows(connection, query), None)


def add(connection: Connection, table: Table, row: Row) -> bool:
    """Insert a row unless one with its key is there; whether it was inserted."""
    insert = _INSERTS[connection.dialect.name](table).values(row).on_conflict_do_nothing()
    # What comes back says it, not the row count: drivers do not agree on that of an insert.
    return connection.execute(insert.returning(*table.primary_key)).first() is not None


def put(connection: Connection, table: Table, row: Row) -> None:
    """Insert a row, in the place of the one with its key."""
    insert = _INSERTS[connection.dialect.name](table).values(row)
    keys = [column.name for column in table.primary_key]
    connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=row))


def stored_time(time: datetime) -> str:
    """A time as text; it must know its zone."""
    if time.tzinfo is None:
        raise ValueError(f"a time without its zone cannot be kept: {time}")
    return time.astimezone(UTC).isoformat(timespec="microseconds")


def text(words: str) -> str:
    """What a person typed, with what no database takes as text (half a surrogate pair, NUL) spelled out."""
    return words.encode(errors="backslashreplace").decode().replace("\0", "\\x00")
