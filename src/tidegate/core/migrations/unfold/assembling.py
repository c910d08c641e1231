"""A draft with all its operations becomes an unfolding: tables with two shapes, phases in order."""

from collections.abc import Iterable
from itertools import chain

from tidegate.core.migrations.phases import PHASES, Phase
from tidegate.core.migrations.sql.carried import carried
from tidegate.core.migrations.sql.guarantees import lacks
from tidegate.core.migrations.sql.names import quoted
from tidegate.core.migrations.statements import Deed, Lock, MakeViews, Statement
from tidegate.core.migrations.unfold.contract import columns_go, names_return, old_schema_goes, taken_over
from tidegate.core.migrations.unfold.draft import Draft, TableDraft
from tidegate.core.migrations.unfold.fingerprint import fingerprint
from tidegate.core.migrations.unfold.probes import probes
from tidegate.core.migrations.unfold.recast import with_triggers
from tidegate.core.migrations.unfold.triggers import Triggers, dual_writes, ends
from tidegate.core.migrations.unfold.views import version_schema
from tidegate.core.migrations.unfolding import SHAPE, STATE_SCHEMA, PhasePlan, Reshape, Unfolding


def assembled(draft: Draft) -> Unfolding:
    """The migration unfolded."""
    migration, schema = draft.migration, draft.schema
    new_schema = version_schema(schema.name, migration.name, migration.version_schema)
    old_schema = schema.version_schema or schema.name
    search_path = tuple(dict.fromkeys((old_schema, schema.name)))
    return Unfolding(
        name=migration.name,
        schema=schema.name,
        old_schema=old_schema,
        new_schema=new_schema,
        phases=_phases(_plans(draft, old_schema, new_schema)),
        reshapes=tuple(_reshape(table) for table in draft.tables if _differs(table)),
        hidden=draft.hidden,
        probes=tuple(probe for table in draft.tables for probe in probes(draft, table, search_path)),
        lost=(*draft.lost, *chain.from_iterable(map(_lost, draft.tables))),
        lacks=lacks(migration.source),
        warnings=draft.warnings,
        irreversible=draft.irreversible,
        fingerprint=fingerprint(schema, draft.used),
    )


def _differs(table: TableDraft) -> bool:
    """Whether its view is not simply the table."""
    return table.reshaped or table.name != table.table.name or table.columns != table.old


def _reshape(table: TableDraft) -> Reshape:
    return Reshape(
        table=table.table.name,
        new_table=table.name,
        key=table.table.key,
        old=table.old,
        new=table.columns,
        added=table.added,
        dropped=table.dropped,
        backfilled=any(pair.up for pair in table.added),
        rows=table.table.rows,
    )


def _lost(table: TableDraft) -> Iterable[str]:
    gone = {each.column for each in table.dropped}
    for each in table.dropped:
        yield f"column {each.column} of {table.table.name} in its old shape"
    carried_over = {column for column, _ in table.twins}
    over = [(found.name, found.columns) for found in table.table.constraints]
    over += [(found.name, found.columns) for found in table.table.indexes]
    for name, columns in over:
        if gone.intersection(columns) - carried_over:
            yield f"{name} of {table.table.name}, which stands over a column that goes"


def _plans(draft: Draft, old_schema: str, new_schema: str) -> tuple[PhasePlan, ...]:
    """Everything, so that within each phase it is done in this order, and undone in the reverse."""
    reshaped = [table for table in draft.tables if table.reshaped]
    triggers = [_triggers(draft, table, old_schema, new_schema) for table in reshaped]
    gone = (*chain.from_iterable(map(ends, triggers)), *old_schema_goes(draft.schema.name, old_schema))
    return (
        *(_shape_column(draft, table) for table in reshaped),
        *((_opened(),) if reshaped else ()),
        *map(dual_writes, triggers),
        PhasePlan(phase=Phase.CONTRACT, forth=gone),
        *chain.from_iterable(columns_go(draft, table) for table in reshaped),
        *(plan for plan in draft.plans if plan.phase is not Phase.CONTRACT),
        *chain.from_iterable(_second_standing(draft, table) for table in reshaped),
        _views(draft, new_schema),
        *chain.from_iterable(taken_over(draft, table) for table in reshaped),
        *(plan for plan in draft.plans if plan.phase is Phase.CONTRACT),
        *chain.from_iterable(names_return(draft, table) for table in draft.tables),
        *draft.last,
    )


