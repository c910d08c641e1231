"""The migration of a file that has no words for schema, pace and what is compared: the defaults hold."""

from pathlib import Path
from typing import Final

from tidegate.core.errors import Location, Problem, Refused
from tidegate.core.ids import MigrationName
from tidegate.core.migrations.operations import Migration, Operation, SourceForm
from tidegate.core.migrations.sql.names import too_long
from tidegate.core.migrations.unfolding import NAME_BYTES
from tidegate.sources.words import quoted

SUFFIXES: Final = (".up.sql", ".sql", ".yaml", ".yml", ".json", ".py")


def migration_of(
    path: Path,
    operations: tuple[Operation, ...],
    source: SourceForm,
    *,
    schema: str,
    version_schema: str = "",
) -> Migration:
    """A migration by the name of its file; raises `Refused` where that is no name."""
    place = Location(file=str(path), line=1)
    name = stem(path)
    if too_long(name) or not name.isprintable():
        message = f"the file's name {quoted(name)} is no name for a migration"
        hint = f"rename it: at most {NAME_BYTES} bytes, without control characters"
        raise Refused([Problem(message=message, location=place, hint=hint)])
    return Migration(
        name=MigrationName(name),
        operations=operations,
        schema=schema,
        version_schema=version_schema,
        source=source,
        location=place,
    )


def stem(path: Path) -> str:
    """The name of a file without what says of what form it is."""
    return next((path.name.removesuffix(end) for end in SUFFIXES if path.name.endswith(end)), path.name)
