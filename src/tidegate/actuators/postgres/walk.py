"""One migration going forth or back, on one connection.

Each phase that is entered is written into the book before its first statement, and each transaction advances the book
as its last deed. Whoever comes after a crash finds the book true, and goes on with the next deed. A phase that was left
in the middle is undone whole, because what undoes it may be repeated.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from tidegate.actuators.postgres import restore_points
from tidegate.actuators.postgres.backfill import Backfill
from tidegate.actuators.postgres.book import Book
from tidegate.actuators.postgres.comparing import compared
from tidegate.actuators.postgres.entries import Entry, Mark
from tidegate.actuators.postgres.reading import read_schema
from tidegate.actuators.postgres.statements import Speaker, leading
from tidegate.actuators.postgres.throttle import Throttle
from tidegate.actuators.postgres.watching import watched
from tidegate.core.errors import EffectFailed, Problem, Refused
from tidegate.core.migrations.database import Database
from tidegate.core.migrations.drift import drifts, touched
from tidegate.core.migrations.kept import set_aside
from tidegate.core.migrations.operations import Migration
from tidegate.core.migrations.phases import PHASES, Phase, before
from tidegate.core.migrations.report import Mismatch
from tidegate.core.migrations.state import Course
from tidegate.core.migrations.statements import Deed, MakeViews, Statement
from tidegate.core.migrations.unfold import version_views
from tidegate.core.migrations.unfolding import PhasePlan
from tidegate.ports import Headwind, Token

Hook = Callable[["Walk"], Awaitable[None]]


@dataclass(slots=True, kw_only=True)
class Walk:
    """A migration and where it is: `entry` is what the book says. Times are the clock's."""

    database: Database
    book: Book
    entry: Entry
    migration: Migration
    token: Token
    clock: Callable[[], float]
    folder: Path
    headwind: Headwind | None
    _told: str = field(default="", init=False)

    async def forth(self, to: Phase) -> str:
        """Through every phase up to `to` that is not through yet; what was done, in words."""
        await self._finish_undoing()
        ahead = PHASES[_place(self.entry.phase) + 1 : PHASES.index(to) + 1]
        for phase in ahead:
            await self._go(phase)
        await self._noted(replace(self.entry, course=Course.STILL))
        done = f"{', '.join(ahead)} done" if ahead else f"{to} was done already"
        return f"migration {self.entry.name}: {done}"

    async def back(self, to: Phase | None) -> str:
        """Undo every phase after `to`; what was done, in words."""
        self._returnable(to)
        behind = PHASES[_place(to) + 1 : _place(self.entry.under_way or self.entry.phase) + 1]
        for phase in reversed(behind):
            await self._undo(phase)
        said = await self._compared_with_before() if behind and self.entry.undone else ""
        await self._noted(replace(self.entry, course=Course.STILL, problem=said))
        done = f"undid {', '.join(reversed(behind))}" if behind else "there was nothing to undo"
        return f"migration {self.entry.name}: {done}{f'; {said}' if said else ''}"

    async def fail(self, problem: str) -> None:
        """Write down why it stopped."""
        await self._noted(replace(self.entry, course=Course.FAILED, problem=problem, waiting=""))

    async def tell(self, waiting: str) -> None:
        """Write down for what it waits, where that is something else than before."""
        if waiting != self._told:
            await self.book.wait(self.entry.name, waiting)
            self._told = waiting

    async def _finish_undoing(self) -> None:
        if self.entry.backward and self.entry.under_way:
            await self._undo(self.entry.under_way)

    async def _go(self, phase: Phase) -> None:
        await self._enter(phase, backward=False)
        if self.entry.statement == 0 and phase in _BEFORE:
            await _BEFORE[phase](self)
        await self._carry_out(self._plan(phase).forth)
        if phase in _AFTER:
            await _AFTER[phase](self)
        await self._noted(replace(self.entry, phase=phase, under_way=None, statement=0))

    async def _undo(self, phase: Phase) -> None:
        was_through = self.entry.phase is phase
        await self._enter(phase, backward=True)
        # Nobody wrote the new shape unless all of it was there.
        kept = set_aside(self.entry.unfolding) if phase is Phase.EXPAND and was_through else ()
        await self._carry_out((*kept, *self._plan(phase).back))
        undone = replace(self.entry, phase=before(phase), under_way=None, backward=False, statement=0)
        async with self.book.connection.transaction():
            if phase is Phase.BACKFILL:
                await self.book.unmark(self.entry.name)
            await self._write(undone)
        self.entry = undone

    async def _enter(self, phase: Phase, *, backward: bool) -> None:
        """Begin a phase, or go on in it where it was left on the same way."""
        course = Course.BACK if backward else Course.FORTH
        same = (self.entry.under_way, self.entry.backward) == (phase, backward)
        statement = self.entry.statement if same else 0
        entered = replace(self.entry, under_way=phase, backward=backward, statement=statement)
        await self._noted(replace(entered, course=course, problem="", waiting=""))

    async def _carry_out(self, deeds: tuple[Deed, ...]) -> None:
        while rest := deeds[self.entry.statement :]:
            if isinstance(rest[0], MakeViews):
                await self._together(await self._views(), 1)
            elif rest[0].alone:
                await self._alone(rest[0])
            else:
                statements = leading(rest)
                await self._together(statements, len(statements))

    async def _together(self, statements: tuple[Statement, ...], deeds: int) -> None:
        """In one transaction with the book, which is that much further then."""
        further = replace(self.entry, statement=self.entry.statement + deeds)
        await self._speaker.together(statements, lambda: self._write(further))
        self.entry = further

    async def _alone(self, statement: Statement) -> None:
        pid = self.book.connection.info.backend_pid
        async with watched(self.database, self.entry.name, pid, statement.summary):
            await self._speaker.alone(statement)
        await self._noted(replace(self.entry, statement=self.entry.statement + 1, waiting=""))

    async def _views(self) -> tuple[Statement, ...]:
        now = await read_schema(self.book.connection, self.entry.unfolding.schema)
        return version_views(self.entry.unfolding, now)

    async def _noted(self, entry: Entry) -> None:
        async with self.book.connection.transaction():
            await self._write(entry)
        self.entry = entry

    async def _write(self, entry: Entry) -> None:
        """Into the book, unless a newer attempt took over."""
        await self.book.obey(entry.name, self.token)
        await self.book.note(replace(entry, changed_at=self.clock()))

    def _plan(self, phase: Phase) -> PhasePlan:
        return self.entry.unfolding.by_phase.get(phase, PhasePlan(phase=phase))

    @property
    def _speaker(self) -> Speaker:
        return Speaker(
            connection=self.book.connection,
            schema=self.entry.unfolding.schema,
            pace=self.migration.pace,
            tell=self.tell,
        )

    def _returnable(self, to: Phase | None) -> None:
        name = self.entry.name
        if self.entry.phase is Phase.CONTRACT or self.entry.contracting:
            saved = f"a restore point is at {self.entry.restore_point}" if self.entry.restore_point else ""
            raise Refused(
                [Problem(message=f"migration {name} gave the old shape up at contract", hint=saved)]
            )
        if to is None and self.entry.unfolding.irreversible and not self.entry.undone:
            said = "; ".join(self.entry.unfolding.irreversible)
            raise Refused([Problem(message=f"expand of migration {name} has no way back: {said}")])

    async def _compared_with_before(self) -> str:
        """What is not as it was before the migration began, in words."""
        tables = touched(self.entry.unfolding)
        now = await read_schema(self.book.connection, self.entry.unfolding.schema, leftovers=True)
        found = drifts(self.entry.before, now.tables, tables)
        return f"not as it was before: {'; '.join(found)}" if found else ""

    async def backfill(self) -> None:
        """Every table that has rows from before, one after the other."""
        marks = await self.book.marks(self.entry.name)
        for reshape in self.entry.unfolding.reshapes:
            if reshape.backfilled:
                backfill = Backfill(
                    connection=self.book.connection,
                    schema=self.entry.unfolding.schema,
                    reshape=reshape,
                    pace=self.migration.pace,
                    throttle=self._throttle,
                    tell=self.tell,
                    save=self._save,
                )
                await backfill.run(marks.get(reshape.table))

    async def _save(self, mark: Mark) -> None:
        await self.book.obey(self.entry.name, self.token)
        await self.book.mark(self.entry.name, mark)

    @property
    def _throttle(self) -> Throttle:
        return Throttle(
            connection=self.book.connection,
            pace=self.migration.pace,
            rollout=self.token.rollout,
            headwind=self.headwind,
            tell=self.tell,
        )

    async def compare(self) -> None:
        """Hold both shapes against each other; `EffectFailed` where they do not match."""
        await self.tell("compares both shapes")
        report = await compared(self.book.connection, self.entry.unfolding, self.migration)
        await self.tell("")
        if not report.matches:
            said = "; ".join(map(_told, report.mismatches))
            raise EffectFailed(f"the two shapes do not match: {said}")

    async def secure(self) -> None:
        """What is to be given up is compared once more, and kept in a restore point."""
        await self.compare()
        if self.migration.restore_point == "none":
            return
        await self.tell("takes a restore point")
        place = await restore_points.take(
            self.book.connection, self.database.name, self.entry.unfolding, self.folder
        )
        await self._noted(replace(self.entry, restore_point=place, waiting=""))


_BEFORE: Final[Mapping[Phase, Hook]] = {Phase.CONTRACT: Walk.secure}
_AFTER: Final[Mapping[Phase, Hook]] = {Phase.BACKFILL: Walk.backfill, Phase.VERIFY: Walk.compare}


def _told(mismatch: Mismatch) -> str:
    """With the keys of some rows, which are redacted already."""
    rows = f" ({mismatch.rows} rows: {', '.join(mismatch.keys)})" if mismatch.rows else ""
    return f"{mismatch.table}: {mismatch.said}{rows}"


def _place(phase: Phase | None) -> int:
    return -1 if phase is None else PHASES.index(phase)
