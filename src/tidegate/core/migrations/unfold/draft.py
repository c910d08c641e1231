"""What a migration has come to after some of its operations: tables of the new shape, plans, and what is wrong.

Operations name tables and columns as the operations before them left them. In the database they keep their names until
contract, or have a second column beside them (see `columns`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from tidegate.core.errors import Location, Problem
from tidegate.core.migrations.operations import Migration
from tidegate.core.migrations.schema import Column, Schema, Table
from tidegate.core.migrations.sql.names import fitted
from tidegate.core.migrations.sql.target import Target
from tidegate.core.migrations.unfolding import Pair, PhasePlan, Return

RESERVED = "_tidegate"
"""What names of our own begin with."""


def second(name: str) -> str:
    """What the column of the new shape is called in the table until contract."""
    return fitted("_tidegate_new", name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The operation that columns `old` and `new` come from, all by their names in the database."""

    old: tuple[str, ...]
    new: tuple[str, ...]
    lossy: bool = False
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableDraft:
    """A table on its way: `columns` are those of the new shape, each by its name in the database and in the shape.

    `twins` are columns with a second one that takes over their constraints and indexes, but for those `without`.
    `touched` are columns, by their names in the new shape, that an operation has changed; `defaults` are defaults that
    only the new shape has. `sources` say by which operations.
    """

    table: Table
    name: str
    columns: tuple[tuple[str, str], ...]
    added: tuple[Pair, ...] = ()
    dropped: tuple[Return, ...] = ()
    twins: tuple[tuple[str, str], ...] = ()
    without: frozenset[str] = frozenset()
    touched: frozenset[str] = frozenset()
    defaults: tuple[tuple[str, str], ...] = ()
    sources: tuple[Source, ...] = ()

    @property
    def physical(self) -> Mapping[str, str]:
        """Columns by their names in the new shape, as the table itself calls them."""
        return {name: column for column, name in self.columns}

    @property
    def old(self) -> tuple[tuple[str, str], ...]:
        """The columns of the old shape, each by its name in the database and in the shape."""
        return tuple((column.name, column.name) for column in self.table.columns)

    @property
    def reshaped(self) -> bool:
        """Whether rows must be kept in two shapes."""
        return bool(self.added or self.dropped)

    def column(self, name: str) -> Column:
        """A column of the old shape by its name in the new one."""
        return self.table.by_name[self.physical[name]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A migration half unfolded. `tables` are those that were there and that the new shape still has,
    `created` those that only it has, `used` those that an operation speaks of. `last` is what
    contract does once everything has its name.
    """

    migration: Migration
    schema: Schema
    tables: tuple[TableDraft, ...]
    created: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    plans: tuple[PhasePlan, ...] = ()
    last: tuple[PhasePlan, ...] = ()
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    lost: tuple[str, ...] = ()
    irreversible: tuple[str, ...] = ()
    used: frozenset[str] = frozenset()

    def find(self, table: str) -> TableDraft | None:
        """A table by its name in the new shape."""
        return next((draft for draft in self.tables if draft.name == table), None)

    def target(self, draft: TableDraft, location: Location | None) -> Target:
        """The table as the database calls it."""
        return Target(schema=self.schema.name, table=draft.table.name, location=location)

    def with_table(self, changed: TableDraft) -> "Draft":
        """With a table in place of what it was."""
        tables = tuple(changed if draft.table.name == changed.table.name else draft for draft in self.tables)
        return replace(self, tables=tables, used=self.used | {changed.table.name})

    def with_used(self, draft: TableDraft) -> "Draft":
        """With a table known to be touched."""
        return replace(self, used=self.used | {draft.table.name})

    def with_plans(self, plans: Iterable[PhasePlan]) -> "Draft":
        """With more to do, after what there is."""
        return replace(self, plans=(*self.plans, *plans))

    def with_problems(self, problems: Iterable[Problem]) -> "Draft":
        """With more that keeps it from being carried out."""
        return replace(self, problems=(*self.problems, *problems))

    def refused(self, message: str, location: Location | None, hint: str = "") -> "Draft":
        """With one more problem."""
        return self.with_problems([Problem(message=message, location=location, hint=hint)])

    def warned(self, message: str, location: Location | None) -> "Draft":
        """With a warning."""
        return replace(self, warnings=(*self.warnings, Problem(message=message, location=location)))

    def with_lost(self, *what: str) -> "Draft":
        """With something that contract gives up."""
        return replace(self, lost=(*self.lost, *what))


def begun(migration: Migration, schema: Schema) -> Draft:
    """Nothing done yet: the new shape is the old one."""
    tables = tuple(_untouched(table) for table in schema.tables)
    return Draft(migration=migration, schema=schema, tables=tables)


def _untouched(table: Table) -> TableDraft:
    columns = tuple((column.name, column.name) for column in table.columns)
    return TableDraft(table=table, name=table.name, columns=columns)
