"""A migration on a schema, operation by operation."""

from collections.abc import Callable, Mapping
from typing import Any

from tidegate.core.errors import Problem
from tidegate.core.migrations.operations import (
    AddColumn,
    AlterColumn,
    CreateConstraint,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    MergeColumns,
    Migration,
    MoveTable,
    Operation,
    RawSql,
    RenameColumn,
    RenameConstraint,
    RenameTable,
    SetReplicaIdentity,
    SplitColumn,
)
from tidegate.core.migrations.schema import Schema
from tidegate.core.migrations.unfold import columns, constraining, others
from tidegate.core.migrations.unfold.assembling import assembled
from tidegate.core.migrations.unfold.draft import Draft, TableDraft, begun
from tidegate.core.migrations.unfold.examining import examined
from tidegate.core.migrations.unfold.folding import folded
from tidegate.core.migrations.unfold.naming import no_table
from tidegate.core.migrations.unfolding import Unfolding


def unfold(migration: Migration, schema: Schema) -> Unfolding | tuple[Problem, ...]:
    """The migration on the schema as it was found, or everything that keeps it from being carried out."""
    draft = begun(migration, schema)
    for operation in folded(migration.operations):
        draft = _with(draft, operation)
    draft = examined(draft)
    return draft.problems or assembled(draft)


def _with(draft: Draft, operation: Operation) -> Draft:
    on_schema = ON_SCHEMA.get(type(operation))
    if on_schema:
        return on_schema(draft, operation)
    name: str = getattr(operation, "table")  # noqa: B009 - the operations of ON_TABLE have one, which no type says
    table = draft.find(name)
    if table is None:
        return no_table(draft, name, operation.location)
    return ON_TABLE[type(operation)](draft, table, operation)


# Each takes the operation of its key, which the type of a table cannot say.
ON_TABLE: Mapping[type, Callable[[Draft, TableDraft, Any], Draft]] = {
    AddColumn: columns.add,
    DropColumn: columns.drop,
    RenameColumn: columns.rename,
    AlterColumn: columns.alter,
    SplitColumn: columns.split,
    MergeColumns: columns.merge,
    CreateConstraint: constraining.create_constraint,
    DropConstraint: constraining.drop_constraint,
    RenameConstraint: constraining.rename_constraint,
    RenameTable: others.rename_table,
    DropTable: others.drop_table,
    SetReplicaIdentity: others.set_replica_identity,
}
"""What operations on a table of the new shape do."""

ON_SCHEMA: Mapping[type, Callable[[Draft, Any], Draft]] = {
    CreateTable: others.create_table,
    CreateIndex: others.create_index,
    DropIndex: others.drop_index,
    RawSql: others.raw_sql,
    MoveTable: others.move_table,
}
"""What the others do."""
