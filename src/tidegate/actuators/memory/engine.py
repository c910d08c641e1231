"""Carries out migrations of an imagined database: nothing but how far each of them has come."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from tidegate.core.errors import EffectFailed, Problem, Refused, Superseded, Unavailable
from tidegate.core.ids import MigrationName
from tidegate.core.migrations.operations import Migration
from tidegate.core.migrations.phases import PHASES, Phase
from tidegate.core.migrations.report import Mismatch, Report
from tidegate.core.migrations.state import Course, MigrationState
from tidegate.core.migrations.unfolding import PhasePlan, Unfolding
from tidegate.ports import Token

Failure = EffectFailed | Unavailable | Refused


@dataclass(slots=True, kw_only=True)
class MemoryEngine:
    """Implements `actuators.postgres.engine.Engine`.

    `mismatches` are what comparisons find. `failure` is what every verb raises, `refusal` what only those raise that
    change something. `log` has what was really done.
    """

    clock: Callable[[], float] = lambda: 0.0
    mismatches: tuple[Mismatch, ...] = ()
    failure: Failure | None = None
    refusal: Refused | None = None
    log: list[str] = field(default_factory=list)
    _states: dict[MigrationName, MigrationState] = field(default_factory=dict)
    _migrations: dict[MigrationName, Migration] = field(default_factory=dict)
    _fences: dict[MigrationName, Token] = field(default_factory=dict)

    async def planned(self, migration: Migration) -> Unfolding:
        """Phases without statements."""
        self._strike()
        version = migration.version_schema or f"{migration.schema}_{migration.name}"
        return Unfolding(
            name=migration.name,
            schema=migration.schema,
            old_schema=migration.schema,
            new_schema=version,
            phases=tuple(PhasePlan(phase=phase) for phase in PHASES),
        )

    async def forth(self, migration: Migration, to: Phase, token: Token) -> str:
        """Go on to `to`; refused from verify on while there are mismatches."""
        self._obey(migration.name, token)
        self._migrations.setdefault(migration.name, migration)
        done = _done(self._states.get(migration.name))
        for phase in PHASES[done : PHASES.index(to) + 1]:
            if phase is Phase.VERIFY and self.mismatches:
                self._put(
                    migration, phase=PHASES[PHASES.index(phase) - 1], failed="the two shapes do not match"
                )
                raise EffectFailed(f"{migration.name}: {self.mismatches[0].said}")
            self.log.append(f"{migration.name} forth {phase}")
            self._put(migration, phase=phase)
        return f"{migration.name}: {to} is through"

    async def back(self, migration: Migration, to: Phase | None, token: Token) -> str:
        """Undo phases down to `to`."""
        self._obey(migration.name, token)
        state = self._states.get(migration.name)
        done, kept = _done(state), 0 if to is None else PHASES.index(to) + 1
        if state and state.phase is Phase.CONTRACT:
            raise Refused([Problem(message=f"{migration.name} has been contracted: there is no way back")])
        for phase in reversed(PHASES[kept:done]):
            self.log.append(f"{migration.name} back {phase}")
        if kept < done:
            self._put(migration, phase=to)
        return f"{migration.name}: back before {PHASES[kept]}"

    async def state(self, name: MigrationName) -> MigrationState | None:
        """How far it has come."""
        self._strike()
        return self._states.get(name)

    async def states(self) -> tuple[MigrationState, ...]:
        """Every migration that was ever begun."""
        self._strike()
        return tuple(self._states.values())

    async def remembered(self, name: MigrationName) -> Migration | None:
        """The migration as it was begun with."""
        self._strike()
        return self._migrations.get(name)

    async def compared(self, migration: Migration, *, whole: bool = True) -> Report:  # noqa: ARG002 - of the protocol
        """The mismatches that were ordered."""
        self._strike()
        return Report(at=self.clock(), seconds=0.0, rows=0, sampled=0, mismatches=self.mismatches)

    def put(self, state: MigrationState) -> None:
        """Let a migration be as far as that."""
        self._states[state.name] = state

    def _put(self, migration: Migration, *, phase: Phase | None, failed: str = "") -> None:
        before = self._states.get(migration.name) or MigrationState(
            name=migration.name,
            schema=migration.schema,
            digest="",
            phase=None,
            course=Course.STILL,
            started_at=self.clock(),
            old_schema=migration.schema,
        )
        course = Course.FAILED if failed else Course.STILL
        self.put(replace(before, phase=phase, course=course, problem=failed, changed_at=self.clock()))

    def _obey(self, name: MigrationName, token: Token) -> None:
        self._strike()
        if self.refusal is not None:
            raise self.refusal
        newest = self._fences.get(name)
        if newest and newest.rollout == token.rollout and newest.attempt > token.attempt:
            raise Superseded(f"{token} comes too late for {name}: {newest} was obeyed since")
        self._fences[name] = token

    def _strike(self) -> None:
        if self.failure is not None:
            raise self.failure


def _done(state: MigrationState | None) -> int:
    """How many phases are through."""
    return 0 if state is None or state.phase is None else PHASES.index(state.phase) + 1
