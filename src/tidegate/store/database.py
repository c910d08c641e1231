"""`Store`: short transactions over rollouts, evidence and journal, and in `flags` over those of feature flags.

Every method blocks for milliseconds; from a coroutine, call it through `asyncio.to_thread`. All of them are
safe to repeat, and from several processes at once. A store that does not answer raises `Unavailable`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select, update

from tidegate.core.errors import Problem, Refused
from tidegate.core.ids import RolloutId, StepId
from tidegate.store.chain import Row, canonical, find_break
from tidegate.store.engine import Database
from tidegate.store.flags import FlagStore
from tidegate.store.journal import noted, read_entry
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
from tidegate.store.rows import add, rows, stored_time
from tidegate.store.schema import evidence, failing, journal, journal_head, journeys, rollouts


class Store:
    """The store at one URL; `open` is the way to get one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.name = database.name
        self.flags = FlagStore(database)

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
            "created": stored_time(rollout.created),
            "ended": stored_time(rollout.ended) if rollout.ended else None,
            "requester": rollout.requester,
            "plan": rollout.plan,
            "state": rollout.state,
        }
        with self._database.writing() as connection:
            add(connection, rollouts, row)
            kept = _rollout(next(rows(connection, _one_rollout(rollout.id))))
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
            return tuple(map(_rollout, rows(connection, newest_first)))

    def rollout(self, id_: RolloutId) -> RolloutRecord | None:
        """The rollout of that id, or None."""
        with self._database.reading() as connection:
            return next(map(_rollout, rows(connection, _one_rollout(id_))), None)

    def set_phase(self, id_: RolloutId, phase: str) -> None:
        """Note the phase that a rollout is in."""
        self._change_rollout(id_, {"phase": phase})

    def finish_rollout(self, id_: RolloutId, *, phase: str, ended: datetime, state: Json) -> None:
        """Note how and when a rollout ended."""
        self._change_rollout(id_, {"phase": phase, "ended": stored_time(ended), "state": state})

    def _change_rollout(self, id_: RolloutId, values: Mapping[str, Any]) -> None:
        with self._database.writing() as connection:
            found = connection.execute(update(rollouts).where(rollouts.c.id == id_).values(**values))
        if found.rowcount == 0:
            raise Refused([Problem(message=f"there is no rollout {id_!r}", hint="see `tidegate rollouts`")])

    # Evidence

    def append_evidence(self, record: EvidenceRecord) -> bool:
        """Keep the evidence of one look; False when that look was kept already, which then stays as it is."""
        with self._database.writing() as connection:
            return add(connection, evidence, _row(record))

    def evidence_of(self, rollout: RolloutId, step: StepId) -> tuple[EvidenceRecord, ...]:
        """The evidence of a step, in the order of its looks."""
        theirs = (evidence.c.rollout == rollout) & (evidence.c.step == step)
        in_order = select(evidence).where(theirs).order_by(evidence.c.sequence)
        with self._database.reading() as connection:
            return tuple(EvidenceRecord(**_timed(row)) for row in rows(connection, in_order))

    # Journeys

    def append_journeys(self, record: JourneysRecord) -> bool:
        """Keep what the journeys of one look came to; False when that look was kept already."""
        with self._database.writing() as connection:
            return add(connection, journeys, _row(record))

    def journeys_of(self, rollout: RolloutId) -> tuple[JourneysRecord, ...]:
        """What the journeys of a rollout came to, in the order of the looks."""
        in_order = select(journeys).where(journeys.c.rollout == rollout).order_by(journeys.c.sequence)
        with self._database.reading() as connection:
            return tuple(JourneysRecord(**_timed(row)) for row in rows(connection, in_order))

    def keep_failing(self, records: Iterable[FailingRecord], most: int) -> None:
        """Keep failing journeys; of a rollout that has `most` of them already, no more."""
        with self._database.writing() as connection:
            for record in records:
                theirs = select(func.count()).where(failing.c.rollout == record.rollout)
                if connection.execute(theirs).scalar_one() < most:
                    add(connection, failing, _row(record))

    def failing_of(self, rollout: RolloutId) -> tuple[FailingRecord, ...]:
        """The failing journeys that are kept of a rollout, the oldest first."""
        oldest_first = select(failing).where(failing.c.rollout == rollout).order_by(failing.c.at)
        with self._database.reading() as connection:
            return tuple(FailingRecord(**_timed(row)) for row in rows(connection, oldest_first))

    # Journal

    def record(self, entry: Entry) -> JournalEntry:
        """Append to the journal, and return what stands there: the earlier entry when the key was used."""
        with self._database.writing() as connection:
            return noted(connection, entry)

    def journal(self, rollout: RolloutId | None = None, *, after: int = 0) -> tuple[JournalEntry, ...]:
        """Entries in order, of one rollout or of all, with a sequence above `after`."""
        wanted = select(journal).where(journal.c.sequence > after).order_by(journal.c.sequence)
        if rollout is not None:
            wanted = wanted.where(journal.c.rollout == rollout)
        with self._database.reading() as connection:
            return tuple(map(read_entry, rows(connection, wanted)))

    def verify_journal(self) -> Break | None:
        """The first entry that is not what was written, or None when the whole chain holds."""
        in_order = select(journal).order_by(journal.c.sequence).execution_options(yield_per=1000)
        with self._database.reading() as connection:
            head = next(rows(connection, select(journal_head)), None)
            if head is None:
                return Break(sequence=0, reason="the record of the last entry is missing")
            return find_break(rows(connection, in_order), head["sequence"], head["hash"])


def _one_rollout(id_: RolloutId) -> Select[Any]:
    return select(rollouts).where(rollouts.c.id == id_)


def _row(record: EvidenceRecord | JourneysRecord | FailingRecord) -> Row:
    values = {each.name: getattr(record, each.name) for each in fields(record)}
    return {**values, "at": stored_time(record.at)}


def _timed(row: Row) -> Row:
    return {**row, "at": datetime.fromisoformat(row["at"])}


def _rollout(row: Row) -> RolloutRecord:
    times = {name: datetime.fromisoformat(row[name]) for name in ("created", "ended") if row[name]}
    return RolloutRecord(**{**row, **times})
