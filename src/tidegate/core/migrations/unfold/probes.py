"""Questions to the database before the first statement: is each expression understood, and does its value come back.

An expression is planned over no row at all. Whether values survive the way to the new shape and back is looked at on a
sample, never told with the values themselves.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from tidegate.core.migrations.sql.expressions import as_value
from tidegate.core.migrations.sql.names import qualified, quoted
from tidegate.core.migrations.unfold.draft import Draft, Source, TableDraft
from tidegate.core.migrations.unfolding import Pair, Probe

SAMPLE: Final = 10_000
"""How many rows are sent both ways, at most."""


def probes(draft: Draft, table: TableDraft, search_path: tuple[str, ...]) -> tuple[Probe, ...]:
    """What is asked of a table with two shapes. What SQL of the same migration makes is not there yet."""
    questions = [_understood(draft, table, source) for source in table.sources]
    questions += [_round_trip(draft, table, source) for source in table.sources if _returns(table, source)]
    unseen = any(operation.kind == "sql" for operation in draft.migration.operations)
    return tuple(
        replace(probe, search_path=search_path, warning=probe.warning or unseen)
        for found in questions
        for probe in found
    )


def _understood(draft: Draft, table: TableDraft, source: Source) -> tuple[Probe, ...]:
    old = _old(draft, table)
    asked = [
        ("up", pair.column, pair.up, pair.type, old) for pair in table.added if pair.column in source.new
    ]
    asked += [
        ("down", each.column, each.down, each.type, _new(table, old))
        for each in table.dropped
        if each.column in source.old
    ]
    return tuple(
        Probe(
            sql=f"SELECT {_cast(expression, type_)} FROM {shape} WHERE false",
            message=f"table {table.name}: `{way}` of column {_called(table, column)} is not understood: {{}}",
            hint="it is SQL over the columns of the shape that it reads, and gives the column's type",
            location=source.location,
        )
        for way, column, expression, type_, shape in asked
        if expression
    )


def _called(table: TableDraft, column: str) -> str:
    """A column as its shape calls it."""
    return dict((*table.old, *table.columns))[column]


def _returns(table: TableDraft, source: Source) -> bool:
    """Whether what comes back can be compared with what was there."""
    ways = [pair.again and bool(pair.up) for pair in table.added if pair.column in source.new]
    ways += [each.again and bool(each.down) for each in table.dropped if each.column in source.old]
    return bool(source.old and source.new) and all(ways) and not source.lossy


def _round_trip(draft: Draft, table: TableDraft, source: Source) -> tuple[Probe, ...]:
    back = [each for each in table.dropped if each.column in source.old]
    was = [quoted(f"_tidegate_was_{place}") for place, _ in enumerate(back)]
    kept = [f"{quoted(each.column)} AS {name}" for each, name in zip(back, was, strict=True)]
    new = _new(table, _old(draft, table), kept)
    differs = " OR ".join(
        f"{name}::text IS DISTINCT FROM {_cast(each.down, each.type)}::text"
        for each, name in zip(back, was, strict=True)
    )
    columns = ", ".join(each.column for each in back)
    message = f"table {table.name}: {columns} would not come back as it was: {{}} of {SAMPLE:,} rows at most"
    return (
        Probe(
            sql=f"SELECT count(*) FROM {new} WHERE {differs} HAVING count(*) > 0",
            message=message,
            hint="the reverse loses data: mend `up` and `down`, or say `lossy`",
            warning=draft.migration.source != "tidegate",
            location=source.location,
        ),
    )


def _old(draft: Draft, table: TableDraft) -> str:
    """Rows in the old shape."""
    columns = ", ".join(quoted(name) for name, _ in table.old)
    source = qualified(draft.schema.name, table.table.name)
    return f"(SELECT {columns} FROM {source} LIMIT {SAMPLE}) AS {quoted(table.table.name)}"


def _new(table: TableDraft, old: str, kept: Iterable[str] = ()) -> str:
    """Rows in the new shape as it comes from the old one, with columns of the old shape `kept` beside them."""
    added = {pair.column: pair for pair in table.added}
    columns = [
        f"{_value(added[column]) if column in added else quoted(column)} AS {quoted(name)}"
        for column, name in table.columns
    ]
    return f"(SELECT {', '.join((*columns, *kept))} FROM {old}) AS {quoted(table.name)}"


def _value(pair: Pair) -> str:
    return _cast(pair.up, pair.type) if pair.up else f"CAST(NULL AS {pair.type})"


def _cast(expression: str, type_: str) -> str:
    return f"CAST({as_value(expression)} AS {type_})"
