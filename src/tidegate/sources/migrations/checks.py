"""What no schema can say of operations and no database is needed for, each with the place of its operation."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from tidegate.core.errors import Problem
from tidegate.core.migrations.operations import (
    AddColumn,
    AlterColumn,
    CreateConstraint,
    CreateIndex,
    CreateTable,
    IndexColumn,
    MergeColumns,
    MoveTable,
    Operation,
    RawSql,
    SetReplicaIdentity,
    SplitColumn,
)
from tidegate.core.migrations.sql.names import too_long
from tidegate.core.migrations.unfolding import NAME_BYTES
from tidegate.sources.migrations.names import names
from tidegate.sources.migrations.part_checks import (
    Said,
    column_problems,
    constraint_problems,
    named_twice,
    reference_problems,
)
from tidegate.sources.words import listed, quoted

RESERVED: Final = "_tidegate"


def problems(operations: Sequence[Operation]) -> Iterator[Problem]:
    """Everything that is wrong with them, whatever the database is like."""
    created = frozenset(each.name for each in operations if isinstance(each, CreateTable))
    for each in operations:
        for message, hint in (*_misnamed(each), *_CHECKS.get(type(each), _nothing)(each)):
            yield Problem(message=message, location=each.location, hint=hint)
        if isinstance(each, AddColumn) and each.table not in created:
            yield from _empty(each)
    yield from _added_twice(operations)
    yield from _not_alone(operations)


def _nothing(_: Operation) -> Said:
    return iter(())


# -- names -------------------------------------------------------------------------------------------------


def _misnamed(operation: Operation) -> Said:
    for name in dict.fromkeys(names(operation)):
        if too_long(name):
            yield f"{quoted(name)} is longer than {NAME_BYTES} bytes", "PostgreSQL would cut it: shorten it"
        if name.casefold().startswith(RESERVED):
            yield f"names that begin with {RESERVED} are tidegate's: {quoted(name)}", "choose another"


# -- operations --------------------------------------------------------------------------------------------


def _altered(operation: AlterColumn) -> Said:
    if operation == AlterColumn(table=operation.table, column=operation.column, location=operation.location):
        yield f"alterColumn of {quoted(operation.column)} changes nothing", "say what is to change"
    for field, needed, why in _NEEDED:
        if needed(operation) and not getattr(operation, field):
            hint = f"write {field}: an expression, or {operation.column} to leave it as it is"
            yield f"{quoted(operation.column)} {why}, and nothing says how ({field})", hint
    yield from reference_problems(operation.references, (operation.column,))


_NEEDED: Final[tuple[tuple[str, Callable[[AlterColumn], bool], str], ...]] = (
    ("up", lambda each: bool(each.type), "gets another type"),
    ("down", lambda each: bool(each.type), "keeps its old type for old applications"),
    ("up", lambda each: each.nullable is False, "is never null from now on"),
    ("down", lambda each: each.nullable is True, "may be null from now on, and never was"),
)
"""What an expression is needed for; where it is not needed and left out, the value stays as it is."""


def _split(operation: SplitColumn) -> Said:
    yield from _expressions("up", operation.up, [column.name for column in operation.into])
    yield from (*named_twice(column.name for column in operation.into), *column_problems(operation.into))


def _merged(operation: MergeColumns) -> Said:
    yield from _expressions("down", operation.down, operation.columns)
    yield from (*named_twice(operation.columns), *column_problems((operation.into,)))


def _expressions(field: str, written: Iterable[tuple[str, str]], columns: Sequence[str]) -> Said:
    """One expression for each of the columns, and for no other."""
    given = dict(written)
    for name in columns:
        if not given.get(name):
            yield f"{field} has no expression for {quoted(name)}", f"write {field}: {{{name}: …}}"
    yield from _strangers(field, given, columns)


def _strangers(field: str, given: Iterable[str], columns: Sequence[str]) -> Said:
    for name in given:
        if name not in columns:
            yield f"{field} has an expression for {quoted(name)}", f"the columns are {listed(columns)}"


def _constrained(operation: CreateConstraint) -> Said:
    constraint = operation.constraint
    yield from constraint_problems(constraint)
    for field, given in (("up", operation.up), ("down", operation.down)):
        yield from _strangers(field, dict(given), constraint.columns)


def _created(operation: CreateTable) -> Said:
    yield from named_twice(column.name for column in operation.columns)
    yield from column_problems(operation.columns)
    for constraint in operation.constraints:
        yield from constraint_problems(constraint)
    keys = [each.name for each in operation.constraints if each.type == "primary_key"]
    keys += ["its columns"] if any(column.primary_key for column in operation.columns) else []
    if len(keys) > 1:
        yield f"{quoted(operation.name)} has more than one primary key: {listed(keys)}", "leave one"


def _indexed(operation: CreateIndex) -> Said:
    for column in operation.columns:
        if bool(column.column) is bool(column.expression):
            yield f"{quoted(operation.name)} sorts by {_sorted_by(column)}", "name a column or an expression"
    yield from named_twice(column.column for column in operation.columns if column.column)


def _sorted_by(column: IndexColumn) -> str:
    return f"a column ({quoted(column.column)}) and an expression" if column.column else "nothing"


def _identified(operation: SetReplicaIdentity) -> Said:
    if operation.type == "index" and not operation.index:
        yield f"the replica identity of {quoted(operation.table)} lacks 'index'", "name the index"
    if operation.type != "index" and operation.index:
        yield f"{quoted(operation.index)} is not used by type {operation.type}", "write type: index"


def _raw(operation: RawSql) -> Said:
    said = [name for name in ("down", "irreversible") if getattr(operation, name)]
    if operation.on_contract and said:
        yield f"there is no way back from contract, and 'sql' has {quoted(said[0])}", "leave it out"
    elif len(said) > 1:
        yield "'sql' has both a way back and a reason why there is none", "leave 'down' or 'irreversible' out"
    elif not (said or operation.on_contract or operation.derive):
        hint = "write down: the statements that undo it, or irreversible: why nothing does"
        yield "'sql' has no way back and does not say so", hint


_CHECKS: Final[Mapping[type, Callable[[Any], Said]]] = {
    AddColumn: lambda operation: column_problems((operation.column,)),
    AlterColumn: _altered,
    SplitColumn: _split,
    MergeColumns: _merged,
    CreateConstraint: _constrained,
    CreateTable: _created,
    CreateIndex: _indexed,
    SetReplicaIdentity: _identified,
    RawSql: _raw,
}


# -- operations together -----------------------------------------------------------------------------------


def _empty(operation: AddColumn) -> Iterator[Problem]:
    """A column that is never null, of a table that has rows, and nothing says what they hold."""
    column = operation.column
    counted = column.identity or column.generated or column.type.casefold().endswith("serial")
    if not (column.nullable or operation.up or column.default or counted):
        message = f"{quoted(column.name)} is never null, and nothing says what old rows hold"
        hint = "write up: an expression over the old shape, a default, or nullable: true"
        yield Problem(message=message, location=operation.location, hint=hint)


def _added_twice(operations: Iterable[Operation]) -> Iterator[Problem]:
    seen = set[tuple[str, str]]()
    for each in operations:
        for key in dict.fromkeys(_added(each)):
            if key in seen:
                message = f"{quoted(key[1] or key[0])} is created twice"
                yield Problem(message=message, location=each.location, hint="create it once")
            seen.add(key)


def _added(operation: Operation) -> tuple[tuple[str, str], ...]:
    """The tables and columns that an operation creates, as table and column."""
    match operation:
        case CreateTable():
            return ((operation.name, ""), *((operation.name, column.name) for column in operation.columns))
        case AddColumn():
            return ((operation.table, operation.column.name),)
        case SplitColumn():
            return tuple((operation.table, column.name) for column in operation.into)
        case MergeColumns():
            return ((operation.table, operation.into.name),)
        case _:
            return ()


def _not_alone(operations: Sequence[Operation]) -> Iterator[Problem]:
    moves = [each for each in operations if isinstance(each, MoveTable)]
    if moves and len(operations) > 1:
        message = "moveTable is not the only operation of its migration"
        yield Problem(message=message, location=moves[0].location, hint="give it a file of its own")
