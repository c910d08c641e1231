"""Rows with what each shape says of them side by side, from which every question of a comparison is asked.

The fields of a row: `shape`, `keys` (texts), `up` and `down` (what the functions give), `added` and `dropped` (what the
columns hold), `unfit` (whether each constraint is broken).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tidegate.core.migrations.comparing.comparison import Comparison
from tidegate.core.migrations.comparing.functions import Function
from tidegate.core.migrations.sql.names import qualified, quoted
from tidegate.core.migrations.unfolding import NEW, OLD, SHAPE

Columns = Mapping[str, str]
"""SQL that reads each column, by its name in the table itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Keys above `after` (None: from the first) up to `to`, as texts."""

    after: tuple[str, ...] | None
    to: tuple[str, ...]

    @property
    def values(self) -> tuple[str, ...]:
        """What is bound to the parameters of its condition."""
        return (*(self.after or ()), *self.to)


def table_of(comparison: Comparison) -> str:
    """The table, as SQL."""
    return qualified(comparison.unfolding.schema, comparison.reshape.table)


def key_of(comparison: Comparison, alias: str = "t") -> tuple[str, ...]:
    """The columns of the key, as SQL."""
    return tuple(f"{alias}.{quoted(column)}" for column in comparison.reshape.key)


def within(comparison: Comparison, keys: Range) -> str:
    """The condition that a row is in a range; its values are bound."""
    key = key_of(comparison)
    above = f"({', '.join(key)}) > ({_parameters(1, len(key))}) AND " if keys.after else ""
    first = len(key) + 1 if keys.after else 1
    return f"{above}({', '.join(key)}) <= ({_parameters(first, len(key))})"


def rows_in(comparison: Comparison, keys: Range) -> str:
    """The rows of a range."""
    held = {column: f"t.{quoted(column)}" for column, _ in (*comparison.reshape.old, *comparison.reshape.new)}
    unfit = _array([f"({fit.expression}) IS FALSE" for fit in comparison.fits], "boolean")
    fields = f"{fields_of(comparison, held, held)}, {unfit} AS unfit"
    return f"SELECT {fields} FROM {table_of(comparison)} AS t WHERE {within(comparison, keys)} OFFSET 0"


def fields_of(comparison: Comparison, old: Columns, new: Columns) -> str:
    """The fields of a row, but for `unfit`; columns of each shape are read by `old` and `new`.

    A row is computed only in the way that it was written last: the other may be an error, since nobody ever asked.
    """
    shape = f"t.{quoted(SHAPE)}"
    up, down = _call(comparison.up, old), _call(comparison.down, new)
    added = texts([new[column] for column in comparison.up.columns])
    dropped = texts([old[column] for column in comparison.down.columns])
    return (
        f"{shape} AS shape, {texts(key_of(comparison))} AS keys, CASE {shape} WHEN '{OLD}' THEN {up} END AS up, "
        f"CASE {shape} WHEN '{NEW}' THEN {down} END AS down, {added} AS added, {dropped} AS dropped"
    )


def _call(function: Function, values: Columns) -> str:
    return function.call(values) if function.columns else texts([])


def texts(expressions: Sequence[str]) -> str:
    """An array of the texts of expressions."""
    return _array([f"{each}::text" for each in expressions], "text")


def _array(expressions: Sequence[str], of: str) -> str:
    return f"ARRAY[{', '.join(expressions)}]::{of}[]"


def _parameters(first: int, count: int) -> str:
    return ", ".join(f"${number}" for number in range(first, first + count))
