"""Columns of one shape in place of those of the other: what adding, dropping, changing, splitting and merging share.

A column is never changed in place. The new one stands beside it, empty until a trigger or the backfill fills it, so
that no row is written anew under a lock; each row is written in both.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import chain

from tidegate.core.errors import Location
from tidegate.core.migrations.operations import ForeignKey, NewColumn, NewConstraint
from tidegate.core.migrations.phases import Phase
from tidegate.core.migrations.sql import constraints
from tidegate.core.migrations.sql.definitions import column_clause, constraints_of, named, over
from tidegate.core.migrations.sql.expressions import volatile
from tidegate.core.migrations.sql.names import literal, quoted
from tidegate.core.migrations.sql.target import Target
from tidegate.core.migrations.statements import Lock, Statement
from tidegate.core.migrations.unfold.draft import Draft, Source, TableDraft, second
from tidegate.core.migrations.unfold.obstacles import obstacles
from tidegate.core.migrations.unfold.reading import again
from tidegate.core.migrations.unfolding import Pair, PhasePlan, Return


@dataclass(frozen=True, slots=True, kw_only=True)
class Recast:
    """Columns `old` of a table, by their names in the new shape so far, become `new`.

    `up` and `down` have expressions by column. `twins` says that the one takes over what stands over the other;
    `collations` are those of new columns.
    """

    table: TableDraft
    old: tuple[str, ...] = ()
    new: tuple[NewColumn, ...] = ()
    up: Mapping[str, str] = field(default_factory=dict)
    down: Mapping[str, str] = field(default_factory=dict)
    twins: bool = False
    collations: Mapping[str, str] = field(default_factory=dict)
    lossy: bool = False
    location: Location | None = None


def recast(draft: Draft, change: Recast) -> Draft:
    """The migration with these columns in both shapes, or with what keeps them from it."""
    found = obstacles(draft, change.table, change.old, change.new, change.location)
    if found:
        return draft.with_problems(found)
    target = draft.target(change.table, change.location)
    plans = chain.from_iterable(_column(draft, target, column, change) for column in change.new)
    return draft.with_table(_reshaped(draft, change)).with_plans(plans)


def _reshaped(draft: Draft, change: Recast) -> TableDraft:
    table = change.table
    old = [table.physical[name] for name in change.old]
    new = tuple(second(column.name) for column in change.new)
    source = Source(old=tuple(old), new=new, lossy=change.lossy, location=change.location)
    twins = ((old[0], second(change.new[0].name)),) if change.twins else ()
    return replace(
        table,
        columns=_in_place(table.columns, old, change.new),
        added=(*table.added, *(_pair(draft, column, change) for column in change.new)),
        dropped=(*table.dropped, *(_return(draft, name, change) for name in change.old)),
        twins=(*table.twins, *twins),
        touched=table.touched | {*change.old, *(column.name for column in change.new)},
        sources=(*table.sources, source),
    )


def _in_place(
    columns: tuple[tuple[str, str], ...], old: list[str], new: tuple[NewColumn, ...]
) -> tuple[tuple[str, str], ...]:
    """The columns with new ones where the first old one was, or at the end."""
    place = next((place for place, (column, _) in enumerate(columns) if column in old), len(columns))
    added = tuple((second(column.name), column.name) for column in new)
    after = tuple(pair for pair in columns[place:] if pair[0] not in old)
    return (*columns[:place], *added, *after)


def _pair(draft: Draft, column: NewColumn, change: Recast) -> Pair:
    """A new column; a default that is another one each time is given to rows from before one by one."""
    up = change.up.get(column.name, "")
    if not up and column.default is not None and volatile(column.default, draft.schema.volatile):
        up = column.default
    steady = again(up, draft.schema.volatile)
    return Pair(column=second(column.name), type=column.type, up=up, again=steady)


def _return(draft: Draft, name: str, change: Recast) -> Return:
    column = change.table.column(name)
    down = change.down.get(name, "")
    return Return(column=column.name, type=column.type, down=down, again=again(down, draft.schema.volatile))


def _column(draft: Draft, target: Target, column: NewColumn, change: Recast) -> tuple[PhasePlan, ...]:
    """The column, and what stands over it: that only once triggers fill it."""
    name = second(column.name)
    nevers = () if column.nullable else constraints.not_null(target, name)
    mapping = {**change.table.physical, column.name: name}
    over_it = chain.from_iterable(
        constraints.created(target, physical(draft, named(constraint, target.table), mapping))
        for constraint in constraints_of(column)
    )
    return (_addition(draft, target, column, change), *map(with_triggers, (*nevers, *over_it)))


def physical(draft: Draft, constraint: NewConstraint, columns: Mapping[str, str]) -> NewConstraint:
    """The constraint of the new shape by the names that the database has for it until contract."""
    return over(replace(constraint, references=referenced(draft, constraint.references)), columns)


def referenced(draft: Draft, key: ForeignKey | None) -> ForeignKey | None:
    """What a foreign key of the new shape references, by the names that the database has for it."""
    table = draft.find(key.table) if key else None
    if key is None or table is None:
        return key
    columns = tuple(table.physical.get(name, name) for name in key.columns)
    return replace(key, table=table.table.name, columns=columns)


def _addition(draft: Draft, target: Target, column: NewColumn, change: Recast) -> PhasePlan:
    name, collation = second(column.name), change.collations.get(column.name, "")
    at_once = _at_once(draft, column, change)
    plain = replace(column, name=name, nullable=True, default=column.default if at_once else None)
    if collation:
        plain = replace(plain, type=f"{plain.type} COLLATE {quoted(collation)}")
    add = target.alters(
        f"ADD COLUMN IF NOT EXISTS {column_clause(plain)}", _SAID.format(column.name, target.table)
    )
    later = () if at_once or column.default is None else (_default(target, name, column),)
    drop = target.alters(f"DROP COLUMN IF EXISTS {quoted(name)}", f"drop column {name} of {target.table}")
    return PhasePlan(phase=Phase.EXPAND, forth=(add, *later, *_comment(target, name, column)), back=(drop,))


_SAID = "add column {} to {}, unseen by the old shape"


def _at_once(draft: Draft, column: NewColumn, change: Recast) -> bool:
    """Whether rows from before get the default with the column, which is then written once in the catalog."""
    given = column.name in change.up or column.default is None
    return not given and not volatile(column.default or "", draft.schema.volatile)


def _default(target: Target, name: str, column: NewColumn) -> Statement:
    action = f"ALTER COLUMN {quoted(name)} SET DEFAULT {column.default}"
    return target.alters(action, f"set the default of column {column.name} of {target.table}")


def _comment(target: Target, name: str, column: NewColumn) -> tuple[Statement, ...]:
    if column.comment is None:
        return ()
    sql = f"COMMENT ON COLUMN {target.name}.{quoted(name)} IS {literal(column.comment)}"
    said = f"comment on column {column.name} of {target.table}"
    return (target.says(sql, said, Lock.SHARE_UPDATE_EXCLUSIVE),)


def with_triggers(plan: PhasePlan) -> PhasePlan:
    """The plan put off until triggers fill the column: before, every write of the old shape would fail it.

    What is built beside the traffic holds nobody to anything and stays where it is.
    """
    waits = plan.phase is Phase.EXPAND and not any(getattr(deed, "alone", False) for deed in plan.forth)
    return replace(plan, phase=Phase.DUAL_WRITE) if waits else plan
