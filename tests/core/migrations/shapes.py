"""A table in the middle of a split of its column, by hand."""

from dataclasses import replace

from tidegate.core.ids import MigrationName
from tidegate.core.migrations.operations import Migration
from tidegate.core.migrations.unfolding import Pair, Reshape, Return, Unfolding

SPLIT = Reshape(
    table="users",
    new_table="users",
    key=("id",),
    old=(("id", "id"), ("full", "name"), ("note", "note")),
    new=(("id", "id"), ("note", "note"), ("first", "given"), ("last", "family"), ("slug", "slug")),
    added=(
        Pair(column="first", type="text", up="split_part(name, ' ', 1)"),
        Pair(column="last", type="text", up="split_part(name, ' ', 2)"),
        Pair(column="slug", type="varchar(80)", up="lower(name)"),
    ),
    dropped=(Return(column="full", type="text", down="given || ' ' || family"),),
)
UNFOLDING = Unfolding(
    name=MigrationName("split"),
    schema="public",
    old_schema="public_first",
    new_schema="public_split",
    phases=(),
    reshapes=(SPLIT,),
)
MIGRATION = Migration(name=MigrationName("split"), operations=())


def with_expressions(up: str, down: str) -> Unfolding:
    """The same with other expressions for the first new and the first old column."""
    added = (replace(SPLIT.added[0], up=up), *SPLIT.added[1:])
    dropped = (replace(SPLIT.dropped[0], down=down),)
    return replace(UNFOLDING, reshapes=(replace(SPLIT, added=added, dropped=dropped),))
