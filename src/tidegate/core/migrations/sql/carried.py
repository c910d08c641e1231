"""What a second column must have because the first one has it: constraints and indexes over both.

They bear a name of their own while both columns are there. At contract the old ones go with the old column, and theirs
is taken over.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from itertools import chain

from tidegate.core.errors import Problem
from tidegate.core.migrations.phases import Phase
from tidegate.core.migrations.schema import Constraint, Index, Schema, Table
from tidegate.core.migrations.sql import constraints
from tidegate.core.migrations.sql.definitions import over
from tidegate.core.migrations.sql.existing import as_new, hindrance
from tidegate.core.migrations.sql.expressions import renamed
from tidegate.core.migrations.sql.indexes import built, renames
from tidegate.core.migrations.sql.names import fitted
from tidegate.core.migrations.sql.target import Target
from tidegate.core.migrations.sql.tokens import depths, tokens
from tidegate.core.migrations.unfolding import PhasePlan

Twins = Mapping[str, str]
"""Columns of a table, each with the second column that stands in for it."""


def temporary(name: str) -> str:
    """What a constraint or index of second columns is called until contract."""
    return fitted("_tidegate_new", name)


def carried(
    target: Target, table: Table, twins: Twins, without: Collection[str] = ()
) -> tuple[PhasePlan, ...]:
    """Constraints and indexes over columns with twins, but for those named in `without`, over the twins as well.

    The plans of contract come after the old columns went. `uncarried` says beforehand what cannot be done.
    """
    return tuple(
        chain(
            chain.from_iterable(
                _constraint(target, found, twins) for found in _constraints(table, twins, without)
            ),
            chain.from_iterable(_index(target, found, twins) for found in _indexes(table, twins, without)),
        )
    )


def uncarried(
    target: Target, schema: Schema, table: Table, twins: Twins, without: Collection[str] = ()
) -> tuple[Problem, ...]:
    """What stands over columns with twins and cannot stand over the twins."""
    held = [
        (f"constraint {found.name}:", reason)
        for found in _constraints(table, twins, without)
        if (reason := hindrance(found))
    ]
    held += [
        (f"a foreign key of {who}", "references it")
        for who, _, name, columns in schema.referrers
        if name == table.name and not twins.keys().isdisjoint(columns)
    ]
    changed = ", ".join(sorted(twins))
    return tuple(
        Problem(message=f"{changed} of {table.name}: {who} {why}", location=target.location, hint=_APART)
        for who, why in held
    )


_APART = "let go of it in a migration before, or leave the column as it is"


def _constraints(table: Table, twins: Twins, without: Collection[str]) -> list[Constraint]:
    return [
        found
        for found in table.constraints
        if found.name not in without and not twins.keys().isdisjoint(found.columns)
    ]


def _indexes(table: Table, twins: Twins, without: Collection[str]) -> list[Index]:
    return [
        found
        for found in table.indexes
        if found.name not in without and not twins.keys().isdisjoint(found.columns)
    ]


def _constraint(target: Target, constraint: Constraint, twins: Twins) -> tuple[PhasePlan, ...]:
    name = temporary(constraint.name)
    other = replace(over(as_new(constraint), twins), name=name)
    renaming = target.renames_constraint(name, constraint.name)
    return (
        *constraints.created(target, other, validated=constraint.validated),
        PhasePlan(phase=Phase.CONTRACT, forth=(renaming,)),
    )


def _index(target: Target, index: Index, twins: Twins) -> tuple[PhasePlan, ...]:
    """The index over the twins: what follows the table in its definition begins with `USING`."""
    found = tokens(index.definition)
    using = next(
        token
        for token, depth in zip(found, depths(found), strict=True)
        if not depth and token.word == "USING"
    )
    body = renamed(index.definition[using.start :], twins)
    phase = Phase.VERIFY if index.unique else Phase.EXPAND
    name, unique = temporary(index.name), "UNIQUE " if index.unique else ""
    renaming = PhasePlan(phase=Phase.CONTRACT, forth=(renames(target, name, index.name),))
    return (built(target, name, body, phase, unique=unique), renaming)
