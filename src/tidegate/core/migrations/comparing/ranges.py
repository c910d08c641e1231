"""Every row, range by range of the key: one pass for checksums of both sides, a second where they differ.

A checksum is the sum of a 64-bit hash of key and values over the rows of a range, so that no order matters and one
range of an index is read. Rows behind a difference are then found by comparing value by value.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tidegate.core.migrations.comparing.comparison import Comparison
from tidegate.core.migrations.comparing.rows import Range, key_of, rows_in, table_of, within
from tidegate.core.migrations.sql.names import literal
from tidegate.core.migrations.unfolding import MIXED, NEW, OLD

NAMED = 5
"""How many rows of a table are named for each thing that does not hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """A range in one pass: how many rows, how many wait for the backfill or are mixed, whether the rest is alike."""

    rows: int
    waiting: int
    mixed: int
    alike: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A condition in a range: how many rows break it, and the keys of some."""

    rows: int
    keys: tuple[tuple[str, ...], ...]


def last_key(comparison: Comparison) -> str:
    """Asks for the highest key."""
    backwards = ", ".join(f"{column} DESC" for column in key_of(comparison))
    return f"SELECT {_key_texts(comparison)} FROM {table_of(comparison)} AS t ORDER BY {backwards} LIMIT 1"


def range_end(comparison: Comparison, keys: Range, rows: int) -> str:
    """Asks for the key that ends a range of so many rows; none where there are fewer."""
    order = ", ".join(key_of(comparison))
    return (
        f"SELECT {_key_texts(comparison)} FROM {table_of(comparison)} AS t WHERE {within(comparison, keys)} "
        f"ORDER BY {order} OFFSET {rows - 1} LIMIT 1"
    )


def newest(comparison: Comparison, rows: int) -> str:
    """Asks for the key below the last range, where rows written lately are; none where there is one range only."""
    backwards = ", ".join(f"{column} DESC" for column in key_of(comparison))
    return (
        f"SELECT {_key_texts(comparison)} FROM {table_of(comparison)} AS t "
        f"ORDER BY {backwards} OFFSET {rows} LIMIT 1"
    )


def random_key(comparison: Comparison) -> str:
    """Asks for the key of the first row from any page on; none where there is none."""
    table = table_of(comparison)
    pages = f"pg_relation_size({literal(table)}::regclass) / current_setting('block_size')::int"
    page = f"SELECT ('(' || floor(random() * ({pages}))::bigint || ',0)')::tid"
    return f"SELECT {_key_texts(comparison)} FROM {table} AS t WHERE t.ctid >= ({page}) LIMIT 1"


def sums(comparison: Comparison, keys: Range) -> str:
    """Asks for counts, checksums of both sides in both directions, and how many rows break a constraint."""
    unfit = " OR ".join(f"unfit[{place}]" for place, _ in enumerate(comparison.fits, 1)) or "false"
    return (
        "SELECT count(*), count(*) FILTER (WHERE shape IS NULL), "
        f"count(*) FILTER (WHERE shape = '{MIXED}'), {_sum('up', OLD)}, {_sum('added', OLD)}, "
        f"{_sum('down', NEW)}, {_sum('dropped', NEW)}, count(*) FILTER (WHERE shape IS NOT NULL AND ({unfit})) "
        f"FROM ({rows_in(comparison, keys)}) AS r"
    )


def sums_of(answer: Sequence[int]) -> Sums:
    """What the answer to `sums` means. A direction that is not computed has no values on either side."""
    rows, waiting, mixed, up, added, down, dropped, unfit = answer
    return Sums(rows=rows, waiting=waiting, mixed=mixed, alike=(up, down, unfit) == (added, dropped, 0))


def broken(comparison: Comparison, keys: Range) -> str:
    """Asks how many rows break each condition, and for the keys of some."""
    rows = rows_in(comparison, keys)
    return f"SELECT {tallied(each.broken for each in comparison.conditions)} FROM ({rows}) AS r"


def tallied(conditions: Iterable[str]) -> str:
    """For each condition how many rows meet it and the keys of some."""
    return ", ".join(
        f"count(*) FILTER (WHERE {condition}), (array_agg(keys) FILTER (WHERE {condition}))[:{NAMED}]"
        for condition in conditions
    )


def broken_of(answer: Sequence[object]) -> tuple[Broken, ...]:
    """What the answer to `broken` means, condition by condition."""
    pairs = zip(answer[::2], answer[1::2], strict=True)
    return tuple(Broken(rows=int(str(rows)), keys=_keys(keys)) for rows, keys in pairs)


def _keys(found: object) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(map(str, keys)) for keys in found) if isinstance(found, list) else ()


def _sum(field: str, shape: str) -> str:
    hashed = f"hash_record_extended(ROW(keys, {field}), 0)"
    return f"coalesce(sum({hashed}) FILTER (WHERE shape = '{shape}'), 0)"


def _key_texts(comparison: Comparison) -> str:
    return ", ".join(f"{column}::text" for column in key_of(comparison))
