"""Comparisons that go on while both shapes are written, for gates that look at data."""

import time
from asyncio import Lock
from collections import defaultdict
from collections.abc import Callable, Mapping

from tidegate.actuators.postgres.engine import Engine
from tidegate.core.errors import EffectFailed, Refused, Unavailable
from tidegate.core.gates.evidence import Finding, Gap
from tidegate.core.ids import DatabaseName, MigrationName
from tidegate.core.migrations.comparing.findings import finding, nothing_to_compare, unknown
from tidegate.core.migrations.phases import PHASES, Phase
from tidegate.core.migrations.report import Report

Subject = tuple[DatabaseName, MigrationName]


class Checks:
    """Implements `ports.DataChecks` with engines by the names of their databases.

    A comparison looks at some ranges only. After one that found a mismatch the next looks at every row, so that what
    was found by chance is not forgotten by chance. Of a database that does not answer nothing is known, whatever it
    said before.
    """

    def __init__(
        self, engines: Mapping[DatabaseName, Engine], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._engines = engines
        self._clock = clock
        self._newest: dict[Subject, tuple[float, Report]] = {}
        self._busy: defaultdict[Subject, Lock] = defaultdict(Lock)

    async def check(self, database: DatabaseName, migration: MigrationName) -> tuple[Finding, ...]:
        """One finding: what the newest comparison says, or why there is none."""
        engine = self._engines.get(database)
        if engine is None:
            return (unknown(migration, Gap.NO_DATA, f"no database {database} is known here"),)
        try:
            async with self._busy[database, migration]:
                return (await self._finding(engine, (database, migration)),)
        except Refused as error:
            return (unknown(migration, Gap.NO_DATA, str(error)),)
        except (Unavailable, EffectFailed) as error:
            return (unknown(migration, Gap.DOWN, str(error)),)

    async def _finding(self, engine: Engine, subject: Subject) -> Finding:
        name = subject[1]
        state = await engine.state(name)
        if state is None or state.phase is None or state.phase is Phase.EXPAND:
            return unknown(name, Gap.NO_DATA, "there are no two shapes yet (dual-write comes first)")
        if state.phase is PHASES[-1]:
            return nothing_to_compare(name, "contracted, only the new shape is left")
        return finding(name, await self._report(engine, subject))

    async def _report(self, engine: Engine, subject: Subject) -> Report:
        migration = await engine.remembered(subject[1])
        if migration is None:
            raise EffectFailed("the database does not remember it")
        at, before = self._newest.get(subject, (0.0, None))
        if before and self._clock() - at < migration.verification.every:
            return before
        report = await engine.compared(migration, whole=bool(before and not before.matches))
        self._newest[subject] = (self._clock(), report)
        return report
