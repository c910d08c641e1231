"""Operations on constraints of tables that are there."""

from dataclasses import replace

from tidegate.core.errors import Location
from tidegate.core.migrations.operations import (
    CreateConstraint,
    DropConstraint,
    Expressions,
    RenameConstraint,
)
from tidegate.core.migrations.schema import Constraint
from tidegate.core.migrations.sql import constraints
from tidegate.core.migrations.sql.definitions import named
from tidegate.core.migrations.unfold.columns import itself, second_of
from tidegate.core.migrations.unfold.draft import Draft, TableDraft
from tidegate.core.migrations.unfold.naming import sound
from tidegate.core.migrations.unfold.obstacles import missing, obstacles
from tidegate.core.migrations.unfold.recast import Recast, physical, recast, with_triggers


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


def rename_constraint(draft: Draft, table: TableDraft, operation: RenameConstraint) -> Draft:
    """A constraint that has another name from contract on."""
    names = {found.name for found in table.table.constraints}
    if operation.name not in names:
        return _no_constraint(draft, table, operation.name, operation.location)
    changed = sound(draft, "constraint", operation.to, names, operation.location)
    plans = constraints.renamed(draft.target(table, operation.location), operation.name, operation.to)
    return changed.with_used(table).with_plans(plans)


def _no_constraint(draft: Draft, table: TableDraft, name: str, location: Location | None) -> Draft:
    known = ", ".join(sorted(found.name for found in table.table.constraints)) or "none"
    return draft.refused(f"table {table.name}: it has no constraint {name}", location, f"it has {known}")
