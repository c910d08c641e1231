"""Operations on columns of tables that are there."""

from dataclasses import replace

from tidegate.core.migrations.operations import (
    AddColumn,
    AlterColumn,
    DropColumn,
    MergeColumns,
    NewColumn,
    RenameColumn,
    SplitColumn,
)
from tidegate.core.migrations.phases import Phase
from tidegate.core.migrations.schema import Column
from tidegate.core.migrations.sql import constraints
from tidegate.core.migrations.sql.definitions import constraints_of, named
from tidegate.core.migrations.sql.expressions import called
from tidegate.core.migrations.sql.names import literal, quoted
from tidegate.core.migrations.sql.target import Target
from tidegate.core.migrations.statements import Lock
from tidegate.core.migrations.unfold.draft import Draft, TableDraft
from tidegate.core.migrations.unfold.folding import altered
from tidegate.core.migrations.unfold.obstacles import missing, obstacles
from tidegate.core.migrations.unfold.recast import Recast, physical, recast
from tidegate.core.migrations.unfolding import PhasePlan


def itself(expression: str, column: str) -> bool:
    """Whether the expression is no more than the column, so that the same column serves both shapes."""
    return expression.strip() in {"", column, quoted(column)}


def add(draft: Draft, table: TableDraft, operation: AddColumn) -> Draft:
    """A column that only the new shape has."""
    column = operation.column
    up = {column.name: operation.up} if operation.up else {}
    change = Recast(table=table, new=(column,), up=up, location=operation.location)
    if not (column.nullable or up or column.default is not None):
        message = f"table {table.name}: column {column.name} is never null, and nothing fills it in rows from before"
        return draft.refused(message, operation.location, "give `up` or a default, or let it be null")
    return recast(draft, change)


def drop(draft: Draft, table: TableDraft, operation: DropColumn) -> Draft:
    """A column that only the old shape has."""
    name = operation.column
    down = {name: operation.down} if operation.down else {}
    changed = recast(draft, Recast(table=table, old=(name,), down=down, location=operation.location))
    if name not in table.physical:
        return changed
    column = table.column(name)
    if column.not_null and column.default is None and not down:
        message = (
            f"table {table.name}: column {name} is never null, and nothing fills it in rows of the new shape"
        )
        return changed.refused(message, operation.location, "give `down`")
    return changed


def rename(draft: Draft, table: TableDraft, operation: RenameColumn) -> Draft:
    """One column by two names."""
    column = NewColumn(name=operation.to, type="", nullable=True)
    found = missing(table, (operation.column,), operation.location)
    found = found or obstacles(draft, table, (), (column,), operation.location)
    if found:
        return draft.with_problems(found)
    names = {operation.column: operation.to}
    columns = tuple((own, names.get(name, name)) for own, name in table.columns)
    return draft.with_table(replace(table, columns=columns))


def split(draft: Draft, table: TableDraft, operation: SplitColumn) -> Draft:
    """One column becomes several."""
    change = Recast(
        table=table,
        old=(operation.column,),
        new=operation.into,
        up=dict(operation.up),
        down={operation.column: operation.down},
        lossy=operation.lossy,
        location=operation.location,
    )
    return recast(draft, change)


def merge(draft: Draft, table: TableDraft, operation: MergeColumns) -> Draft:
    """Several columns become one."""
    change = Recast(
        table=table,
        old=operation.columns,
        new=(operation.into,),
        up={operation.into.name: operation.up},
        down=dict(operation.down),
        lossy=operation.lossy,
        location=operation.location,
    )
    return recast(draft, change)


def alter(draft: Draft, table: TableDraft, operation: AlterColumn) -> Draft:
    """A column that is another one in the new shape, or the same by other rules."""
    name = operation.column
    found = missing(table, (name,), operation.location)
    if found:
        return draft.with_problems(found)
    column = table.column(name)
    same = not operation.type or operation.type.lower() == column.type
    if same and itself(operation.up, name) and itself(operation.down, name):
        return _in_place(draft, table, operation)
    if not same and not (operation.up and operation.down):
        message = f"table {table.name}: column {name} gets another type, and nothing says how values move"
        return draft.refused(message, operation.location, "give `up` and `down`")
    if _counted(column) and operation.default is None:
        message = f"table {table.name}: column {name} is counted by a sequence that goes with it"
        return draft.refused(message, operation.location, "give `default`")
    new = altered(_as_new(column, name, "" if same else operation.type), operation)
    return recast(draft, _moved(table, new, column, operation))


