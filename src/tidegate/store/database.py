"""`Store`: short transactions over rollouts, evidence and journal.

Every method blocks for milliseconds; from a coroutine, call it through `asyncio.to_thread`. All of them are
safe to repeat, and from several processes at once. A store that does not answer raises `Unavailable`.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, Table, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from tidegate.core.errors import Problem, Refused
from tidegate.core.ids import RolloutId, StepId
from tidegate.store.chain import Row, canonical, find_break, hash_of
from tidegate.store.engine import Database
from tidegate.store.records import (
    Break,
    Entry,
    EvidenceRecord,
    FailingRecord,
    JournalEntry,
    JourneysRecord,
    Json,
    RolloutRecord,
)
from tidegate.store.schema import evidence, failing, journal, journal_head, journeys, rollouts

_INSERTS: Final[Mapping[str, Callable[[Table], Any]]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}


class Store:
    """The store at one URL; `open` is the way to get one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, url: str) -> "Store":
        """The store at `url`, made or brought to the newest schema; `Refused` if it is newer than ours."""
        store = cls(Database(url))
        try:
            store._database.upgrade()
        except BaseException:
            store.close()
            raise
        return store

    def close(self) -> None:
        """Let go of every connection."""
        self._database.engine.dispose()

    # Rollouts

    def add_rollout(self, rollout: RolloutRecord) -> RolloutRecord:
        """Keep a new rollout and return what is kept; `Refused` when its id is that of another one."""
        row = {
            "id": rollout.id,
            "change": rollout.change,
            "environment": rollout.environment,
            "phase": rollout.phase,
            "created": _stored_time(rollout.created),
            "ended": _stored_time(rollout.ended) if rollout.ended else None,
            "requester": rollout.requester,
            "plan": rollout.plan,
            "state": rollout.state,
        }
        with self._database.writing() as connection:
            _add(connection, rollouts, row)
            kept = _rollout(next(_rows(connection, _one_rollout(rollout.id))))
        if (kept.change, canonical(kept.plan)) != (rollout.change, canonical(rollout.plan)):
            raise Refused(
                [
                    Problem(
                        message=f"rollout {rollout.id} is already one of change {kept.change!r}",
                        hint="give this one another id",
                    )
                ]
            )
        return kept

    def rollouts(self) -> tuple[RolloutRecord, ...]:
        """Every rollout, the newest first."""
        newest_first = select(rollouts).order_by(rollouts.c.created.desc(), rollouts.c.id.desc())
        with self._database.reading() as connection:
            return tuple(map(_rollout, _rows(connection, newest_first)))

    def rollout(self, id_: RolloutId) -> RolloutRecord | None:
        """The rollout of that id, or None."""
        with self._database.reading() as connection:
            return next(map(_rollout, _rows(connection, _one_rollout(id_))), None)

    def set_phase(self, id_: RolloutId, phase: str) -> None:
        """Note the phase that a rollout is in."""
        self._change_rollout(id_, {"phase": phase})

    def finish_rollout(self, id_: RolloutId, *, phase: str, ended: datetime, state: Json) -> None:
        """Note how and when a rollout ended."""
        self._change_rollout(id_, {"phase": phase, "ended": _stored_time(ended), "state": state})

    def _change_rollout(self, id_: RolloutId, values: Mapping[str, Any]) -> None:
        with self._database.writing() as connection:
            found = connection.execute(update(rollouts).where(rollouts.c.id == id_).values(**values))
        if found.rowcount == 0:
            raise Refused([Problem(message=f"there is no rollout {id_!r}", hint="see `tidegate rollouts`")])

    # Evidence

    def append_evidence(self, record: EvidenceRecord) -> bool:
        """Keep the evidence of one look; False when that look was kept already, which then stays as it is."""
        with self._database.writing() as connection:
            return _add(connection, evidence, _row(record))

    def evidence_of(self, rollout: RolloutId, step: StepId) -> tuple[EvidenceRecord, ...]:
        """The evidence of a step, in the order of its looks."""
        theirs = (evidence.c.rollout == rollout) & (evidence.c.step == step)
        in_order = select(evidence).where(theirs).order_by(evidence.c.sequence)
        with self._database.reading() as connection:
            return tuple(EvidenceRecord(**_timed(row)) for row in _rows(connection, in_order))

    # Journeys

    def append_journeys(self, record: JourneysRecord) -> bool:
        """Keep what the journeys of one look came to; False when that look was kept already."""
        with self._database.writing() as connection:
            return _add(connection, journeys, _row(record))

    def journeys_of(self, rollout: RolloutId) -> tuple[JourneysRecord, ...]:
        """What the journeys of a rollout came to, in the order of the looks."""
        in_order = select(journeys).where(journeys.c.rollout == rollout).order_by(journeys.c.sequence)
        with self._database.reading() as connection:
            return tuple(JourneysRecord(**_timed(row)) for row in _rows(connection, in_order))

    def keep_failing(self, records: Iterable[FailingRecord], most: int) -> None:
        """Keep failing journeys; of a rollout that has `most` of them already, no more."""
        with self._database.writing() as connection:
            for record in records:
                theirs = select(func.count()).where(failing.c.rollout == record.rollout)
                if connection.execute(theirs).scalar_one() < most:
                    _add(connection, failing, _row(record))

    def failing_of(self, rollout: RolloutId) -> tuple[FailingRecord, ...]:
        """The failing journeys that are kept of a rollout, the oldest first."""
        oldest_first = select(failing).where(failing.c.rollout == rollout).order_by(failing.c.at)
        with self._database.reading() as connection:
            return tuple(FailingRecord(**_timed(row)) for row in _rows(connection, oldest_first))

    # Journal

    def record(self, entry: Entry) -> JournalEntry:
        """Append to the journal, and return what stands there: the earlier entry when the key was used."""
        with_key = select(journal).where(journal.c.key == _text(entry.key))
        with self._database.writing() as connection:
            # The lock on the end of the chain comes first: two writers never see the same end.
            head = next(_rows(connection, select(journal_head).with_for_update()))
            known = next(map(_entry, _rows(connection, with_key)), None)
            return known or _entry(_append(connection, entry, head))

    def journal(self, rollout: RolloutId | None = None, *, after: int = 0) -> tuple[JournalEntry, ...]:
        """Entries in order, of one rollout or of all, with a sequence above `after`."""
        wanted = select(journal).where(journal.c.sequence > after).order_by(journal.c.sequence)
        if rollout is not None:
            wanted = wanted.where(journal.c.rollout == rollout)
        with self._database.reading() as connection:
            return tuple(map(_entry, _rows(connection, wanted)))

    def verify_journal(self) -> Break | None:
        """The first entry that is not what was written, or None when the whole chain holds."""
        in_order = select(journal).order_by(journal.c.sequence).execution_options(yield_per=1000)
        with self._database.reading() as connection:
            head = next(_rows(connection, select(journal_head)), None)
            if head is None:
                return Break(sequence=0, reason="the record of the last entry is missing")
            return find_break(_rows(connection, in_order), head["sequence"], head["hash"])


