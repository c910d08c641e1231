"""The hash chain of the journal.

An entry's hash covers every column of its row, as stored, and the hash of the entry before it. So no byte can
change, no row can go, come or move without a hash that does not fit, as long as the last hash is known. It is
kept in a row of its own; whoever can rewrite every row can also rewrite that one. Against them, write down
the last hash elsewhere from time to time and give it to the check.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from tidegate.store.records import Break

ORIGIN = "0" * 64
"""What the first entry has for a previous hash."""

Row = Mapping[str, Any]


def canonical(value: object) -> str:
    """The one way to write a JSON value: names sorted, no blanks, ASCII only, no NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def hash_of(row: Row) -> str:
    """The hash of a journal row, from every column but `hash` itself."""
    body = {name: value for name, value in row.items() if name != "hash"}
    # A stored value of a type that was never written (a blob) must not stop the check that is to find it.
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), default=repr)
    return hashlib.sha256(text.encode()).hexdigest()


def find_break(rows: Iterable[Row], last: int, head: str) -> Break | None:
    """The first broken entry of `rows`, which come in order; `last` and `head` are of the newest one."""
    sequence, previous = 0, ORIGIN
    for row in rows:
        sequence += 1
        if reason := _wrong(row, sequence, previous):
            return Break(sequence=sequence, reason=reason)
        previous = row["hash"]
    if sequence < last:
        return Break(sequence=sequence + 1, reason=f"entries {sequence + 1} to {last} are missing")
    if (sequence, previous) != (last, head):
        return Break(sequence=sequence, reason="it is not the entry that was written last")
    return None


def _wrong(row: Row, sequence: int, previous: str) -> str:
    if row["sequence"] != sequence:
        return "it is missing"
    if row["previous_hash"] != previous:
        return "it does not continue the entry before it"
    return "" if row["hash"] == hash_of(row) else "its content is not what was written"