def _moved(table: TableDraft, new: NewColumn, column: Column, operation: AlterColumn) -> Recast:
    name = operation.column
    keeps = column.collation and not operation.type
    return Recast(
        table=table,
        old=(name,),
        new=(new,),
        up={name: operation.up or quoted(name)},
        down={name: operation.down or quoted(name)},
        twins=True,
        collations={name: column.collation} if keeps else {},
        lossy=operation.lossy,
        location=operation.location,
    )


def second_of(table: TableDraft, name: str, up: str, down: str, change: Recast) -> Recast:
    """The same column a second time, so that a constraint holds in one shape only."""
    column = table.column(name)
    return replace(
        change,
        table=table,
        old=(name,),
        new=(_as_new(column, name, ""),),
        up={name: up or quoted(name)},
        down={name: down or quoted(name)},
        twins=True,
        collations={name: column.collation} if column.collation else {},
    )


def _counted(column: Column) -> bool:
    return column.default is not None and "nextval" in called(column.default)


def _as_new(column: Column, name: str, type_: str) -> NewColumn:
    """The column as one to be made anew; its default becomes one of the new type."""
    default = column.default
    if type_ and default is not None:
        default = f"CAST(({default}) AS {type_})"
    return NewColumn(
        name=name,
        type=type_ or column.type,
        nullable=not column.not_null,
        default=default,
        comment=column.comment,
    )


def _in_place(draft: Draft, table: TableDraft, operation: AlterColumn) -> Draft:
    """The same column in both shapes: constraints hold for both, what else there is comes with contract."""
    found = obstacles(draft, table, (), (), operation.location)
    if found:
        return draft.with_problems(found)
    target, name = draft.target(table, operation.location), operation.column
    wanted = altered(NewColumn(name=name, type=""), replace(operation, nullable=None))
    plans = [
        plan
        for constraint in constraints_of(wanted)
        for plan in constraints.created(
            target, physical(draft, named(constraint, target.table), table.physical)
        )
    ]
    changed = draft.with_table(_with_default(table, operation)).with_plans(plans)
    changed = changed.with_plans(_nullability(target, table.column(name), operation))
    return changed.with_plans(_at_contract(target, table.physical[name], operation))


def _with_default(table: TableDraft, operation: AlterColumn) -> TableDraft:
    touched = table.touched | {operation.column}
    if operation.default is None:
        return replace(table, touched=touched)
    default = (operation.column, operation.default.value or "NULL")
    return replace(table, touched=touched, defaults=(*table.defaults, default))


def _nullability(target: Target, column: Column, operation: AlterColumn) -> tuple[PhasePlan, ...]:
    if operation.nullable is None or operation.nullable is not column.not_null:
        return ()
    if not operation.nullable:
        return constraints.not_null(target, column.name)
    action = f"ALTER COLUMN {quoted(column.name)} DROP NOT NULL"
    return (
        PhasePlan(
            phase=Phase.CONTRACT,
            forth=(target.alters(action, f"let {column.name} of {target.table} be null"),),
        ),
    )


def _at_contract(target: Target, column: str, operation: AlterColumn) -> tuple[PhasePlan, ...]:
    """Default and comment, which the old shape keeps until then."""
    done = []
    if operation.default:
        value = operation.default.value
        action = (
            f"ALTER COLUMN {quoted(column)} {'DROP DEFAULT' if value is None else f'SET DEFAULT {value}'}"
        )
        done.append(target.alters(action, f"change the default of {column} of {target.table}"))
    if operation.comment:
        value = operation.comment.value
        text = "NULL" if value is None else literal(value)
        sql = f"COMMENT ON COLUMN {target.name}.{quoted(column)} IS {text}"
        said = f"comment on {column} of {target.table}"
        done.append(target.says(sql, said, Lock.SHARE_UPDATE_EXCLUSIVE))
    return (PhasePlan(phase=Phase.CONTRACT, forth=tuple(done)),) if done else ()
