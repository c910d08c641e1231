"""The journal's transactions: a new entry at the end of the chain, and entries as they come out."""

import json
from datetime import datetime

from sqlalchemy import Connection, select, update

from tidegate.store.chain import Row, canonical, hash_of
from tidegate.store.records import Entry, JournalEntry
from tidegate.store.rows import first, rows, stored_time, text
from tidegate.store.schema import journal, journal_head


def noted(connection: Connection, entry: Entry) -> JournalEntry:
    """Append an entry, and return what stands there: the earlier one when its key was used."""
    # The lock on the end of the chain comes first: two writers never see the same end.
    head = next(rows(connection, select(journal_head).with_for_update()))
    known = first(connection, select(journal).where(journal.c.key == text(entry.key)))
    return read_entry(known or _append(connection, entry, head))


def read_entry(row: Row) -> JournalEntry:
    """An entry, from its row."""
    parsed = {"at": datetime.fromisoformat(row["at"]), "detail": json.loads(row["detail"])}
    return JournalEntry(**{**row, **parsed})


def _append(connection: Connection, entry: Entry, head: Row) -> Row:
    row = {
        "sequence": head["sequence"] + 1,
        "at": stored_time(entry.at),
        "rollout": entry.rollout,
        "actor": text(entry.actor),
        "kind": text(entry.kind),
        "subject": text(entry.subject),
        "summary": text(entry.summary),
        "detail": canonical(entry.detail),
        "key": text(entry.key),
        "previous_hash": head["hash"],
    }
    row["hash"] = hash_of(row)
    connection.execute(journal.insert().values(row))
    connection.execute(update(journal_head).values(sequence=row["sequence"], hash=row["hash"]))
    return row
