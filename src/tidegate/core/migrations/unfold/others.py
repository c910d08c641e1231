"""Operations on constraints, indexes and whole tables, and SQL as it is."""

from dataclasses import replace

from tidegate.core.errors import Location, Problem
from tidegate.core.migrations.operations import (
    CreateConstraint,
    CreateIndex,
    CreateTable,
    DropConstraint,
    DropIndex,
    DropTable,
    Expressions,
    MoveTable,
    RawSql,
    RenameConstraint,
    RenameTable,
    SetReplicaIdentity,
)
from tidegate.core.migrations.schema import Constraint
from tidegate.core.migrations.sql import constraints, indexes, raw, tables
from tidegate.core.migrations.sql.definitions import constraints_of_table, named
from tidegate.core.migrations.sql.names import too_long
from tidegate.core.migrations.sql.target import Target
from tidegate.core.migrations.unfold.columns import itself, second_of
from tidegate.core.migrations.unfold.draft import RESERVED, Draft, TableDraft
from tidegate.core.migrations.unfold.obstacles import missing, obstacles
from tidegate.core.migrations.unfold.recast import Recast, physical, recast, referenced, with_triggers


def create_constraint(draft: Draft, table: TableDraft, operation: CreateConstraint) -> Draft:
    """A constraint that only rows of the new shape meet, or all of them if values move as they are."""
    constraint, location = operation.constraint, operation.location
    target = draft.target(table, location)
    found = missing(table, constraint.columns, location)
    found += obstacles(draft, table, (), (), location) + constraints.unfit(target, table.table, constraint)
    if found:
        return draft.with_problems(found)
    change = Recast(table=table, lossy=operation.lossy, location=location)
    changed = _seconds(draft, change, constraint.columns, operation.up, operation.down)
    after = changed.find(table.name) or table
    own = physical(changed, named(constraint, target.table), after.physical)
    nullable = [column.name for column in table.table.columns if not column.not_null]
    plans = constraints.created(target, own, nullable=nullable)
    late = set(own.columns) - {column.name for column in table.table.columns}
    return changed.with_used(after).with_plans(map(with_triggers, plans) if late else plans)


def drop_constraint(draft: Draft, table: TableDraft, operation: DropConstraint) -> Draft:
    """A constraint that only rows of the old shape meet."""
    constraint = next((found for found in table.table.constraints if found.name == operation.name), None)
    if constraint is None:
        return _no_constraint(draft, table, operation.name, operation.location)
    up, down = (_by_column(moves, constraint) for moves in (operation.up, operation.down))
    names = tuple(name for column, name in table.columns if column in constraint.columns)
    changed = draft.with_table(replace(table, without=table.without | {constraint.name}))
    change = Recast(table=table, lossy=operation.lossy, location=operation.location)
    changed = _seconds(changed, change, names, up, down)
    after = changed.find(table.name) or table
    if not after.twins:
        message = (
            f"table {table.name}: rows of the new shape meet constraint {constraint.name} until contract"
        )
        changed = changed.warned(message, operation.location)
    return changed.with_plans(constraints.dropped(draft.target(table, operation.location), constraint))


def _by_column(moves: Expressions, constraint: Constraint) -> Expressions:
    """Expressions by column, where a file that speaks of one column only does not name it."""
    only = constraint.columns[0] if len(constraint.columns) == 1 else ""
    return tuple((column or only, expression) for column, expression in moves)


def _seconds(
    draft: Draft, change: Recast, columns: tuple[str, ...], up: Expressions, down: Expressions
) -> Draft:
    """Second columns for those whose values move."""
    ups, downs = dict(up), dict(down)
    for name in columns:
        there, back = ups.get(name, ""), downs.get(name, "")
        table = draft.find(change.table.name)
        if table and not (itself(there, name) and itself(back, name)):
            draft = recast(draft, second_of(table, name, there, back, change))
    return draft


def _no_constraint(draft: Draft, table: TableDraft, name: str, location: Location | None) -> Draft:
    known = ", ".join(sorted(found.name for found in table.table.constraints)) or "none"
    return draft.refused(f"table {table.name}: it has no constraint {name}", location, f"it has {known}")


def rename_constraint(draft: Draft, table: TableDraft, operation: RenameConstraint) -> Draft:
    """A constraint that has another name from contract on."""
    names = {found.name for found in table.table.constraints}
    if operation.name not in names:
        return _no_constraint(draft, table, operation.name, operation.location)
    changed = _sound(draft, "constraint", operation.to, names, operation.location)
    plans = constraints.renamed(draft.target(table, operation.location), operation.name, operation.to)
    return changed.with_used(table).with_plans(plans)


def set_replica_identity(draft: Draft, table: TableDraft, operation: SetReplicaIdentity) -> Draft:
    """A table whose rows logical replication knows otherwise."""
    plans = tables.identified(draft.target(table, operation.location), table.table, operation)
    return draft.with_used(table).with_plans(plans)


def rename_table(draft: Draft, table: TableDraft, operation: RenameTable) -> Draft:
    """One table by two names."""
    changed = _sound(draft, "table", operation.to, _taken(draft), operation.location)
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
    draft = _sound(draft, "index", operation.name, taken, operation.location)
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
    draft = _sound(draft, "table", operation.name, _taken(draft), operation.location)
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


def no_table(draft: Draft, name: str, location: Location | None) -> Draft:
    """What is said of a table that nobody knows."""
    known = ", ".join(sorted(table.name for table in draft.tables)) or "none"
    hint = f"schema {draft.schema.name} has {known}; what sql makes is there for the next migration"
    return draft.refused(f"there is no table {name}", location, hint)


def _taken(draft: Draft) -> set[str]:
    """Names of tables, in the database and in the new shape."""
    return {*draft.schema.by_name, *draft.created, *(table.name for table in draft.tables)}


def _sound(draft: Draft, what: str, name: str, taken: set[str], location: Location | None) -> Draft:
    """With what is wrong with a new name."""
    findings = (
        (name in taken, f"{what} {name} is there already", "choose another name"),
        (too_long(name), f"{what} {name}: the name is over 63 bytes", "choose a shorter one"),
        (
            name.startswith(RESERVED),
            f"{what} {name}: names that begin with {RESERVED} are tidegate's",
            "choose another name",
        ),
    )
    return draft.with_problems(
        Problem(message=message, location=location, hint=hint) for holds, message, hint in findings if holds
    )
