"""What is wrong with a migration as a whole, seen once all its operations are there."""

from collections.abc import Iterator
from dataclasses import replace

from tidegate.core.errors import Location, Problem
from tidegate.core.migrations.sql.carried import uncarried
from tidegate.core.migrations.sql.expressions import columns_read, malformed, renamed
from tidegate.core.migrations.sql.names import too_long
from tidegate.core.migrations.unfold.draft import Draft, TableDraft
from tidegate.core.migrations.unfold.reading import unknown
from tidegate.core.migrations.unfold.views import version_schema


def examined(draft: Draft) -> Draft:
    """The draft with expressions by the names of the shapes that they read, and with what is wrong with it."""
    tables = tuple(_by_their_shapes(table) for table in draft.tables)
    draft = replace(draft, tables=tables)
    found = [problem for table in tables if table.reshaped for problem in _of_table(draft, table)]
    return draft.with_problems((*_of_names(draft), *found))


def _by_their_shapes(table: TableDraft) -> TableDraft:
    """Expressions may also name columns as operations between the shapes do: those names are replaced."""
    old, new = dict(table.old), dict(table.columns)
    follow = {**{column: column for column in old}, **dict(table.twins)}
    same = [(old[column], new[after]) for column, after in follow.items() if after in new]
    ups = {after: before for before, after in same if after not in old.values()}
    downs = {before: after for before, after in same if before not in new.values()}
    added = tuple(replace(pair, up=renamed(pair.up, ups)) for pair in table.added)
    dropped = tuple(replace(each, down=renamed(each.down, downs)) for each in table.dropped)
    return replace(table, added=added, dropped=dropped)


def _of_names(draft: Draft) -> Iterator[Problem]:
    migration = draft.migration
    name = version_schema(migration.schema, migration.name, migration.version_schema)
    if too_long(name):
        yield Problem(
            message=f"version schema {name}: the name is over 63 bytes",
            location=migration.location,
            hint="choose a shorter versionSchema",
        )
    if name in {draft.schema.name, draft.schema.version_schema}:
        yield Problem(
            message=f"version schema {name} is the one of the old shape",
            location=migration.location,
            hint="choose another versionSchema",
        )


def _of_table(draft: Draft, table: TableDraft) -> Iterator[Problem]:
    location = table.sources[0].location
    yield from uncarried(
        draft.target(table, location), draft.schema, table.table, dict(table.twins), table.without
    )
    yield from _expressions(table)
    if not table.table.key and any(pair.up for pair in table.added):
        yield Problem(
            message=f"table {table.name} has no primary key, by which its rows could be backfilled",
            location=location,
            hint="give it one in a migration before",
        )


def _expressions(table: TableDraft) -> Iterator[Problem]:
    places = {column: source.location for source in table.sources for column in (*source.old, *source.new)}
    computed = {column.name for column in table.table.columns if column.generated}
    called = dict((*table.old, *table.columns))
    for way, column, expression, shape in _ways(table):
        what = f"table {table.name}: `{way}` of column {called[column]}"
        for said, hint in _flaws(expression, shape, computed):
            yield _flaw(f"{what} {said}", hint, places[column])


def _flaw(message: str, hint: str, location: Location | None) -> Problem:
    return Problem(message=message, location=location, hint=hint)


def _ways(table: TableDraft) -> Iterator[tuple[str, str, str, dict[str, str]]]:
    """Each expression with the shape that it reads, its columns by the names there."""
    old, new = ({name: column for column, name in shape} for shape in (table.old, table.columns))
    yield from (("up", pair.column, pair.up, old) for pair in table.added if pair.up)
    yield from (("down", each.column, each.down, new) for each in table.dropped if each.down)


def _flaws(expression: str, shape: dict[str, str], computed: set[str]) -> Iterator[tuple[str, str]]:
    flaw = malformed(expression)
    if flaw:
        yield f"is no expression: {flaw}", "write one SQL expression"
        return
    for name in unknown(expression, shape):
        yield f"reads column {name}, which the shape does not have", f"it has {', '.join(shape)}"
    for name in sorted(columns_read(expression, shape)):
        if shape[name] in computed:
            yield (
                f"reads column {name}, which PostgreSQL computes after triggers",
                "read what it is computed from",
            )
