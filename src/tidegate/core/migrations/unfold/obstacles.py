"""What keeps columns of a table from having two shapes."""

from collections.abc import Iterator

from tidegate.core.errors import Location, Problem
from tidegate.core.migrations.operations import NewColumn
from tidegate.core.migrations.sql.expressions import columns_read
from tidegate.core.migrations.sql.names import too_long
from tidegate.core.migrations.unfold.draft import RESERVED, Draft, TableDraft

Found = Iterator[tuple[str, str]]
"""What is wrong, and what to do about it."""


def obstacles(
    draft: Draft,
    table: TableDraft,
    old: tuple[str, ...],
    new: tuple[NewColumn, ...],
    location: Location | None,
) -> tuple[Problem, ...]:
    """Every reason why columns `old` of the table cannot become `new`."""
    missing = tuple(_missing(table, old))
    found = missing or (*_of_table(table), *_of_old(draft, table, old), *_of_new(table, old, new))
    return tuple(
        Problem(message=f"table {table.name}: {message}", location=location, hint=hint)
        for message, hint in found
    )


def missing(table: TableDraft, names: tuple[str, ...], location: Location | None) -> tuple[Problem, ...]:
    """Which of the columns are not there, or were changed before."""
    return tuple(
        Problem(message=f"table {table.name}: {message}", location=location, hint=hint)
        for message, hint in _missing(table, names)
    )


def _missing(table: TableDraft, old: tuple[str, ...]) -> Found:
    for name in old:
        if name not in table.physical:
            yield f"it has no column {name}", f"it has {', '.join(table.physical)}"
        elif name in table.touched:
            yield f"column {name} is changed twice", "put the second change into a migration of its own"


def _of_table(table: TableDraft) -> Found:
    for obstacle in table.table.obstacles:
        yield f"it is {obstacle}, and cannot have two shapes", "use sql"


def _of_old(draft: Draft, table: TableDraft, old: tuple[str, ...]) -> Found:
    keys = [found.columns for found in table.table.constraints if found.type == "primary_key"]
    for name in old:
        column = table.column(name)
        if any(column.name in key for key in keys):
            yield (
                f"column {name} is part of its primary key",
                "its rows are known by it: add a column and move over",
            )
        if column.generated or column.identity:
            yield f"column {name} is computed by PostgreSQL", "drop that in a migration before"
        yield from _dependents(draft, table, column.name)


def _dependents(draft: Draft, table: TableDraft, column: str) -> Found:
    for who, _, referenced, columns in draft.schema.referrers:
        if referenced == table.table.name and column in columns:
            yield f"{who} references column {column}", "drop its foreign key first"
    for other in table.table.columns:
        if other.generated and columns_read(other.generated, [column]):
            yield f"column {other.name} is generated from column {column}", "drop it first"
    for reader, columns in table.table.readers:
        if column in columns:
            yield f"{reader} reads column {column}", "drop that view first, and make it anew afterwards"


def _of_new(table: TableDraft, old: tuple[str, ...], new: tuple[NewColumn, ...]) -> Found:
    taken = table.physical.keys() - set(old)
    names = [column.name for column in new]
    for column in new:
        if column.name in taken or names.count(column.name) > 1:
            yield f"it has a column {column.name} already", "choose another name"
        if column.name.startswith(RESERVED):
            yield (
                f"column {column.name}: names that begin with {RESERVED} are tidegate's",
                "choose another name",
            )
        if too_long(column.name):
            yield f"column {column.name}: the name is over 63 bytes", "choose a shorter one"
        yield from _rewriting(column)


_SERIAL = frozenset({"serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"})


def _rewriting(column: NewColumn) -> Found:
    """What would have every row written while everybody waits."""
    if column.type.lower() in _SERIAL:
        hint = "create a sequence by sql, and give the column its type of number and a default of nextval"
        yield f"column {column.name}: a {column.type} writes every row anew while everybody waits", hint
    if column.identity:
        hint = "add it with a default of nextval, and let it be an identity by sql on contract"
        yield f"column {column.name}: an identity writes every row anew while everybody waits", hint
    if column.generated:
        hint = "give the expression as `up`, and let the application write the column"
        yield (
            f"column {column.name}: a stored generated column writes every row anew while everybody waits",
            hint,
        )
    if column.primary_key:
        yield f"column {column.name}: a table that is there gets its key otherwise", "use createConstraint"
