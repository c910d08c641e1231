"""A schema of a database as it was found: the part that migrations need to know."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column. `type` is as `format_type` writes it, `default` and `generated` are SQL expressions."""

    name: str
    type: str
    not_null: bool = False
    default: str | None = None
    identity: Literal["", "ALWAYS", "BY DEFAULT"] = ""
    generated: str = ""
    collation: str = ""
    comment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """A constraint. `definition` is as `pg_get_constraintdef` writes it, `columns` are those that it covers in order.

    A foreign key says which table (with its schema, where that is another one) and columns it references.
    """

    name: str
    type: Literal["unique", "check", "foreign_key", "primary_key", "exclude"]
    columns: tuple[str, ...]
    definition: str
    references_table: str = ""
    references_columns: tuple[str, ...] = ()
    validated: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """An index that stands behind no constraint. `columns` are those that it reads, also in expressions and predicate.

    `definition` is as `pg_get_indexdef` writes it.
    """

    name: str
    columns: tuple[str, ...]
    definition: str
    unique: bool = False
    valid: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table. `rows` is the database's estimate, `bytes` what it takes on disk with its indexes.

    `obstacles` are facts that keep some operations from working, in words: `partitioned`, `foreign table`,
    `inherited`. `readers` are views and materialized views of anybody that read it, with the columns they read.
    """

    name: str
    columns: tuple[Column, ...]
    constraints: tuple[Constraint, ...] = ()
    indexes: tuple[Index, ...] = ()
    rows: int = 0
    bytes: int = 0
    replica_identity: str = "default"
    replica_index: str = ""
    comment: str | None = None
    obstacles: tuple[str, ...] = ()
    readers: tuple[tuple[str, tuple[str, ...]], ...] = ()
    triggers: tuple[str, ...] = ()

    @property
    def by_name(self) -> Mapping[str, Column]:
        """Its columns by name."""
        return {column.name: column for column in self.columns}

    @property
    def key(self) -> tuple[str, ...]:
        """The columns of its primary key, or else of a unique constraint over columns that are never null; or none."""
        for type_ in ("primary_key", "unique"):
            for constraint in self.constraints:
                if constraint.type == type_ and self._never_null(constraint.columns):
                    return constraint.columns
        return ()

    def _never_null(self, columns: tuple[str, ...]) -> bool:
        return all(self.by_name[column].not_null for column in columns)


@dataclass(frozen=True, kw_only=True)
class Schema:
    """One schema of a database. `volatile` are functions that may give another result each time.

    `version` is the migration whose shape it has: the last one that was contracted, or none; `version_schema` is where
    applications read that shape. `referrers` are foreign keys of any table (as `schema.table`) onto tables here: who,
    its columns, table and columns here.
    """

    name: str
    tables: tuple[Table, ...] = ()
    version: str = ""
    version_schema: str = ""
    volatile: frozenset[str] = frozenset()
    server: int = 0
    referrers: tuple[tuple[str, tuple[str, ...], str, tuple[str, ...]], ...] = ()

    @cached_property
    def by_name(self) -> Mapping[str, Table]:
        """Its tables by name."""
        return {table.name: table for table in self.tables}
