"""Some rows as applications read them: through the views of both shapes, value by value.

It finds what checksums over the table itself cannot: a view that shows another column, or not every row.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tidegate.core.migrations.comparing.comparison import Comparison
from tidegate.core.migrations.comparing.ranges import Broken, broken_of, tallied
from tidegate.core.migrations.comparing.rows import fields_of, key_of, table_of, texts
from tidegate.core.migrations.sql.names import qualified, quoted
from tidegate.core.migrations.unfolding import SHAPE

SPREAD = 20
"""Of the rows of each page that is read one in so many is taken, since neighbours are often alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """How many rows were compared, and what did not hold of them, in the order of `said`."""

    rows: int
    broken: tuple[Broken, ...]


def said(comparison: Comparison) -> tuple[str, ...]:
    """What is wrong with a row that breaks a condition, in words."""
    return (
        *(each.said for each in comparison.conditions if each.check == "checksum"),
        "a column that is the same in both shapes is another in their views",
        "a row of the table is not in the views of both shapes",
    )


def sample(comparison: Comparison, rows: int, of: int) -> str:
    """Asks about `rows` rows drawn from `of`, at most."""
    conditions = [each.broken for each in comparison.conditions if each.check == "checksum"]
    broken = tallied([*(f"NOT absent AND {each}" for each in (*conditions, "apart")), "absent"])
    return f"SELECT count(*), {broken} FROM ({_rows(comparison, rows, of)}) AS r"


def sample_of(answer: Sequence[object]) -> Sampled:
    """What the answer to `sample` means."""
    return Sampled(rows=int(str(answer[0])), broken=broken_of(answer[1:]))


def _rows(comparison: Comparison, rows: int, of: int) -> str:
    unfolding, reshape = comparison.unfolding, comparison.reshape
    old = {column: f"o.{quoted(name)}" for column, name in reshape.old}
    new = {column: f"n.{quoted(name)}" for column, name in reshape.new}
    both = [column for column in old if column in new]
    apart = f"{texts([old[each] for each in both])} IS DISTINCT FROM {texts([new[each] for each in both])}"
    absent = " OR ".join(f"{side[column]} IS NULL" for side in (old, new) for column in reshape.key)
    return (
        f"SELECT {fields_of(comparison, old, new)}, {apart} AS apart, {absent} AS absent "
        f"FROM ({_drawn(comparison, rows, of)}) AS t "
        f"LEFT JOIN {qualified(unfolding.old_schema, reshape.table)} AS o ON {_same_key(comparison, old)} "
        f"LEFT JOIN {qualified(unfolding.new_schema, reshape.new_table)} AS n ON {_same_key(comparison, new)} "
        "OFFSET 0"
    )


def _drawn(comparison: Comparison, rows: int, of: int) -> str:
    """Twice as many as are wanted are drawn, so that the limit and not chance says how many there are."""
    share = min(1.0, 2 * rows / max(of, 1))
    percent = min(100.0, 100 * share * SPREAD)
    fields = ", ".join([*key_of(comparison), f"t.{quoted(SHAPE)}"])
    return (
        f"SELECT {fields} FROM {table_of(comparison)} AS t TABLESAMPLE SYSTEM ({percent:.6f}) "
        f"WHERE t.{quoted(SHAPE)} IS NOT NULL AND random() < {share * 100 / percent:.6f} LIMIT {rows}"
    )


def _same_key(comparison: Comparison, side: dict[str, str]) -> str:
    pairs = zip(key_of(comparison), comparison.reshape.key, strict=True)
    return " AND ".join(f"{key} = {side[column]}" for key, column in pairs)
