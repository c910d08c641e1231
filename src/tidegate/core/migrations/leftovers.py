"""What tidegate put beside the old shape of tables, which is nobody else's business."""

from collections.abc import Iterable
from dataclasses import replace

from tidegate.core.migrations.schema import Schema, Table

PREFIX = "_tidegate_"
"""With what the names of columns, constraints and indexes begin that tidegate puts into users' tables."""

TRIGGER_PREFIX = "~tidegate_"
"""With what its triggers' names begin: they come after those of anybody else."""


def without_leftovers(schema: Schema) -> Schema:
    """The schema as it was before: what is named after tidegate, or reads a column that is, is left out."""
    return replace(schema, tables=tuple(_without(table) for table in schema.tables))


def _without(table: Table) -> Table:
    return replace(
        table,
        columns=tuple(column for column in table.columns if not _is_ours(column.name)),
        constraints=tuple(each for each in table.constraints if not _has_ours(each.name, each.columns)),
        indexes=tuple(each for each in table.indexes if not _has_ours(each.name, each.columns)),
        triggers=tuple(trigger for trigger in table.triggers if not trigger.startswith(TRIGGER_PREFIX)),
    )


def _has_ours(name: str, columns: Iterable[str]) -> bool:
    return any(_is_ours(each) for each in (name, *columns))


def _is_ours(name: str) -> bool:
    return name.startswith(PREFIX)
