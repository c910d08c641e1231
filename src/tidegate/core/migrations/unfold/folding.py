"""Operations on a table that the same migration creates are folded into its creation."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from tidegate.core.migrations.operations import (
    AddColumn,
    AlterColumn,
    CreateConstraint,
    CreateTable,
    DropColumn,
    DropConstraint,
    MergeColumns,
    NewColumn,
    NewConstraint,
    Operation,
    RenameColumn,
    RenameConstraint,
    RenameTable,
    SplitColumn,
)
from tidegate.core.migrations.sql.definitions import over
from tidegate.core.migrations.sql.expressions import renamed


def folded(operations: tuple[Operation, ...]) -> tuple[Operation, ...]:
    """The operations without those that only change what another of them creates."""
    done: list[Operation] = []
    for operation in operations:
        place = _creation(done, operation)
        fold = FOLDS.get(type(operation))
        if place is None or fold is None:
            done.append(operation)
        else:
            done[place] = fold(done[place], operation)
    return tuple(done)


def _creation(done: list[Operation], operation: Operation) -> int | None:
    """Where the table of the operation is created, if it is, with the columns that the operation speaks of."""
    wanted = _spoken_of(operation)
    for place, other in enumerate(done):
        if isinstance(other, CreateTable) and other.name == getattr(operation, "table", None):
            names = {column.name for column in other.columns}
            return place if names.issuperset(wanted) else None
    return None


def _spoken_of(operation: Operation) -> tuple[str, ...]:
    """The columns that must be there."""
    if isinstance(operation, MergeColumns):
        return operation.columns
    if isinstance(operation, CreateConstraint):
        return operation.constraint.columns
    column = getattr(operation, "column", "")
    return (column,) if isinstance(column, str) and column else ()


def _columns(table: CreateTable, changes: Mapping[str, tuple[NewColumn, ...]]) -> CreateTable:
    """The table with columns in place of others."""
    columns = tuple(new for column in table.columns for new in changes.get(column.name, (column,)))
    kept = {column.name for column in columns}
    constraints = tuple(found for found in table.constraints if kept.issuperset(found.columns))
    return replace(table, columns=columns, constraints=constraints)


def _add(table: CreateTable, operation: AddColumn) -> CreateTable:
    return replace(table, columns=(*table.columns, operation.column))


def _drop(table: CreateTable, operation: DropColumn) -> CreateTable:
    return _columns(table, {operation.column: ()})


def _rename(table: CreateTable, operation: RenameColumn) -> CreateTable:
    names = {operation.column: operation.to}
    columns = tuple(_over(column, names) for column in table.columns)
    constraints = tuple(over(constraint, names) for constraint in table.constraints)
    return replace(table, columns=columns, constraints=constraints)


def _over(column: NewColumn, names: Mapping[str, str]) -> NewColumn:
    """The column where others, or itself, are called otherwise."""
    check = column.check and replace(column.check, condition=renamed(column.check.condition, names))
    generated = renamed(column.generated, names)
    return replace(column, name=names.get(column.name, column.name), check=check, generated=generated)


def _alter(table: CreateTable, operation: AlterColumn) -> CreateTable:
    column = next(column for column in table.columns if column.name == operation.column)
    return _columns(table, {column.name: (altered(column, operation),)})


def altered(column: NewColumn, operation: AlterColumn) -> NewColumn:
    """The column as the operation wants it."""
    return replace(
        column,
        type=operation.type or column.type,
        nullable=column.nullable if operation.nullable is None else operation.nullable,
        default=operation.default.value if operation.default else column.default,
        comment=operation.comment.value if operation.comment else column.comment,
        unique=operation.unique or column.unique,
        check=operation.check or column.check,
        references=operation.references or column.references,
    )


def _split(table: CreateTable, operation: SplitColumn) -> CreateTable:
    return _columns(table, {operation.column: operation.into})


def _merge(table: CreateTable, operation: MergeColumns) -> CreateTable:
    first, *others = operation.columns
    return _columns(table, {first: (operation.into,), **dict.fromkeys(others, ())})


def _constrain(table: CreateTable, operation: CreateConstraint) -> CreateTable:
    return replace(table, constraints=(*table.constraints, operation.constraint))


def _named(table: CreateTable, name: str, to: str) -> CreateTable:
    """The table with a constraint by another name; an empty one takes it away."""
    constraints = tuple(_called(found, name, to) for found in table.constraints)
    columns = tuple(_column_named(column, name, to) for column in table.columns)
    return replace(table, columns=columns, constraints=tuple(found for found in constraints if found))


def _called(constraint: NewConstraint, name: str, to: str) -> NewConstraint | None:
    if constraint.name != name:
        return constraint
    return replace(constraint, name=to) if to else None


def _column_named(column: NewColumn, name: str, to: str) -> NewColumn:
    check, key = column.check, column.references
    return replace(
        column,
        unique=to if column.unique == name else column.unique,
        check=(replace(check, name=to) if to else None) if check and check.name == name else check,
        references=(replace(key, name=to) if to else None) if key and key.name == name else key,
    )


def _unconstrain(table: CreateTable, operation: DropConstraint) -> CreateTable:
    return _named(table, operation.name, "")


def _rename_constraint(table: CreateTable, operation: RenameConstraint) -> CreateTable:
    return _named(table, operation.name, operation.to)


def _rename_table(table: CreateTable, operation: RenameTable) -> CreateTable:
    return replace(table, name=operation.to)


# Each takes the creation and the operation of its key, which the type of a table cannot say.
FOLDS: Mapping[type, Callable[[Any, Any], CreateTable]] = {
    AddColumn: _add,
    DropColumn: _drop,
    RenameColumn: _rename,
    AlterColumn: _alter,
    SplitColumn: _split,
    MergeColumns: _merge,
    CreateConstraint: _constrain,
    DropConstraint: _unconstrain,
    RenameConstraint: _rename_constraint,
    RenameTable: _rename_table,
}
"""What becomes of a creation, by the operation that follows it."""
