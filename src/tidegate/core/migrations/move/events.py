"""The change event: what a row of an outbox says, and what many of them come to.

An outbox is a table that others may read too; its columns are an interface:

    position     bigint       grows with every event of one row; between transactions it is no order of commits
    transaction  xid8         the transaction that wrote
    at           timestamptz  when
    operation    text         insert, update or delete
    key          jsonb        the row's key before the write (of an insert: its key), each column as text
    row          jsonb        the row after the write, each column as text; null for delete

Text is as PostgreSQL writes a type with ISO dates, UTC, hexadecimal bytea and exact floats, so it loses nothing.

In which order may events be taken? Neither positions nor transaction numbers are the order of commits: a transaction
may commit after another with higher numbers. What counts is the order of one row: who writes a row waits until
whoever wrote it before has committed, so the positions of *one* row's events are in their order, and none becomes
visible before those that precede it. A pull therefore takes what one snapshot sees and the snapshot before it did not,
by position. No event is passed over for being late: a late one is in the difference of two later snapshots. A limit
of transaction numbers (all below the oldest that runs) would *not* do: a row's newer event may have the lower number.

Applied is the set of events that a snapshot sees. The follower remembers the snapshot in the transaction that applies
them, so each is applied exactly once, whoever is killed when.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tidegate.core.migrations.move.carriage import Row

Key = tuple[str | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A write of one row: its key before, and its columns of the follower after; None where it is gone."""

    position: int
    key: Row
    row: Row | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Net:
    """What events come to: rows that go, and rows that then come."""

    gone: tuple[Row, ...]
    come: tuple[Row, ...]


def net(events: Iterable[Event], key: tuple[str, ...]) -> Net:
    """The last word on each key, events in order of position.

    Every key that was written goes first, and then comes again as it is last: rows that exchange a unique value
    pass through no state that the events did not end in.
    """
    last: dict[Key, Row | None] = {}
    for event in events:
        last[_key(event.key, key)] = None
        if event.row is not None:
            last[_key(event.row, key)] = event.row
    gone = tuple(dict(zip(key, each, strict=True)) for each in last)
    return Net(gone=gone, come=tuple(row for row in last.values() if row is not None))


def _key(row: Mapping[str, str | None], key: tuple[str, ...]) -> Key:
    return tuple(row[column] for column in key)
