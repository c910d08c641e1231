"""Indexes of tables that are in use, built and dropped beside the traffic."""

from collections.abc import Mapping
from dataclasses import replace

from tidegate.core.errors import Problem
from tidegate.core.migrations.operations import CreateIndex, DropIndex, IndexColumn
from tidegate.core.migrations.phases import Phase
from tidegate.core.migrations.schema import Table
from tidegate.core.migrations.sql.expressions import as_value, renamed
from tidegate.core.migrations.sql.names import qualified, quoted
from tidegate.core.migrations.sql.target import Target
from tidegate.core.migrations.statements import Effort, Lock, Statement
from tidegate.core.migrations.unfolding import PhasePlan


def created(target: Target, operation: CreateIndex) -> tuple[PhasePlan, ...]:
    """An index; a unique one waits until every row has its new shape."""
    unique = "UNIQUE " if operation.unique else ""
    phase = Phase.VERIFY if operation.unique else Phase.EXPAND
    return (built(target, operation.name, f"{_method(operation)}{_body(operation)}", phase, unique=unique),)


def built(target: Target, name: str, body: str, phase: Phase, *, unique: str = "") -> PhasePlan:
    """An index by this name; `body` is what follows the table in its definition."""
    build = Statement(
        sql=f"CREATE {unique}INDEX CONCURRENTLY IF NOT EXISTS {quoted(name)} ON {target.name} {body}",
        summary=f"build index {name} on {target.table} beside the traffic",
        lock=Lock.SHARE_UPDATE_EXCLUSIVE,
        effort=Effort.BUILD,
        tables=(target.table,),
        alone=True,
        index=name,
        location=target.location,
    )
    return PhasePlan(phase=phase, forth=(build,), back=(drops(target, name),))


def dropped(target: Target, operation: DropIndex) -> tuple[PhasePlan, ...]:
    """An index that goes at contract."""
    return (PhasePlan(phase=Phase.CONTRACT, forth=(drops(target, operation.name),)),)


def drops(target: Target, name: str) -> Statement:
    """An index goes, if it is there, while everybody reads and writes on."""
    return Statement(
        sql=f"DROP INDEX CONCURRENTLY IF EXISTS {qualified(target.schema, name)}",
        summary=f"drop index {name} of {target.table}",
        lock=Lock.SHARE_UPDATE_EXCLUSIVE,
        tables=(target.table,),
        alone=True,
        location=target.location,
    )


def renames(target: Target, name: str, to: str) -> Statement:
    """An index gets another name, if it is there; nobody waits."""
    sql = f"ALTER INDEX IF EXISTS {qualified(target.schema, name)} RENAME TO {quoted(to)}"
    return target.says(sql, f"rename index {name} of {target.table} to {to}", Lock.SHARE_UPDATE_EXCLUSIVE)


def undroppable(target: Target, table: Table, name: str) -> tuple[Problem, ...]:
    """Why the index cannot be dropped alone: it stands behind a constraint."""
    if name not in {constraint.name for constraint in table.constraints}:
        return ()
    message = f"index {name} of {target.table} stands behind a constraint"
    return (Problem(message=message, location=target.location, hint="drop the constraint"),)


def over(operation: CreateIndex, columns: Mapping[str, str]) -> CreateIndex:
    """The index over other columns in place of those that `columns` names."""
    parts = tuple(
        replace(
            part, column=columns.get(part.column, part.column), expression=renamed(part.expression, columns)
        )
        for part in operation.columns
    )
    return replace(operation, columns=parts, predicate=renamed(operation.predicate, columns))


def _method(operation: CreateIndex) -> str:
    return f"USING {quoted(operation.method)} " if operation.method else ""


def _body(operation: CreateIndex) -> str:
    storage = f" WITH ({operation.storage_parameters})" if operation.storage_parameters else ""
    where = f" WHERE {as_value(operation.predicate)}" if operation.predicate else ""
    return f"({', '.join(map(_part, operation.columns))}){storage}{where}"


def _part(part: IndexColumn) -> str:
    pieces = (
        quoted(part.column) if part.column else as_value(part.expression),
        f"COLLATE {part.collation}" if part.collation else "",
        part.opclass,
        part.order,
        f"NULLS {part.nulls}" if part.nulls else "",
    )
    return " ".join(filter(None, pieces))
