"""Rows named without saying what is in them.

Keys that say nothing by themselves are shown: numbers and UUIDs. Any other is a digest, by which who may read the table
finds the row: `WHERE left(encode(sha256(convert_to(KEY::text, 'UTF8')), 'hex'), 12) = '…'`.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256

SHOWN = frozenset({"smallint", "integer", "bigint", "uuid"})
"""Types, as `format_type` writes them, whose values are shown."""

DIGITS = 12


def redacted(key: Sequence[str], columns: Sequence[str], types: Mapping[str, str]) -> str:
    """A key as `name=value, …`; `types` are those of its columns."""
    pairs = zip(columns, key, strict=True)
    return ", ".join(f"{column}={_shown(value, types.get(column, ''))}" for column, value in pairs)


def _shown(value: str, type_: str) -> str:
    return value if type_ in SHOWN else f"sha256:{sha256(value.encode()).hexdigest()[:DIGITS]}"
