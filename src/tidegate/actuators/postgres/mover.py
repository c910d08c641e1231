"""Moves a table to another database.

From dual write to contract events must be carried whenever tidegate runs: `run` does so for one move, for as long as it
lasts, and `run_all` for all. The verbs carry events, too, while they work; a lock in the follower keeps them apart.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

from psycopg import Error

from tidegate.actuators.postgres import moves, planning_moves
from tidegate.actuators.postgres.carrier import Lag, in_text_form
from tidegate.actuators.postgres.holding_against import held_against
from tidegate.actuators.postgres.keeping_on import keep_all_carrying, keep_carrying
from tidegate.actuators.postgres.move_phases import GONE_THROUGH, UNDONE
from tidegate.actuators.postgres.moves import Entry
from tidegate.actuators.postgres.planning_moves import Ground
from tidegate.actuators.postgres.sessions import Connection, session
from tidegate.actuators.postgres.site import Site
from tidegate.actuators.postgres.troubles import Kind, trouble
from tidegate.core.errors import EffectFailed, Problem, Refused, Superseded
from tidegate.core.ids import DatabaseName, MigrationName
from tidegate.core.migrations.database import Database
from tidegate.core.migrations.move.unfold import kept_name
from tidegate.core.migrations.operations import Migration, MoveTable
from tidegate.core.migrations.phases import PHASES, Phase, before
from tidegate.core.migrations.report import Report
from tidegate.core.migrations.state import Backfilled, Course, MigrationState
from tidegate.core.migrations.unfolding import KEPT_SCHEMA, Unfolding
from tidegate.ports import Headwind, Token

Act = Callable[[Site], Awaitable[None]]


class Mover:
    """The `Engine` of moves from database `source` to others of `databases`."""

    def __init__(
        self,
        databases: Mapping[DatabaseName, Database],
        source: DatabaseName,
        *,
        clock: Callable[[], float],
        headwind: Headwind | None = None,
    ) -> None:
        self._databases = databases
        self._source = source
        self._clock = clock
        self._headwind = headwind

    async def planned(self, migration: Migration) -> Unfolding:
        """The move unfolded; one that is under way as it was begun."""
        async with self._connections(migration) as ground:
            entry = await self._entry(ground, migration)
            return entry.unfolding

    async def forth(self, migration: Migration, to: Phase, token: Token) -> str:
        """Go on until `to` is through."""
        async with self._connections(migration) as ground:
            entry = (await self._entry(ground, migration)).obeying(token)
            done = PHASES.index(entry.phase) + 1 if entry.phase else 0
            phases = PHASES[done : PHASES.index(to) + 1]
            for phase in phases:
                entry = replace(entry, under_way=phase, course=Course.FORTH)
                entry = await self._gone(ground, entry, (GONE_THROUGH[phase], phase), token)
        return _summary(migration, "went through", phases)

    async def back(self, migration: Migration, to: Phase | None, token: Token) -> str:
        """Undo every phase after `to`, the last first."""
        async with self._connections(migration) as ground:
            entry = (await self._entry(ground, migration)).obeying(token)
            _refuse_from_contract(entry)
            first = PHASES.index(to) + 1 if to else 0
            last = PHASES.index(entry.furthest) + 1 if entry.furthest else 0
            phases = tuple(reversed(PHASES[first:last]))
            for phase in phases:
                entry = replace(entry, under_way=phase, course=Course.BACK)
                entry = await self._gone(ground, entry, (UNDONE[phase], before(phase)), token)
        return _summary(migration, "undid", phases)

    async def state(self, name: MigrationName) -> MigrationState | None:
        """How far it has come."""
        return next((state for state in await self.states() if state.name == name), None)

    async def states(self) -> tuple[MigrationState, ...]:
        """Every move that the source remembers, the newest last."""
        async with self._connected(self._source) as here:
            entries = await moves.read_all(here)
        return tuple([await self._state(entry) for entry in entries])

    async def remembered(self, name: MigrationName) -> Migration | None:
        """The migration as it was begun with."""
        async with self._connected(self._source) as here:
            entry = await moves.read(here, name)
        return entry.migration if entry else None

    async def compared(self, migration: Migration, *, whole: bool = True) -> Report:
        """The table here and there at one instant; a part of it where it is not to be `whole`."""
        async with self._site(migration.name) as site:
            leading = site.back if site.entry.phase is Phase.SWITCH else site.forth
            return await held_against(leading, migration, whole=whole)

    async def under_way(self) -> tuple[MigrationName, ...]:
        """Moves whose events must be carried now."""
        async with self._connected(self._source) as here:
            entries = await moves.read_all(here)
        return tuple(entry.migration.name for entry in entries if _carries(entry))

    async def lag(self, name: MigrationName) -> Lag:
        """What waits to be carried to whoever follows."""
        async with self._site(name) as site:
            leading = site.back if site.entry.phase is Phase.SWITCH else site.forth
            return await leading.lag()

    async def run(self, name: MigrationName) -> None:
        """Carry events for as long as the move lasts; whatever goes away meanwhile is waited for."""
        await keep_carrying(lambda: self._site(name), _carries)

    async def run_all(self) -> None:
        """`run` for every move of the source, also those that begin later; ends when it is cancelled."""
        await keep_all_carrying(self.under_way, self.run)

    async def _entry(self, ground: Ground, migration: Migration) -> Entry:
        """The move as it was begun, or as it would be now."""
        found = await moves.read(ground.here, migration.name)
        if found and found.furthest:
            moves.refuse_another(found, migration)
            return replace(found, migration=migration)
        await self._refuse_conflicts(ground, migration)
        move, unfolding = await planning_moves.planned(migration, ground)
        tokens = found.tokens if found else {}
        return Entry(
            migration=migration, move=move, unfolding=unfolding, tokens=tokens, started_at=self._clock()
        )

    async def _refuse_conflicts(self, ground: Ground, migration: Migration) -> None:
        table = (migration.schema, _operation(migration).table)
        for entry in await moves.read_all(ground.here):
            if _busy(entry) and (entry.migration.schema, _operation(entry.migration).table) == table:
                message = f"migration {entry.migration.name} is moving table {table[1]}"
                hint = "carry it through, or roll it back"
                raise Refused([Problem(message=message, location=migration.location, hint=hint)])

    async def _gone(self, ground: Ground, entry: Entry, act: tuple[Act, Phase | None], token: Token) -> Entry:
        """One phase, remembered before and after."""
        do, through = act
        await self._note(ground, entry)
        site = Site(
            entry=entry, here=ground.here, there=ground.there, headwind=self._headwind, rollout=token.rollout
        )
        try:
            await do(site)
        except (EffectFailed, Refused) as problem:
            await self._note(ground, replace(entry, course=Course.FAILED, problem=str(problem)))
            raise
        except Error as error:
            found = trouble(error)
            if found.kind is not Kind.LOST:
                await self._note(ground, replace(entry, course=Course.FAILED, problem=found.said))
            raise
        after = replace(entry, phase=through, under_way=None, course=Course.STILL, problem="")
        await self._note(ground, after)
        return after

    async def _note(self, ground: Ground, entry: Entry) -> None:
        """Write it down, unless a newer command holds the move."""
        known = await moves.read(ground.here, entry.migration.name)
        if known and any(known.tokens.get(step, at) > at for step, at in entry.tokens.items()):
            raise Superseded(f"a newer command holds migration {entry.migration.name}")
        await moves.write(ground.here, replace(entry, changed_at=self._clock()))

    async def _state(self, entry: Entry) -> MigrationState:
        return MigrationState(
            name=entry.migration.name,
            schema=entry.migration.schema,
            digest=moves.digest(entry.migration),
            phase=entry.phase,
            course=entry.course,
            started_at=entry.started_at,
            changed_at=entry.changed_at,
            old_schema=entry.unfolding.old_schema,
            new_schema=entry.unfolding.new_schema,
            backfills=await self._backfills(entry) if _carries(entry) else (),
            problem=entry.problem,
            restore_point=_restore_point(entry),
        )

    async def _backfills(self, entry: Entry) -> tuple[Backfilled, ...]:
        async with self._site(entry.migration.name) as site:
            now = await site.forth.round()
        rate = now.rows / now.seconds if now.seconds else 0.0
        table = entry.move.source.table
        return (Backfilled(table=table, done=now.rows, rows=now.estimate, rate=rate, finished=now.done),)

    @asynccontextmanager
    async def _site(self, name: MigrationName) -> AsyncIterator[Site]:
        """A move that was begun."""
        async with self._connected(self._source) as here:
            entry = await moves.read(here, name)
            if entry is None:
                problem = Problem(message=f"database {self._source} never heard of migration {name}")
                raise Refused([problem])
            async with self._connected(DatabaseName(entry.move.target.database)) as there:
                yield Site(entry=entry, here=here, there=there, headwind=self._headwind)

    @asynccontextmanager
    async def _connections(self, migration: Migration) -> AsyncIterator[Ground]:
        operation = _operation(migration)
        to = DatabaseName(operation.to)
        if to not in self._databases:
            message = f"there is no database {to}"
            hint = f"write a Database file for it, or name one of {', '.join(sorted(self._databases))}"
            raise Refused([Problem(message=message, location=operation.location, hint=hint)])
        async with AsyncExitStack() as stack:
            here = await stack.enter_async_context(self._connected(self._source))
            await _alone(here, migration.name)
            there = await stack.enter_async_context(self._connected(to))
            yield Ground(database=self._source, here=here, there=there)

    @asynccontextmanager
    async def _connected(self, name: DatabaseName) -> AsyncIterator[Connection]:
        async with session(self._databases[name]) as connection:
            await in_text_form(connection)
            yield connection


def _operation(migration: Migration) -> MoveTable:
    first, *rest = migration.operations or (None,)
    if not isinstance(first, MoveTable) or rest:
        message = f"migration {migration.name} does not move one table and nothing else"
        hint = "a table's move is the only operation of its migration"
        raise Refused([Problem(message=message, location=migration.location, hint=hint)])
    return first


async def _alone(here: Connection, name: MigrationName) -> None:
    """One verb of a move at a time; a connection that ends lets go."""
    sql = "SELECT pg_try_advisory_lock(hashtextextended(%s, 1))"
    if await (await here.execute(sql, [name])).fetchone() != (True,):
        raise EffectFailed(f"another tidegate is at work on migration {name}; it is tried again")


def _refuse_from_contract(entry: Entry) -> None:
    if entry.furthest is Phase.CONTRACT:
        message = f"migration {entry.migration.name} is past its contract: the table no longer follows here"
        raise Refused([Problem(message=message, hint="move it back by a migration of its own")])


def _busy(entry: Entry) -> bool:
    return entry.furthest is not None and entry.phase is not Phase.CONTRACT


def _carries(entry: Entry) -> bool:
    return entry.phase in {Phase.DUAL_WRITE, Phase.BACKFILL, Phase.VERIFY, Phase.SWITCH}


def _restore_point(entry: Entry) -> str:
    migration = entry.migration
    if entry.phase is not Phase.CONTRACT or migration.restore_point == "none":
        return ""
    return f"{KEPT_SCHEMA}.{kept_name(migration.name, _operation(migration))}"


def _summary(migration: Migration, verb: str, phases: tuple[Phase, ...]) -> str:
    done = f"{verb} {', '.join(phases)}" if phases else "nothing was left to do"
    return f"{migration.name}: {done}"