def _rows(connection: Connection, query: Select[Any]) -> Iterator[Row]:
    return (row._asdict() for row in connection.execute(query))


def _add(connection: Connection, table: Table, row: Row) -> bool:
    """Insert a row unless one with its key is there; whether it was inserted."""
    insert = _INSERTS[connection.dialect.name](table).values(row).on_conflict_do_nothing()
    # What comes back says it, not the row count: drivers do not agree on that of an insert.
    return connection.execute(insert.returning(*table.primary_key)).first() is not None


def _append(connection: Connection, entry: Entry, head: Row) -> Row:
    row = {
        "sequence": head["sequence"] + 1,
        "at": _stored_time(entry.at),
        "rollout": entry.rollout,
        "actor": _text(entry.actor),
        "kind": _text(entry.kind),
        "subject": _text(entry.subject),
        "summary": _text(entry.summary),
        "detail": canonical(entry.detail),
        "key": _text(entry.key),
        "previous_hash": head["hash"],
    }
    row["hash"] = hash_of(row)
    connection.execute(journal.insert().values(row))
    connection.execute(update(journal_head).values(sequence=row["sequence"], hash=row["hash"]))
    return row


def _one_rollout(id_: RolloutId) -> Select[Any]:
    return select(rollouts).where(rollouts.c.id == id_)


def _row(record: EvidenceRecord | JourneysRecord | FailingRecord) -> Row:
    values = {each.name: getattr(record, each.name) for each in fields(record)}
    return {**values, "at": _stored_time(record.at)}


def _timed(row: Row) -> Row:
    return {**row, "at": datetime.fromisoformat(row["at"])}


def _stored_time(time: datetime) -> str:
    if time.tzinfo is None:
        raise ValueError(f"a time without its zone cannot be kept: {time}")
    return time.astimezone(UTC).isoformat(timespec="microseconds")


def _text(words: str) -> str:
    """What a person typed, with what no database takes as text (half a surrogate pair, NUL) spelled out."""
    return words.encode(errors="backslashreplace").decode().replace("\0", "\\x00")


def _rollout(row: Row) -> RolloutRecord:
    times = {name: datetime.fromisoformat(row[name]) for name in ("created", "ended") if row[name]}
    return RolloutRecord(**{**row, **times})


def _entry(row: Row) -> JournalEntry:
    parsed = {"at": datetime.fromisoformat(row["at"]), "detail": json.loads(row["detail"])}
    return JournalEntry(**{**row, **parsed})
