"""What a client can know of a schema: its tables, and values that fit them whatever their constraints say.

Values are made so that every check of the examples holds: texts are digits only (they can be cast, are long enough and
never come twice), numbers are positive, references point to rows that are there.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from psycopg import AsyncConnection, sql

Row = dict[str, str | None]
"""Values by column, as PostgreSQL writes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Columns that refer to those of another table."""

    columns: tuple[str, ...]
    table: str
    referenced: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A table as somebody with this search path sees it: types by column, the key, and references to other tables."""

    name: str
    types: Mapping[str, str]
    key: tuple[str, ...]
    references: tuple[Reference, ...] = ()

    def promising(self, references: tuple[Reference, ...]) -> "Seen":
        """The table, its rows keeping to these references too."""
        return replace(self, references=tuple(dict.fromkeys((*self.references, *references))))

    @property
    def settable(self) -> Sequence[str]:
        """Columns that may be updated at will."""
        tied = {*self.key, *(column for each in self.references for column in each.columns)}
        return [column for column in self.types if column not in tied]


_COLUMNS: Final = """
SELECT c.relname, a.attname, CASE WHEN t.typtype = 'e' THEN 'enum ' || (
           SELECT min(e.enumlabel) FROM pg_enum e WHERE e.enumtypid = t.oid
       ) ELSE format_type(a.atttypid, NULL) END
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
WHERE n.nspname = %s AND c.relkind IN ('r', 'v') AND a.attname NOT LIKE %s
ORDER BY c.relname, a.attnum
"""

_CONSTRAINTS: Final = """
SELECT k.contype::text, c.relname, k.conkey, coalesce(f.relname, ''),
       ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u(n, i)
             JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.n ORDER BY i),
       ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY u(n, i)
             JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.n ORDER BY i)
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_class f ON f.oid = k.confrelid
WHERE n.nspname = %s AND k.contype IN ('p', 'f')
"""


async def seen(
    connection: AsyncConnection[Any], base: str, schema: str, renamed: Mapping[str, str]
) -> list[Seen]:
    """The tables with a key in `schema`, views of those in `base`; `renamed` has what is called otherwise there."""
    types: dict[str, dict[str, str]] = {}
    for table, column, type_ in await _rows(connection, _COLUMNS, schema, r"\_tidegate%"):
        types.setdefault(table, {})[column] = type_
    keys: dict[str, tuple[str, ...]] = {}
    references: dict[str, list[Reference]] = {}
    for kind, table, _, other, columns, referenced in await _rows(connection, _CONSTRAINTS, base):
        name = renamed.get(table, table)
        visible = tuple(column.removeprefix("_tidegate_new_") for column in columns)
        if kind == "p":
            keys[name] = visible
        elif set(visible) <= set(types.get(name, {})):
            found = Reference(columns=visible, table=renamed.get(other, other), referenced=tuple(referenced))
            references.setdefault(name, []).append(found)
    return [
        Seen(
            name=name,
            types=columns,
            key=keys[name],
            references=tuple(dict.fromkeys(references.get(name, ()))),
        )
        for name, columns in types.items()
        if name in keys and set(keys[name]) <= set(columns)
    ]


async def _rows(connection: AsyncConnection[Any], query: str, *values: str) -> list[Any]:
    cursor = await connection.execute(query.encode(), values)
    return list(await cursor.fetchall())


_numbers: Iterator[int] = itertools.count(100_000_001)


def value(type_: str) -> str:
    """A value of a type, as PostgreSQL writes it, that was never given before where the type has room for that."""
    number = next(_numbers)
    if type_.startswith("enum "):
        return type_.removeprefix("enum ")
    if type_ == "numeric":
        return f"{number % 100_000_000}.25"
    return _ALWAYS.get(type_, str(number))


_ALWAYS: Final[Mapping[str, str]] = {
    "boolean": "true",
    "time with time zone": "10:20:30+00",
    "timestamp without time zone": "2026-01-02 03:04:05",
    "timestamp with time zone": "2026-01-02 03:04:05+00",
    "date": "2026-01-02",
}


async def row(connection: AsyncConnection[Any], table: Seen) -> Row | None:
    """A whole new row, and for the rest of the transaction what it refers to; none while there is nothing for that."""
    made: Row = {column: value(type_) for column, type_ in table.types.items()}
    for reference in table.references:
        found = await (await connection.execute(_unreferred(table, reference))).fetchone()
        if found is None:
            return None
        made.update(zip(reference.columns, found, strict=True))
    return made


def _unreferred(table: Seen, reference: Reference) -> sql.Composed:
    """Asks for a row that nobody refers to yet, as what refers may have to be unique."""
    pairs = zip(reference.columns, reference.referenced, strict=True)
    same = [sql.SQL("c.{} = p.{}").format(*map(sql.Identifier, pair)) for pair in pairs]
    wanted = [sql.SQL("p.{}::text").format(sql.Identifier(each)) for each in reference.referenced]
    return sql.SQL(
        "SELECT {} FROM {} AS p WHERE NOT EXISTS (SELECT 1 FROM {} AS c WHERE {}) ORDER BY p.{} DESC LIMIT 1"
        " FOR NO KEY UPDATE SKIP LOCKED"
    ).format(
        sql.SQL(", ").join(wanted),
        sql.Identifier(reference.table),
        sql.Identifier(table.name),
        sql.SQL(" AND ").join(same),
        sql.Identifier(reference.referenced[0]),
    )
