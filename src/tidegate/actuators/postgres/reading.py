"""A schema of a database, read from its catalogs in a handful of questions, however many tables it has."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Literal

from psycopg.rows import TupleRow

from tidegate.actuators.postgres import catalogs
from tidegate.actuators.postgres.book import Book
from tidegate.actuators.postgres.sessions import Connection
from tidegate.core.errors import Problem, Refused
from tidegate.core.migrations.leftovers import without_leftovers
from tidegate.core.migrations.schema import Column, Constraint, Index, Schema, Table
from tidegate.core.migrations.sql.names import quoted

Rows = Mapping[str, Sequence[tuple[Any, ...]]]
"""What is known of each table by its name."""

Ask = Callable[[str], Awaitable[Sequence[TupleRow]]]

CONSTRAINT_TYPES: Final[Mapping[str, Literal["unique", "check", "foreign_key", "primary_key", "exclude"]]] = {
    "u": "unique",
    "c": "check",
    "f": "foreign_key",
    "p": "primary_key",
    "x": "exclude",
}
IDENTITIES: Final[Mapping[str, Literal["", "ALWAYS", "BY DEFAULT"]]] = {
    "": "",
    "a": "ALWAYS",
    "d": "BY DEFAULT",
}
REPLICA_IDENTITIES: Final = {"d": "default", "n": "nothing", "f": "full", "i": "index"}

OF_THE_MOMENT: Final = frozenset({"now", "transaction_timestamp", "statement_timestamp"})
"""Functions that PostgreSQL calls stable, because a transaction sees one moment only."""


async def read_schema(connection: Connection, schema: str, *, leftovers: bool = False) -> Schema:
    """The schema as it is; in the middle of a migration, without what tidegate put beside its old shape.

    `Refused` where there is none by this name.
    """
    async with connection.transaction():
        found = await _read(connection, schema)
    return found if leftovers else without_leftovers(found)


async def _read(connection: Connection, schema: str) -> Schema:
    versions = await Book(connection).versions(schema)
    contracted = [(name, version) for name, version, through in versions if through]
    ask = await _asking(connection, schema, [version for _, version, _ in versions])
    tables = {name: facts for name, *facts in await ask(catalogs.TABLES)}
    parts = [_by_table(await ask(question)) for question in _PARTS]
    name, version = contracted[-1] if contracted else ("", "")
    return Schema(
        name=schema,
        tables=tuple(_table(table, facts, parts) for table, facts in tables.items()),
        version=name,
        version_schema=version,
        volatile=OF_THE_MOMENT | {name for (name,) in await ask(catalogs.VOLATILE)},
        server=connection.info.server_version,
        referrers=tuple(map(_referrer, await ask(catalogs.REFERRERS))),
    )


async def _asking(connection: Connection, schema: str, versions: Sequence[str]) -> Ask:
    """Answers questions about a schema; its own names need no schema in what is answered."""
    # `regnamespace` wants the name as SQL quotes it.
    values = {"schema": quoted(schema), "versions": versions}

    async def ask(question: str) -> Sequence[TupleRow]:
        return await (await connection.execute(question, values)).fetchall()

    if not await (await connection.execute(catalogs.THERE, {"schema": schema})).fetchall():
        raise Refused([Problem(message=f"there is no schema {schema} in the database")])
    await connection.execute(f"SET LOCAL search_path = {quoted(schema)}")
    return ask


_PARTS: Final = (
    catalogs.COLUMNS,
    catalogs.CONSTRAINTS,
    catalogs.INDEXES,
    catalogs.READERS,
    catalogs.TRIGGERS,
)


def _by_table(rows: Sequence[TupleRow]) -> Rows:
    found: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for table, *rest in rows:
        found[table].append(tuple(rest))
    return found


def _table(name: str, facts: Sequence[Any], parts: Sequence[Rows]) -> Table:
    kind, partition, inherited, rows, size, identity, identity_index, comment = facts
    columns, constraints, indexes, readers, triggers = (part.get(name, ()) for part in parts)
    obstacles = {
        "partitioned": kind == "p",
        "foreign table": kind == "f",
        "inherited": kind == "r" and (partition or inherited),
    }
    return Table(
        name=name,
        columns=tuple(_column(row) for row in columns),
        constraints=tuple(_constraint(row) for row in constraints),
        indexes=tuple(_index(row) for row in indexes),
        rows=rows,
        bytes=size,
        replica_identity=REPLICA_IDENTITIES[identity],
        replica_index=identity_index or "",
        comment=comment,
        obstacles=tuple(obstacle for obstacle, holds in obstacles.items() if holds),
        readers=tuple((reader, tuple(read)) for reader, read in readers),
        triggers=tuple(trigger for (trigger,) in triggers),
    )


def _column(row: Sequence[Any]) -> Column:
    name, type_, not_null, default, identity, generated, collation, comment = row
    return Column(
        name=name,
        type=type_,
        not_null=not_null,
        default=default,
        identity=IDENTITIES[identity],
        generated=generated,
        collation=collation,
        comment=comment,
    )


def _constraint(row: Sequence[Any]) -> Constraint:
    name, type_, columns, definition, there, references, validated = row
    return Constraint(
        name=name,
        type=CONSTRAINT_TYPES[type_],
        columns=tuple(columns),
        definition=definition,
        references_table=there,
        references_columns=tuple(references),
        validated=validated,
    )


def _referrer(row: Sequence[Any]) -> tuple[str, tuple[str, ...], str, tuple[str, ...]]:
    table, who, columns, there = row
    return who, tuple(columns), table, tuple(there)


def _index(row: Sequence[Any]) -> Index:
    name, columns, definition, unique, valid = row
    return Index(name=name, columns=tuple(columns), definition=definition, unique=unique, valid=valid)
