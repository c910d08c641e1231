"""Whether new columns have the type that they should, and which constraints of the table they must meet.

Constraints are `NOT VALID` until verify: the rows that they let through meanwhile are found here.
"""

from collections.abc import Iterable, Sequence

from tidegate.core.migrations.comparing.comparison import Comparison, Fit
from tidegate.core.migrations.comparing.rows import table_of
from tidegate.core.migrations.report import Mismatch
from tidegate.core.migrations.sql.names import literal


def fits(comparison: Comparison) -> str:
    """Asks for the checks, and constraints not to be null, that cover new columns."""
    return (
        "SELECT c.conname, coalesce(pg_get_expr(c.conbin, c.conrelid), format('%I IS NOT NULL', a.attname)) "
        "FROM pg_constraint AS c JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey) "
        f"WHERE c.conrelid = {literal(table_of(comparison))}::regclass AND c.contype IN ('c', 'n') "
        f"AND a.attname = ANY ({_columns(comparison)}) GROUP BY c.oid, c.conname, c.conbin, c.conrelid, a.attname"
    )


def fits_of(answers: Iterable[Sequence[str]]) -> tuple[Fit, ...]:
    """What the answers to `fits` mean; a check of several columns is answered for each of them."""
    return tuple(Fit(name=name, expression=expression) for name, expression in sorted({*map(tuple, answers)}))


def types(comparison: Comparison) -> str:
    """Asks for new columns of another type than is wanted: column, its type, the one that is wanted."""
    wanted = [literal(pair.type) for pair in comparison.reshape.added]
    return (
        "SELECT a.attname, format_type(a.atttypid, a.atttypmod), w.type "
        f"FROM unnest({_columns(comparison)}, ARRAY[{', '.join(wanted)}]::text[]) AS w(name, type) "
        f"JOIN pg_attribute AS a ON a.attrelid = {literal(table_of(comparison))}::regclass AND a.attname = w.name "
        "WHERE a.atttypid <> to_regtype(w.type)"
    )


def types_of(comparison: Comparison, answers: Iterable[Sequence[str]]) -> tuple[Mismatch, ...]:
    """What the answers to `types` mean."""
    names = dict(comparison.reshape.new)
    return tuple(
        Mismatch(
            check="conformance",
            table=comparison.reshape.table,
            said=f'"{names[column]}" of the new shape has the type {found}, not {wanted}',
            rows=max(comparison.reshape.rows, 1),
        )
        for column, found, wanted in answers
    )


def key_types(comparison: Comparison) -> str:
    """Asks for the types of the columns of the key, for `keys.redacted`."""
    key = ", ".join(map(literal, comparison.reshape.key))
    return (
        "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute "
        f"WHERE attrelid = {literal(table_of(comparison))}::regclass AND attname = ANY (ARRAY[{key}]::name[])"
    )


def _columns(comparison: Comparison) -> str:
    return f"ARRAY[{', '.join(literal(pair.column) for pair in comparison.reshape.added)}]::name[]"
