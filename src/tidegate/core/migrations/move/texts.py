"""Rows as objects of texts: what PostgreSQL writes for each column, and so exact for every type."""

from collections.abc import Iterable

from tidegate.core.migrations.move.carriage import Carriage, Side
from tidegate.core.migrations.sql.names import literal, quoted

TEXT_FORM = (
    ("DateStyle", "ISO"),
    ("IntervalStyle", "postgres"),
    ("TimeZone", "UTC"),
    ("bytea_output", "hex"),
    ("extra_float_digits", "1"),
    ("lc_monetary", "C"),
)
"""Settings under which a value's text is the same everywhere."""


def texts(row: str, columns: Iterable[str]) -> str:
    """Columns of a row variable or table as an object."""
    return texts_of((column, f"{row}.{quoted(column)}") for column in columns)


def texts_of(values: Iterable[tuple[str, str]]) -> str:
    """Named values as an object. Two arrays, as a function's arguments are at most a hundred."""
    named = tuple(values)
    names = ", ".join(literal(name) for name, _ in named)
    written = ", ".join(f"({value})::text" for _, value in named)
    return f"jsonb_object(ARRAY[{names}]::text[], ARRAY[{written}]::text[])"


def typed(texts: str, name: str, type_: str) -> str:
    """A column of an object as what it is."""
    return f"({texts} ->> {literal(name)})::{type_}"


def computed(carriage: Carriage) -> str:
    """The follower's row, of the columns of the leader that are in reach by their names."""
    return texts_of(
        (each.name, f"({each.expression})::{each.type}" if each.expression else quoted(each.name))
        for each in carriage.written
    )


def key_columns(side: Side) -> str:
    """The columns of the key, in order."""
    return ", ".join(map(quoted, side.key))
