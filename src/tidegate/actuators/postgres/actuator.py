"""Takes the parts of migrations forth and back, each on the database that its step names."""

from collections.abc import Mapping

from tidegate.actuators.postgres.engine import Engine
from tidegate.core.errors import EffectFailed, Problem, Refused, Unavailable
from tidegate.core.ids import DatabaseName
from tidegate.core.migrations.phases import PARTS, PHASES, Part, Phase, before
from tidegate.core.migrations.state import MigrationState
from tidegate.core.migrations.words import progress
from tidegate.core.plan.steps import Action, Migrate
from tidegate.ports import Receipt, Token
from tidegate.sources.words import did_you_mean, listed, quoted


class MigrationActuator:
    """Implements `ports.Actuator` for steps of migrations with engines by the names of their databases."""

    def __init__(self, engines: Mapping[DatabaseName, Engine]) -> None:
        self._engines = engines

    async def validate(self, action: Action) -> tuple[Problem, ...]:
        """Whether the whole migration can be carried out on the database as it is."""
        step = _migrate(action)
        if step.database not in self._engines:
            return (self._unknown(step.database),)
        try:
            await self._engines[step.database].planned(step.migration)
        except Refused as refused:
            return refused.problems
        except (Unavailable, EffectFailed) as error:
            return (Problem(message=str(error)),)
        return ()

    async def apply(self, action: Action, exposure: float, token: Token) -> Receipt:  # noqa: ARG002 - no stages
        """Go on until every phase of the part is through, however long that takes."""
        step = _migrate(action)
        await self._in_order(step)
        try:
            summary = await self._of(step).forth(step.migration, PARTS[step.part][-1], token)
        except Refused as refused:
            raise EffectFailed(str(refused)) from refused
        return Receipt(token=token, summary=summary)

    async def verify(self, action: Action, exposure: float) -> str | None:
        """What is missing of the phase that it should have come to, or gone back to."""
        step = _migrate(action)
        state = await self._of(step).state(step.migration.name)
        return _missing_forth(step, state) if exposure else _missing_back(step, state)

    async def revert(self, action: Action, token: Token) -> Receipt:
        """Go back to before the part; what contract gave up does not come back, and it says so."""
        step = _migrate(action)
        if step.part is Part.CONTRACT:
            return await self._not_contracted(step, token)
        try:
            summary = await self._of(step).back(step.migration, before(PARTS[step.part][0]), token)
        except Refused as refused:
            raise EffectFailed(str(refused)) from refused
        return Receipt(token=token, summary=summary)

    async def _in_order(self, step: Migrate) -> None:
        """A part never takes those before it along: each has gates and approvals of its own."""
        earlier = before(PARTS[step.part][0])
        state = await self._of(step).state(step.migration.name)
        if _place(_through(state)) < _place(earlier):
            raise EffectFailed(
                f"{step.part} of {step.migration.name} comes after {earlier}, which is not through"
            )

    async def _not_contracted(self, step: Migrate, token: Token) -> Receipt:
        """A contract that never took effect needs no way back; any other has none."""
        state = await self._of(step).state(step.migration.name)
        if _through(state) is Phase.CONTRACT or (state and state.phase is Phase.SWITCH and state.statement):
            raise EffectFailed(_GONE.format(step.migration.name))
        return Receipt(token=token, summary=f"contract of {step.migration.name} had not begun")

    def _of(self, step: Migrate) -> Engine:
        if step.database not in self._engines:
            raise EffectFailed(str(self._unknown(step.database)))
        return self._engines[step.database]

    def _unknown(self, name: DatabaseName) -> Problem:
        known = did_you_mean(name, self._engines) or f"known: {listed(self._engines) or 'none'}"
        hint = f"{known}; `tidegate up --databases FILE` adds one"
        return Problem(message=f"there is no database {quoted(name)}", hint=hint)


_GONE = "{} has begun to contract: the old shape is gone for good (its restore point has what was given up)"


def _migrate(action: Action) -> Migrate:
    if isinstance(action, Migrate):
        return action
    raise EffectFailed(f"a database cannot carry out a step of kind {action.kind!r}")


def _through(state: MigrationState | None) -> Phase | None:
    return state.phase if state else None


def _place(phase: Phase | None) -> int:
    return 0 if phase is None else PHASES.index(phase) + 1


def _missing_forth(step: Migrate, state: MigrationState | None) -> str | None:
    if _place(_through(state)) >= _place(PARTS[step.part][-1]):
        return None
    return f"{step.migration.name}: {progress(state) if state else 'nothing of it is through'}"


def _missing_back(step: Migrate, state: MigrationState | None) -> str | None:
    if _place(_through(state)) < _place(PARTS[step.part][0]):
        return None
    assert state is not None, "a phase is through"
    return f"{step.migration.name}: {progress(state)}"
