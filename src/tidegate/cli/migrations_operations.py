"""Operations of a migration in words."""

from collections.abc import Mapping
from typing import Final

from tidegate.core.migrations.operations import Operation, RawSql

_WORDS: Final[Mapping[str, str]] = {
    "add-column": "add column {0.column.name} ({0.column.type}) to {0.table}",
    "drop-column": "drop column {0.column} of {0.table}",
    "rename-column": "rename column {0.column} of {0.table} to {0.to}",
    "alter-column": "alter column {0.column} of {0.table}",
    "split-column": "split column {0.column} of {0.table}",
    "merge-columns": "merge columns of {0.table} into {0.into.name}",
    "create-constraint": "create constraint {0.constraint.name} of {0.table}",
    "drop-constraint": "drop constraint {0.name} of {0.table}",
    "rename-constraint": "rename constraint {0.name} of {0.table} to {0.to}",
    "create-table": "create table {0.name}",
    "rename-table": "rename table {0.table} to {0.to}",
    "drop-table": "drop table {0.table}",
    "create-index": "create index {0.name} on {0.table}",
    "drop-index": "drop index {0.name}",
    "set-replica-identity": "set the replica identity of {0.table} to {0.type}",
    "sql": "run your own SQL",
    "move-table": "move table {0.table} to database {0.to}",
}


def operation_words(operation: Operation) -> str:
    """What is wanted, and where it is written."""
    place = f" ({operation.location})" if operation.location else ""
    return f"{_WORDS[operation.kind].format(operation)}{_for_good(operation)}{place}"


def _for_good(operation: Operation) -> str:
    if isinstance(operation, RawSql) and operation.irreversible:
        return f", without a way back: {operation.irreversible}"
    return ""
