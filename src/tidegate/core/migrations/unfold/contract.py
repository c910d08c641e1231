"""What goes at contract, and what gets its name back."""

from tidegate.core.migrations.phases import Phase
from tidegate.core.migrations.sql.carried import carried
from tidegate.core.migrations.sql.names import literal, quoted
from tidegate.core.migrations.sql.tables import renamed
from tidegate.core.migrations.sql.target import Target, block
from tidegate.core.migrations.statements import Lock, Statement
from tidegate.core.migrations.unfold.draft import Draft, TableDraft
from tidegate.core.migrations.unfolding import SHAPE, PhasePlan


def old_schema_goes(schema: str, old_schema: str) -> tuple[Statement, ...]:
    """The views of the old shape go, if it has any."""
    if old_schema == schema:
        return ()
    sql = f"DROP SCHEMA IF EXISTS {quoted(old_schema)} CASCADE"
    said = f"drop version schema {old_schema} with its views"
    return (Statement(sql=sql, summary=said, lock=Lock.ACCESS_EXCLUSIVE),)


def columns_go(draft: Draft, table: TableDraft) -> tuple[PhasePlan, ...]:
    """The columns of the old shape go, with what stands over them; second columns take their names."""
    target = draft.target(table, None)
    drops = [
        target.alters(f"DROP COLUMN IF EXISTS {quoted(name)}", f"drop column {name} of {table.table.name}")
        for name in ([each.column for each in table.dropped] + ([SHAPE] if table.reshaped else []))
    ]
    return (PhasePlan(phase=Phase.CONTRACT, forth=tuple(drops)),)


def taken_over(draft: Draft, table: TableDraft) -> tuple[PhasePlan, ...]:
    """Constraints and indexes over second columns have the names of those that went."""
    plans = carried(draft.target(table, None), table.table, dict(table.twins), table.without)
    return tuple(plan for plan in plans if plan.phase is Phase.CONTRACT)


def names_return(draft: Draft, table: TableDraft) -> tuple[PhasePlan, ...]:
    """Columns and the table have the names that the new shape calls them by; views follow by themselves."""
    target = draft.target(table, None)
    renames = tuple(_rename(target, column, name) for column, name in _in_order(table))
    itself = renamed(target, table.name) if table.name != table.table.name else ()
    return (PhasePlan(phase=Phase.CONTRACT, forth=renames), *itself)


def _in_order(table: TableDraft) -> list[tuple[str, str]]:
    """Renames so that no name is taken when its turn comes; columns that trade names go through another one."""
    waiting = [(column, name) for column, name in table.columns if column != name]
    ordered: list[tuple[str, str]] = []
    while waiting:
        held = {column for column, _ in waiting}
        free = [pair for pair in waiting if pair[1] not in held]
        if free:
            ordered += free
            waiting = [pair for pair in waiting if pair not in free]
        else:
            column, name = waiting[0]
            aside = f"_tidegate_aside_{len(ordered)}"
            ordered.append((column, aside))
            waiting[0] = (aside, name)
    return ordered


def _rename(target: Target, column: str, name: str) -> Statement:
    there = (
        "EXISTS (SELECT FROM pg_catalog.pg_attribute"
        f" WHERE attrelid = {literal(target.name)}::regclass AND attname = {literal(column)})"
    )
    action = f"ALTER TABLE {target.name} RENAME COLUMN {quoted(column)} TO {quoted(name)}"
    said = f"call column {column} of {target.table} {name}"
    return target.says(block(f"IF {there} THEN {action}; END IF;"), said, Lock.ACCESS_EXCLUSIVE)
