"""Constraints of tables that are in use: nobody waits while rows are looked at.

A check or a foreign key is there `NOT VALID` from expand on and validated later. A key grows from an index that is
built beside the traffic once every row has its new shape. What is given here are columns and tables by their names in
the database.
"""

from collections.abc import Collection
from itertools import chain

from tidegate.core.errors import Problem
from tidegate.core.migrations.operations import NewConstraint
from tidegate.core.migrations.phases import Phase
from tidegate.core.migrations.schema import Constraint, Table
from tidegate.core.migrations.sql.definitions import constraint_clause, deferral, included, named, storage
from tidegate.core.migrations.sql.expressions import malformed
from tidegate.core.migrations.sql.indexes import built
from tidegate.core.migrations.sql.names import fitted, listed, quoted, too_long
from tidegate.core.migrations.sql.target import Target
from tidegate.core.migrations.statements import Effort, Lock, Statement
from tidegate.core.migrations.unfolding import PhasePlan


def created(
    target: Target, constraint: NewConstraint, *, validated: bool = True, nullable: Collection[str] = ()
) -> tuple[PhasePlan, ...]:
    """A constraint for a table that is there. Plans of one phase are undone the last first.

    `validated` is false where rows that are there need not meet it. `nullable` are the columns of a primary key that
    may be null as yet. `unfit` says beforehand of which constraints this cannot be done.
    """
    constraint = named(constraint, target.table)
    if constraint.type == "primary_key":
        nevers = chain.from_iterable(
            not_null(target, name) for name in constraint.columns if name in nullable
        )
        return (*nevers, *_from_index(target, constraint))
    if constraint.type == "unique":
        return _from_index(target, constraint)
    return (_not_valid(target, constraint), *((_validation(target, constraint),) if validated else ()))


def not_null(target: Target, column: str, name: str = "") -> tuple[PhasePlan, ...]:
    """A column that is never null: a check tells so first, and `SET NOT NULL` then need not look at any row.

    `name` is that of the check, which goes at contract.
    """
    name = name or fitted("_tidegate_not_null", target.table, column)
    check = NewConstraint(name=name, type="check", columns=(column,), check=f"{quoted(column)} IS NOT NULL")
    what = f"{column} of {target.table}"
    switch = PhasePlan(
        phase=Phase.SWITCH,
        forth=(target.alters(f"ALTER COLUMN {quoted(column)} SET NOT NULL", f"let {what} be never null"),),
        back=(target.alters(f"ALTER COLUMN {quoted(column)} DROP NOT NULL", f"let {what} be null again"),),
    )
    contract = PhasePlan(phase=Phase.CONTRACT, forth=(target.drops_constraint(name),))
    return (_not_valid(target, check), _validation(target, check), switch, contract)


def dropped(target: Target, constraint: Constraint) -> tuple[PhasePlan, ...]:
    """A constraint that goes at contract."""
    others = (constraint.references_table,) if constraint.references_table else ()
    return (PhasePlan(phase=Phase.CONTRACT, forth=(target.drops_constraint(constraint.name, *others),)),)


def renamed(target: Target, name: str, to: str) -> tuple[PhasePlan, ...]:
    """A constraint that has another name from contract on."""
    return (PhasePlan(phase=Phase.CONTRACT, forth=(target.renames_constraint(name, to),)),)


def unfit(target: Target, table: Table, constraint: NewConstraint) -> tuple[Problem, ...]:
    """Why the constraint cannot be put on the table while it is in use."""
    constraint = named(constraint, target.table)
    what = f"constraint {constraint.name} of {target.table}"
    kinds = {there.type for there in table.constraints}
    taken = {there.name for there in table.constraints} | {there.name for there in table.indexes}
    flaw = malformed(constraint.check) if constraint.type == "check" else None
    findings = (
        (too_long(constraint.name), f"{what}: the name is over 63 bytes", "choose a shorter one"),
        (constraint.name in taken, f"{what}: the table has one by that name", "choose another name"),
        (flaw is not None, f"{what}: its condition is no expression: {flaw}", ""),
        (
            constraint.type == "primary_key" and "primary_key" in kinds,
            f"{what}: it has a primary key",
            _ONE_KEY,
        ),
        (constraint.type == "exclude", f"{what}: {_NO_EXCLUSION}", "put it into the creation of a table"),
    )
    return tuple(
        Problem(message=message, location=target.location, hint=hint)
        for holds, message, hint in findings
        if holds
    )


_ONE_KEY = "add a unique constraint instead"
_NO_EXCLUSION = "PostgreSQL builds an exclusion constraint only while it stops every write"


def _others(constraint: NewConstraint) -> tuple[str, ...]:
    return (constraint.references.table,) if constraint.references else ()


def _not_valid(target: Target, constraint: NewConstraint) -> PhasePlan:
    """The constraint for rows that are written from now on. A foreign key stops writes only, of both tables."""
    clause = f"ADD {constraint_clause(constraint, target.schema)} NOT VALID"
    lock = Lock.SHARE_ROW_EXCLUSIVE if constraint.references else Lock.ACCESS_EXCLUSIVE
    summary = f"add constraint {constraint.name} to {target.table} for rows to come"
    others = _others(constraint)
    add = target.says(target.alters_unless(constraint.name, clause), summary, lock, *others)
    return PhasePlan(
        phase=Phase.EXPAND, forth=(add,), back=(target.drops_constraint(constraint.name, *others),)
    )


def _validation(target: Target, constraint: NewConstraint) -> PhasePlan:
    """Every row is held against the constraint, under a lock that stops nobody, in a transaction of its own."""
    validate = Statement(
        sql=f"ALTER TABLE {target.name} VALIDATE CONSTRAINT {quoted(constraint.name)}",
        summary=f"check every row of {target.table} against constraint {constraint.name}",
        lock=Lock.SHARE_UPDATE_EXCLUSIVE,
        effort=Effort.SCAN,
        tables=(target.table, *_others(constraint)),
        alone=True,
        location=target.location,
    )
    return PhasePlan(phase=Phase.VERIFY, forth=(validate,))


def _from_index(target: Target, constraint: NewConstraint) -> tuple[PhasePlan, ...]:
    """A key; going back drops its index with it, so that the switch makes sure there is one."""
    verify = _index(target, constraint)
    switch = PhasePlan(
        phase=Phase.SWITCH,
        forth=(*verify.forth, _using_index(target, constraint)),
        back=(target.drops_constraint(constraint.name),),
    )
    return (verify, switch)


def _index(target: Target, constraint: NewConstraint) -> PhasePlan:
    nulls = " NULLS NOT DISTINCT" if constraint.nulls_not_distinct else ""
    space = f" TABLESPACE {quoted(constraint.tablespace)}" if constraint.tablespace else ""
    body = f"{listed(constraint.columns)}{included(constraint)}{nulls}{storage(constraint)}{space}"
    return built(target, constraint.name, body, Phase.VERIFY, unique="UNIQUE ")


def _using_index(target: Target, constraint: NewConstraint) -> Statement:
    kind = "PRIMARY KEY" if constraint.type == "primary_key" else "UNIQUE"
    clause = f"ADD CONSTRAINT {quoted(constraint.name)} {kind} USING INDEX {quoted(constraint.name)}"
    sql = target.alters_unless(constraint.name, clause + deferral(constraint))
    return target.says(
        sql, f"let index {constraint.name} of {target.table} be its constraint", Lock.ACCESS_EXCLUSIVE
    )
