"""Operations on indexes and whole tables, and SQL as it is."""

from dataclasses import replace

from tidegate.core.migrations.operations import (
    CreateIndex,
    CreateTable,
    DropIndex,
    DropTable,
    MoveTable,
    RawSql,
    RenameTable,
    SetReplicaIdentity,
)
from tidegate.core.migrations.sql import indexes, raw, tables
from tidegate.core.migrations.sql.definitions import constraints_of_table
from tidegate.core.migrations.sql.names import too_long
from tidegate.core.migrations.sql.target import Target
from tidegate.core.migrations.unfold.draft import Draft, TableDraft
from tidegate.core.migrations.unfold.naming import no_table, sound, taken_names
from tidegate.core.migrations.unfold.obstacles import missing
from tidegate.core.migrations.unfold.recast import physical, referenced


def set_replica_identity(draft: Draft, table: TableDraft, operation: SetReplicaIdentity) -> Draft:
    """A table whose rows logical replication knows otherwise."""
    plans = tables.identified(draft.target(table, operation.location), table.table, operation)
    return draft.with_used(table).with_plans(plans)


def rename_table(draft: Draft, table: TableDraft, operation: RenameTable) -> Draft:
    """One table by two names."""
    changed = sound(draft, "table", operation.to, taken_names(draft), operation.location)
    return changed.with_table(replace(table, name=operation.to))


def drop_table(draft: Draft, table: TableDraft, operation: DropTable) -> Draft:
    """A table that only the old shape has."""
    target = draft.target(table, operation.location)
    going = {other.table for other in draft.migration.operations if isinstance(other, DropTable)}
    found = tables.undroppable(target, draft.schema, going)
    left = tuple(other for other in draft.tables if other is not table)
    changed = replace(draft.with_used(table), tables=left, hidden=(*draft.hidden, table.table.name))
    lost = f"table {table.name} with its rows, about {table.table.rows:,}"
    return changed.with_problems(found).with_lost(lost).with_plans(tables.dropped(target))


def create_index(draft: Draft, operation: CreateIndex) -> Draft:
    """An index over columns as the new shape calls them."""
    taken = {index.name for table in draft.schema.tables for index in table.indexes}
    draft = sound(draft, "index", operation.name, taken, operation.location)
    table = draft.find(operation.table)
    if table is None:
        return _beside(draft, operation)
    columns = tuple(part.column for part in operation.columns if part.column)
    unknown = [name for name in columns if name not in table.physical]
    if unknown:
        return draft.with_problems(missing(table, tuple(unknown), operation.location))
    target = draft.target(table, operation.location)
    over = indexes.over(operation, table.physical)
    return draft.with_used(table).with_plans(indexes.created(target, over))


def _beside(draft: Draft, operation: CreateIndex) -> Draft:
    if operation.table not in draft.created:
        return no_table(draft, operation.table, operation.location)
    target = Target(schema=draft.schema.name, table=operation.table, location=operation.location)
    return draft.with_plans(indexes.created(target, operation))


def drop_index(draft: Draft, operation: DropIndex) -> Draft:
    """An index that goes at contract."""
    for table in draft.tables:
        target = draft.target(table, operation.location)
        found = indexes.undroppable(target, table.table, operation.name)
        if found:
            return draft.with_problems(found)
        if operation.name in {index.name for index in table.table.indexes}:
            without = replace(table, without=table.without | {operation.name})
            return draft.with_table(without).with_plans(indexes.dropped(target, operation))
    return draft.refused(
        f"there is no index {operation.name}", operation.location, "look for its name with psql"
    )


def create_table(draft: Draft, operation: CreateTable) -> Draft:
    """A table that only the new shape has."""
    draft = sound(draft, "table", operation.name, taken_names(draft), operation.location)
    names = [column.name for column in operation.columns]
    twice = [f"column {name} twice" for name in dict.fromkeys(names) if names.count(name) > 1]
    long = [f"{name}, which is over 63 bytes" for name in names if too_long(name)]
    nowhere = [f"references {name}, which is not there" for name in _referenced(draft, operation)]
    for what in (*twice, *long, *nowhere):
        draft = draft.refused(f"table {operation.name}: {what}", operation.location, "mend it")
    target = Target(schema=draft.schema.name, table=operation.name, location=operation.location)
    plans = tables.created(target, _over_physical(draft, operation), draft.migration.name)
    return replace(draft, created=(*draft.created, operation.name)).with_plans(plans)


def _referenced(draft: Draft, operation: CreateTable) -> list[str]:
    """Tables that are referenced and nowhere to be seen; SQL of the same migration may make any."""
    known = {operation.name, *draft.created, *(table.name for table in draft.tables)}
    keys = [found.references for found in constraints_of_table(operation)]
    free = any(isinstance(other, RawSql) for other in draft.migration.operations)
    return [key.table for key in keys if key and key.table not in known and "." not in key.table and not free]


def _over_physical(draft: Draft, operation: CreateTable) -> CreateTable:
    """The table with what it references by the names that the database has for it."""
    own = tuple(physical(draft, constraint, {}) for constraint in operation.constraints)
    columns = tuple(
        replace(column, references=referenced(draft, column.references)) for column in operation.columns
    )
    return replace(operation, constraints=own, columns=columns)


def raw_sql(draft: Draft, operation: RawSql) -> Draft:
    """Statements as they are."""
    found = raw.problems(operation, draft.schema.volatile)
    if found:
        return draft.with_problems(found)
    irreversible = (*draft.irreversible, *raw.irreversible(operation))
    plans = raw.unfolded(draft.schema.name, operation, draft.migration.name)
    changed = replace(draft, irreversible=irreversible)
    return (
        replace(changed, last=(*draft.last, *plans)) if operation.on_contract else changed.with_plans(plans)
    )


def move_table(draft: Draft, operation: MoveTable) -> Draft:
    """A table moves between two databases, which is done otherwise."""
    message = f"table {operation.table}: it moves to another database, which no unfolding of one schema says"
    return draft.refused(message, operation.location, "let it be the only operation of its migration")