def _triggers(draft: Draft, table: TableDraft, old_schema: str, new_schema: str) -> Triggers:
    return Triggers(
        name=draft.migration.name,
        schema=draft.schema.name,
        old_schema=old_schema,
        new_schema=new_schema,
        reshape=_reshape(table),
    )


def _shape_column(draft: Draft, table: TableDraft) -> PhasePlan:
    target = draft.target(table, None)
    said = f"let rows of {table.table.name} say which shape they were written in"
    add = target.alters(f'ADD COLUMN IF NOT EXISTS {quoted(SHAPE)} "char"', said)
    drop = target.alters(f"DROP COLUMN IF EXISTS {quoted(SHAPE)}", f"drop column {SHAPE} of {target.table}")
    return PhasePlan(phase=Phase.EXPAND, forth=(add,), back=(drop,))


def _opened() -> PhasePlan:
    """Writers call the functions with their own rights; tables in that schema stay closed to them."""
    forth = tuple(
        Statement(sql=sql, summary=f"let writers call functions in {STATE_SCHEMA}")
        for sql in (
            f"CREATE SCHEMA IF NOT EXISTS {STATE_SCHEMA}",
            f"GRANT USAGE ON SCHEMA {STATE_SCHEMA} TO PUBLIC",
        )
    )
    return PhasePlan(phase=Phase.DUAL_WRITE, forth=forth)


def _second_standing(draft: Draft, table: TableDraft) -> tuple[PhasePlan, ...]:
    """What stands over columns stands over their second ones too, once triggers fill these."""
    plans = carried(draft.target(table, None), table.table, dict(table.twins), table.without)
    return tuple(with_triggers(plan) for plan in plans if plan.phase is not Phase.CONTRACT)


def _views(draft: Draft, new_schema: str) -> PhasePlan:
    defaults = tuple(
        _default(table, name, value, new_schema) for table in draft.tables for name, value in table.defaults
    )
    drop = Statement(
        sql=f"DROP SCHEMA IF EXISTS {quoted(new_schema)} CASCADE",
        summary=f"drop version schema {new_schema} with its views",
        lock=Lock.ACCESS_EXCLUSIVE,
    )
    return PhasePlan(phase=Phase.DUAL_WRITE, forth=(MakeViews(), *defaults), back=(drop,))


def _default(table: TableDraft, name: str, value: str, new_schema: str) -> Statement:
    view = f"{quoted(new_schema)}.{quoted(table.name)}"
    return Statement(
        sql=f"ALTER VIEW {view} ALTER COLUMN {quoted(name)} SET DEFAULT {value}",
        summary=f"set the default of {name} of {table.name} in its new shape",
        lock=Lock.ACCESS_EXCLUSIVE,
    )


def _phases(plans: tuple[PhasePlan, ...]) -> tuple[PhasePlan, ...]:
    """One plan a phase."""
    return tuple(
        PhasePlan(phase=phase, forth=_deeds(plans, phase), back=_undoings(plans, phase)) for phase in PHASES
    )


def _deeds(plans: tuple[PhasePlan, ...], phase: Phase) -> tuple[Deed, ...]:
    return tuple(deed for plan in plans if plan.phase is phase for deed in plan.forth)


def _undoings(plans: tuple[PhasePlan, ...], phase: Phase) -> tuple[Deed, ...]:
    return tuple(deed for plan in reversed(plans) if plan.phase is phase for deed in plan.back)
