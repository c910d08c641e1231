"""Carries out migrations that reshape tables of one database."""

import time
from asyncio import sleep
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import psycopg

from tidegate.actuators.postgres.book import Book
from tidegate.actuators.postgres.comparing import compared
from tidegate.actuators.postgres.entries import Entry
from tidegate.actuators.postgres.exclusive import exclusive
from tidegate.actuators.postgres.planned import Plans, tables_of
from tidegate.actuators.postgres.sessions import Lost, session
from tidegate.actuators.postgres.unfolded import under_way, unfolded
from tidegate.actuators.postgres.walk import Walk
from tidegate.core.errors import EffectFailed, Problem, Refused, Superseded, Unavailable
from tidegate.core.ids import MigrationName
from tidegate.core.migrations.database import Database
from tidegate.core.migrations.operations import Migration
from tidegate.core.migrations.phases import Phase
from tidegate.core.migrations.report import Report
from tidegate.core.migrations.state import MigrationState
from tidegate.core.migrations.unfolding import Unfolding
from tidegate.ports import Headwind, Token

MOST_LOSSES: Final = 5
"""So many connections may be lost on one way before the caller is told."""

AWAY_SECONDS: Final = 60.0
"""How long a server may be away in the middle, as when it is started again."""

PAUSE_SECONDS: Final = 0.5


class Migrator:
    """The `Engine` of one database; plans and restore points are kept in `folder`."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Callable[[], float],
        folder: Path,
        headwind: Headwind | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._folder = folder
        self._headwind = headwind
        self._plans = Plans(folder=folder, database=database.name)

    async def planned(self, migration: Migration) -> Unfolding:
        """Unfolded on the schema as it is; one that is under way as it was when it began."""
        async with self._reading() as book:
            entry = await under_way(book, migration)
            if entry:
                return entry.unfolding
            unfolding, schema = await unfolded(book, migration)
        self._plans.keep(migration, unfolding, schema)
        return unfolding

    async def forth(self, migration: Migration, to: Phase, token: Token) -> str:
        """Go on until `to` is through, over lost connections too."""

        async def go(book: Book) -> str:
            entry = await under_way(book, migration) or await self._begun(book, migration)
            return await self._walked(book, migration, entry, token, lambda walk: walk.forth(to))

        return await self._carried(migration, token, go)

    async def back(self, migration: Migration, to: Phase | None, token: Token) -> str:
        """Undo every phase after `to`, over lost connections too."""

        async def go(book: Book) -> str:
            entry = await book.entry(migration.name)
            if entry is None:
                return f"migration {migration.name}: there was nothing to undo"
            return await self._walked(book, migration, entry, token, lambda walk: walk.back(to))

        return await self._carried(migration, token, go)

    async def state(self, name: MigrationName) -> MigrationState | None:
        """How far it has come."""
        async with self._reading() as book:
            entry = await book.entry(name)
            return await _state(book, entry) if entry else None

    async def states(self) -> tuple[MigrationState, ...]:
        """Every migration of the book."""
        async with self._reading() as book:
            return tuple([await _state(book, entry) for entry in await book.entries()])

    async def remembered(self, name: MigrationName) -> Migration | None:
        """The migration as it was begun with."""
        async with self._reading() as book:
            entry = await book.entry(name)
            return entry.migration if entry else None

    async def compared(self, migration: Migration, *, whole: bool = True) -> Report:
        """Both shapes held against each other; `Refused` while there are not two."""
        async with self._reading() as book:
            entry = await book.entry(migration.name)
            if entry is None or not entry.two_shapes:
                message = f"migration {migration.name} has not two shapes to compare"
                hint = "they are there from dual-write up to contract"
                raise Refused([Problem(message=message, hint=hint)])
            backfilled = entry.phase is not Phase.DUAL_WRITE
            return await compared(
                book.connection, entry.unfolding, migration, whole=whole, backfilled=backfilled
            )

    async def _begun(self, book: Book, migration: Migration) -> Entry:
        """Unfolded, and written into the book, before its first statement."""
        unfolding, schema = await unfolded(book, migration)
        if drift := self._plans.drift(migration, unfolding, schema):
            raise Refused(drift)
        now = self._clock()
        before = tables_of(unfolding, schema)
        entry = Entry(migration=migration, unfolding=unfolding, before=before, started_at=now, changed_at=now)
        async with book.connection.transaction():
            await book.begin(entry)
        return entry

    async def _walked(
        self,
        book: Book,
        migration: Migration,
        entry: Entry,
        token: Token,
        go: Callable[[Walk], Awaitable[str]],
    ) -> str:
        """What a walk comes to; why it stopped is written down where that is possible."""
        walk = Walk(
            database=self._database,
            book=book,
            entry=entry,
            migration=migration,
            token=token,
            clock=self._clock,
            folder=self._folder,
            headwind=self._headwind,
        )
        try:
            return await go(walk)
        except Superseded:
            raise
        except EffectFailed as failed:
            with suppress(psycopg.Error):
                await walk.fail(str(failed))
            place = f"at {walk.entry.under_way}" if walk.entry.under_way else "between phases"
            raise EffectFailed(f"migration {migration.name} stopped {place}: {failed}") from None

    async def _carried(self, migration: Migration, token: Token, go: Callable[[Book], Awaitable[str]]) -> str:
        """What `go` comes to, alone in the schema; begun again where the connection is lost on the way."""
        losses, over = 0, 0.0
        while True:
            try:
                return await self._carried_once(migration, token, go)
            except Lost:
                losses, over = losses + 1, time.monotonic() + AWAY_SECONDS
                if losses > MOST_LOSSES:
                    raise
            except Unavailable:
                if time.monotonic() >= over:
                    raise
            await sleep(PAUSE_SECONDS)

    async def _carried_once(
        self, migration: Migration, token: Token, go: Callable[[Book], Awaitable[str]]
    ) -> str:
        async with session(self._database) as connection:
            book = Book(connection)
            await book.open()
            await book.obey(migration.name, token)

            async def tell(waiting: str) -> None:
                await book.wait(migration.name, waiting)

            async with exclusive(connection, migration.schema, migration.pace.patience, tell):
                return await go(book)

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[Book]:
        async with session(self._database) as connection:
            yield Book(connection)


async def _state(book: Book, entry: Entry) -> MigrationState:
    marks = await book.marks(entry.name)
    return entry.state(tuple(mark.backfilled for mark in marks.values()))
